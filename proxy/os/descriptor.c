#include "os/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static bool write_all(int fd, struct slice bytes)
{
    while (bytes.len > 0) {
        ssize_t wrote = write(fd, bytes.at, bytes.len);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        bytes = slice_from(bytes, (size_t)wrote);
    }
    return true;
}

int descriptor_seal(const char *name, struct slice bytes)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return -1;
    if (!write_all(fd, bytes) || fcntl(fd, F_ADD_SEALS, SEALS) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

bool descriptor_map(int fd, struct slice *bytes)
{
    struct stat status;
    void *memory;

    if (fcntl(fd, F_GET_SEALS) != SEALS || fstat(fd, &status) != 0)
        return false;
    if (status.st_size == 0) {
        *bytes = SLICE("");
        return true;
    }
    memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return false;
    *bytes = (struct slice){memory, (size_t)status.st_size};
    return true;
}

void descriptor_unmap(struct slice bytes)
{
    if (bytes.len > 0)
        munmap((void *)(uintptr_t)bytes.at, bytes.len);
}

#define SIZE_SEALS   (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW)
#define SHARED_SEALS (SIZE_SEALS | F_SEAL_FUTURE_WRITE)

static int share(const char *name, size_t len, int seals, void **memory)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    *memory = MAP_FAILED;
    if (fd < 0)
        return -1;
    if (ftruncate(fd, (off_t)len) == 0)
        *memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (*memory == MAP_FAILED || fcntl(fd, F_ADD_SEALS, seals) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int descriptor_share(const char *name, size_t len, void **memory)
{
    return share(name, len, SHARED_SEALS, memory);
}

int descriptor_share_all(const char *name, size_t len, void **memory)
{
    return share(name, len, SIZE_SEALS, memory);
}

static void *map(int fd, size_t len, int seals, int protection)
{
    struct stat status;
    void *memory;

    if (fcntl(fd, F_GET_SEALS) != seals || fstat(fd, &status) != 0 ||
        (uint64_t)status.st_size != len)
        return NULL;
    memory = mmap(NULL, len, protection, MAP_SHARED, fd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

const void *descriptor_map_shared(int fd, size_t len)
{
    return map(fd, len, SHARED_SEALS, PROT_READ);
}

void *descriptor_map_shared_all(int fd, size_t len)
{
    return map(fd, len, SIZE_SEALS, PROT_READ | PROT_WRITE);
}

/* Room for two descriptors, so that a second one is seen (and refused) rather than cut off. */
union rights {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(2 * sizeof(int))];
};

enum descriptor_result descriptor_send(int socket, struct slice bytes, int fd)
{
    struct iovec part = {(void *)(uintptr_t)bytes.at, bytes.len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union rights rights = {0};
    ssize_t sent;

    if (fd >= 0) {
        message.msg_control = &rights;
        message.msg_controllen = CMSG_SPACE(sizeof(int));
        rights.head.cmsg_level = SOL_SOCKET;
        rights.head.cmsg_type = SCM_RIGHTS;
        rights.head.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&rights.head), &fd, sizeof fd);
    }
    do
        sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return DESCRIPTOR_OK;
    if (errno == EAGAIN)
        return DESCRIPTOR_WAIT;
    return errno == EPIPE || errno == ECONNRESET ? DESCRIPTOR_ENDED : DESCRIPTOR_BROKEN;
}

/* Takes the first descriptor and closes any other; returns how many there were. */
static size_t take_rights(struct msghdr *message, int *first)
{
    size_t count = 0;

    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL;
         head = CMSG_NXTHDR(message, head)) {
        size_t here;

        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
            continue;
        here = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < here; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
            if (count++ == 0)
                *first = fd;
            else
                close(fd);
        }
    }
    return count;
}

enum descriptor_result descriptor_receive(int socket, char *buffer, size_t capacity, size_t *len,
                                          int *fd)
{
    struct iovec part = {buffer, capacity};
    union rights rights;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights};
    int first = -1;
    size_t count;
    ssize_t got;

    do
        got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN)
        return DESCRIPTOR_WAIT;
    if (got < 0)
        return errno == ECONNRESET ? DESCRIPTOR_ENDED : DESCRIPTOR_BROKEN;
    count = take_rights(&message, &first);
    if (count <= 1 && got > 0 && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) {
        *len = (size_t)got;
        *fd = first;
        return DESCRIPTOR_OK;
    }
    if (first >= 0)
        close(first);
    return got == 0 && count == 0 ? DESCRIPTOR_ENDED : DESCRIPTOR_BROKEN;
}

bool descriptor_pair(int pair[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0;
}
