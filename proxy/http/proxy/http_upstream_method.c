#include "http/proxy/http_upstream_method.h"

#include "http/conf/http_conf_types.h"
#include "http/proxy/http_upstream_conf.h"
#include "relay/balancer_ring.h"

#include <stdio.h>

static bool parse_hash(struct conf_reader *reader, const struct conf_directive *directive,
                       void *value)
{
    static const char *const known[] = {"consistent", NULL};
    const struct conf_word *key = &directive->words[0];
    struct http_upstream_hash hash = {.present = true, .consistent = directive->word_count > 1};

    if (hash.consistent && !slice_equal(directive->words[1].text, SLICE("consistent")))
        return conf_fail_choice(reader, &directive->words[1], "parameter", known);
    if (!http_conf_template(reader, key->text, key->place, &hash.key))
        return false;
    *(struct http_upstream_hash *)value = hash;
    return true;
}

const struct conf_type http_type_upstream_hash = {"key", parse_hash};

static bool parse_random(struct conf_reader *reader, const struct conf_directive *directive,
                         void *value)
{
    static const char *const first[] = {"two", NULL}, *const second[] = {"least_conn", NULL};
    const struct conf_word *words = directive->words;

    if (directive->word_count > 0 && !slice_equal(words[0].text, SLICE("two")))
        return conf_fail_choice(reader, &words[0], "parameter", first);
    if (directive->word_count > 1 && slice_starts(words[1].text, SLICE("least_time")))
        return http_conf_refuse(reader, words[1].place, "write `random two least_conn`",
                                "`least_time` is of NGINX Plus alone");
    if (directive->word_count > 1 && !slice_equal(words[1].text, SLICE("least_conn")))
        return conf_fail_choice(reader, &words[1], "parameter", second);
    *(struct http_upstream_random *)value =
        (struct http_upstream_random){.present = true, .two = directive->word_count > 0};
    return true;
}

const struct conf_type http_type_upstream_random = {"choice", parse_random};

/* Those that are written, by their names; how many. */
static size_t name_methods(const struct http_upstream *upstream, const char *names[4])
{
    size_t count = 0;

    if (upstream->is_least_conn)
        names[count++] = "least_conn";
    if (upstream->is_ip_hash)
        names[count++] = "ip_hash";
    if (upstream->hash.present)
        names[count++] = "hash";
    if (upstream->random.present)
        names[count++] = "random";
    return count;
}

enum balancer_method http_upstream_method(const struct http_upstream *upstream)
{
    if (upstream->is_least_conn)
        return BALANCER_LEAST_CONN;
    if (upstream->is_ip_hash)
        return BALANCER_IP_HASH;
    if (upstream->hash.present)
        return upstream->hash.consistent ? BALANCER_RING : BALANCER_HASH;
    if (upstream->random.present)
        return upstream->random.two ? BALANCER_RANDOM_TWO : BALANCER_RANDOM;
    return BALANCER_ROUND_ROBIN;
}

static void check_backups(struct conf_reader *reader, const struct http_upstream *upstream,
                          const char *name)
{
    for (size_t i = 0; i < upstream->server.count; i++) {
        char help[64];

        if (!upstream->server.items[i].backup)
            continue;
        snprintf(help, sizeof help, "leave out `backup` or `%s`", name);
        http_conf_refuse(reader, upstream->server.places[i], help, "`%s` knows no backup servers",
                         name);
    }
}

static void check_weights(struct conf_reader *reader, const struct http_upstream *upstream,
                          struct conf_place place)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < upstream->server.count; i++)
        sum += upstream->server.items[i].weight;
    if (sum > BALANCER_RING_WEIGHT_MAX)
        http_conf_refuse(reader, place, "divide them all by the same number",
                         "the weights of a consistent hash add up to more than %d",
                         BALANCER_RING_WEIGHT_MAX);
}

void http_upstream_method_check(struct conf_reader *reader, const struct http_upstream *upstream,
                                struct conf_place place)
{
    const char *names[4];
    size_t count = name_methods(upstream, names);

    if (count > 1)
        http_conf_refuse(reader, place, "keep one of them", "this upstream has both `%s` and `%s`",
                         names[0], names[1]);
    if (count > 0 && !upstream->is_least_conn)
        check_backups(reader, upstream, names[0]);
    if (upstream->hash.consistent)
        check_weights(reader, upstream, place);
}
