#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The keys that seal session tickets (reference/tls-keys.md 3.5). They lie in memory that the
 * master writes and all workers of all generations read, so that a session begun with one worker
 * goes on with any other, also after a reload, and every worker turns to a new key at once. They
 * are in no file and end with the master.
 *
 * One key seals. The one before it and the one after it open, too; what is older is gone. */

#define TLS_TICKET_NAME_BYTES 16

struct tls_ticket_key {
    unsigned char name[TLS_TICKET_NAME_BYTES]; /* in the clear, in front of the ticket */
    unsigned char cipher[32], mac[32];         /* AES-256-CBC, HMAC-SHA-256 */
};

#define TLS_TICKET_SLOTS 4

struct tls_tickets {
    _Atomic uint32_t epoch; /* the key of epoch n is keys[n % TLS_TICKET_SLOTS] */
    struct tls_ticket_key keys[TLS_TICKET_SLOTS];
};

/* The master's: new keys everywhere; and the next epoch. */
void tls_tickets_start(struct tls_tickets *tickets);
void tls_tickets_rotate(struct tls_tickets *tickets);

/* The key to seal with. */
void tls_tickets_current(const struct tls_tickets *tickets, struct tls_ticket_key *key);

/* The key of that name; false: it is forgotten, or never was. *is_current: no need to seal anew. */
bool tls_tickets_find(const struct tls_tickets *tickets,
                      const unsigned char name[TLS_TICKET_NAME_BYTES], struct tls_ticket_key *key,
                      bool *is_current) __attribute__((warn_unused_result));
