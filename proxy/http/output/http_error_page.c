#include "http/output/http_error_page.h"

#include "base/text.h"
#include "http/message/http_message.h"

/* The longest title and the words around it. */
#define PAGE_MAX 512

/* Where the page says something else than the status line. */
static struct slice page_title(unsigned status)
{
    switch (status) {
    case 302:
        return SLICE("Found");
    case 401:
        return SLICE("Authorization Required");
    case 497:
        return SLICE("The plain HTTP request was sent to HTTPS port");
    default:
        return http_reason(status);
    }
}

/* "404 Not Found"; nginx's internal 497 is a 400 to the client. */
static void add_title(struct text *text, unsigned status)
{
    text_number(text, status == 497 ? 400 : status);
    text_byte(text, ' ');
    text_add(text, page_title(status));
}

struct slice http_error_page(unsigned status, struct arena *arena)
{
    char *memory;
    struct text page;

    if (status < 300 || page_title(status).len == 0)
        return SLICE_NONE;
    memory = arena_alloc(arena, PAGE_MAX);
    if (memory == NULL)
        return SLICE_NONE;
    page = text_in(memory, PAGE_MAX);
    text_add(&page, SLICE("<html>\r\n<head><title>"));
    add_title(&page, status);
    text_add(&page, SLICE("</title></head>\r\n<body>\r\n<center><h1>"));
    add_title(&page, status);
    text_add(&page,
             SLICE("</h1></center>\r\n<hr><center>frontd</center>\r\n</body>\r\n</html>\r\n"));
    return text_slice(&page);
}
