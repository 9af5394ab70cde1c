#include "http/conf/http_conf.h"
#include "http/files/http_file_cache.h"
#include "http/files/http_files.h"
#include "http/files/http_files_conf.h"
#include "http/http_service.h"
#include "http/language/http_program.h"
#include "http/language/http_variables.h"
#include "net/loop.h"
#include "relay/worker.h"

/* The conditions of `if`. */

static bool is_true(struct slice value)
{
    return value.len > 0 && !slice_equal(value, SLICE("0"));
}

/* Files are looked at below the roots of the configuration only: a confined process sees no
 * others. */
static bool holds_for_file(struct http_exchange *exchange, struct slice path, int kind)
{
    struct http_content *content = http_content_of(exchange);
    struct http_link_check check;
    struct slice inside;
    struct http_root *root = http_file_cache_find_root(
        content->files, path, (enum http_links)exchange->location->files->symlinks, &inside);

    if (root != NULL)
        return http_file_is(root, http_files_check(exchange, &check), inside,
                            (enum http_file_test)kind, loop_now(content->worker->loop));
    http_exchange_log(exchange, LOG_INFO, "\"%s\" is below no root: it counts as not there",
                      log_escape(path).text);
    return false;
}

static enum http_test_result negate_if(bool is_negated, bool holds)
{
    return holds != is_negated ? HTTP_TEST_YES : HTTP_TEST_NO;
}

static enum http_test_result match(struct http_exchange *exchange, const struct http_test *test,
                                   struct slice subject)
{
    switch (http_variable_match(exchange, test->regex, subject)) {
    case HTTP_MATCHED:
        return negate_if(test->is_negated, true);
    case HTTP_UNMATCHED:
        return negate_if(test->is_negated, false);
    case HTTP_MATCH_FAILED:
        break;
    }
    return HTTP_TEST_FAILED;
}

enum http_test_result http_test_holds(struct http_exchange *exchange, const struct http_test *test)
{
    struct slice subject = http_evaluate(exchange, &test->subject);
    bool holds = false;

    switch (test->kind) {
    case HTTP_TEST_TRUE:
        holds = is_true(subject);
        break;
    case HTTP_TEST_EQUAL:
        holds = slice_equal(subject, http_evaluate(exchange, &test->other));
        break;
    case HTTP_TEST_MATCH:
        return match(exchange, test, subject);
    case HTTP_TEST_FILE:
        holds = holds_for_file(exchange, subject, test->file);
        break;
    }
    return negate_if(test->is_negated, holds);
}
