#include "conf_text.h"
#include "http/proxy/http_proxy_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A location's settings, read from text, and an exchange for them. */
struct fixture {
    struct conf_text text;
    struct session session;
    struct http_exchange exchange;
    struct http_proxy proxy;
    const struct http_location *location;
};

static void begin(struct fixture *fixture, const char *path, const char *inside)
{
    char source[1024];
    const struct conf_scope *http, *server;
    const struct http_server *values;

    *fixture = (struct fixture){0};
    snprintf(source, sizeof source, "http{server{location %s {%s}}}", path, inside);
    conf_text_read(&fixture->text, source, false);
    if (!fixture->text.good)
        fail_msg("%s", source);
    http = conf_first(fixture->text.conf.main, CONF_HTTP);
    server = conf_first(http, CONF_SERVER);
    values = conf_values(&fixture->text.conf, server, &http_server_group);
    fixture->location = values->locations[0];
    fixture->exchange.session = &fixture->session;
    fixture->exchange.location = fixture->location;
    arena_init(&fixture->exchange.arena, 262144);
    fixture->proxy.exchange = &fixture->exchange;
    fixture->proxy.conf = fixture->location->proxy;
}

static void end(struct fixture *fixture)
{
    arena_deinit(&fixture->exchange.arena);
    conf_text_free(&fixture->text);
}

static void check(struct slice got, const char *expected, const char *what)
{
    if (!slice_equal(got, slice_of(expected)))
        fail_msg("%s: %.*s instead of %s", what, (int)got.len, got.at, expected);
}

static void cookies(void **state)
{
    static const struct {
        const char *rules, *cookie, *mapped;
    } rows[] = {
        {"",                                                     "a=b;path=/up/;;",                     "a=b;path=/up/;;"     },
        {"proxy_cookie_path /up/ /;",                            "a=b; Path=/up/x; Secure",             "a=b; Path=/x; Secure"},
        {"proxy_cookie_path /up/ /;",                            "a=b; Path=/Up/x",                     "a=b; Path=/Up/x"     },
        {"proxy_cookie_path /up/ /;",                            "path=/up/; x=/up/",                   "path=/up/; x=/up/"   },
        {"proxy_cookie_path /a /1; proxy_cookie_path /a/b /2;",  "a=b; Path=/a/b",                      "a=b; Path=/1/b"      },
        {"proxy_cookie_path /a /1; proxy_cookie_path off;",      "a=b; Path=/a/b",                      "a=b; Path=/a/b"      },
        {"proxy_cookie_domain .old.test new.test;",              "a=b; domain=.OLD.test",
         "a=b; domain=.new.test"                                                                                              },
        {"proxy_cookie_domain old.test .new.test;",              "a=b; Domain=old.test; HttpOnly",
         "a=b; Domain=new.test; HttpOnly"                                                                                     },
        {"proxy_cookie_domain old.test new.test;",               "a=b; Domain=xold.test",
         "a=b; Domain=xold.test"                                                                                              },
        {"proxy_cookie_flags a secure samesite=none;",           "a=b; SameSite=Lax; Max-Age=1",
         "a=b; Max-Age=1; Secure; SameSite=None"                                                                              },
        {"proxy_cookie_flags a nosecure nohttponly nosamesite;",
         "A=b; Secure; HttpOnly; samesite=strict; Path=/",                                              "A=b; Path=/"         },
        {"proxy_cookie_flags a secure;",                         "b=a",                                 "b=a"                 },
        {"proxy_cookie_flags a secure;",                         "a=; secure; secure",                  "a=; Secure"          },
        {"proxy_cookie_path /up/ /;",                            "",                                    ""                    },
        {"proxy_cookie_path /up/ /;",                            ";;;;;;;;;;;;;;;;;;;;;;;;;;Path=/up/",
         "; ; ; ; ; ; ; ; ; ; ; ; ; ; ; ;;;;;;;;;;;Path=/up/"                                                                 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture fixture;

        begin(&fixture, "/", rows[i].rules);
        check(http_proxy_cookie(&fixture.exchange, fixture.proxy.conf, slice_of(rows[i].cookie)),
              rows[i].mapped, rows[i].cookie);
        end(&fixture);
    }
}

static void locations(void **state)
{
    static const struct {
        const char *rules, *url, *mapped;
    } rows[] = {
        {"proxy_redirect http://a/ https://b/;",                         "http://a/x",  "https://b/x" },
        {"proxy_redirect http://a/ https://b/;",                         "http://A/x",  "http://A/x"  },
        {"proxy_redirect http https;",                                   "https://a/x", "httpss://a/x"}, /* nginx's trap */
        {"proxy_redirect http:// https://; proxy_redirect http://a/ /;", "http://a/x",
         "https://a/x"                                                                                },
        {"proxy_redirect /a/ http://c/; proxy_redirect default;",        "/a/x",        "http://c/x"  },
        {"proxy_redirect off;",                                          "http://u/",   "http://u/"   },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_field field = {SLICE("Location"), slice_of(rows[i].url), HTTP_FIELD_LOCATION};
        struct fixture fixture;

        begin(&fixture, "/", rows[i].rules);
        fixture.proxy.answer.fields = &field;
        fixture.proxy.answer.field_count = 1;
        http_proxy_fill_response(&fixture.proxy);
        check(fixture.exchange.response.fields[0].value, rows[i].mapped, rows[i].url);
        end(&fixture);
    }
}

static void destinations(void **state)
{
    static const struct {
        const char *path, *uri; /* of the location, of proxy_pass; NULL: none */
        const char *url, *mapped;
    } rows[] = {
        {"/",     NULL,   "http://edge/a%20b?q#f", "http://in:81/a%20b?q#f"},
        {"/",     NULL,   "http://EDGE:80/a",      "http://in:81/a"        },
        {"/",     NULL,   "http://edge",           "http://in:81"          },
        {"/",     NULL,   "https://edge/a",        "https://edge/a"        },
        {"/",     NULL,   "http://edge.test/a",    "http://edge.test/a"    },
        {"/",     NULL,   "http://edge@evil/a",    "http://edge@evil/a"    },
        {"/",     NULL,   "/a",                    "/a"                    },
        {"/",     NULL,   "",                      ""                      },
        {"/dav/", "/up/", "http://edge/dav/a%2fb", "http://in:81/up/a/b"   },
        {"/dav/", "/up/", "http://edge/dav/../x",  "http://edge/dav/../x"  },
        {"/dav/", "/up/", "http://edge/dav/%zz",   "http://edge/dav/%zz"   },
        {"/dav/", "/up/", "/dav/x?y",              "/up/x?y"               },
        {"/dav",  "/",    "http://edge/dav/x",     "http://in:81//x"       },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture fixture;

        begin(&fixture, rows[i].path, "");
        fixture.exchange.request.authority = SLICE("edge");
        fixture.proxy.target.has_uri = rows[i].uri != NULL;
        fixture.proxy.target.uri = rows[i].uri == NULL ? SLICE_NONE : slice_of(rows[i].uri);
        check(http_proxy_map_url(&fixture.proxy, slice_of(rows[i].url), SLICE("in:81")),
              rows[i].mapped, rows[i].url);
        end(&fixture);
    }
}

static void tags(void **state)
{
    static const struct {
        const char *value, *mapped;
    } rows[] = {
        {"(<urn:x>)",                                        "(<urn:x>)"                      },
        {"<http://edge/a> (<urn:x> [\"e\"])",                "<http://in/a> (<urn:x> [\"e\"])"},
        {"<http://edge/a> (<http://edge/b>) </c> (<urn:x>)",
         "<http://in/a> (<http://edge/b>) </c> (<urn:x>)"                                     },
        {"<http://edge/a",                                   "<http://edge/a"                 },
        {"<<<<>>>>",                                         "<<<<>>>>"                       },
        {"",                                                 ""                               },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture fixture;

        begin(&fixture, "/", "");
        fixture.exchange.request.authority = SLICE("edge");
        check(http_proxy_map_tags(&fixture.proxy, slice_of(rows[i].value), SLICE("in")),
              rows[i].mapped, rows[i].value);
        end(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cookies),
        cmocka_unit_test(locations),
        cmocka_unit_test(destinations),
        cmocka_unit_test(tags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
