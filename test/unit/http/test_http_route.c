#include "conf_text.h"
#include "http/http_conf.h"
#include "http/http_route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* The server is told by its first name; the location by its path, "(own)" where none matches. */
struct route_case {
    const char *host, *path, *server, *location;
    bool adds_slash;
};

static const char source[] =
    "http{"
    "server{server_name first;}"
    "server{server_name default; listen 80 default_server;}"
    "server{server_name x.org; "
    "  location / {} location /a {} location /ab/ {} location = /a/exact {} location ^~ /a/final/ "
    "{}"
    "  location = / {} location /app/ {proxy_pass http://127.0.0.1;}"
    "  location /two {} location /two/ {proxy_pass http://127.0.0.1;}"
    "  location /static/ {} location = /only/ {proxy_pass http://127.0.0.1;} }"
    "server{server_name *.x.org;}"
    "server{server_name *.deep.x.org;}"
    "server{server_name .dot.org;}"
    "server{server_name www.*;}"
    "server{server_name www.x.*;}"
    "server{server_name w.x.org; return 404; location /y {}}"
    "server{server_name x.org second.org; location /never {}}"
    "server{server_name _ localhost 127.0.0.1 [::1]; location /l {}}"
    "}";

/* clang-format off */
static const struct route_case cases[] = {
    {"unknown", "/", "default", "(own)", false},
    {"", "/", "default", "(own)", false},
    {"first", "/", "first", "(own)", false},
    {"x.org", "/", "x.org", "/", false},
    {"x.org", "/other", "x.org", "/", false},
    {"x.org", "/a", "x.org", "/a", false},
    {"x.org", "/abc", "x.org", "/a", false}, /* a prefix of the text, not of segments */
    {"x.org", "/ab/", "x.org", "/ab/", false},
    {"x.org", "/ab", "x.org", "/a", false}, /* no redirect: it is no proxy */
    {"x.org", "/a/exact", "x.org", "/a/exact", false},
    {"x.org", "/a/exact/", "x.org", "/a", false},
    {"x.org", "/a/final/x", "x.org", "/a/final/", false},
    {"x.org", "/app/", "x.org", "/app/", false},
    {"x.org", "/app/x", "x.org", "/app/", false},
    {"x.org", "/app", "x.org", "/app/", true},
    {"x.org", "/appx", "x.org", "/a", false},
    {"x.org", "/two", "x.org", "/two", false}, /* it is a location of its own */
    {"x.org", "/two/", "x.org", "/two/", false},
    {"x.org", "/static", "x.org", "/", false},
    {"x.org", "/only", "x.org", "/only/", true},
    {"x.org", "/only/more", "x.org", "/", false},
    {"a.x.org", "/", "*.x.org", "(own)", false},
    {"a.b.x.org", "/", "*.x.org", "(own)", false},
    {"a.deep.x.org", "/", "*.deep.x.org", "(own)", false},
    {"deep.x.org", "/", "*.x.org", "(own)", false},
    {"dot.org", "/", ".dot.org", "(own)", false},
    {"a.dot.org", "/", ".dot.org", "(own)", false},
    {"adot.org", "/", "default", "(own)", false},
    {"www.example", "/", "www.*", "(own)", false},
    {"www.example.co.uk", "/", "www.*", "(own)", false},
    {"www.x.net", "/", "www.x.*", "(own)", false},
    {"www.x.org", "/", "*.x.org", "(own)", false}, /* a leading star goes before a trailing one */
    {"www", "/", "default", "(own)", false},
    {"w.x.org", "/y", "w.x.org", "(own)", false}, /* return in the server answers first */
    {"second.org", "/never", "x.org", "/never", false},
    {"x.org", "/never", "x.org", "/", false}, /* the first server of that name has it */
    {"localhost", "/l", "_", "/l", false},
    {"[::1]", "/l", "_", "/l", false},
};
/* clang-format on */

static struct slice location_name(const struct http_routed *routed)
{
    return routed->location == routed->server->own ? SLICE("(own)") : routed->location->path;
}

static void finds_server_and_location(void **state)
{
    struct conf_text text;
    struct arena arena;
    struct listen_list list = {0};
    struct http_route *route;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    conf_text_read(&text, source, false);
    if (!text.good)
        fail_msg("%s", conf_text_findings(&text, &arena).at);
    http_protocol_conf.listens(&text.conf, &arena, &list);
    route = http_route_new(list.listens[0].servers, list.listens[0].server_count, &arena);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_routed routed =
            http_route_find(route, slice_of(cases[i].host), slice_of(cases[i].path));
        struct slice name = location_name(&routed);

        if (!slice_equal(routed.server->name, slice_of(cases[i].server)) ||
            !slice_equal(name, slice_of(cases[i].location)) ||
            routed.adds_slash != cases[i].adds_slash)
            fail_msg("%s%s: %.*s %.*s%s", cases[i].host, cases[i].path,
                     (int)routed.server->name.len, routed.server->name.at, (int)name.len, name.at,
                     routed.adds_slash ? " adds a slash" : "");
    }
    conf_text_free(&text);
    arena_deinit(&arena);
}

static void finds_each_of_many_names(void **state)
{
    enum { COUNT = 300 };
    struct arena arena;
    struct http_server servers[COUNT];
    struct http_location own = {0};
    struct http_name names[COUNT];
    http_server_pointer pointers[COUNT];
    struct http_route *route;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    for (unsigned i = 0; i < COUNT; i++) {
        names[i] = (struct http_name){.text = arena_format(&arena, "n%u.org", i)};
        servers[i] = (struct http_server){
            .server_name = {&names[i], 1},
              .own = &own
        };
        pointers[i] = &servers[i];
    }
    route = http_route_new(pointers, COUNT, &arena);
    for (unsigned i = 0; i < COUNT; i++)
        assert_ptr_equal(http_route_find(route, names[i].text, SLICE("/")).server, &servers[i]);
    assert_ptr_equal(http_route_find(route, SLICE("n300.org"), SLICE("/")).server, &servers[0]);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_server_and_location),
        cmocka_unit_test(finds_each_of_many_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
