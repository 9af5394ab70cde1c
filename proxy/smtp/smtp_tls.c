#include "smtp/smtp_tls.h"

#include "relay/listen.h"
#include "smtp/smtp_conf.h"
#include "tls/tls_conf.h"
#include "tls/tls_context.h"

/* Accepted in ALPN; no ALPN at all is fine as well. There is no registered name for SMTP: these are
 * the ones that other servers use (reference/mail.md 2.7). */
static const char *const alpn[] = {"smtp", "esmtp", "submission", NULL};

/* Where servers deliver mail by STARTTLS nothing is gained by tickets, and some clients trip over
 * them (reference/mail.md 2.7): off unless the configuration says otherwise. */
static bool is_tickets_set(const struct conf *conf, const struct conf_scope *scope)
{
    for (; scope != NULL && conf_values(conf, scope, &tls_conf_group) != NULL;
         scope = scope->parent)
        if (conf_is_set(conf, scope, &tls_conf_group,
                        offsetof(struct tls_conf, ssl_session_tickets)))
            return true;
    return false;
}

/* False if the server has no certificate. */
static bool fill(const struct conf *conf, const struct listen *listen,
                 const struct smtp_conf_server *server, struct arena *arena, struct tls_server *tls)
{
    const struct conf_word_list *words = &server->conf->server_name;
    struct slice *names = arena_zero(arena, (words->count + 1) * sizeof *names);

    if (!tls_conf_server(conf, conf_values(conf, server->scope, &tls_conf_group), arena, tls))
        return false;
    for (size_t i = 0; i < words->count; i++)
        names[i] = words->words[i].text;
    tls->names = names;
    tls->name_count = words->count;
    tls->service = "smtp";
    tls->alpn = alpn;
    if (!listen->tls && !is_tickets_set(conf, server->scope))
        tls->session_tickets = false;
    return true;
}

size_t smtp_tls_servers(const struct conf *conf, const struct listen *listen, struct arena *arena,
                        struct tls_server *servers)
{
    const struct smtp_conf_server *from = listen->servers;
    size_t count = 0;

    for (size_t i = 0; i < listen->server_count; i++)
        count += fill(conf, listen, &from[i], arena, &servers[count]);
    return count;
}
