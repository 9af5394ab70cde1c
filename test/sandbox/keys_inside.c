#include "base/arena.h"
#include "tls/tls_context.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What a worker would be if it held its keys itself: the same contexts, with the keys in them. The
 * scan that finds nothing in workers must find them here.
 *
 * Usage: keys-inside CERTIFICATE KEY; says "ready" and ends with its standard input. */

#define FILE_MAX 65536

static struct slice read_file(const char *path)
{
    char *text = memory_alloc(FILE_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, FILE_MAX);

    if (len <= 0) {
        perror(path);
        exit(1);
    }
    close(fd);
    return (struct slice){text, (size_t)len};
}

int main(int count, char **words)
{
    struct slice certificate, key, why = SLICE_NONE;
    struct tls_server server = {.pair_count = 1, .service = "test"};
    struct arena arena;
    char byte;

    if (count != 3)
        return 2;
    certificate = read_file(words[1]);
    key = read_file(words[2]);
    server.certificates = &certificate;
    server.keys = &key;
    arena_init(&arena, ARENA_UNLIMITED);
    if (tls_context_new(&server, 1, &arena, &why) == NULL) {
        fprintf(stderr, "%.*s\n", (int)why.len, why.at);
        return 1;
    }
    printf("ready\n");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    return 0;
}
