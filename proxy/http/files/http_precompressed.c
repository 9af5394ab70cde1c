#include "http/files/http_precompressed.h"

#include "http/conf/http_conf.h"
#include "http/files/http_files.h"
#include "http/http_service.h"
#include "http/message/http_encoding.h"
#include "http/output/http_output_conf.h"

static struct http_file *get(struct http_exchange *exchange, struct http_root *root,
                             struct slice path, const struct http_coding *coding, uint64_t now_ms)
{
    struct slice name = arena_format(&exchange->arena, "%.*s%.*s", (int)path.len, path.at,
                                     (int)coding->extension.len, coding->extension.at);

    struct http_link_check check;

    if (name.at == NULL)
        return NULL;
    return http_file_cache_get(http_content_of(exchange)->files, root,
                               http_files_check(exchange, &check), name, now_ms);
}

static bool is_wanted(const struct http_exchange *exchange, const struct http_precompressed *rules,
                      const struct http_coding *coding)
{
    const struct http_request *request = &exchange->request;

    return rules->always ||
           http_encoding_accepted(request->fields, request->field_count, coding->name);
}

struct http_file *http_precompressed_get(struct http_exchange *exchange, struct http_root *root,
                                         struct slice path, uint64_t now_ms)
{
    const struct http_output_conf *output = exchange->location->output;
    const struct http_precompressed *rules = output == NULL ? NULL : &output->stored;

    if (rules == NULL || rules->count == 0 || exchange->parent != NULL ||
        exchange->request.method == HTTP_POST)
        return NULL;
    if (!rules->always)
        http_exchange_add_field(exchange, SLICE("Vary"), SLICE("Accept-Encoding"));
    for (size_t i = 0; i < rules->count; i++) {
        const struct http_coding *coding = rules->items[i];
        struct http_file *file = NULL;

        if (is_wanted(exchange, rules, coding))
            file = get(exchange, root, path, coding, now_ms);
        if (file == NULL)
            continue;
        http_exchange_add_field(exchange, SLICE("Content-Encoding"), coding->name);
        return file;
    }
    return NULL;
}
