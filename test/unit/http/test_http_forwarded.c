#include "http/message/http_forwarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct forwarded_case {
    const char *list;
    bool recursive;
    const char *client; /* NULL: the neighbour stays */
    uint16_t port;
};

/* The neighbour is 10.0.0.1; 10.0.0.0/8 and fd00::/8 are trusted. */
static const struct forwarded_case cases[] = {
    {"192.0.2.7",                         false, "192.0.2.7",      0    },
    {"192.0.2.7:81",                      false, "192.0.2.7",      81   },
    {"2001:db8::1",                       false, "2001:db8::1",    0    },
    {"[2001:db8::1]",                     false, "2001:db8::1",    0    },
    {"[2001:db8::1]:65535",               false, "2001:db8::1",    65535},
    {"192.0.2.7, 10.0.0.9",               false, "10.0.0.9",       0    },
    {"192.0.2.7, 10.0.0.9",               true,  "192.0.2.7",      0    },
    {"198.51.100.1, 192.0.2.7, 10.0.0.9", true,  "192.0.2.7",      0    },
    {"192.0.2.7 10.0.0.9,fd00::5,,",      true,  "192.0.2.7",      0    },
    {"10.0.0.3, 10.0.0.4",                true,  "10.0.0.3",       0    },
    {"unknown, 10.0.0.4",                 true,  "10.0.0.4",       0    },
    {"192.0.2.7, unknown",                true,  NULL,             0    },
    {"",                                  true,  NULL,             0    },
    {" , ,",                              true,  NULL,             0    },
    {"192.0.2.7:65536",                   true,  NULL,             0    },
    {"192.0.2.7:",                        true,  NULL,             0    },
    {"2001:db8::1:80",                    true,  "2001:db8::1:80", 0    },
    {"localhost",                         true,  NULL,             0    },
    {"192.0.2.007x",                      true,  NULL,             0    },
};

static void test_goes_back_over_trusted_proxies(void **state)
{
    struct network items[2];
    struct networks trusted = {items, 2};

    (void)state;
    assert_true(network_parse(SLICE("10.0.0.0/8"), &items[0]));
    assert_true(network_parse(SLICE("fd00::/8"), &items[1]));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct address client = {.port = 5000}, expected = {0};
        bool stopped;

        assert_true(address_parse(SLICE("10.0.0.1"), &client));
        if (http_forwarded_client(slice_of(cases[i].list), &trusted, cases[i].recursive, &client,
                                  &stopped) != (cases[i].client != NULL))
            fail_msg("%s", cases[i].list);
        if (cases[i].client == NULL)
            continue;
        assert_true(address_parse(slice_of(cases[i].client), &expected));
        expected.port = cases[i].port;
        if (!address_equal(&client, &expected))
            fail_msg("%s: %s", cases[i].list, address_port_print(&client).text);
    }
}

static void test_who_is_not_trusted_is_not_listened_to(void **state)
{
    struct networks trusted = {NULL, 0};
    struct address client = {0};
    bool stopped;

    (void)state;
    assert_true(address_parse(SLICE("10.0.0.1"), &client));
    assert_false(http_forwarded_client(SLICE("192.0.2.7"), &trusted, true, &client, &stopped));
    assert_true(stopped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_back_over_trusted_proxies),
        cmocka_unit_test(test_who_is_not_trusted_is_not_listened_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
