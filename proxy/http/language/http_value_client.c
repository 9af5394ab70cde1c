#include "base/chars.h"
#include "base/text.h"
#include "http/language/http_value.h"
#include "net/stream.h"
#include "relay/session.h"
#include "tls/tls_verify.h"

static struct slice fact(struct http_exchange *exchange, enum tls_peer_fact which)
{
    if (!session_is_secure(exchange->session))
        return SLICE_NONE;
    return tls_peer_fact(stream_transform_of(exchange->session->client), which, &exchange->arena);
}

#define FACT(function, which)                                                                      \
    struct slice function(struct http_exchange *exchange, const struct http_template_part *part)   \
    {                                                                                              \
        (void)part;                                                                                \
        return fact(exchange, which);                                                              \
    }

FACT(http_value_client_subject, TLS_PEER_SUBJECT)
FACT(http_value_client_issuer, TLS_PEER_ISSUER)
FACT(http_value_client_subject_legacy, TLS_PEER_SUBJECT_ONE_LINE)
FACT(http_value_client_issuer_legacy, TLS_PEER_ISSUER_ONE_LINE)
FACT(http_value_client_serial, TLS_PEER_SERIAL)
FACT(http_value_client_fingerprint, TLS_PEER_FINGERPRINT)
FACT(http_value_client_start, TLS_PEER_START)
FACT(http_value_client_end, TLS_PEER_END)
FACT(http_value_client_days_left, TLS_PEER_DAYS_LEFT)

struct slice http_value_client_verify(struct http_exchange *exchange,
                                      const struct http_template_part *part)
{
    struct tls_peer_failure failure;

    (void)part;
    if (!session_is_secure(exchange->session))
        return SLICE_NONE;
    if (!tls_peer_shown(stream_transform_of(exchange->session->client), &failure))
        return SLICE("NONE");
    if (failure.words == NULL)
        return SLICE("SUCCESS");
    return arena_format(&exchange->arena, "FAILED:%s", failure.words);
}

/* Without the newline at its end, as nginx has it. */
struct slice http_value_client_pem(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    struct slice pem = fact(exchange, TLS_PEER_PEM);

    (void)part;
    return slice_ends(pem, SLICE("\n")) ? slice_part(pem, 0, pem.len - 1) : pem;
}

/* Each byte may become three. */
static struct text room_for(struct http_exchange *exchange, struct slice pem)
{
    char *memory = arena_alloc(&exchange->arena, 3 * pem.len + 1);

    return text_in(memory, memory == NULL ? 0 : 3 * pem.len);
}

/* For a header field: a tab behind each newline makes it one folded value. */
struct slice http_value_client_pem_tabbed(struct http_exchange *exchange,
                                          const struct http_template_part *part)
{
    struct slice pem = http_value_client_pem(exchange, part);
    struct text text = room_for(exchange, pem);

    for (size_t i = 0; i < pem.len; i++) {
        text_byte(&text, pem.at[i]);
        if (pem.at[i] == '\n')
            text_byte(&text, '\t');
    }
    return pem.at == NULL ? SLICE_NONE : text_slice(&text);
}

struct slice http_value_client_pem_escaped(struct http_exchange *exchange,
                                           const struct http_template_part *part)
{
    static const char digits[] = "0123456789ABCDEF";
    struct slice pem = http_value_client_pem(exchange, part);
    struct text text = room_for(exchange, pem);

    for (size_t i = 0; i < pem.len; i++) {
        unsigned char byte = (unsigned char)pem.at[i];

        if (chars_is(pem.at[i], CHARS_ALPHA | CHARS_DIGIT) || byte == '-' || byte == '.' ||
            byte == '_' || byte == '~') {
            text_byte(&text, pem.at[i]);
            continue;
        }
        text_byte(&text, '%');
        text_byte(&text, digits[byte >> 4]);
        text_byte(&text, digits[byte & 15]);
    }
    return pem.at == NULL ? SLICE_NONE : text_slice(&text);
}
