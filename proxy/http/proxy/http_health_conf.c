#include "http/proxy/http_health_conf.h"

#include "base/chars.h"
#include "base/number.h"
#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"
#include "relay/balancer_health.h"

#define COUNT_MOST 1000

/* Words. */

static bool read_duration(struct slice value, uint64_t least, uint64_t most, uint32_t *duration)
{
    uint64_t ms;

    if (!number_parse_duration(value, most, &ms) || ms < least)
        return false;
    *duration = (uint32_t)ms;
    return true;
}

static bool read_count(struct slice value, uint32_t *count)
{
    uint64_t number;

    if (!number_parse(value, COUNT_MOST, &number) || number == 0)
        return false;
    *count = (uint32_t)number;
    return true;
}

static bool set_interval(struct slice value, struct http_health_conf *health)
{
    return read_duration(value, 100, 3600000, &health->interval_ms);
}

static bool set_jitter(struct slice value, struct http_health_conf *health)
{
    return read_duration(value, 0, 3600000, &health->jitter_ms);
}

static bool set_timeout(struct slice value, struct http_health_conf *health)
{
    return read_duration(value, 100, 300000, &health->timeout_ms);
}

static bool set_fails(struct slice value, struct http_health_conf *health)
{
    return read_count(value, &health->fails);
}

static bool set_passes(struct slice value, struct http_health_conf *health)
{
    return read_count(value, &health->passes);
}

static bool set_uri(struct slice value, struct http_health_conf *health)
{
    health->uri = value;
    return slice_starts(value, SLICE("/")) && value.len <= 1024 && chars_all(value, CHARS_TARGET);
}

static bool set_host(struct slice value, struct http_health_conf *health)
{
    struct backend_target target;

    health->host = value;
    return http_conf_authority(value, 80, &target);
}

static bool set_port(struct slice value, struct http_health_conf *health)
{
    uint64_t port;

    if (!number_parse(value, 65535, &port) || port == 0)
        return false;
    health->port = (uint16_t)port;
    return true;
}

static const struct {
    const char *name; /* what stands before the value, "=" included */
    bool (*set)(struct slice value, struct http_health_conf *health);
} options[] = {
    {"interval=", set_interval},
    {"jitter=",   set_jitter  },
    {"timeout=",  set_timeout },
    {"fails=",    set_fails   },
    {"passes=",   set_passes  },
    {"uri=",      set_uri     },
    {"host=",     set_host    },
    {"port=",     set_port    },
};

static const char *const words[] = {"interval=", "jitter=", "timeout=", "fails=",    "passes=",
                                    "uri=",      "host=",   "port=",    "mandatory", NULL};

/* NGINX Plus's, which mean something else than what is done here. */
static const struct {
    const char *name, *help;
} refused[] = {
    {"match=",          "leave it out: a status from 200 to 399 passes"       },
    {"type=",           "leave it out: checks are GET requests"               },
    {"grpc_",           "leave it out: checks are GET requests"               },
    {"keepalive_time=", "leave it out: each check has a connection of its own"},
};

static bool read_word(struct conf_reader *reader, const struct conf_word *word,
                      struct http_health_conf *health)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        struct slice name = slice_of(options[i].name);

        if (slice_starts(word->text, name) &&
            options[i].set(slice_from(word->text, name.len), health))
            return true;
        if (slice_starts(word->text, name))
            return conf_fail(reader, word->place, "invalid value in `%.*s`", HTTP_SHOW(word->text));
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (slice_starts(word->text, slice_of(refused[i].name)))
            return http_conf_refuse(reader, word->place, refused[i].help,
                                    "`%.*s` is of NGINX Plus alone", HTTP_SHOW(word->text));
    if (slice_equal(word->text, SLICE("mandatory")))
        health->is_mandatory = true;
    else if (!slice_equal(word->text, SLICE("persistent"))) /* every verdict outlives a reload */
        return conf_fail_choice(reader, word, "parameter", words);
    return true;
}

static bool parse_health_check(struct conf_reader *reader, const struct conf_directive *directive,
                               void *value)
{
    struct http_health_conf health = {
        .present = true,
        .interval_ms = 5000,
        .timeout_ms = 5000,
        .fails = 1,
        .passes = 1,
        .uri = SLICE("/"),
        .place = directive->name.place,
    };

    for (size_t i = 0; i < directive->word_count; i++) {
        const struct conf_word *word = &directive->words[i];

        if (i == 0 && slice_starts(word->text, SLICE("/"))) {
            if (!set_uri(word->text, &health))
                return conf_fail(reader, word->place, "`%.*s` is no path for a request",
                                 HTTP_SHOW(word->text));
        } else if (!read_word(reader, word, &health)) {
            return false;
        }
    }
    *(struct http_health_conf *)value = health;
    return true;
}

const struct conf_type http_type_health_check = {"check", parse_health_check};

/* Who is checked. */

static const struct http_health_use *find(const struct http_health_uses *uses,
                                          const struct http_upstream *upstream)
{
    for (size_t i = 0; i < uses->count; i++)
        if (uses->items[i].upstream == upstream)
            return &uses->items[i];
    return NULL;
}

static struct slice choose_host(const struct http_health_use *use)
{
    if (use->conf->host.len > 0)
        return use->conf->host;
    return use->proxy == NULL ? use->upstream->name : use->proxy->pass.authority;
}

/* There is no request whose variables could be looked at. */
static void check_use(struct conf_reader *reader, const struct http_health_use *use)
{
    struct backend_target target;
    struct slice name;

    if (!http_conf_authority(use->host, 80, &target))
        http_conf_refuse(reader, use->conf->place, "add `host=name`",
                         "`%.*s` cannot be the Host of a request", HTTP_SHOW(use->host));
    if (use->proxy != NULL && use->proxy->pass.is_tls &&
        !http_template_is_plain(&use->proxy->tls_name, &name))
        http_conf_refuse(reader, use->conf->place, "write the name in proxy_ssl_name",
                         "a check knows no variables for proxy_ssl_name");
}

static void add(struct conf_reader *reader, struct http_upstreams *upstreams,
                struct http_health_use use)
{
    const struct http_health_use *other = find(&upstreams->checks, use.upstream);

    if (other != NULL) {
        struct conf_finding *finding =
            conf_report_add(reader->report, CONF_ERROR, use.conf->place,
                            "`%.*s` has a health_check already", HTTP_SHOW(use.upstream->name));

        finding->other = other->conf->place;
        finding->other_label = SLICE("first here");
        return;
    }
    use.host = choose_host(&use);
    use.name = arena_format(&reader->conf->arena, "%.*s %.*s %.*s %d %u",
                            HTTP_SHOW(use.upstream->name), HTTP_SHOW(use.host),
                            HTTP_SHOW(use.conf->uri), use.conf->port, use.upstream->is_block);
    check_use(reader, &use);
    *(struct http_health_use *)http_conf_append(reader, (void **)&upstreams->checks.items,
                                                &upstreams->checks.count, sizeof use) = use;
}

/* The first that names it. */
static const struct http_proxy_conf *find_pass(const struct conf *conf,
                                               const struct conf_scope *scope,
                                               const struct http_upstream *upstream)
{
    for (; scope != NULL; scope = scope->next) {
        const struct http_proxy_conf *proxy = conf_values(conf, scope, &http_proxy_group);

        if (proxy == NULL || proxy->pass.upstream != upstream)
            proxy = find_pass(conf, scope->first_child, upstream);
        if (proxy != NULL)
            return proxy;
    }
    return NULL;
}

static void add_location(struct conf_reader *reader, struct http_upstreams *upstreams,
                         const struct http_proxy_conf *proxy)
{
    const struct http_health_conf *health = &proxy->health;

    if (proxy->pass.upstream != NULL)
        add(reader, upstreams,
            (struct http_health_use){
                .upstream = proxy->pass.upstream, .conf = health, .proxy = proxy});
    else if (proxy->pass.present)
        http_conf_refuse(reader, health->place, "write `health_check` in the upstream",
                         "who is checked depends on a request here");
    else
        http_conf_refuse(reader, health->place, "write it beside proxy_pass, or in an upstream",
                         "there is nobody to check: no proxy_pass stands here");
}

static void add_scopes(struct conf_reader *reader, const struct conf_scope *scope,
                       struct http_upstreams *upstreams)
{
    for (; scope != NULL; scope = scope->next) {
        const struct http_proxy_conf *proxy = conf_values(reader->conf, scope, &http_proxy_group);

        if (proxy != NULL && proxy->health.present && scope->context != CONF_UPSTREAM)
            add_location(reader, upstreams, proxy);
        add_scopes(reader, scope->first_child, upstreams);
    }
}

void http_health_conf_link(struct conf_reader *reader, const struct conf_scope *http,
                           struct http_upstreams *upstreams)
{
    for (size_t i = 0; i < upstreams->count; i++) {
        const struct http_upstream *upstream = upstreams->items[i];

        if (upstream->is_block && upstream->proxy != NULL && upstream->proxy->health.present)
            add(reader, upstreams,
                (struct http_health_use){
                    .upstream = upstream,
                    .conf = &upstream->proxy->health,
                    .proxy = find_pass(reader->conf, http->first_child, upstream),
                });
    }
    add_scopes(reader, http->first_child, upstreams);
}

void http_health_zones(const struct conf *conf, struct shared_zones *zones)
{
    const struct conf_scope *http = conf_first(conf->main, CONF_HTTP);
    const struct http_main *values =
        http == NULL ? NULL : conf_values(conf, http, &http_main_group);
    size_t servers = 0;

    for (size_t i = 0; values != NULL && i < values->upstreams.checks.count; i++)
        servers += values->upstreams.checks.items[i].upstream->server.count;
    if (servers > 0)
        shared_zones_add(zones, HTTP_HEALTH_ZONE, balancer_health_size(servers), 0);
}
