#include "tls/tls_check.h"

#include "base/address.h"
#include "base/chars.h"
#include "base/ensure.h"
#include "tls/tls_internal.h"
#include "tls/tls_key.h"
#include "tls/tls_pem.h"

#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#define NEAR_END_S ((int64_t)14 * 86400)

static struct slice lower(const unsigned char *text, size_t len, struct arena *arena)
{
    char *copy = arena_alloc(arena, len + 1);

    for (size_t i = 0; i < len; i++)
        copy[i] = chars_lower((char)text[i]);
    return (struct slice){copy, len};
}

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm parts = {0};

    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

/* "9b:1e:…:07": enough for a person to see whether two are the same. */
static struct slice fingerprint_of(EVP_PKEY *key, struct arena *arena)
{
    unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
    int der_len = key == NULL ? -1 : i2d_PUBKEY(key, &der);
    unsigned len = 0;
    struct slice text = SLICE("unknown");

    if (der_len > 0 && EVP_Digest(der, (size_t)der_len, digest, &len, EVP_sha256(), NULL) == 1)
        text = arena_format(arena, "%02x:%02x:…:%02x", digest[0], digest[1], digest[len - 1]);
    OPENSSL_free(der);
    return text;
}

static struct slice entry_of(X509_NAME *name, int kind, struct arena *arena)
{
    int at = X509_NAME_get_index_by_NID(name, kind, -1);
    unsigned char *text = NULL;
    struct slice kept = SLICE_NONE;
    int len;

    if (at < 0)
        return SLICE_NONE;
    len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (len > 0)
        kept = arena_keep(arena, (struct slice){(const char *)text, (size_t)len});
    OPENSSL_free(text);
    return kept;
}

static struct slice issuer_of(X509 *certificate, struct arena *arena)
{
    X509_NAME *name = X509_get_issuer_name(certificate);
    struct slice issuer = entry_of(name, NID_commonName, arena);

    if (issuer.len == 0)
        issuer = entry_of(name, NID_organizationName, arena);
    return issuer.len > 0 ? issuer : SLICE("without a name");
}

static struct slice address_name(const ASN1_OCTET_STRING *bytes, struct arena *arena)
{
    struct address address = {.family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6};
    int len = ASN1_STRING_length(bytes);

    if (len != 4 && len != 16)
        return SLICE_NONE;
    memcpy(address.bytes, ASN1_STRING_get0_data(bytes), (size_t)len);
    return arena_keep(arena, slice_of(address_print(&address).text));
}

static struct slice name_of(const GENERAL_NAME *entry, struct arena *arena)
{
    if (entry->type == GEN_DNS)
        return lower(ASN1_STRING_get0_data(entry->d.dNSName),
                     (size_t)ASN1_STRING_length(entry->d.dNSName), arena);
    return entry->type == GEN_IPADD ? address_name(entry->d.iPAddress, arena) : SLICE_NONE;
}

static void add_name(struct tls_certificate_facts *facts, struct slice name)
{
    if (name.len > 0)
        facts->names[facts->name_count++] = name;
}

static void find_names(X509 *certificate, struct arena *arena, struct tls_certificate_facts *facts)
{
    GENERAL_NAMES *entries = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int count = entries == NULL ? 0 : sk_GENERAL_NAME_num(entries);
    struct slice common;

    facts->names = arena_alloc(arena, (size_t)(count + 1) * sizeof *facts->names);
    for (int i = 0; i < count; i++)
        add_name(facts, name_of(sk_GENERAL_NAME_value(entries, i), arena));
    GENERAL_NAMES_free(entries);
    if (facts->name_count > 0)
        return;
    common = entry_of(X509_get_subject_name(certificate), NID_commonName, arena);
    add_name(facts, lower((const unsigned char *)common.at, common.len, arena));
}

bool tls_check_certificate(struct slice pem, struct arena *arena,
                           struct tls_certificate_facts *facts, struct slice *why)
{
    STACK_OF(X509) * chain;
    X509 *leaf;
    EVP_PKEY *key;

    tls_library_start();
    chain = tls_pem_chain(pem, arena, why);
    if (chain == NULL)
        return false;
    leaf = sk_X509_value(chain, 0);
    key = X509_get0_pubkey(leaf);
    *facts = (struct tls_certificate_facts){
        .not_before = seconds_of(X509_get0_notBefore(leaf)),
        .not_after = seconds_of(X509_get0_notAfter(leaf)),
        .issuer = issuer_of(leaf, arena),
        .fingerprint = fingerprint_of(key, arena),
        .key_type = SLICE("unknown"),
    };
    if (key != NULL)
        (void)tls_pem_key_type(key, false, arena, &facts->key_type);
    find_names(leaf, arena, facts);
    tls_pem_chain_free(chain);
    ERR_clear_error();
    return true;
}

bool tls_check_pair(struct slice certificate_pem, EVP_PKEY *key, struct arena *arena,
                    struct slice *key_fingerprint, struct slice *why)
{
    STACK_OF(X509) *chain = tls_pem_chain(certificate_pem, arena, why);
    bool matches = chain != NULL && X509_check_private_key(sk_X509_value(chain, 0), key) == 1;

    *key_fingerprint = fingerprint_of(key, arena);
    if (chain != NULL && !matches)
        *why = SLICE("the key does not belong to the certificate");
    tls_pem_chain_free(chain);
    ERR_clear_error();
    return matches;
}

bool tls_check_key(struct slice certificate_pem, struct slice key_pem, struct arena *arena,
                   struct slice *key_fingerprint, struct slice *why)
{
    EVP_PKEY *key = tls_key_read(key_pem, SLICE_NONE, why);
    bool matches = key != NULL && tls_check_pair(certificate_pem, key, arena, key_fingerprint, why);

    EVP_PKEY_free(key);
    return matches;
}

enum tls_certificate_end tls_certificate_end(const struct tls_certificate_facts *facts, int64_t now,
                                             int64_t *change)
{
    int64_t third = (facts->not_after - facts->not_before) / 3;
    int64_t near = facts->not_after - (third < NEAR_END_S ? third : NEAR_END_S);

    *change = INT64_MAX;
    if (now > facts->not_after)
        return TLS_CERTIFICATE_OVER;
    *change = now > near ? facts->not_after + 1 : near + 1;
    return now > near ? TLS_CERTIFICATE_NEAR : TLS_CERTIFICATE_FAR;
}

static bool name_covers(struct slice pattern, struct slice name)
{
    struct slice rest = name;

    if (slice_equal_fold(pattern, name))
        return true;
    if (!slice_starts(pattern, SLICE("*.")) || slice_starts(name, SLICE("*.")))
        return false;
    return slice_cut(&rest, '.').len > 0 && slice_equal_fold(rest, slice_from(pattern, 2));
}

bool tls_certificate_covers(const struct tls_certificate_facts *facts, struct slice name)
{
    for (size_t i = 0; i < facts->name_count; i++)
        if (name_covers(facts->names[i], name))
            return true;
    return false;
}

const char *tls_check_ciphers(struct slice ciphers)
{
    struct arena arena;
    SSL_CTX *settings;
    bool is_good;

    tls_library_start();
    arena_init(&arena, ARENA_UNLIMITED);
    settings = SSL_CTX_new(TLS_server_method());
    ensure(settings != NULL);
    is_good = slice_find(ciphers, '\0') == SLICE_NOT_FOUND &&
              SSL_CTX_set_cipher_list(settings, arena_keep(&arena, ciphers).at) == 1;
    SSL_CTX_free(settings);
    ERR_clear_error();
    arena_deinit(&arena);
    return is_good ? NULL : "no cipher of TLS 1.2 or older matches this list";
}
