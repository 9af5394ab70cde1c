#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* A gzip stream being made (zlib). Holds no memory but its struct until the first byte comes, then
 * up to 268 KiB, until it is ended or freed. */
struct http_gzip;

#define HTTP_GZIP_LENGTH_UNKNOWN UINT64_MAX

/* `length`: how much will be compressed; a short text needs less memory. */
struct http_gzip *http_gzip_new(unsigned level, uint64_t length)
    __attribute__((warn_unused_result));
void http_gzip_free(struct http_gzip *gzip); /* NULL is fine */

enum http_gzip_mode {
    HTTP_GZIP_MORE,  /* output comes when it comes */
    HTTP_GZIP_FLUSH, /* all that was put in comes out, so that the other end can read it */
    HTTP_GZIP_END,   /* nothing follows */
};

/* Where the output goes, bit by bit. */
typedef void http_gzip_sink(void *owner, struct slice bytes);

void http_gzip_write(struct http_gzip *gzip, struct slice bytes, enum http_gzip_mode mode,
                     http_gzip_sink *sink, void *owner);

/* What went in and came out so far. */
struct http_gzip_totals {
    uint64_t in, out;
};
struct http_gzip_totals http_gzip_totals(const struct http_gzip *gzip);

/* Did bytes go in that have not come out? */
bool http_gzip_holds_back(const struct http_gzip *gzip);
