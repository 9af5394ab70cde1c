#pragma once

#include "tls/tls_check.h"
#include "tls/tls_conf.h"

/* What tls_conf.c (the directives), tls_conf_check.c (the rules) and tls_conf_findings.c (the
 * words) share. */

/* The n-th file of a list of ssl_certificate or ssl_certificate_key. */
struct tls_conf_file {
    const struct conf_word *word; /* the path as written */
    struct slice path;            /* absolute */
    const struct conf_source *source;
    uint32_t index; /* of the source */
};

struct tls_conf_file tls_conf_file(const struct conf *conf, const struct conf_directive_list *list,
                                   size_t index, struct arena *arena);

/* The same of ssl_certificate_key: a secret. */
struct tls_conf_file tls_conf_key_file(const struct conf *conf,
                                       const struct conf_directive_list *list, size_t index,
                                       struct arena *arena);

/* That of ssl_password_file; NULL: there is none. */
const struct conf_source *tls_conf_passphrases(const struct conf *conf, const struct tls_conf *tls);

/* The group's check, see struct conf_group. */
void tls_conf_check(struct conf_reader *reader, const struct conf_scope *scope, void *values);

/* What is known of a certificate: found out once, however many servers name it. */
struct tls_conf_known {
    bool is_good;
    struct tls_certificate_facts facts;
    struct slice why;              /* not good */
    const struct conf_source *key; /* that it was last found to belong to; NULL: none yet… */
    const struct conf_source *passphrases; /* …with these */
    const struct tls_server *built;        /* that it was last found to work with */
};

struct tls_conf_known *tls_conf_known(const struct conf *conf, const struct tls_conf_file *file);

/* One ssl_certificate with its ssl_certificate_key. */
struct tls_conf_pair {
    struct tls_conf_file certificate, key;
    const struct conf_source *passphrases; /* NULL: none */
    struct tls_certificate_facts facts;
};

/* The findings; those that fail return false. */
bool tls_conf_fail_file(struct conf_reader *reader, const struct tls_conf_file *file,
                        const char *what);
bool tls_conf_fail_content(struct conf_reader *reader, const struct tls_conf_file *file,
                           const char *what, struct slice why);
bool tls_conf_fail_mismatch(struct conf_reader *reader, const struct tls_conf_pair *pair,
                            struct slice key_fingerprint);
struct conf_finding *tls_conf_warn_of_dates(struct conf_reader *reader,
                                            const struct tls_conf_pair *pair, const char *what,
                                            int64_t days, const char *ago);
void tls_conf_warn_expired(struct conf_reader *reader, const struct tls_conf_pair *pair,
                           int64_t days);
void tls_conf_warn_of_name(struct conf_reader *reader, const struct conf_word *name,
                           const struct tls_conf_file *file,
                           const struct tls_certificate_facts *facts);
