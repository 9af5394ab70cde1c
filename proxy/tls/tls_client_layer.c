#include "base/address.h"
#include "base/ensure.h"
#include "tls/tls_client_internal.h"
#include "tls/tls_internal.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/* One connection to a backend, as a transform under a stream: see tls_layer.c for the other end. */

/* What is wrong with a certificate says more than that something is. */
static const char *on_failed(const struct tls_end *end)
{
    const struct tls_client_layer *layer = (const struct tls_client_layer *)(const void *)end;
    long verified = SSL_get_verify_result(end->ssl);
    const char *words = ERR_reason_error_string(ERR_peek_last_error());

    ERR_clear_error();
    if (layer->client->verifies && verified != X509_V_OK)
        return X509_verify_cert_error_string(verified);
    return words != NULL ? words : "TLS failed";
}

static void on_release(struct tls_end *end)
{
    struct tls_client_layer *layer = (struct tls_client_layer *)(void *)end;

    tls_client_release(layer->client);
    free(layer);
}

static const struct tls_end_kind called = {
    .why = on_failed,
    .release = on_release,
    .left = "backend left during the handshake",
};

/* RFC 6066 3: an address is no name to tell. */
static void set_name(struct tls_client_layer *layer, bool says_name)
{
    struct address address = {0};
    bool is_address = address_parse(slice_of(layer->name), &address);

    if (says_name && !is_address && layer->name[0] != '\0')
        SSL_set_tlsext_host_name(layer->end.ssl, layer->name);
    if (!layer->client->verifies)
        return;
    if (is_address)
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(layer->end.ssl), layer->name);
    else
        ensure(SSL_set1_host(layer->end.ssl, layer->name) == 1);
    SSL_set_hostflags(layer->end.ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
}

/* With a copy, for OpenSSL spoils what a connection uses that is not ended orderly. */
static void resume(struct tls_client_layer *layer)
{
    SSL_SESSION *known = tls_client_find_session(layer->client, layer->name);
    SSL_SESSION *copy = known == NULL ? NULL : SSL_SESSION_dup(known);

    if (copy != NULL)
        SSL_set_session(layer->end.ssl, copy);
    SSL_SESSION_free(copy);
}

struct stream_transform *tls_client_connect(struct tls_client *client, struct slice name,
                                            bool says_name)
{
    struct tls_client_layer *layer = memory_zero(sizeof *layer);
    size_t len = name.len < sizeof layer->name ? name.len : sizeof layer->name - 1;

    tls_end_init(&layer->end, &called, client->settings, &client->bio);
    layer->end.is_unbounded = true;
    layer->client = client;
    memcpy(layer->name, name.at, len);
    SSL_set_app_data(layer->end.ssl, layer);
    SSL_set_connect_state(layer->end.ssl);
    set_name(layer, says_name);
    if (client->resumes)
        resume(layer);
    client->users++;
    return &layer->end.transform;
}
