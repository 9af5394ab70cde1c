#include "dns/dns.h"
#include "dns/dns_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define L10 "0123456789"
#define L60 L10 L10 L10 L10 L10 L10
#define A63 "a" L60 "12"

static void names(void **state)
{
    const struct {
        struct slice name;
        bool valid, host;
    } cases[] = {
        {SLICE("a"),                              true,  true },
        {SLICE("mail.example.com"),               true,  true },
        {SLICE("MAIL-1.example"),                 true,  true },
        {SLICE("_dmarc.example"),                 true,  true },
        {SLICE("under_score"),                    true,  true },
        {SLICE("1.2.3.example"),                  true,  true },
        {SLICE(A63 ".b"),                         true,  true },
        {SLICE(A63 "." A63 "." A63 "." A63),      true,  true },
        {SLICE("192.0.2.1"),                      true,  false},
        {SLICE("12345"),                          true,  false},
        {SLICE("-a.example"),                     true,  false},
        {SLICE("a-.example"),                     true,  false},
        {SLICE("a.-"),                            true,  false},
        {SLICE("0x7f.1"),                         true,  true },
        {SLICE(""),                               false, false},
        {SLICE("."),                              false, false},
        {SLICE("a."),                             false, false},
        {SLICE(".a"),                             false, false},
        {SLICE("a..b"),                           false, false},
        {SLICE(A63 "x"),                          false, false},
        {SLICE("a." A63 "x.b"),                   false, false},
        {SLICE(A63 "." A63 "." A63 "." A63 ".a"), false, false},
        {SLICE("a b"),                            false, false},
        {SLICE("a\r\nb"),                         false, false},
        {SLICE("a\0b"),                           false, false},
        {SLICE("a\0"),                            false, false},
        {SLICE("[UNAVAILABLE]"),                  false, false},
        {SLICE("a ADDR=1.2.3.4"),                 false, false},
        {SLICE("a+b"),                            false, false},
        {SLICE("a=b"),                            false, false},
        {SLICE("a\\032b"),                        false, false},
        {SLICE("\xc3\xa4.example"),               false, false},
        {SLICE("2001:db8::1"),                    false, false},
        {{NULL, 0},                               false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (dns_name_valid(cases[i].name) != cases[i].valid ||
            dns_name_is_host(cases[i].name) != cases[i].host)
            fail_msg("case %zu: \"%.*s\"", i, (int)cases[i].name.len, cases[i].name.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
