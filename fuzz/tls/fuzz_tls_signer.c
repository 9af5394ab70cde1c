#include "base/ensure.h"
#include "tls/tls_sign_parse.h"
#include "tls/tls_signer.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A key that guards nothing: made for this file. */
/* clang-format off */
static const char key_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2BMOxyg2OdiRLt5v\n"
                              "gSvKkZoKvH2bTb8G2RlCYiEHzbihRANCAAST/sT+Hp0By0FOwYTkfuk8TGnDrVwx\n"
                              "ISEh22HnxIFO3XnoBZc3Yzdalev25c31c+WXF6SFC+3fVny9RqMMbOmK\n"
                              "-----END PRIVATE KEY-----\n";
/* clang-format on */

/* The text begins with what a TLS server signs, or there is no signature. */
static bool may_be_signed(struct slice text)
{
    static const char context[] = "TLS 1.3, server CertificateVerify";

    if (text.len > 98 &&
        slice_starts(slice_from(text, 64), ((struct slice){context, sizeof context})))
        return text.len == 98 + 32 || text.len == 98 + 48;
    return text.len > 68 && text.at[64] == 3 && text.at[65] == 0 &&
           text.len == 68u + (uint8_t)text.at[67];
}

/* One datagram as a worker in other hands would send it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const bool allowed[] = {true};
    static struct tls_signer *signer;
    static struct tls_signing *signing;
    struct slice datagram = {(const char *)data, size}, signature;
    char answer[TLS_SIGN_ANSWER_MAX];
    uint16_t status;
    uint32_t id;
    size_t len;

    if (signing == NULL) {
        signer = tls_signer_new(1, size % 2 == 0);
        ensure(tls_signer_add(signer, ((struct slice){key_pem, sizeof key_pem - 1}), SLICE_NONE) ==
               NULL);
        signing = tls_signing_new(signer);
    }
    len = tls_signing_answer(signing, allowed, false, datagram, answer);
    if (len == 0)
        return 0;
    memcpy(&id, data, sizeof id);
    ensure(size > TLS_SIGN_HEAD_BYTES && size <= TLS_SIGN_REQUEST_MAX);
    ensure(tls_sign_parse_answer((struct slice){answer, len}, id, &status, &signature));
    if (status == TLS_SIGN_DONE)
        ensure(signature.len <= 72 && may_be_signed(slice_from(datagram, TLS_SIGN_HEAD_BYTES)));
    return 0;
}
