#include "net/loop.h"
#include "relay/log_buffer.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#define TEXT_MAX 4096

/* A file without a name. */
static int new_file(void)
{
    char path[] = "/tmp/test_log_buffer.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    unlink(path);
    return fd;
}

static const char *text_of(int fd)
{
    static char text[TEXT_MAX];
    ssize_t len = pread(fd, text, sizeof text - 1, 0);

    assert_true(len >= 0);
    text[len] = '\0';
    return text;
}

/* What zcat says of it, and how many members there are. */
static const char *unzipped(int fd, unsigned *members)
{
    static char text[TEXT_MAX];
    char bytes[TEXT_MAX];
    z_stream stream = {0};
    ssize_t len = pread(fd, bytes, sizeof bytes, 0);

    assert_true(len >= 0);
    stream.next_in = (unsigned char *)bytes;
    stream.avail_in = (unsigned)len;
    stream.next_out = (unsigned char *)text;
    stream.avail_out = sizeof text - 1;
    *members = 0;
    assert_int_equal(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
    while (stream.avail_in > 0) {
        assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
        ++*members;
        inflateReset(&stream);
    }
    *stream.next_out = '\0';
    inflateEnd(&stream);
    return text;
}

static void lines_wait_until_they_are_many(void **state)
{
    struct loop *loop = loop_new();
    int fd = new_file();
    struct log_buffer *buffer =
        log_buffer_new(loop, &fd, &(struct log_buffering){.bytes = 10, .flush_ms = 0});

    (void)state;
    log_buffer_add(buffer, SLICE("one\n"));
    log_buffer_add(buffer, SLICE("two\n"));
    assert_string_equal(text_of(fd), "");
    log_buffer_add(buffer, SLICE("six\n")); /* does not fit any more */
    assert_string_equal(text_of(fd), "one\ntwo\n");
    log_buffer_add(buffer, SLICE("longer than the buffer\n"));
    assert_string_equal(text_of(fd), "one\ntwo\nsix\nlonger than the buffer\n");
    log_buffer_add(buffer, SLICE("end\n"));
    log_buffer_free(buffer);
    assert_string_equal(text_of(fd), "one\ntwo\nsix\nlonger than the buffer\nend\n");
    close(fd);
    loop_free(loop);
}

static void stop(void *owner)
{
    loop_stop(owner);
}

static void a_line_does_not_get_old(void **state)
{
    struct loop *loop = loop_new();
    int fd = new_file();
    struct log_buffer *buffer =
        log_buffer_new(loop, &fd, &(struct log_buffering){.bytes = 1000, .flush_ms = 100});
    struct deadline deadline;

    (void)state;
    deadline_init(&deadline, stop, loop);
    deadline_set(loop, &deadline, 1000);
    log_buffer_add(buffer, SLICE("one\n"));
    loop_run(loop);
    assert_string_equal(text_of(fd), "one\n");
    log_buffer_free(buffer);
    close(fd);
    loop_free(loop);
}

static void each_flush_is_a_whole_member(void **state)
{
    struct loop *loop = loop_new();
    int fd = new_file();
    struct log_buffer *buffer =
        log_buffer_new(loop, &fd, &(struct log_buffering){.bytes = 100, .gzip = 1});
    unsigned members;

    (void)state;
    assert_string_equal(unzipped(fd, &members), ""); /* but valid */
    assert_int_equal(members, 1);
    log_buffer_add(buffer, SLICE("one\n"));
    log_buffer_add(buffer, SLICE("two\n"));
    log_buffer_flush(buffer);
    log_buffer_flush(buffer); /* nothing to do */
    log_buffer_add(buffer, SLICE("three\n"));
    log_buffer_free(buffer);
    assert_string_equal(unzipped(fd, &members), "one\ntwo\nthree\n");
    assert_int_equal(members, 3);
    close(fd);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_wait_until_they_are_many),
        cmocka_unit_test(a_line_does_not_get_old),
        cmocka_unit_test(each_flush_is_a_whole_member),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
