#include "tls/tls_sign_parse.h"

#include <string.h>

static const struct tls_scheme schemes[] = {
  /* code, is_rsa, is_pss, in_1_3, is_old, kind_in_1_3, digest */
    {0x0403,                  false, false, true,  false, TLS_KEY_P256, "SHA256"  },
    {0x0503,                  false, false, true,  false, TLS_KEY_P384, "SHA384"  },
    {0x0804,                  true,  true,  true,  false, TLS_KEY_RSA,  "SHA256"  },
    {0x0805,                  true,  true,  true,  false, TLS_KEY_RSA,  "SHA384"  },
    {0x0806,                  true,  true,  true,  false, TLS_KEY_RSA,  "SHA512"  },
    {0x0401,                  true,  false, false, false, TLS_KEY_RSA,  "SHA256"  },
    {0x0201,                  true,  false, false, true,  TLS_KEY_RSA,  "SHA1"    },
    {0x0203,                  false, false, false, true,  TLS_KEY_P256, "SHA1"    },
    {TLS_SCHEME_RSA_MD5_SHA1, true,  false, false, true,  TLS_KEY_RSA,  "MD5-SHA1"},
};

const struct tls_scheme *tls_scheme_find(uint16_t code)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (schemes[i].code == code)
            return &schemes[i];
    return NULL;
}

/* RFC 8446 4.4.3: 64 blanks, the context, a zero, and the hash of SHA-256 or SHA-384. */
#define BLANKS  "                                                                "
#define CONTEXT BLANKS "TLS 1.3, server CertificateVerify"

static bool is_certificate_verify(struct slice text)
{
    struct slice head = {CONTEXT, sizeof CONTEXT}; /* with the zero */

    return slice_starts(text, head) && (text.len == head.len + 32 || text.len == head.len + 48);
}

/* RFC 8422 5.4: client_random, server_random, named_curve, a curve's number, a point. */
#define RANDOMS 64

static const struct {
    uint16_t number;
    uint8_t point_len;
    bool has_form; /* the point begins with 4: uncompressed */
} curves[] = {
    {23, 65, true }, /* P-256 */
    {24, 97, true }, /* P-384 */
    {29, 32, false}, /* X25519 */
};

static bool is_key_exchange(struct slice text)
{
    const unsigned char *at = (const unsigned char *)text.at;

    if (text.len < RANDOMS + 5 || at[RANDOMS] != 3)
        return false;
    at += RANDOMS + 1;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (at[0] * 256 + at[1] == curves[i].number)
            return at[2] == curves[i].point_len && text.len == RANDOMS + 4u + at[2] &&
                   (!curves[i].has_form || at[3] == 4);
    return false;
}

struct head {
    uint32_t id;
    uint16_t key, scheme, len, zero;
};
_Static_assert(sizeof(struct head) == TLS_SIGN_HEAD_BYTES, "no holes");

bool tls_sign_parse(struct slice datagram, struct tls_sign_request *request)
{
    struct head head;

    if (datagram.len < sizeof head)
        return false;
    memcpy(&head, datagram.at, sizeof head);
    request->id = head.id;
    request->key = head.key;
    request->scheme = head.scheme;
    request->text = slice_from(datagram, sizeof head);
    request->is_1_3 = is_certificate_verify(request->text);
    return head.zero == 0 && head.len == request->text.len && head.len <= TLS_SIGN_TEXT_MAX &&
           tls_scheme_find(head.scheme) != NULL &&
           (request->is_1_3 || is_key_exchange(request->text));
}

const struct tls_scheme *tls_sign_scheme(const struct tls_sign_request *request,
                                         enum tls_key_kind kind, bool allows_old)
{
    const struct tls_scheme *scheme = tls_scheme_find(request->scheme);

    if (scheme == NULL || scheme->is_rsa != (kind == TLS_KEY_RSA) ||
        (scheme->is_old && !allows_old))
        return NULL;
    if (request->is_1_3 && (!scheme->in_1_3 || scheme->kind_in_1_3 != kind))
        return NULL;
    return scheme;
}

void tls_sign_write_request(char out[TLS_SIGN_HEAD_BYTES], uint32_t id, uint16_t key,
                            uint16_t scheme, size_t len)
{
    struct head head = {id, key, scheme, (uint16_t)len, 0};

    memcpy(out, &head, sizeof head);
}

struct answer_head {
    uint32_t id;
    uint16_t status, len;
};
_Static_assert(sizeof(struct answer_head) == TLS_SIGN_ANSWER_BYTES, "no holes");

void tls_sign_write_answer(char out[TLS_SIGN_ANSWER_BYTES], uint32_t id,
                           enum tls_sign_status status, size_t len)
{
    struct answer_head head = {id, (uint16_t)status, (uint16_t)len};

    memcpy(out, &head, sizeof head);
}

bool tls_sign_parse_answer(struct slice datagram, uint32_t id, uint16_t *status,
                           struct slice *signature)
{
    struct answer_head head;

    if (datagram.len < sizeof head)
        return false;
    memcpy(&head, datagram.at, sizeof head);
    *status = head.status;
    *signature = slice_from(datagram, sizeof head);
    return head.id == id && head.len == signature->len &&
           (head.status == TLS_SIGN_DONE) == (head.len > 0);
}
