#include "base/ensure.h"
#include "http/conf/http_conf.h"
#include "http/h2/http2_private.h"
#include "os/pages.h"
#include "relay/listen.h"
#include "relay/session.h"

#include <stdlib.h>

/* The library for one connection: its memory, what it calls, what it is told. */

/* What it remembers of the fields that it has sent (RFC 7541 4.1): a few answers' worth. */
#define DEFLATE_TABLE 2048

/* Memory. A connection keeps a buffer for the longest frame, though next to none of ours is: DATA
 * is never put there. As pages of its own it is one page instead of five. */
#define FRAME_LEAST 16384

static void *library_alloc(size_t size, void *owner)
{
    (void)owner;
    return memory_alloc(size);
}

static void library_free(void *memory, void *owner)
{
    struct http2_connection *connection = owner;

    if (memory == NULL || memory != connection->frame_memory) {
        free(memory);
        return;
    }
    pages_free(memory, connection->frame_size);
    connection->frame_memory = NULL;
}

static void *library_zero(size_t items, size_t size, void *owner)
{
    (void)owner;
    return memory_zero(items * size);
}

static void *take_pages(struct http2_connection *connection, size_t size)
{
    connection->frame_memory = pages_new(size);
    connection->frame_size = size;
    return connection->frame_memory;
}

static void *move_from_pages(struct http2_connection *connection, size_t size)
{
    void *memory = memory_alloc(size);
    size_t kept = size < connection->frame_size ? size : connection->frame_size;

    memcpy(memory, connection->frame_memory, kept);
    library_free(connection->frame_memory, connection);
    return memory;
}

static void *library_grow(void *memory, size_t size, void *owner)
{
    struct http2_connection *connection = owner;
    void *pages = NULL;

    if (memory != NULL && memory == connection->frame_memory)
        return move_from_pages(connection, size);
    if (memory == NULL && connection->frame_memory == NULL && size >= FRAME_LEAST)
        pages = take_pages(connection, size);
    return pages != NULL ? pages : memory_grow(memory, size);
}

/* Rules. */

const struct http1_limits *http2_head_limits(const struct http2_connection *connection)
{
    const http_server_pointer *servers = connection->session->listen->servers;

    return &servers[0]->large_client_header_buffers;
}

static nghttp2_session_callbacks *new_callbacks(void)
{
    nghttp2_session_callbacks *callbacks;

    ensure(nghttp2_session_callbacks_new(&callbacks) == 0);
    http2_receive_set_callbacks(callbacks);
    http2_send_set_callbacks(callbacks);
    return callbacks;
}

/* The library's own view of heads is off: http2_request.h has every rule, answers with a page and
 * leaves a line in the log. Windows are opened by what handlers have taken. */
static nghttp2_option *new_option(void)
{
    nghttp2_option *option;

    ensure(nghttp2_option_new(&option) == 0);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_http_messaging(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_max_deflate_dynamic_table_size(option, DEFLATE_TABLE);
    return option;
}

static void submit_settings(nghttp2_session *library, uint32_t streams, uint32_t list_size)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,  streams            },
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,     HTTP2_STREAM_WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,    list_size          },
        {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1                  },
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES,   1                  },
    };

    ensure(nghttp2_submit_settings(library, NGHTTP2_FLAG_NONE, settings,
                                   sizeof settings / sizeof settings[0]) == 0);
    ensure(nghttp2_session_set_local_window_size(library, NGHTTP2_FLAG_NONE, 0,
                                                 HTTP2_CONNECTION_WINDOW) == 0);
}

nghttp2_session *http2_library_new(struct http2_connection *connection, uint32_t streams)
{
    nghttp2_mem memory = {connection, library_alloc, library_free, library_zero, library_grow};
    nghttp2_session_callbacks *callbacks = new_callbacks();
    nghttp2_option *option = new_option();
    nghttp2_session *library;

    ensure(nghttp2_session_server_new3(&library, callbacks, connection, option, &memory) == 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    submit_settings(library, streams, http2_head_limits(connection)->head);
    return library;
}
