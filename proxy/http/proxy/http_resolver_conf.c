#include "base/address.h"
#include "base/number.h"
#include "http/conf/http_conf_types.h"
#include "http/proxy/http_proxy_conf.h"
#include "http/proxy/http_proxy_types.h"

#define DNS_PORT    53
#define SERVERS_MAX 8

struct reading {
    struct conf_reader *reader;
    struct http_resolver_conf *resolver;
    uint16_t *ports;
    struct text servers;
};

/* A family that is switched: "ipv6=off". */
static bool read_family(struct slice value, bool *is_off)
{
    *is_off = slice_equal(value, SLICE("off"));
    return *is_off || slice_equal(value, SLICE("on"));
}

static bool is_option(struct slice word)
{
    return slice_find(word, '=') != SLICE_NOT_FOUND;
}

static bool read_option(struct reading *reading, const struct conf_word *word)
{
    struct slice value = word->text, name = slice_cut(&value, '=');
    uint64_t ms;
    bool good = false;

    if (slice_equal(name, SLICE("ipv4"))) {
        good = read_family(value, &reading->resolver->no_ipv4);
    } else if (slice_equal(name, SLICE("ipv6"))) {
        good = read_family(value, &reading->resolver->no_ipv6);
    } else if (slice_equal(name, SLICE("valid"))) {
        good = number_parse_duration(value, UINT32_MAX, &ms);
        if (good)
            reading->resolver->valid_ms = (uint32_t)ms;
    } else if (slice_equal(name, SLICE("status_zone"))) {
        good = true; /* NGINX Plus's; counts only */
    }
    return good ||
           http_conf_refuse(reading->reader, word->place, "write valid=30s, ipv4=off or ipv6=off",
                            "invalid parameter `%.*s`", HTTP_SHOW(word->text));
}

static bool read_server(struct reading *reading, const struct conf_word *word)
{
    struct backend_target target;
    struct address address = {0};

    if (!http_conf_authority(word->text, DNS_PORT, &target) ||
        !address_parse(target.host, &address))
        return http_conf_refuse(reading->reader, word->place,
                                "write the address of a DNS server: `resolver 127.0.0.11;`",
                                "`%.*s` is no address", HTTP_SHOW(word->text));
    if (reading->resolver->count == SERVERS_MAX)
        return conf_fail(reading->reader, word->place, "more than %d DNS servers", SERVERS_MAX);
    address.port = target.port;
    if (reading->resolver->count > 0)
        text_byte(&reading->servers, ',');
    address_port_text(&address, &reading->servers);
    reading->ports[reading->resolver->count++] = target.port;
    return true;
}

static bool parse_resolver(struct conf_reader *reader, const struct conf_directive *directive,
                           void *value)
{
    struct arena *arena = &reader->conf->arena;
    size_t size = SERVERS_MAX * (ADDRESS_TEXT_MAX + 1);
    struct http_resolver_conf resolver = {.present = true};
    struct reading reading = {
        .reader = reader,
        .resolver = &resolver,
        .ports = arena_zero(arena, SERVERS_MAX * sizeof *reading.ports),
        .servers = text_in(arena_zero(arena, size), size),
    };

    for (size_t i = 0; i < directive->word_count; i++) {
        const struct conf_word *word = &directive->words[i];

        if (!(is_option(word->text) ? read_option : read_server)(&reading, word))
            return false;
    }
    if (resolver.count == 0 || (resolver.no_ipv4 && resolver.no_ipv6))
        return http_conf_refuse(reader, directive->name.place, "write `resolver 127.0.0.11;`",
                                "this resolver can find no address");
    resolver.ports = reading.ports;
    resolver.servers = text_slice(&reading.servers);
    *(struct http_resolver_conf *)value = resolver;
    return true;
}

const struct conf_type http_type_resolver = {"DNS servers", parse_resolver};
