#include "http/output/http_error_jump.h"

#include "http/conf/http_conf.h"
#include "http/language/http_return.h"
#include "http/language/http_variables.h"
#include "http/output/http_output.h"
#include "http/output/http_output_conf.h"
#include "http/output/http_output_fields.h"
#include "http/route/http_handlers.h"

static const struct http_error_page *find(const struct http_exchange *exchange, unsigned status)
{
    const struct http_output_conf *output =
        exchange->location == NULL ? NULL : exchange->location->output;

    if (output == NULL || exchange->head_sent || exchange->at_last_error_page)
        return NULL;
    for (size_t i = 0; i < output->error_page.count; i++)
        if (output->error_page.items[i].status == status)
            return &output->error_page.items[i];
    return NULL;
}

/* The handler that failed is not the one that answers. */
static void let_handler_go(struct http_exchange *exchange)
{
    const struct http_body_reader *reader = exchange->reader;

    exchange->reader = NULL;
    if (reader != NULL && reader->ended != NULL)
        reader->ended(exchange);
    exchange->handler = NULL;
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void redirect(struct http_exchange *exchange, const struct http_error_page *page,
                     struct slice url)
{
    unsigned status = is_redirect(page->answer) ? (unsigned)page->answer : 302;

    exchange->error_status = 0;
    http_exchange_redirect(exchange, status, http_return_escape_url(exchange, url));
}

/* Bytes that somebody has taken, or that follow an error in the framing, are no body any more.
 * Others wait until somebody asks for them again. */
static void keep_or_drop_body(struct http_exchange *exchange)
{
    if (exchange->kept_body != NULL)
        return;
    if (exchange->body_given || exchange->close_after)
        exchange->drops_body = true;
    else
        exchange->transport->pause_body(exchange);
}

/* As nginx: whatever was asked for, the page is read. */
static void make_get(struct http_exchange *exchange)
{
    if (exchange->request.method == HTTP_HEAD)
        return;
    exchange->request.method = HTTP_GET;
    exchange->request.method_text = SLICE("GET");
}

/* False: it is a named location, and no path was understood that it could be asked for. */
static bool jump(struct http_exchange *exchange, const struct http_error_page *page,
                 unsigned status)
{
    struct slice uri, path;

    exchange->response.status = /* $status */
        (uint16_t)(page->answer < 0 ? (int)status : page->answer);
    uri = http_evaluate(exchange, &page->uri);
    if (slice_starts(uri, SLICE("@")) && !slice_starts(exchange->request.path, SLICE("/")))
        return false;
    exchange->at_error_page = true;
    exchange->at_last_error_page = !exchange->location->output->recursive_error_pages;
    exchange->error_status = (uint16_t)(page->answer < 0 ? (int)status : page->answer);
    if (exchange->error_status != 405) /* what the handler that failed has said of itself */
        http_output_drop_field(exchange, SLICE("Allow"));
    let_handler_go(exchange);
    if (slice_starts(uri, SLICE("@"))) { /* nginx's rule: as it was asked for */
        keep_or_drop_body(exchange);
        http_jump(exchange, uri);
        return true;
    }
    if (!slice_starts(uri, SLICE("/"))) {
        redirect(exchange, page, uri);
        return true;
    }
    keep_or_drop_body(exchange);
    make_get(exchange);
    path = slice_cut(&uri, '?');
    http_redirect_internally(exchange, path, uri);
    return true;
}

bool http_error_has_page(const struct http_exchange *exchange, unsigned status)
{
    return find(exchange, status) != NULL;
}

bool http_error_jump(struct http_exchange *exchange, unsigned status)
{
    const struct http_error_page *page = find(exchange, status);

    if (page == NULL)
        return false;
    http_output_choose(exchange);
    if (exchange->output == NULL) /* out of memory: the plain page */
        return false;
    return jump(exchange, page, status);
}
