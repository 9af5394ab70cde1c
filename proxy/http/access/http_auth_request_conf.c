#include "http/access/http_auth_request.h"
#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"
#include "http/language/http_registry.h"

static bool parse_uri(struct conf_reader *reader, const struct conf_directive *directive,
                      void *value)
{
    const struct conf_word *word = &directive->words[0];
    struct http_auth_uri *uri = value;
    struct slice rest = word->text;

    *uri = (struct http_auth_uri){0};
    if (slice_equal(word->text, SLICE("off")))
        return true;
    if (!slice_starts(word->text, SLICE("/")) || slice_find(word->text, '$') != SLICE_NOT_FOUND)
        return http_conf_refuse(reader, word->place, "write `auth_request /path;` or `off`",
                                "`auth_request` takes a path of this server, without variables");
    uri->path = slice_cut(&rest, '?');
    uri->query = rest;
    return true;
}

static const struct conf_type http_type_auth_uri = {"path", parse_uri};

static bool parse_set(struct conf_reader *reader, const struct conf_directive *directive,
                      void *value)
{
    struct http_auth_sets *sets = value;
    const struct conf_word *words = directive->words;
    struct http_auth_set set;

    if (!http_conf_variable(reader, &words[0], HTTP_MADE_BY_CODE, &set.variable) ||
        !http_conf_template(reader, words[1].text, words[1].place, &set.value))
        return false;
    *(struct http_auth_set *)http_conf_append(reader, (void **)&sets->items, &sets->count,
                                              sizeof set) = set;
    return true;
}

static const struct conf_type http_type_auth_set = {"variable", parse_set};

#define CONF_STRUCT struct http_auth_request
static const struct conf_row rows[] = {
#include "conf/conf_rows.inc"
#include "http/access/http_auth_request.def"
};
#undef CONF_STRUCT

static void check(struct conf_reader *reader, const struct conf_scope *scope, void *values)
{
    const struct http_auth_request *request = values;
    struct http_location *location = conf_values(reader->conf, scope, &http_location_group);

    if (location != NULL)
        location->auth_request = request->auth_request.path.at == NULL ? NULL : request;
}

const struct conf_group http_auth_request_group = {"http_auth_request",
                                                   sizeof(struct http_auth_request), rows,
                                                   sizeof rows / sizeof rows[0], check};
