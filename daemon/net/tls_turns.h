/*
 * Handshakes of a listener take turns, in threads of their own: one costs as much as a hundred requests, and a crowd of
 * them would keep everybody else waiting. Each is served in the order in which it asked; one core is left to the loop.
 *
 * Everything is for the loop's thread but `work`. Counted by reference: a handshake that is away keeps its turns.
 */
#ifndef VNEPP_NET_TLS_TURNS_H
#define VNEPP_NET_TLS_TURNS_H

#include "epp/base/attr.h"
#include "epp/base/list.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct tls_turns;

/* Embedded in what is to be done; zeroed before first use but for the callbacks. */
struct tls_turn {
	struct list_node node;
	bool away;                           /* `work` has it: its data are not for the loop's thread */
	void (*work)(struct tls_turn *turn); /* in a thread */
	void (*back)(struct tls_turn *turn); /* on the loop's thread, afterwards; may free the turn */
};

/* So many threads as leave a core to the loop, and at most TLS_TURNS_THREADS_MAX. */
#define TLS_TURNS_THREADS_MAX 4 /* libuv has four */
uint32_t tls_turns_threads(void);
/*
 * `threads`, at most TLS_TURNS_THREADS_MAX, work at the same time, and `loop` is a struct loop_uv's; 0: the loop's own
 * thread does it, one in each turn of the loop, whichever loop it is.
 */
struct tls_turns *tls_turns_new(struct loop *loop, uint32_t threads) MUST_CHECK;
struct tls_turns *tls_turns_ref(struct tls_turns *t) MUST_CHECK;
/* Sets *t to NULL; NULL inside is fine. Nobody waits when the last one goes. */
void tls_turns_unref(struct tls_turns **t);

/* Asks for a turn. Who waits already keeps its place; not while it is away. */
void tls_turns_take(struct tls_turns *t, struct tls_turn *turn);
/* Waits no more. Who is away comes back all the same. */
void tls_turn_leave(struct tls_turn *turn);
uint32_t tls_turns_waiting(const struct tls_turns *t);

#endif
