#include "auth/auth_rate.h"
#include "http/conf/http_conf_check.h"
#include "http/conf/http_conf_types.h"
#include "http/language/http_rewrite_conf.h"

/* auth_basic, auth_basic_user_file, auth_throttle. */

static bool parse_realm(struct conf_reader *reader, const struct conf_directive *directive,
                        void *value)
{
    const struct conf_word *word = &directive->words[0];
    struct http_realm realm = {.place = word->place};

    realm.on = !slice_equal(word->text, SLICE("off"));
    if (realm.on && !http_conf_template(reader, word->text, word->place, &realm.text))
        return false;
    *(struct http_realm *)value = realm;
    return true;
}

const struct conf_type http_type_realm = {"text", parse_realm};

static bool parse_user_file(struct conf_reader *reader, const struct conf_directive *directive,
                            void *value)
{
    const struct conf_word *word = &directive->words[0];

    if (slice_find(word->text, '$') != SLICE_NOT_FOUND)
        return http_conf_refuse(reader, word->place, "name each file; frontd-auth opens no others",
                                "variables in `auth_basic_user_file` are not supported");
    if (word->text.len == 0)
        return conf_fail(reader, word->place, "`auth_basic_user_file` needs the name of a file");
    *(struct http_user_file *)value = (struct http_user_file){
        conf_absolute(&reader->conf->arena, conf_directory(reader->conf), word->text), word->place};
    return true;
}

const struct conf_type http_type_user_file = {"file", parse_user_file};

static bool parse_throttle(struct conf_reader *reader, const struct conf_directive *directive,
                           void *value)
{
    const struct conf_word *word = &directive->words[0];
    struct auth_rate rate = {0};

    if (!slice_equal(word->text, SLICE("off")) && !auth_rate_parse(word->text, &rate))
        return http_conf_refuse(reader, word->place, "write `auth_throttle 5/m;` or `off`",
                                "`%.*s` is no rate of 1 to %d in a second, minute, hour or day",
                                HTTP_SHOW(word->text), AUTH_RATE_COUNT_MAX);
    *(struct auth_rate *)value = rate;
    return true;
}

const struct conf_type http_type_throttle = {"rate", parse_throttle};

static bool is_all(const struct conf_scope *location)
{
    return location->directive->word_count == 1 &&
           slice_equal(location->directive->words[0].text, SLICE("/"));
}

/* Does a server's own block answer anything? Not where a location takes every path. */
static bool answers(const struct conf_scope *server)
{
    for (const struct conf_scope *location = conf_first(server, CONF_LOCATION); location != NULL;
         location = conf_next(location))
        if (is_all(location))
            return false;
    return true;
}

/* Once for what several blocks inherit, if possible. */
static bool is_told_elsewhere(const struct conf_scope *scope)
{
    if (scope->context == CONF_SERVER)
        return !answers(scope);
    return conf_directive_of(scope, "auth_basic") == NULL && answers(scope->parent);
}

static bool always_answers(const struct conf_reader *reader, const struct conf_scope *scope)
{
    const struct http_program *program = http_rewrite_find(reader->conf, scope);

    return program != NULL && http_program_always_answers(program);
}

/* nginx lets everybody in there. */
void http_conf_check_auth(struct conf_reader *reader, const struct conf_scope *scope,
                          const struct http_location *location)
{
    if (scope->context == CONF_HTTP || !location->auth_basic.on ||
        location->auth_basic_user_file.path.len > 0 || always_answers(reader, scope) ||
        is_told_elsewhere(scope))
        return;
    http_conf_refuse(reader, location->auth_basic.place,
                     "add `auth_basic_user_file FILE;` or write `auth_basic off;`",
                     "`auth_basic` without a password file protects nothing");
}
