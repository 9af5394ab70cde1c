#include "conf_text.h"
#include "http/conf/http_conf.h"
#include "http/route/http_paths.h"
#include "http/route/http_route.h"

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
    "server{server_name w.x.org; location /y {}}"
    "server{server_name x.org second.org; location /never {}}"
    "server{server_name _ localhost 127.0.0.1 [::1]; location /l {}}"
    "server{server_name ~^r[0-9]+\\.net$ www.pattern; }"
    "server{server_name ~^R1; }"
    "server{server_name p.org;"
    "  location /i/ {} location ~ \\.gif$ {} location ~* \\.(gif|JPG)$ {} location ^~ /i/raw/ {}"
    "  location = /i/x.gif {} location /n/ { location /n/a {} location ~ \\.php$ {}"
    "    location ^~ /n/f/ {} location = /n/e.gif {} }"
    "  location ~ ^/o/ { location ~ a$ {} location ~ b$ {} } location ^~ /fin/ { location /fin/x {}"
    "    location ~ y$ {} } location @named {} location /p/ {proxy_pass http://127.0.0.1;}"
    "  location ~ ^/p$ {} }"
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
    {"w.x.org", "/y", "w.x.org", "/y", false},
    {"second.org", "/never", "x.org", "/never", false},
    {"x.org", "/never", "x.org", "/", false}, /* the first server of that name has it */
    {"localhost", "/l", "_", "/l", false},
    {"[::1]", "/l", "_", "/l", false},
    {"r12.net", "/", "~^r[0-9]+\\.net$", "(own)", false}, /* the first of two expressions */
    {"r1", "/", "~^R1", "(own)", false},
    {"r.net", "/", "default", "(own)", false},
    {"www.pattern", "/", "~^r[0-9]+\\.net$", "(own)", false},
    {"p.org", "/i/", "p.org", "/i/", false},
    {"p.org", "/i/a.gif", "p.org", "\\.gif$", false}, /* in the order written */
    {"p.org", "/i/a.GIF", "p.org", "\\.(gif|JPG)$", false},
    {"p.org", "/i/a.jpg", "p.org", "\\.(gif|JPG)$", false},
    {"p.org", "/i/raw/a.gif", "p.org", "/i/raw/", false}, /* ^~ */
    {"p.org", "/i/x.gif", "p.org", "/i/x.gif", false},    /* = */
    {"p.org", "/x.gif", "p.org", "\\.gif$", false},
    {"p.org", "/x", "p.org", "(own)", false},
    {"p.org", "/n/x", "p.org", "/n/", false},
    {"p.org", "/n/a/b", "p.org", "/n/a", false},
    {"p.org", "/n/a.php", "p.org", "\\.php$", false},
    {"p.org", "/n/a.gif", "p.org", "\\.gif$", false}, /* an expression outside goes before a prefix inside */
    {"p.org", "/n/f/x.php", "p.org", "/n/f/", false},
    {"p.org", "/n/f/x.gif", "p.org", "\\.gif$", false}, /* a ^~ inside stops only those beside it */
    {"p.org", "/n/e.gif", "p.org", "/n/e.gif", false},
    {"p.org", "/o/a", "p.org", "a$", false},
    {"p.org", "/o/b", "p.org", "b$", false},
    {"p.org", "/o/c", "p.org", "^/o/", false},
    {"p.org", "/o/c.gif", "p.org", "\\.gif$", false},
    {"p.org", "/fin/a.gif", "p.org", "/fin/", false},
    {"p.org", "/fin/x.gif", "p.org", "/fin/x", false},
    {"p.org", "/fin/y", "p.org", "y$", false},
    {"p.org", "@named", "p.org", "(own)", false},
    {"p.org", "/p", "p.org", "/p/", true}, /* the redirect goes before expressions */
};
/* clang-format on */

struct answer {
    const struct http_server *server;
    struct http_found_location found;
};

static struct answer find(const struct http_route *route, struct http_matcher *matcher,
                          const struct route_case *row, struct arena *arena)
{
    struct answer answer = {
        .server = http_route_find(route, slice_of(row->host), matcher).server,
    };

    answer.found =
        http_paths_find(http_paths_new(answer.server, arena), slice_of(row->path), matcher);
    return answer;
}

static void finds_server_and_location(void **state)
{
    struct conf_text text;
    struct arena arena;
    struct listen_list list = {0};
    struct http_matcher matcher;
    struct http_route *route;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    http_matcher_init(&matcher);
    conf_text_read(&text, source, false);
    if (!text.good)
        fail_msg("%s", conf_text_findings(&text, &arena).at);
    http_protocol_conf.listens(&text.conf, &arena, &list);
    route = http_route_new(list.listens[0].servers, list.listens[0].server_count, &arena);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer answer = find(route, &matcher, &cases[i], &arena);
        bool is_own = answer.found.location == answer.server->own;
        struct slice name = is_own ? SLICE("(own)") : answer.found.location->path;

        if (!slice_equal(answer.server->name, slice_of(cases[i].server)) ||
            !slice_equal(name, slice_of(cases[i].location)) ||
            answer.found.adds_slash != cases[i].adds_slash || answer.found.failed)
            fail_msg("%s%s: %.*s %.*s%s", cases[i].host, cases[i].path,
                     (int)answer.server->name.len, answer.server->name.at, (int)name.len, name.at,
                     answer.found.adds_slash ? " adds a slash" : "");
        assert_int_equal(answer.found.regex != NULL,
                         answer.found.location->match == HTTP_MATCH_REGEX);
    }
    conf_text_free(&text);
    http_matcher_deinit(&matcher);
    arena_deinit(&arena);
}

/* Also when locations inside were tried in vain. */
static void keeps_the_groups_of_what_matched(void **state)
{
    struct conf_text text;
    struct arena arena;
    struct http_matcher matcher;
    struct http_paths *paths;
    struct http_found_location found;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    http_matcher_init(&matcher);
    conf_text_read(&text, "http{server{location ~ ^/(..)/ {location ~ (x)$ {} location ~ y$ {}}}}",
                   false);
    paths = http_paths_new(
        conf_values(&text.conf, http_conf_first_server(&text.conf), &http_server_group), &arena);
    found = http_paths_find(paths, SLICE("/ab/c"), &matcher);
    assert_non_null(found.regex);
    assert_true(slice_equal(http_matcher_group(&matcher, 1), SLICE("ab")));
    found = http_paths_find(paths, SLICE("/ab/x"), &matcher);
    assert_true(slice_equal(http_matcher_group(&matcher, 1), SLICE("x")));
    found = http_paths_find(paths, SLICE("/ab/y"), &matcher);
    assert_null(http_matcher_group(&matcher, 1).at);
    conf_text_free(&text);
    http_matcher_deinit(&matcher);
    arena_deinit(&arena);
}

/* Nobody knows which location it is: it must not be taken for one that lets everybody in. */
static void says_when_an_expression_takes_too_much(void **state)
{
    struct conf_text text;
    struct arena arena;
    struct http_matcher matcher;
    struct http_found_location found;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    http_matcher_init(&matcher);
    conf_text_read(&text, "http{server{location ~ ^/(a+)+$ {}}}", false);
    found =
        http_paths_find(http_paths_new(conf_values(&text.conf, http_conf_first_server(&text.conf),
                                                   &http_server_group),
                                       &arena),
                        SLICE("/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), &matcher);
    assert_true(found.failed);
    conf_text_free(&text);
    http_matcher_deinit(&matcher);
    arena_deinit(&arena);
}

/* Host and the name in the handshake are looked up by the same function. */
static void says_when_a_name_takes_too_much(void **state)
{
    struct conf_text text;
    struct arena arena;
    struct listen_list list = {0};
    struct http_matcher matcher;
    struct http_route *route;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    http_matcher_init(&matcher);
    conf_text_read(&text, "http{server{server_name ~^(a+)+$;} server{server_name ~b$;}}", false);
    http_protocol_conf.listens(&text.conf, &arena, &list);
    route = http_route_new(list.listens[0].servers, list.listens[0].server_count, &arena);
    assert_true(
        http_route_find(route, SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), &matcher)
            .failed);
    assert_false(http_route_find(route, SLICE("ab"), &matcher).failed);
    conf_text_free(&text);
    http_matcher_deinit(&matcher);
    arena_deinit(&arena);
}

/* The default server goes before the others, but its expressions do not. */
static void expressions_are_tried_in_the_order_written(void **state)
{
    static const char *const names[][2] = {
        {"a.test", "~^a"    },
        {"b.test", "~test$" },
        {"c",      "default"},
        {"a.b",    "~^a"    }
    };
    struct conf_text text;
    struct arena arena;
    struct listen_list list = {0};
    struct http_matcher matcher;
    struct http_route *route;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    http_matcher_init(&matcher);
    conf_text_read(&text,
                   "http{server{server_name ~^a ~x$;} server{server_name ~test$;}"
                   "server{listen 80 default_server; server_name default ~test$ ~^a;}}",
                   false);
    http_protocol_conf.listens(&text.conf, &arena, &list);
    route = http_route_new(list.listens[0].servers, list.listens[0].server_count, &arena);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_true(
            slice_equal(http_route_find(route, slice_of(names[i][0]), &matcher).server->name,
                        slice_of(names[i][1])));
    conf_text_free(&text);
    http_matcher_deinit(&matcher);
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
    struct http_matcher matcher;
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
    http_matcher_init(&matcher);
    route = http_route_new(pointers, COUNT, &arena);
    for (unsigned i = 0; i < COUNT; i++)
        assert_ptr_equal(http_route_find(route, names[i].text, &matcher).server, &servers[i]);
    assert_ptr_equal(http_route_find(route, SLICE("n300.org"), &matcher).server, &servers[0]);
    http_matcher_deinit(&matcher);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_server_and_location),
        cmocka_unit_test(keeps_the_groups_of_what_matched),
        cmocka_unit_test(says_when_an_expression_takes_too_much),
        cmocka_unit_test(says_when_a_name_takes_too_much),
        cmocka_unit_test(expressions_are_tried_in_the_order_written),
        cmocka_unit_test(finds_each_of_many_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
