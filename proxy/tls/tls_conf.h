#pragma once

#include "base/arena.h"
#include "conf/conf_block.h"
#include "conf/conf_sources.h"
#include "conf/conf_types.h"
#include "tls/tls_context.h"

#include <stdbool.h>
#include <stddef.h>

/* The directives of TLS, in http and mail and their servers. The group's check reads the
 * certificates and keys of every server through conf_sources, so that they are part of what a
 * worker gets, and reports what would not work. */

struct tls_conf {
#include "conf/conf_members.inc"
#include "tls/tls_conf.def"

    /* Of http and mail, for the check. */
    bool is_checked; /* as a server has it that sets nothing of this */
};

extern const struct conf_group tls_conf_group;

/* Does this server have a certificate at all? */
bool tls_conf_has_certificate(const struct tls_conf *tls);

/* Does any server allow TLS 1.0 or 1.1? */
bool tls_conf_allows_old(const struct conf *conf);

/* Fills what `out` takes from the configuration: certificates (contents) and keys (texts of
 * secrets), protocols, ciphers, session settings; the rest is the caller's. False without a
 * certificate, or when a file is missing from the sources (which the check has reported). */
bool tls_conf_server(const struct conf *conf, const struct tls_conf *tls, struct arena *arena,
                     struct tls_server *out) __attribute__((warn_unused_result));

/* Warns of each name (the words of server_name) that a certificate of this server does not cover.
 * Names that are no certificate's business ("_", "", regular expressions, x.*) are left out. For
 * servers that really speak TLS; call it from a check. */
void tls_conf_check_names(struct conf_reader *reader, const struct conf_scope *scope,
                          const struct tls_conf *tls, const struct conf_word *names, size_t count);
