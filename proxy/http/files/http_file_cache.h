#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "http/files/http_file_root.h"
#include "http/message/http_date.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* Files that are asked for again and again: small ones in memory, others open. What is kept is
 * compared with the disk at most once a second, so a change is seen that late; errors are not kept.
 * Bounded in number and bytes, the least recently used go first. */
struct http_file_cache;

#define HTTP_FILE_SMALL     (16 * 1024) /* up to this long a file is kept in memory */
#define HTTP_FILES_MAX      1024
#define HTTP_FILE_BYTES_MAX (4 * 1024 * 1024)
#define HTTP_FILE_OPEN_MAX  128

#define HTTP_ETAG_MAX       40 /* two 64-bit numbers in hexadecimal, '-' and quotes */

/* A regular file as it was when it was opened. Constant, except for the cache's own part. */
struct http_file {
    struct slice content; /* at NULL: read it from `fd` */
    int fd;               /* -1: its content is in memory */
    uint64_t size;
    int64_t modified; /* seconds since 1970 */
    struct slice etag;
    char modified_text[HTTP_DATE_LEN];
    char etag_text[HTTP_ETAG_MAX];

    /* The cache's. */
    struct http_root *root;
    uint64_t root_generation;
    struct slice path;        /* NUL-terminated */
    enum http_link_rule rule; /* what it was opened by, and from which byte of its name on */
    size_t rule_from;
    struct stat status;
    uint64_t checked_ms;
    uint32_t references; /* exchanges, and one for the cache */
    size_t bucket;
    struct http_file *next_in_bucket;
    struct http_file *newer, *older;
};

struct http_file_cache *http_file_cache_new(struct arena *arena);
void http_file_cache_free(struct http_file_cache *cache);

/* The root for this directory; the same one for the same path and links. */
struct http_root *http_file_cache_root(struct http_file_cache *cache, struct slice path,
                                       enum http_links links);

struct rights;

/* Opens every root there is and takes the right to read below it, for a process that will have no
 * other: a root that is another directory later is not taken, `rights` are asked to be renewed. */
void http_file_cache_confine(struct http_file_cache *cache, struct rights *rights);

/* In what follows `check` is what is refused beside what the root's links refuse; NULL: nothing. */

/* The regular file `path` (it begins with '/') below `root`; http_file_release it. NULL with errno:
 * EISDIR for a directory, ENOENT also for what is neither. */
struct http_file *http_file_cache_get(struct http_file_cache *cache, struct http_root *root,
                                      const struct http_link_check *check, struct slice path,
                                      uint64_t now_ms);
void http_file_release(struct http_file *file);

/* The root that holds `path`, an absolute one: the narrowest, of several the one with these links;
 * *inside is what follows it, with its '/'. NULL: no root does. */
struct http_root *http_file_cache_find_root(struct http_file_cache *cache, struct slice path,
                                            enum http_links links, struct slice *inside);
