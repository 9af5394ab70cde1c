#include "base/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *text;
    const char *canonical; /* NULL: not an address */
    const char *with_port; /* port 25 */
} texts[] = {
    {"127.0.0.1",                                              "127.0.0.1",   "127.0.0.1:25"    },
    {"0.0.0.0",                                                "0.0.0.0",     "0.0.0.0:25"      },
    {"::1",                                                    "::1",         "[::1]:25"        },
    {"[::1]",                                                  "::1",         "[::1]:25"        },
    {"[2001:DB8:0:0::5]",                                      "2001:db8::5", "[2001:db8::5]:25"},
    {"::",                                                     "::",          "[::]:25"         },
    {"",                                                       NULL,          NULL              },
    {"[]",                                                     NULL,          NULL              },
    {"[::1",                                                   NULL,          NULL              },
    {"::1]",                                                   NULL,          NULL              },
    {"[127.0.0.1]",                                            NULL,          NULL              },
    {"127.0.0.1:25",                                           NULL,          NULL              },
    {"[::1]:25",                                               NULL,          NULL              },
    {"127.1",                                                  NULL,          NULL              },
    {"0177.0.0.1",                                             NULL,          NULL              },
    {"256.0.0.1",                                              NULL,          NULL              },
    {"localhost",                                              NULL,          NULL              },
    {"fe80::1%lo",                                             NULL,          NULL              },
    {"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", NULL,          NULL              },
};

static void text_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct address address = {.port = 25};
        bool is_good = address_parse(slice_of(texts[i].text), &address);

        if (is_good != (texts[i].canonical != NULL))
            fail_msg("\"%s\": %d", texts[i].text, is_good);
        if (!is_good) {
            assert_int_equal(address.family, 0); /* untouched */
            continue;
        }
        assert_int_equal(address.port, 25);
        assert_string_equal(address_print(&address).text, texts[i].canonical);
        assert_string_equal(address_port_print(&address).text, texts[i].with_port);
    }
}

static void a_nul_byte_is_no_address(void **state)
{
    struct address address = {0};

    (void)state;
    assert_false(address_parse(((struct slice){"127.0.0.1\0x", 11}), &address));
    assert_string_equal(address_print(&address).text, "unknown");
}

static struct address parse(const char *text, uint16_t port)
{
    struct address address = {.port = port};

    assert_true(address_parse(slice_of(text), &address));
    return address;
}

static void sockets_and_back(void **state)
{
    static const char *const hosts[] = {"192.0.2.7", "2001:db8::7"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct address address = parse(hosts[i], 8025), back;
        struct sockaddr_storage storage;
        socklen_t len = address_to_socket(&address, &storage);

        assert_int_equal(len, i == 0 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
        address_from_socket((struct sockaddr *)&storage, &back);
        assert_true(address_equal(&address, &back));
    }
}

static void a_mapped_peer_is_ipv4(void **state)
{
    static const uint8_t bytes[16] = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1};
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = htons(25)};
    struct address address;

    (void)state;
    memcpy(&mapped.sin6_addr, bytes, sizeof bytes);
    address_from_socket((struct sockaddr *)&mapped, &address);
    assert_int_equal(address.family, AF_INET);
    assert_string_equal(address_port_print(&address).text, "192.0.2.1:25");
}

static void other_families_are_no_address(void **state)
{
    struct address address = parse("127.0.0.1", 1);
    struct sockaddr_storage storage = {.ss_family = AF_UNIX};

    (void)state;
    address_from_socket((struct sockaddr *)&storage, &address);
    assert_int_equal(address.family, 0);
}

static void equality(void **state)
{
    struct address a = parse("192.0.2.1", 25), b = parse("192.0.2.1", 26);
    struct address four = parse("32.1.13.184", 25), six = parse("2001:db8::", 25);

    (void)state;
    assert_true(address_same_host(&a, &b));
    assert_false(address_equal(&a, &b));
    b.port = 25;
    assert_true(address_equal(&a, &b));
    assert_false(address_same_host(&four, &six)); /* the same first four bytes */
}

static void strangers_are_told_from_neighbours(void **state)
{
    static const char *const near[] = {"127.0.0.1",   "127.255.255.255", "10.1.2.3",
                                       "172.16.0.1",  "172.31.255.255",  "192.168.0.1",
                                       "169.254.1.1", "0.0.0.0",         "::1",
                                       "::",          "fc00::1",         "fdff::1",
                                       "fe80::1",     "febf::1"};
    static const char *const far[] = {"8.8.8.8",     "11.0.0.1",    "172.15.0.1", "172.32.0.1",
                                      "192.167.0.1", "169.253.0.1", "128.0.0.1",  "2001:db8::1",
                                      "fb00::1",     "fe00::1",     "fec0::1",    "::2"};

    (void)state;
    for (size_t i = 0; i < sizeof near / sizeof near[0]; i++) {
        struct address address = parse(near[i], 0);

        if (!address_is_private(&address))
            fail_msg("%s", near[i]);
    }
    for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
        struct address address = parse(far[i], 0);

        if (address_is_private(&address))
            fail_msg("%s", far[i]);
    }
}

static void mapped_text_becomes_ipv4(void **state)
{
    struct address address = parse("::ffff:10.0.0.1", 0), same = parse("10.0.0.1", 0);

    (void)state;
    assert_memory_equal(&address, &same, sizeof same);
    assert_true(address_is_private(&address));
}

static void any(void **state)
{
    struct address four = parse("0.0.0.0", 80), six = parse("::", 80), one = parse("::1", 80);

    (void)state;
    assert_true(address_is_any(&four));
    assert_true(address_is_any(&six));
    assert_false(address_is_any(&one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_back),
        cmocka_unit_test(a_nul_byte_is_no_address),
        cmocka_unit_test(sockets_and_back),
        cmocka_unit_test(a_mapped_peer_is_ipv4),
        cmocka_unit_test(other_families_are_no_address),
        cmocka_unit_test(equality),
        cmocka_unit_test(strangers_are_told_from_neighbours),
        cmocka_unit_test(mapped_text_becomes_ipv4),
        cmocka_unit_test(any),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
