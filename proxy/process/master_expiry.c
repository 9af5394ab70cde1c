#include "process/master_private.h"

#include <stdint.h>
#include <time.h>

/* Certificates that end while frontd runs: said once a day from two weeks before on, and when it
 * has come to that. Whoever renews them replaces the files, and master_watch.c takes them. */

#define DAY_S 86400

struct look {
    struct master *master;
    int64_t now, next; /* seconds since 1970 */
};

static void say(const struct look *look, const struct certificate *one,
                enum tls_certificate_end end, int64_t left_s)
{
    const char *file = one->files.certificate.at;

    if (end == TLS_CERTIFICATE_OVER)
        log_line(&look->master->log, LOG_ERROR, 0,
                 "certificate %s has expired: clients refuse it; renew it", file);
    else if (end == TLS_CERTIFICATE_NEAR)
        log_line(&look->master->log, LOG_WARN, 0, "certificate %s expires in %lld days: renew it",
                 file, (long long)(left_s / DAY_S));
}

static void on_certificate(void *owner, const struct certificate *one,
                           const struct tls_certificate_facts *facts)
{
    struct look *look = owner;
    int64_t change;

    say(look, one, tls_certificate_end(facts, look->now, &change), facts->not_after - look->now);
    if (change < look->next)
        look->next = change;
}

static void on_time(void *owner)
{
    struct master *master = owner;
    struct look look = {.master = master, .now = (int64_t)time(NULL)};

    if (master->phase > MASTER_RUNNING)
        return;
    look.next = look.now + DAY_S;
    certificates_each(&master->current->certificates, master->current->snapshot, on_certificate,
                      &look);
    deadline_set(master->loop, &master->expiry, (uint32_t)(look.next - look.now) * 1000);
}

void master_expiry_init(struct master *master)
{
    deadline_init(&master->expiry, on_time, master);
}

void master_expiry_start(struct master *master)
{
    deadline_set(master->loop, &master->expiry, 0);
}

void master_expiry_stop(struct master *master)
{
    deadline_clear(&master->expiry);
}
