/*
 * What can go wrong on purpose. Each fault strikes one command, by probability (seeded) or by a rule.
 */
#ifndef VNEPP_REGSIM_FAULT_H
#define VNEPP_REGSIM_FAULT_H

#include "epp/base/str.h"
#include "tests/regsim/regsim_types.h"

#include <stdbool.h>
#include <stdint.h>

/* name, text for command lines; `arg` is the rule's argument (0: drawn or default) */
#define REGSIM_FAULTS(X)                                                                         \
	X(NONE, "none")                                                                          \
	X(DELAY, "delay")                             /* answered arg ms later */                \
	X(CLOSE_BEFORE_COMMIT, "close_before_commit") /* nothing done, connection closed */      \
	X(CLOSE_AFTER_COMMIT, "close_after_commit")   /* done, closed without an answer */       \
	X(DROP_IN_ANSWER, "drop_in_answer")           /* done, closed after arg bytes */         \
	X(WRONG_CLTRID, "wrong_cltrid")               /* the answer bears another clTRID */      \
	X(NO_CLTRID, "no_cltrid")                     /* the answer bears none */                \
	X(MERGE, "merge")                             /* held back and sent with the next one */ \
	X(SPLIT, "split")                             /* sent byte by byte */                    \
	X(FAIL_2400, "fail_2400")                     /* 2400, nothing done */                   \
	X(FAIL_2400_COMMITTED, "fail_2400_committed") /* 2400, yet done */                       \
	X(CLOSE_2502, "close_2502")                   /* 2502 and closed, nothing done */        \
	X(CLOSE_2500, "close_2500")                   /* 2500 and closed, nothing done */        \
	X(CLOSE_1500, "close_1500")                   /* 1500 and closed, nothing done */        \
	X(QUOTA_CLOSE, "quota_close")                 /* aborted without a word, nothing done */ \
	X(LATE_COMMIT, "late_commit")                 /* closed, done arg ms later */            \
	X(SILENT_LATE, "silent_late")                 /* never answered, done arg ms later */    \
	X(GARBAGE, "garbage")                         /* done; a frame that is no XML */         \
	X(PLAIN_TEXT, "plain_text")                   /* done; text without a frame, closed */   \
	X(NO_ANSWER, "no_answer")                     /* done, never answered */                 \
	X(NO_ANSWER_LOST, "no_answer_lost")           /* nothing done, never answered */         \
	X(GREETING_DELAY, "greeting_delay")           /* on connecting: greeting after arg ms */ \
	X(GREETING_CLOSE, "greeting_close")           /* on connecting: closed instead */

enum regsim_fault {
#define X(id, text) REGSIM_FAULT_##id,
	REGSIM_FAULTS(X)
#undef X
	    REGSIM_FAULT__COUNT
};

/* "late_commit". */
const char *regsim_fault_name(enum regsim_fault f);
bool regsim_fault_parse(struct str name, enum regsim_fault *out);

/* Probabilities per mille; one number is drawn for a command, so their sum is at most 1000 (what is over is ignored). */
struct regsim_faults {
	uint16_t per_mille[REGSIM_FAULT__COUNT];
	bool transforms_only;                /* strike only create, renew, update and delete */
	uint32_t delay_min_ms, delay_max_ms; /* DELAY, GREETING_DELAY */
	uint32_t late_min_ms, late_max_ms;   /* LATE_COMMIT, SILENT_LATE */
};

/* A scripted fault. Zeroed fields match everything. */
struct regsim_rule {
	enum regsim_op op;       /* REGSIM_OP_NONE: any command; GREETING_* faults use REGSIM_OP_CONNECT */
	enum regsim_kind kind;   /* REGSIM_KIND_NONE: any object */
	const char *name;        /* glob on the first object name, or NULL */
	uint32_t nth;            /* strikes from the n-th match on (1 is the first; 0 as 1) */
	uint32_t times;          /* so many times; 0: for ever */
	enum regsim_fault fault; /* REGSIM_FAULT_NONE: spares the command */
	int64_t arg;             /* ms or bytes; 0: drawn */
};

#endif
