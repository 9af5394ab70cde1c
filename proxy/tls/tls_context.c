#include "tls/tls_context.h"

#include "base/ensure.h"
#include "tls/tls_internal.h"
#include "tls/tls_key.h"
#include "tls/tls_layer.h"
#include "tls/tls_pem.h"
#include "tls/tls_remote.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

/* Mozilla's guidelines 6.0, level "intermediate" (reference/tls-keys.md 4). */
#define SUITES_1_3 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define CIPHERS                                                                                    \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                                   \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                                   \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define SIGNATURES                                                                                 \
    "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:"       \
    "rsa_pss_rsae_sha512:rsa_pkcs1_sha256"

/* What TLS 1.0 and 1.1 need on top, when an operator asks for them. */
#define OLD_CIPHERS    CIPHERS ":ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:AES128-SHA:AES256-SHA"
#define OLD_SIGNATURES SIGNATURES ":RSA+SHA1:ECDSA+SHA1"

/* The first list this OpenSSL knows: one unknown name makes it refuse the whole list, and the
 * hybrid group came with 3.5. P-256 must stay: TLS 1.2 needs the curve of the certificate here. */
static const char *const group_lists[] = {
    "X25519MLKEM768:X25519:P-256:P-384",
    "X25519:P-256:P-384",
};

static const struct {
    enum tls_protocol protocol;
    uint64_t off;
} protocol_options[] = {
    {TLS_PROTOCOL_1_0, SSL_OP_NO_TLSv1  },
    {TLS_PROTOCOL_1_1, SSL_OP_NO_TLSv1_1},
    {TLS_PROTOCOL_1_2, SSL_OP_NO_TLSv1_2},
    {TLS_PROTOCOL_1_3, SSL_OP_NO_TLSv1_3},
};

#define COMMON_OPTIONS (SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_SSLv3)

static bool fails(struct arena *arena, struct slice *why, const char *what)
{
    const char *words = ERR_reason_error_string(ERR_peek_last_error());

    *why = arena_format(arena, "%s (%s)", what, words != NULL ? words : "no reason given");
    ERR_clear_error();
    return false;
}

static uint32_t protocols_of(const struct tls_server *server)
{
    return server->protocols != 0 ? server->protocols : TLS_PROTOCOL_1_2 | TLS_PROTOCOL_1_3;
}

static bool wants_old(const struct tls_server *server)
{
    return (protocols_of(server) & (TLS_PROTOCOL_1_0 | TLS_PROTOCOL_1_1)) != 0;
}

uint64_t tls_context_options(const struct tls_server *server)
{
    uint64_t options = 0;

    for (size_t i = 0; i < sizeof protocol_options / sizeof *protocol_options; i++)
        if ((protocols_of(server) & protocol_options[i].protocol) == 0)
            options |= protocol_options[i].off;
    if (!server->session_tickets)
        options |= SSL_OP_NO_TICKET;
    if (server->server_preference)
        options |= SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;
    return options;
}

/* The key holder signs and does nothing else: key exchange by RSA would have it decrypt. */
static bool cannot_decrypt(const struct tls_server *server)
{
    for (size_t i = 0; i < server->pair_count; i++)
        if (tls_key_is_secret(server->keys[i]))
            return true;
    return false;
}

static bool set_ciphers(SSL_CTX *settings, const struct tls_server *server, struct arena *arena,
                        struct slice *why)
{
    const char *list = wants_old(server) ? OLD_CIPHERS : CIPHERS;

    if (server->ciphers.len > 0)
        list = arena_keep(arena, server->ciphers).at;
    if (cannot_decrypt(server))
        list = arena_format(arena, "%s:!kRSA", list).at;
    if (SSL_CTX_set_cipher_list(settings, list) != 1)
        return fails(arena, why, "OpenSSL does not take the list of ciphers");
    ensure(SSL_CTX_set_ciphersuites(settings, SUITES_1_3) == 1);
    return true;
}

static bool set_groups(SSL_CTX *settings, const struct tls_server *server, struct arena *arena,
                       struct slice *why)
{
    size_t i = 0;

    if (server->groups.len > 0)
        return SSL_CTX_set1_groups_list(settings, arena_keep(arena, server->groups).at) == 1 ||
               fails(arena, why, "OpenSSL does not take the list of curves");
    while (SSL_CTX_set1_groups_list(settings, group_lists[i]) != 1) {
        i++;
        ensure(i < sizeof group_lists / sizeof *group_lists);
    }
    ERR_clear_error();
    return true;
}

/* ssl_conf_command: what is set last counts. */
static bool run_commands(SSL_CTX *settings, const struct tls_server *server, struct arena *arena,
                         struct slice *why)
{
    SSL_CONF_CTX *commands = SSL_CONF_CTX_new();
    bool is_good = true;

    ensure(commands != NULL);
    SSL_CONF_CTX_set_flags(commands, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_SERVER);
    SSL_CONF_CTX_set_ssl_ctx(commands, settings);
    for (size_t i = 0; is_good && i < server->command_count; i++)
        if (SSL_CONF_cmd(commands, server->commands[i].name, server->commands[i].value) != 2)
            is_good = fails(arena, why, "OpenSSL does not take an ssl_conf_command");
    SSL_CONF_CTX_free(commands);
    return is_good;
}

static bool is_served(X509 *leaf, bool allows_weak, struct arena *arena, struct slice *why)
{
    EVP_PKEY *key = X509_get0_pubkey(leaf);
    struct slice type = SLICE("unknown");

    if (key != NULL && tls_pem_key_type(key, allows_weak, arena, &type))
        return true;
    *why = tls_pem_unserved(type, arena);
    return false;
}

static bool add_pair(SSL_CTX *settings, const struct tls_server *server, size_t pair,
                     struct arena *arena, struct slice *why)
{
    STACK_OF(X509) *chain = tls_pem_chain(server->certificates[pair], arena, why);
    EVP_PKEY *key = NULL;
    X509 *leaf = NULL;
    bool is_good = false;

    if (chain == NULL)
        return false;
    leaf = sk_X509_shift(chain);
    if (!is_served(leaf, wants_old(server), arena, why))
        goto done;
    if (tls_key_is_secret(server->keys[pair]) && server->remote == NULL) {
        is_good = SSL_CTX_use_certificate(settings, leaf) == 1 ||
                  fails(arena, why, "OpenSSL does not take the certificate");
        goto done;
    }
    key = tls_key_for(leaf, server->keys[pair], server->remote, why);
    if (key == NULL)
        goto done;
    is_good = SSL_CTX_use_cert_and_key(settings, leaf, key, chain, 1) == 1 ||
              fails(arena, why, "OpenSSL does not take the certificate");
done:
    EVP_PKEY_free(key);
    X509_free(leaf);
    tls_pem_chain_free(chain);
    ERR_clear_error();
    return is_good;
}

/* Record headers of TLS 1.2 and the content types inside TLS 1.3 records come here. */
static void on_record(int is_written, int version, int kind, const void *bytes, size_t len,
                      SSL *ssl, void *owner)
{
    const struct tls_context *context = owner;
    const unsigned char *type = bytes;

    (void)version, (void)ssl;
    if (is_written || len == 0 || context->running == NULL)
        return;
    if ((kind == SSL3_RT_HEADER || kind == SSL3_RT_INNER_CONTENT_TYPE) &&
        *type != SSL3_RT_APPLICATION_DATA)
        tls_layer_idle_record(context->running);
}

static struct slice extension_of(SSL *ssl, unsigned type, bool *is_present)
{
    const unsigned char *bytes = NULL;
    size_t len = 0;

    *is_present = SSL_client_hello_get0_ext(ssl, type, &bytes, &len) == 1;
    return (struct slice){(const char *)bytes, len};
}

void tls_context_set_naming(struct tls_context *context, struct tls_naming naming)
{
    context->naming = naming;
}

/* No alert for a name that nobody has: a sender of mail would go on in the clear (mail.md 2.7). */
static size_t server_of(const struct tls_context *context, struct slice name, struct slice *known)
{
    const struct tls_naming *naming = &context->naming;
    const void *owner = NULL;
    size_t server = 0;

    if (name.len == 0 || tls_names_find(&context->names, name, &server, known))
        return server;
    if (naming->find != NULL)
        owner = naming->find(naming->owner, name);
    for (server = context->count - 1; owner != NULL && server > 0; server--)
        if (context->choices[server].owner == owner)
            return server;
    return 0;
}

static int on_client_hello(SSL *ssl, int *alert, void *owner)
{
    struct tls_context *context = owner;
    char memory[TLS_NAME_MAX];
    struct slice name = SLICE_NONE, known = SLICE_NONE;
    bool is_present;
    struct slice extension = extension_of(ssl, TLSEXT_TYPE_server_name, &is_present);
    size_t server;

    if (is_present && tls_name_parse(extension, memory, &name) == TLS_NAME_BAD) {
        context->running->end.words = "malformed server name in the ClientHello";
        *alert = SSL_AD_DECODE_ERROR;
        return SSL_CLIENT_HELLO_ERROR;
    }
    server = server_of(context, name, &known);
    if (context->choices[server].rejects) {
        context->running->end.words = "no server of the name that the client asks for";
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_CLIENT_HELLO_ERROR;
    }
    tls_layer_choose(context->running, server, name, known);
    return SSL_CLIENT_HELLO_SUCCESS;
}

/* Does the client's list (RFC 7301 3.1: each name behind its length) hold `name`? */
static const unsigned char *find_protocol(const char *name, const unsigned char *list, unsigned len)
{
    size_t name_len = strlen(name);

    for (unsigned at = 0; at < len; at += list[at] + 1u)
        if (list[at] == name_len && at + name_len < len &&
            memcmp(list + at + 1, name, name_len) == 0)
            return list + at;
    return NULL;
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                   const unsigned char *list, unsigned len, void *owner)
{
    const struct tls_choice *choice = owner;

    (void)ssl;
    for (const char *const *name = choice->alpn; *name != NULL; name++) {
        const unsigned char *entry = find_protocol(*name, list, len);

        if (entry != NULL) {
            *out = entry + 1;
            *out_len = *entry;
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static SSL_CTX *new_settings(struct tls_context *context, const struct tls_server *server)
{
    SSL_CTX *settings = SSL_CTX_new(TLS_server_method());

    ensure(settings != NULL);
    SSL_CTX_set_security_level(settings, wants_old(server) ? 0 : 2);
    SSL_CTX_set_min_proto_version(settings, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(settings, TLS1_3_VERSION);
    SSL_CTX_clear_options(settings, SSL_CTX_get_options(settings));
    SSL_CTX_set_options(settings, COMMON_OPTIONS | tls_context_options(server));
    /* With AUTO_RETRY a call would go on through any number of records without data. PARTIAL_WRITE
     * and MOVING_WRITE_BUFFER are for a wire that may refuse bytes: ours takes all. */
    SSL_CTX_clear_mode(settings, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_mode(settings, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    /* Reading ahead saves nothing where a read is a copy (measured: 2.79 µs for a request and its
     * answer, 2.75 without), and it would hide bytes from tls_layer's is_dry(). */
    SSL_CTX_set_read_ahead(settings, 0);
    SSL_CTX_set_verify(settings, SSL_VERIFY_NONE, NULL);
    ensure(SSL_CTX_set1_sigalgs_list(settings, wants_old(server) ? OLD_SIGNATURES : SIGNATURES));
    tls_sealing_set(settings, context, server);
    SSL_CTX_set_client_hello_cb(settings, on_client_hello, context);
    SSL_CTX_set_msg_callback(settings, on_record);
    SSL_CTX_set_msg_callback_arg(settings, context);
    return settings;
}

/* Two servers with the same texts and settings can share what OpenSSL makes of them: texts come
 * from the sources, where each file stands once, so that comparing places is enough. */
bool tls_context_is_alike(const struct tls_server *a, const struct tls_server *b)
{
    if (a->pair_count != b->pair_count || a->remote != b->remote || a->alpn != b->alpn ||
        protocols_of(a) != protocols_of(b) || tls_context_options(a) != tls_context_options(b) ||
        a->session_timeout_s != b->session_timeout_s || !slice_equal(a->ciphers, b->ciphers) ||
        !slice_equal(a->groups, b->groups) || a->command_count + b->command_count > 0 ||
        a->verify + b->verify > TLS_VERIFY_OFF)
        return false;
    for (size_t i = 0; i < a->pair_count; i++)
        if (a->certificates[i].at != b->certificates[i].at || a->keys[i].at != b->keys[i].at)
            return false;
    return true;
}

bool tls_context_settle(struct tls_context *context, struct tls_choice *choice,
                        const struct tls_server *server, struct arena *arena, struct slice *why)
{
    choice->settings = new_settings(context, server);
    if (!set_ciphers(choice->settings, server, arena, why) ||
        !set_groups(choice->settings, server, arena, why) ||
        !tls_verify_set(choice->settings, server, arena, why))
        return false;
    for (size_t i = 0; i < server->pair_count; i++)
        if (!add_pair(choice->settings, server, i, arena, why))
            return false;
    if (!run_commands(choice->settings, server, arena, why))
        return false;
    if (choice->alpn != NULL)
        SSL_CTX_set_alpn_select_cb(choice->settings, on_alpn, choice);
    return true;
}

void tls_context_release(struct tls_context *context)
{
    ensure(context->users > 0);
    if (--context->users > 0)
        return;
    for (size_t i = 0; i < context->count; i++)
        SSL_CTX_free(context->choices[i].settings);
    tls_sealing_end(context);
    tls_remote_free(context->remote); /* behind the keys that sign through it */
    tls_bio_deinit(&context->bio);
    arena_deinit(&context->arena);
    free(context);
}

void tls_context_free(struct tls_context *context)
{
    if (context != NULL)
        tls_context_release(context);
}
