#include "os/descriptor.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void sealed_memory_holds_its_bytes_and_cannot_change(void **state)
{
    int fd = descriptor_seal("test", SLICE("some bytes"));
    struct slice bytes;

    (void)state;
    assert_true(fd >= 0);
    assert_true(descriptor_map(fd, &bytes));
    assert_true(slice_equal(bytes, SLICE("some bytes")));
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    munmap((void *)(uintptr_t)bytes.at, bytes.len);
    close(fd);
}

static void empty_memory_can_be_sealed_too(void **state)
{
    int fd = descriptor_seal("test", SLICE_NONE);
    struct slice bytes = SLICE("x");

    (void)state;
    assert_true(fd >= 0);
    assert_true(descriptor_map(fd, &bytes));
    assert_int_equal(bytes.len, 0);
    close(fd);
}

static void what_is_not_sealed_is_not_mapped(void **state)
{
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    struct slice bytes;

    (void)state;
    assert_int_equal(write(fd, "abc", 3), 3);
    assert_false(descriptor_map(fd, &bytes));
    close(fd);
}

static void shared_memory_is_written_by_its_maker_only(void **state)
{
    void *memory;
    int fd = descriptor_share("test", 8, &memory);
    const char *seen = descriptor_map_shared(fd, 8);
    struct slice sealed;

    (void)state;
    assert_true(fd >= 0);
    assert_non_null(seen);
    memcpy(memory, "changed", 8);
    assert_memory_equal(seen, "changed", 8);
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_ptr_equal(mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    assert_int_equal(mprotect((void *)(uintptr_t)seen, 8, PROT_READ | PROT_WRITE), -1);
    assert_null(descriptor_map_shared(fd, 9));
    assert_false(descriptor_map(fd, &sealed));
    munmap((void *)(uintptr_t)seen, 8);
    munmap(memory, 8);
    close(fd);
}

static void a_descriptor_travels_with_its_datagram(void **state)
{
    int pair[2], ends[2], fd;
    char buffer[16], byte;
    size_t len;

    (void)state;
    assert_true(descriptor_pair(pair));
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(descriptor_send(pair[0], SLICE("take this"), ends[1]), DESCRIPTOR_OK);
    assert_int_equal(descriptor_receive(pair[1], buffer, sizeof buffer, &len, &fd), DESCRIPTOR_OK);
    assert_int_equal(len, 9);
    assert_memory_equal(buffer, "take this", 9);
    assert_true(fd >= 0 && fd != ends[1]);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(write(fd, "!", 1), 1);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(fd);
    close(ends[0]);
    close(ends[1]);
    close(pair[0]);
    close(pair[1]);
}

static void nothing_there_is_waiting_and_closed_is_the_end(void **state)
{
    int pair[2], fd;
    char buffer[16];
    size_t len;

    (void)state;
    assert_true(descriptor_pair(pair));
    assert_int_equal(descriptor_receive(pair[1], buffer, sizeof buffer, &len, &fd),
                     DESCRIPTOR_WAIT);
    assert_int_equal(descriptor_send(pair[0], SLICE("last"), -1), DESCRIPTOR_OK);
    close(pair[0]);
    assert_int_equal(descriptor_receive(pair[1], buffer, sizeof buffer, &len, &fd), DESCRIPTOR_OK);
    assert_int_equal(fd, -1);
    assert_int_equal(descriptor_receive(pair[1], buffer, sizeof buffer, &len, &fd),
                     DESCRIPTOR_ENDED);
    assert_int_equal(descriptor_send(pair[1], SLICE("x"), -1), DESCRIPTOR_ENDED);
    close(pair[1]);
}

static void a_cut_datagram_is_broken(void **state)
{
    int pair[2], fd;
    char buffer[4];
    size_t len;

    (void)state;
    assert_true(descriptor_pair(pair));
    assert_int_equal(descriptor_send(pair[0], SLICE("too long"), -1), DESCRIPTOR_OK);
    assert_int_equal(descriptor_receive(pair[1], buffer, sizeof buffer, &len, &fd),
                     DESCRIPTOR_BROKEN);
    close(pair[0]);
    close(pair[1]);
}

static int lowest_free(void)
{
    int fd = dup(0);

    close(fd);
    return fd;
}

static void two_descriptors_are_broken_and_none_is_kept(void **state)
{
    int pair[2], sent[2] = {1, 2}, fd, before;
    char buffer[4], control[CMSG_SPACE(sizeof sent)] = {0};
    struct iovec part = {"x", 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    size_t len;

    (void)state;
    assert_true(descriptor_pair(pair));
    before = lowest_free();
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof sent);
    memcpy(CMSG_DATA(head), sent, sizeof sent);
    assert_int_equal(sendmsg(pair[0], &message, 0), 1);
    assert_int_equal(descriptor_receive(pair[1], buffer, sizeof buffer, &len, &fd),
                     DESCRIPTOR_BROKEN);
    assert_int_equal(lowest_free(), before);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_memory_holds_its_bytes_and_cannot_change),
        cmocka_unit_test(empty_memory_can_be_sealed_too),
        cmocka_unit_test(what_is_not_sealed_is_not_mapped),
        cmocka_unit_test(shared_memory_is_written_by_its_maker_only),
        cmocka_unit_test(a_descriptor_travels_with_its_datagram),
        cmocka_unit_test(nothing_there_is_waiting_and_closed_is_the_end),
        cmocka_unit_test(a_cut_datagram_is_broken),
        cmocka_unit_test(two_descriptors_are_broken_and_none_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
