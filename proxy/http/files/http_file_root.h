#pragma once

#include "base/slice.h"
#include "http/files/http_file_check.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* How old what is known of a directory or a file may be. */
#define HTTP_FILE_VALIDATION_MS 1000

struct rights;

/* A directory that locations name as `root`; opened when first needed, and anew when another
 * directory stands there (a link that was switched). */
struct http_root {
    struct http_root *next;
    struct slice path; /* NUL-terminated */
    struct slice real; /* where it led when it was first asked for; like path: nowhere */
    enum http_links links;
    int fd; /* O_PATH; -1: not there */
    dev_t device;
    ino_t inode;
    uint64_t generation; /* counts the directories that stood there */
    uint64_t checked_ms;
    struct rights **confined; /* the cache's */
    bool is_listed;           /* autoindex */
};

/* Its path without links, as it was when http_file_cache_root made it. */
struct slice http_root_real(const struct http_root *root);

/* The directories below it may be listed, too: http_file_open_directory. Before confine. */
void http_root_list(struct http_root *root);

/* Opens the directory that stands there now. */
void http_root_open(struct http_root *root);

/* Looks again when the last look was too long ago. */
bool http_root_is_there(struct http_root *root, uint64_t now_ms);

/* Does `path`, an absolute one, lie in the directory `root`? "/srv" holds "/srv/x" and "/srv", not
 * "/srvx". */
bool http_root_holds(struct slice root, struct slice path);

/* A name below a root, and what is refused on the way to it. */
struct http_wanted {
    struct http_root *root;
    struct slice path;
    enum http_link_rule rule;
    size_t from; /* of the root's own name and the path */
};

/* check: what is refused beside what the root's links refuse; NULL: nothing. The same in what
 * follows. */
struct http_wanted http_root_want(struct http_root *root, const struct http_link_check *check,
                                  struct slice path);

/* open(2) with these flags: -1 with errno. */
int http_root_open_in(const struct http_wanted *wanted, int flags);

/* close(2) for the way out of what failed. */
void http_close_keeping_errno(int fd);

/* Is there such a directory? */
bool http_file_is_directory(struct http_root *root, const struct http_link_check *check,
                            struct slice path, uint64_t now_ms);

enum http_file_test {
    HTTP_FILE_REGULAR,
    HTTP_FILE_DIRECTORY,
    HTTP_FILE_ANY,
    HTTP_FILE_EXECUTABLE,
};

/* Is there such a thing below `root`? Links are followed as it says. */
bool http_file_is(struct http_root *root, const struct http_link_check *check, struct slice path,
                  enum http_file_test test, uint64_t now_ms);

/* The directory, open to be listed; -1 with errno. */
int http_file_open_directory(struct http_root *root, const struct http_link_check *check,
                             struct slice path, uint64_t now_ms);
