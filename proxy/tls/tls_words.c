#include "tls/tls_internal.h"

#include <openssl/err.h>

/* What a log line says for OpenSSL's reasons. Those that are not here are said in its own words. */
static const struct {
    int reason;
    const char *words;
} reasons[] = {
  /* clang-format off */
    {SSL_R_HTTP_REQUEST,                  "unknown protocol: plain HTTP request"},
    {SSL_R_HTTPS_PROXY_REQUEST,           "unknown protocol: plain HTTP CONNECT request"},
    {SSL_R_WRONG_VERSION_NUMBER,          "unknown protocol: this is not TLS"},
    {SSL_R_NO_SHARED_CIPHER,              "no shared cipher"},
    {SSL_R_NO_SUITABLE_KEY_SHARE,         "no shared key exchange group"},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, "no shared signature algorithm"},
    {SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, "no shared signature algorithm"},
    {SSL_R_UNSUPPORTED_PROTOCOL,          "client offers no protocol version that is allowed here"},
    {SSL_R_NO_APPLICATION_PROTOCOL,       "no shared application protocol (ALPN)"},
    {SSL_R_UNEXPECTED_MESSAGE,            "client sent an unexpected message"},
    {SSL_R_LENGTH_MISMATCH,               "malformed handshake message"},
    {SSL_R_BAD_EXTENSION,                 "malformed extension in the ClientHello"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, "record does not authenticate"},
    {SSL_R_CLIENTHELLO_TLSEXT,            "malformed extension in the ClientHello"},
    {SSL_R_INAPPROPRIATE_FALLBACK,        "client fell back to an older protocol for no reason"},
#define ALERT(number, words) {SSL_AD_REASON_OFFSET + (number), "client sent alert: " words}
    ALERT(SSL_AD_UNEXPECTED_MESSAGE,      "unexpected message"),
    ALERT(SSL_AD_BAD_RECORD_MAC,          "bad record mac"),
    ALERT(SSL_AD_RECORD_OVERFLOW,         "record overflow"),
    ALERT(SSL_AD_HANDSHAKE_FAILURE,       "handshake failure"),
    ALERT(SSL_AD_BAD_CERTIFICATE,         "bad certificate"),
    ALERT(SSL_AD_UNSUPPORTED_CERTIFICATE, "unsupported certificate"),
    ALERT(SSL_AD_CERTIFICATE_REVOKED,     "certificate revoked"),
    ALERT(SSL_AD_CERTIFICATE_EXPIRED,     "certificate expired"),
    ALERT(SSL_AD_CERTIFICATE_UNKNOWN,     "certificate unknown"),
    ALERT(SSL_AD_ILLEGAL_PARAMETER,       "illegal parameter"),
    ALERT(SSL_AD_UNKNOWN_CA,              "unknown ca"),
    ALERT(SSL_AD_ACCESS_DENIED,           "access denied"),
    ALERT(SSL_AD_DECODE_ERROR,            "decode error"),
    ALERT(SSL_AD_DECRYPT_ERROR,           "decrypt error"),
    ALERT(SSL_AD_PROTOCOL_VERSION,        "protocol version"),
    ALERT(SSL_AD_INSUFFICIENT_SECURITY,   "insufficient security"),
    ALERT(SSL_AD_INTERNAL_ERROR,          "internal error"),
    ALERT(SSL_AD_USER_CANCELLED,          "user cancelled"),
    ALERT(SSL_AD_UNRECOGNIZED_NAME,       "unrecognized name"),
    ALERT(SSL_AD_NO_APPLICATION_PROTOCOL, "no application protocol"),
  /* clang-format on */
};

const char *tls_words_take(void)
{
    unsigned long error = ERR_peek_last_error();
    const char *words = ERR_reason_error_string(error);

    ERR_clear_error();
    if (ERR_GET_LIB(error) == ERR_LIB_SSL)
        for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
            if (reasons[i].reason == ERR_GET_REASON(error))
                return reasons[i].words;
    return words != NULL ? words : "TLS failed";
}

void tls_library_start(void)
{
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}
