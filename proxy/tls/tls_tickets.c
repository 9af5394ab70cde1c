#include "tls/tls_tickets.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const struct tls_ticket_key *key_of(const struct tls_tickets *tickets, uint32_t epoch)
{
    return &tickets->keys[epoch % TLS_TICKET_SLOTS];
}

/* Never zeros, not even for a moment: they would be a key that everybody knows. */
static void renew(struct tls_ticket_key *key)
{
    if (getrandom(key, sizeof *key, 0) != (ssize_t)sizeof *key)
        abort(); /* it gives up to 256 bytes whole, once the kernel has any (getrandom(2)) */
}

void tls_tickets_start(struct tls_tickets *tickets)
{
    for (size_t i = 0; i < TLS_TICKET_SLOTS; i++)
        renew(&tickets->keys[i]);
    atomic_store(&tickets->epoch, 1);
}

/* The slot that nobody reads any more gets the key of the epoch after next. A worker that was in
 * the middle of reading it for as long as an epoch finds that its ticket does not open. */
void tls_tickets_rotate(struct tls_tickets *tickets)
{
    uint32_t epoch = atomic_load(&tickets->epoch) + 1;

    atomic_store(&tickets->epoch, epoch);
    renew(&tickets->keys[(epoch + 2) % TLS_TICKET_SLOTS]);
}

void tls_tickets_current(const struct tls_tickets *tickets, struct tls_ticket_key *key)
{
    *key = *key_of(tickets, atomic_load(&tickets->epoch));
}

bool tls_tickets_find(const struct tls_tickets *tickets,
                      const unsigned char name[TLS_TICKET_NAME_BYTES], struct tls_ticket_key *key,
                      bool *is_current)
{
    uint32_t now = atomic_load(&tickets->epoch);

    for (uint32_t epoch = now - 1; epoch != now + 2; epoch++) {
        *key = *key_of(tickets, epoch);
        *is_current = epoch == now;
        if (memcmp(key->name, name, TLS_TICKET_NAME_BYTES) == 0)
            return true;
    }
    return false;
}
