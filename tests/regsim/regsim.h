/*
 * A strict EPP registry for tests: it reads and writes EPP with code of its own, shares nothing with the gateway but
 * the base layer, and keeps a ledger of what it did. It knows bytes, not sockets: whoever carries the bytes opens a
 * connection, hands in what arrives and is told what to send. Objects, accounts and the ledger outlive connections.
 *
 * Commands of a connection are executed in the order and at the moment of their arrival; answers leave in that order,
 * `delay_ms` later (a latency: many commands may be under way). Rules that the RFCs leave open:
 *   2306  a name outside the zones served, a reserved name, more than 13 name servers
 *   2105  curExpDate is not the expiry date (`bad_exp_code`), a renewal past `max_years`, or one before its window
 *   2304  pendingCreate or pendingDelete (expired for more than `renew_days`), server*Prohibited
 *   2201  a registrant or contact of another account
 * All for one thread: the loop's.
 */
#ifndef VNEPP_REGSIM_H
#define VNEPP_REGSIM_H

#include "epp/base/buf.h"
#include "epp/base/date.h"
#include "epp/base/str.h"
#include "tests/regsim/regsim_fault.h"
#include "tests/regsim/regsim_types.h"

struct loop;
struct regsim;
struct regsim_conn;

/* Sensible defaults: the zones of the programme, periods of 1 to 10 years, dates in UTC, no faults, no accounts. */
void regsim_options_init(struct regsim_options *o);
/* Copies what `o` points to. The loop is borrowed: its clock is the registry's, its timers drive delays. */
struct regsim *regsim_new(const struct regsim_options *o, struct loop *loop) MUST_CHECK;
/* Every connection must have been handed back by regsim_conn_closed(). */
void regsim_free(struct regsim *sim);

/* ---- connections ---- */

struct regsim_conn_events {
	/* Valid during the call. From inside regsim_conn_data() and from timers; never after `close`. */
	void (*send)(void *arg, struct str bytes);
	/* The registry hangs up: once, last. `abort`: at once, without good-bye. regsim_conn_closed() still follows. */
	void (*close)(void *arg, bool abort);
};

/* `subject` is the peer's certificate subject ("" without one). The greeting comes by a timer, soon. */
struct regsim_conn *regsim_conn_open(struct regsim *sim, const struct regsim_conn_events *ev, void *arg,
                                     const char *subject) MUST_CHECK;
/* Bytes that arrived, cut anywhere. */
void regsim_conn_data(struct regsim_conn *c, struct str bytes);
/* The carrier is gone; frees (not from inside an event). What was committed stays, what is scheduled (late commits) still happens. */
void regsim_conn_closed(struct regsim_conn *c);

/* ---- state ---- */

/* Places objects without a command; not in the ledger, times_created 0. False: it exists, or no such account. */
bool regsim_seed_contact(struct regsim *sim, const char *id, const char *account) MUST_CHECK;
bool regsim_seed_domain(struct regsim *sim, struct str name, const char *account, const char *registrant,
                        instant_ms_t created, instant_ms_t expires) MUST_CHECK;
/* What is known of a name, whatever it is now; false: never seen. Case counts: names are kept in lower case. */
bool regsim_domain(struct regsim *sim, struct str name, struct regsim_domain_view *out) MUST_CHECK;
/* Walks all names in order of first creation: *at starts at 0. */
bool regsim_domain_next(struct regsim *sim, size_t *at, struct regsim_domain_view *out) MUST_CHECK;
bool regsim_contact_exists(struct regsim *sim, struct str id);
bool regsim_host_exists(struct regsim *sim, struct str name);
/* Statuses such as "serverRenewProhibited"; false: no such domain or status. */
bool regsim_domain_status(struct regsim *sim, struct str name, const char *status, bool on) MUST_CHECK;
/* NULL: no such account. */
int64_t *regsim_balance(struct regsim *sim, const char *account);
/* Queues a message; `res_data` is XML for <resData>, or empty. False: no such account. */
bool regsim_poll_push(struct regsim *sim, const char *account, struct str text,
                      struct str res_data) MUST_CHECK;
size_t regsim_poll_count(struct regsim *sim, const char *account);
/* Closes every connection (a registry's restart); objects stay. */
void regsim_drop_all(struct regsim *sim);
/* Commits and pending decisions that are still to come. */
size_t regsim_outstanding(const struct regsim *sim);
const struct regsim_stats *regsim_stats(const struct regsim *sim);
uint64_t regsim_code_count(const struct regsim *sim, int code);
/* Memory held by objects and their index, in bytes. */
size_t regsim_memory(const struct regsim *sim);

/* ---- ledger: append-only ---- */

size_t regsim_ledger_count(const struct regsim *sim);
/* i < count; valid until the sim is freed. */
const struct regsim_entry *regsim_ledger_at(const struct regsim *sim, size_t i);
/* One line of JSON, with newline. Keys: see regsim_entry. */
void regsim_entry_json(const struct regsim_entry *e, struct buf *out);
void regsim_domain_json(const struct regsim_domain_view *d, struct buf *out);
/* "SIM-000000000042"; `out` has room for 24 bytes. */
const char *regsim_svtrid(char *out, uint64_t number);

/* ---- faults ---- */

/* The master switch for both probabilities and rules; on at first. */
void regsim_faults_switch(struct regsim *sim, bool on);
void regsim_faults_set(struct regsim *sim, const struct regsim_faults *f);
/* Rules are tried in order before probabilities are drawn. Copies. */
void regsim_rule_add(struct regsim *sim, const struct regsim_rule *rule);
void regsim_rules_clear(struct regsim *sim);
uint64_t regsim_fault_count(const struct regsim *sim, enum regsim_fault f);
/* The next `n` log-ins are refused with 2200, whatever they say. */
void regsim_refuse_logins(struct regsim *sim, unsigned n);

#endif
