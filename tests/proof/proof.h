/*
 * The proofs of scheduler and limiters, in virtual time.
 *
 *   limits.c   shares and ceiling alone
 *   market*.c  the whole scheduler (daemon/sched) between a store and a registry of a few lines each
 *   crowd.c    partners with adversarial arrivals, restarts, reloads of limits, trouble
 *   judge.c    what was promised, judged from the recorded history alone, by code that knows nothing of the scheduler
 */
#ifndef VNEPP_TESTS_PROOF_H
#define VNEPP_TESTS_PROOF_H

#include "epp/base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROOF_NEVER     UINT64_MAX
#define PROOF_PARTNERS  8
#define PROOF_START_MS  1000000
#define PROOF_URGENT_MS (48ull * 3600000) /* issue's words: within 48 hours */

/* All moments are monotonic milliseconds. */
struct proof_item {
	uint64_t came; /* into the queue; again, when something took it out of the scheduler's hands */
	uint64_t due;  /* PROOF_NEVER: it has no deadline */
	uint64_t sent; /* its transform, for the first time since it came; PROOF_NEVER: not yet */
	uint64_t done; /* carried out by the registry; PROOF_NEVER: not yet */
	uint32_t partner;
	uint8_t lane;  /* by its operation */
	uint8_t state; /* market.c's */
	bool contact;  /* two commands: its contact goes first */
};

/* Classes of commands, as the issue names them. */
enum proof_class { PROOF_CHECK, PROOF_INFO, PROOF_CONTACT, PROOF_CREATE, PROOF_RENEW, PROOF_CLASSES };

struct proof_send {
	uint64_t at;
	uint32_t item;        /* index */
	uint32_t limit;       /* the ceiling in force; 0: none */
	uint32_t class_limit; /* … of its class; 0: none */
	uint8_t class;        /* enum proof_class */
	bool look;            /* asks what became of an earlier one */
	bool follows;         /* a look, or what comes after the contact */
};

/* What happened, and what the judge has to know of the arrangement. */
struct proof_history {
	struct proof_item *items; /* owned */
	size_t item_count, item_cap;
	struct proof_send *sends; /* owned */
	size_t send_count, send_cap;
	uint32_t ahead; /* commands that may be claimed and not sent yet */
	uint32_t slots; /* commands in flight at most */
	uint32_t weights[PROOF_PARTNERS];
	uint32_t flooders; /* partners 0 … have creates at all times; PROOF_PARTNERS - 1 has one at a time */
	/* stretches in which nothing was restarted or reloaded and the registry behaved */
	struct proof_stretch {
		uint64_t from, to;
		uint32_t limit;
	} * stretches; /* owned */
	size_t stretch_count, stretch_cap;
	uint64_t end;
	bool creates_are_limited; /* then neither the ceiling nor their tenth need be used up */
	bool
	    classes_are_limited; /* all of them: then what is urgent may have to wait for others of its class, too */
	bool clock_was_set; /* then nobody can say afterwards what was urgent when */
};

/* The worst that was seen. */
struct proof_figures {
	uint64_t commands, virtual_s, urgent, missed, restarts, reloads;
	uint64_t full[PROOF_CLASSES]; /* commands that used up a second of their class */
	double use, jain, weight_off, last_lane;
	uint64_t single_wait; /* in parts of a thousand of what may be waited for */
	char why[256];        /* empty: everything was kept */
};

/* True: it holds. What does not is printed, with the seed. */
bool proof_limits(uint64_t commands, uint64_t seed);
bool proof_sched(uint64_t commands, uint64_t seed, int jobs);

/* crowd.c: one history of about `commands`. */
void proof_crowd(uint64_t commands, uint64_t seed, struct proof_figures *out);

/* judge.c */
void proof_judge(const struct proof_history *h, struct proof_figures *out);

#endif
