#pragma once

#include "http/conf/http_conf.h"
#include "http/files/http_file_piece.h"
#include "http/http_exchange.h"
#include "http/output/http_gzip.h"
#include "http/output/http_pace.h"
#include "net/loop.h"

/* Between a handler and the connection: a transport that sits on the connection's. When the head is
 * sent it adds what the location says (http_output_fields.c); then it gets out of the way, or the
 * body passes through it (http_output_body.c). */

/* Of one exchange: exchange->output, in its arena. */
struct http_output {
    const struct http_transport *inner;    /* the connection's */
    const struct http_body_reader *reader; /* the handler's, while ours stands in its place */
    struct http_ssi *ssi;                  /* NULL: the body has no commands to run */
    struct http_gzip *gzip;                /* NULL: the body is not compressed */
    struct deadline flush;                 /* what was put in shall come out */
    struct http_pace pace;                 /* limit_rate */
    struct loop_task task;                 /* goes on with the file */
    struct http_file_piece file;
    bool is_live;      /* every piece comes out at once */
    bool sends_file;   /* the handler's file is on its way */
    bool finish_waits; /* for the file */
    bool is_given;     /* the handler has said that this was all */
};

/* For http_output_choose. */
void http_output_attach(struct http_exchange *exchange);

/* So many bytes of the answer a second, whatever limit_rate of the location says; before the head.
 */
void http_output_set_rate(struct http_exchange *exchange, uint64_t per_second);

/* Whenever exchange->location was set, before the head: costs one test where the location has no
 * rules for answers. */
static inline void http_output_choose(struct http_exchange *exchange)
{
    if (exchange->location->output != NULL && exchange->output == NULL)
        http_output_attach(exchange);
}
