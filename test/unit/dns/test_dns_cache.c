#include "dns/dns_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct dns_entry *find(struct dns_cache *cache, const char *key)
{
    return dns_cache_find(cache, DNS_ENTRY_ADDRESSES, slice_of(key));
}

static struct dns_entry *add(struct dns_cache *cache, const char *key)
{
    return dns_cache_add(cache, DNS_ENTRY_ADDRESSES, slice_of(key));
}

static void keys_match_in_any_case_and_by_kind(void **state)
{
    struct dns_cache *cache = dns_cache_new(10);
    struct dns_entry *entry = add(cache, "Mail.Example");

    (void)state;
    assert_ptr_equal(find(cache, "mail.example"), entry);
    assert_ptr_equal(find(cache, "MAIL.EXAMPLE"), entry);
    assert_null(find(cache, "mail.exampl"));
    assert_null(dns_cache_find(cache, DNS_ENTRY_NAME, SLICE("mail.example")));
    assert_null(find(cache, ""));
    assert_memory_equal(entry->key, "mail.example", 12);
    dns_cache_free(cache);
}

static void least_recently_used_goes(void **state)
{
    struct dns_cache *cache = dns_cache_new(3);

    (void)state;
    add(cache, "a");
    add(cache, "b");
    add(cache, "c");
    find(cache, "a");
    add(cache, "d");
    assert_int_equal(dns_cache_count(cache), 3);
    assert_null(find(cache, "b"));
    assert_non_null(find(cache, "a"));
    assert_non_null(find(cache, "c"));
    assert_non_null(find(cache, "d"));
    dns_cache_free(cache);
}

static void what_is_in_use_stays(void **state)
{
    struct dns_cache *cache = dns_cache_new(2);
    struct dns_entry *asking = add(cache, "asking"), *due = add(cache, "due");

    (void)state;
    asking->asking = true;
    due->is_due = true;
    add(cache, "third");
    assert_int_equal(dns_cache_count(cache), 3);
    assert_ptr_equal(find(cache, "asking"), asking);
    assert_ptr_equal(find(cache, "due"), due);
    asking->asking = false;
    due->is_due = false;
    add(cache, "fourth");
    assert_int_equal(dns_cache_count(cache), 2);
    dns_cache_free(cache);
}

static void size_stays_bounded(void **state)
{
    struct dns_cache *cache = dns_cache_new(100);
    char key[20];

    (void)state;
    for (int i = 0; i < 10000; i++) {
        struct dns_entry *entry;

        snprintf(key, sizeof key, "%d.example", i);
        entry = add(cache, key);
        dns_entry_set_addresses(entry, &(struct address){.family = AF_INET}, 1);
        dns_entry_set_name(entry, SLICE("name"));
        dns_entry_set_name(entry, SLICE("name2"));
    }
    assert_int_equal(dns_cache_count(cache), 100);
    assert_non_null(find(cache, "9999.example"));
    assert_non_null(find(cache, "9900.example"));
    assert_null(find(cache, "9899.example"));
    dns_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_match_in_any_case_and_by_kind),
        cmocka_unit_test(least_recently_used_goes),
        cmocka_unit_test(what_is_in_use_stays),
        cmocka_unit_test(size_stays_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
