#include "base/text.h"
#include "http/conf/http_conf.h"
#include "http/files/http_file_cache.h"
#include "http/files/http_files.h"
#include "http/files/http_files_conf.h"
#include "http/http_service.h"
#include "http/language/http_value.h"
#include "net/stream.h"
#include "relay/listen.h"
#include "relay/session.h"
#include "tls/tls_layer.h"

/* Variables: the connection, and what the configuration says. */

static struct slice address(struct http_exchange *exchange, const struct address *value)
{
    char memory[ADDRESS_TEXT_MAX];
    struct text text = text_in(memory, sizeof memory);

    address_text(value, &text);
    return http_value_keep(exchange, &text);
}

struct slice http_value_remote_address(struct http_exchange *exchange,
                                       const struct http_template_part *part)
{
    (void)part;
    return address(exchange, http_exchange_client(exchange));
}

/* As it is in memory: a short key for limits. */
struct slice http_value_binary_address(struct http_exchange *exchange,
                                       const struct http_template_part *part)
{
    const struct address *client = http_exchange_client(exchange);
    struct slice bytes = {(const char *)client->bytes, client->family == AF_INET ? 4 : 16};

    (void)part;
    return arena_keep(&exchange->arena, bytes);
}

struct slice http_value_remote_port(struct http_exchange *exchange,
                                    const struct http_template_part *part)
{
    const struct address *client = http_exchange_client(exchange);

    (void)part;
    return client->port == 0 ? SLICE("") : http_value_of_number(exchange, client->port);
}

/* The session's other end, whomever it named. */
struct slice http_value_neighbour_address(struct http_exchange *exchange,
                                          const struct http_template_part *part)
{
    (void)part;
    return address(exchange, &exchange->session->address);
}

struct slice http_value_neighbour_port(struct http_exchange *exchange,
                                       const struct http_template_part *part)
{
    (void)part;
    return http_value_of_number(exchange, exchange->session->address.port);
}

struct slice http_value_server_address(struct http_exchange *exchange,
                                       const struct http_template_part *part)
{
    struct address local = session_local_address(exchange->session);

    (void)part;
    return local.family == 0 ? SLICE_NONE : address(exchange, &local);
}

struct slice http_value_server_port(struct http_exchange *exchange,
                                    const struct http_template_part *part)
{
    (void)part;
    return http_value_of_number(exchange, exchange->session->listen->address.port);
}

struct slice http_value_connection(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    (void)part;
    return http_value_of_number(exchange, exchange->session->id);
}

struct slice http_value_connection_requests(struct http_exchange *exchange,
                                            const struct http_template_part *part)
{
    (void)part;
    return http_value_of_number(exchange, exchange->number);
}

struct slice http_value_https(struct http_exchange *exchange, const struct http_template_part *part)
{
    (void)part;
    return exchange->session->listen->tls ? SLICE("on") : SLICE("");
}

struct slice http_value_scheme(struct http_exchange *exchange,
                               const struct http_template_part *part)
{
    (void)part;
    return exchange->session->listen->tls ? SLICE("https") : SLICE("http");
}

struct slice http_value_tls_cipher(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    (void)part;
    return http_value_present(session_tls_cipher(exchange->session));
}

struct slice http_value_tls_protocol(struct http_exchange *exchange,
                                     const struct http_template_part *part)
{
    (void)part;
    return http_value_present(session_tls_protocol(exchange->session));
}

struct slice http_value_tls_alpn(struct http_exchange *exchange,
                                 const struct http_template_part *part)
{
    (void)part;
    return http_value_present(session_alpn(exchange->session));
}

struct slice http_value_tls_curve(struct http_exchange *exchange,
                                  const struct http_template_part *part)
{
    const struct session *session = exchange->session;

    (void)part;
    if (session->client == NULL || !session_is_secure(session))
        return SLICE_NONE;
    return http_value_present(tls_layer_curve(stream_transform_of(session->client)));
}

struct slice http_value_tls_server_name(struct http_exchange *exchange,
                                        const struct http_template_part *part)
{
    (void)part;
    return http_value_present(session_server_name(exchange->session));
}

struct slice http_value_tls_resumed(struct http_exchange *exchange,
                                    const struct http_template_part *part)
{
    const struct session *session = exchange->session;

    (void)part;
    if (session->client == NULL || !session_is_secure(session))
        return SLICE_NONE;
    return tls_layer_resumed(stream_transform_of(session->client)) ? SLICE("r") : SLICE(".");
}

/* What the configuration says. */

struct slice http_value_server_name(struct http_exchange *exchange,
                                    const struct http_template_part *part)
{
    (void)part;
    return exchange->server == NULL ? SLICE_NONE : exchange->server->name;
}

struct slice http_value_host(struct http_exchange *exchange, const struct http_template_part *part)
{
    if (exchange->request.host.len > 0)
        return exchange->request.host;
    return http_value_server_name(exchange, part);
}

struct slice http_value_document_root(struct http_exchange *exchange,
                                      const struct http_template_part *part)
{
    (void)part;
    return exchange->location == NULL ? SLICE_NONE : http_value_present(http_files_root(exchange));
}

/* Links of a root that has variables are not followed: workers may not look at them. */
struct slice http_value_realpath_root(struct http_exchange *exchange,
                                      const struct http_template_part *part)
{
    struct slice text = http_value_document_root(exchange, part);
    const struct http_root *root =
        exchange->location == NULL
            ? NULL
            : http_content_of(exchange)->locations[exchange->location->number].root;

    if (root != NULL && !exchange->location->files->place.has_variables)
        return http_root_real(root);
    while (text.len > 1 && slice_ends(text, SLICE("/")))
        text = slice_part(text, 0, text.len - 1);
    return text;
}

struct slice http_value_request_filename(struct http_exchange *exchange,
                                         const struct http_template_part *part)
{
    (void)part;
    return exchange->location == NULL ? SLICE_NONE : http_value_present(http_files_name(exchange));
}

/* Every X-Forwarded-For of the request, then the client. */
struct slice http_value_forwarded_for(struct http_exchange *exchange,
                                      const struct http_template_part *part)
{
    const struct http_request *request = &exchange->request;
    struct slice client = http_value_remote_address(exchange, part);
    size_t len = client.len;
    struct text text;

    for (size_t i = 0; i < request->field_count; i++)
        if (request->fields[i].id == HTTP_FIELD_X_FORWARDED_FOR)
            len += request->fields[i].value.len + 2;
    if (len == client.len)
        return client;
    text = text_in(arena_alloc(&exchange->arena, len), len);
    if (text.at == NULL)
        return client;
    for (size_t i = 0; i < request->field_count; i++) {
        if (request->fields[i].id != HTTP_FIELD_X_FORWARDED_FOR)
            continue;
        text_add(&text, request->fields[i].value);
        text_add(&text, SLICE(", "));
    }
    text_add(&text, client);
    return text_slice(&text);
}
