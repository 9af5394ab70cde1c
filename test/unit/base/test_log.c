#include "base/log.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct pipe {
    int fds[2];
    struct log log;
    char line[4096];
    size_t len;
};

static struct pipe pipe_open(enum log_level level)
{
    struct pipe p = {0};

    assert_int_equal(pipe(p.fds), 0);
    p.log = (struct log){p.fds[1], level};
    return p;
}

static void pipe_read_and_close(struct pipe *p)
{
    ssize_t got;

    close(p->fds[1]);
    got = read(p->fds[0], p->line, sizeof p->line - 1);
    assert_true(got >= 0);
    p->len = (size_t)got;
    p->line[got] = '\0';
    close(p->fds[0]);
}

static void assert_matches(const char *text, const char *pattern)
{
    regex_t regex;

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&regex, text, 0, NULL, 0) != 0)
        fail_msg("\"%s\" does not match %s", text, pattern);
    regfree(&regex);
}

#define STAMP "^[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} "

static void a_line_looks_like_nginx_s(void **state)
{
    struct pipe p = pipe_open(LOG_INFO);

    (void)state;
    log_line(&p.log, LOG_ERROR, 464, "backend \"%s\" refused", "b");
    pipe_read_and_close(&p);
    assert_matches(p.line, STAMP "\\[error\\] [0-9]+#[0-9]+: \\*464 backend \"b\" refused\n$");
}

static void without_a_session_there_is_no_number(void **state)
{
    struct pipe p = pipe_open(LOG_INFO);

    (void)state;
    log_line(&p.log, LOG_NOTICE, 0, "started");
    pipe_read_and_close(&p);
    assert_matches(p.line, STAMP "\\[notice\\] [0-9]+#[0-9]+: started\n$");
}

static void levels_below_are_not_written(void **state)
{
    struct pipe p = pipe_open(LOG_WARN);

    (void)state;
    assert_true(log_wants(&p.log, LOG_WARN));
    assert_true(log_wants(&p.log, LOG_EMERG));
    assert_false(log_wants(&p.log, LOG_NOTICE));
    log_line(&p.log, LOG_NOTICE, 0, "too much");
    log_line(&p.log, LOG_DEBUG, 0, "too much");
    pipe_read_and_close(&p);
    assert_int_equal(p.len, 0);
}

static void a_long_line_is_cut_and_ended(void **state)
{
    struct pipe p = pipe_open(LOG_INFO);
    char text[4000];

    (void)state;
    memset(text, 'x', sizeof text);
    log_line(&p.log, LOG_INFO, 1, "%.*s", (int)sizeof text, text);
    pipe_read_and_close(&p);
    assert_int_equal(p.len, 2048);
    assert_int_equal(p.line[2046], 'x');
    assert_int_equal(p.line[2047], '\n');
}

static void a_line_of_the_longest_length_is_whole(void **state)
{
    struct pipe p = pipe_open(LOG_INFO);
    char text[2048];
    size_t head;

    (void)state;
    log_line(&p.log, LOG_INFO, 1, "%s", "");
    pipe_read_and_close(&p);
    head = p.len - 1;
    memset(text, 'x', sizeof text);
    p = pipe_open(LOG_INFO);
    log_line(&p.log, LOG_INFO, 1, "%.*s", (int)(2047 - head), text);
    pipe_read_and_close(&p);
    assert_int_equal(p.len, 2048);
    assert_int_equal(p.line[2046], 'x');
}

static void a_failing_write_is_ignored(void **state)
{
    struct log log = {-1, LOG_INFO};

    (void)state;
    log_line(&log, LOG_ERROR, 0, "nowhere");
    log.fd = 1000000;
    log_line(&log, LOG_ERROR, 0, "nowhere");
}

static void peer_bytes_are_escaped_and_cut(void **state)
{
    char bytes[300];
    struct log_escaped escaped;

    (void)state;
    assert_string_equal(log_escape(SLICE("a\r\n\"b")).text, "a\\x0D\\x0A\\x22b");
    assert_string_equal(log_escape(SLICE_NONE).text, "");
    memset(bytes, 'y', sizeof bytes);
    escaped = log_escape((struct slice){bytes, 240});
    assert_int_equal(strlen(escaped.text), 240);
    escaped = log_escape((struct slice){bytes, 300});
    assert_int_equal(strlen(escaped.text), 243);
    assert_string_equal(escaped.text + 238, "yy...");
    memset(bytes, 0, sizeof bytes);
    escaped = log_escape((struct slice){bytes, sizeof bytes});
    assert_string_equal(escaped.text + 236, "\\x00...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_looks_like_nginx_s),
        cmocka_unit_test(without_a_session_there_is_no_number),
        cmocka_unit_test(levels_below_are_not_written),
        cmocka_unit_test(a_long_line_is_cut_and_ended),
        cmocka_unit_test(a_line_of_the_longest_length_is_whole),
        cmocka_unit_test(a_failing_write_is_ignored),
        cmocka_unit_test(peer_bytes_are_escaped_and_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
