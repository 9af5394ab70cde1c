#pragma once

#include "base/address.h"
#include "base/slice.h"
#include "dns/dns.h"
#include "relay/backend.h"
#include "relay/listen.h"
#include "relay/log_files.h"
#include "relay/session.h"
#include "relay/worker.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One session without network: implements relay/session.h, and what a protocol uses of net/, dns/
 * and relay/backend.h, by writing down what was asked and doing what the test says. It keeps the
 * same contracts: input is valid only inside a callback, nothing is freed before the turn ends, TLS
 * may only begin when nothing is left of the input.
 *
 * Linked instead of the real ones: a test program that includes it must not need anything else from
 * those files. */

struct fake;

/* A session that was accepted on `listen` and opened. */
struct fake *fake_start(const struct protocol *protocol, struct worker *worker,
                        const struct listen *listen, const char *client);
void fake_stop(struct fake *fake); /* closes what is open and frees everything */

/* A worker for it; `fake_worker_init` sets loop and log. */
void fake_worker_init(struct worker *worker, struct log_files *files);
void fake_worker_deinit(struct worker *worker);

/* The client. What is said to it since the last time; NUL-terminated, valid until the next call. */
void fake_client_sends(struct fake *fake, struct slice bytes);
void fake_client_ends(struct fake *fake);
void fake_client_fails(struct fake *fake);
const char *fake_client_hears(struct fake *fake);
void fake_client_is_slow(struct fake *fake, bool is_slow); /* what is said to it stays queued */
bool fake_client_is_paused(const struct fake *fake);

/* TLS: was it begun; then the handshake succeeds, with this SNI. */
bool fake_tls_is_begun(const struct fake *fake);
void fake_tls_succeeds(struct fake *fake, const char *server_name);

/* The backend, which a worker's sessions dial one at a time. */
bool fake_is_dialing(const struct worker *worker);
struct slice fake_dialed_host(const struct worker *worker);
void fake_backend_accepts(struct worker *worker);
void fake_backend_refuses(struct worker *worker, enum backend_failure failure);
void fake_backend_sends(struct worker *worker, struct slice bytes);
void fake_backend_ends(struct worker *worker);
void fake_backend_fails(struct worker *worker);
void fake_backend_is_slow(struct worker *worker, bool is_slow); /* bytes stay queued */
const char *fake_backend_hears(struct worker *worker);
bool fake_backend_is_open(const struct worker *worker);

/* DNS: is the client's name being asked for; the answer. */
bool fake_is_naming(const struct worker *worker);
void fake_dns_answers(struct worker *worker, enum dns_status status, const char *name,
                      bool confirmed);

/* Time passes, deadlines with it. */
void fake_time_passes(struct worker *worker, uint32_t ms);

/* How it ended. */
bool fake_is_closed(const struct fake *fake);
enum close_reason fake_reason(const struct fake *fake);
struct session *fake_session(struct fake *fake); /* NULL when closed */

/* All log lines so far, each ended by LF. */
const char *fake_log(const struct worker *worker);
