/*
 * What tests of the store share: lines that are decided as wanted by the shipped rules, operations run at once, and
 * everything that a store says as one text, to compare two stores or one before and after. Run from the tree's root.
 */
#ifndef VNEPP_TESTS_STORE_PLAY_H
#define VNEPP_TESTS_STORE_PLAY_H

#include "daemon/store/store.h"
#include "daemon/store/store_intake.h"
#include "epp/base/buf.h"

#define PLAY_START 1795140000000ll /* 2026-11-20T09:00:00+07:00 */
#define PLAY_DAY   86400000ll
#define PLAY_LATE  (PLAY_START + 60 * PLAY_DAY) /* the programme is over */

/* A decider on the shipped rules. `revision` > 0: with a comment of its own, and so another revision. */
struct decider *play_decider_new(unsigned revision) MUST_CHECK;
/* The shipped rules with one switch at another option. */
struct decider *play_decider_choosing(const char *id, const char *option);

enum play_kind {
	PLAY_PAID,    /* QUEUED, without a grant */
	PLAY_GRANT,   /* QUEUED with the person's grant; REFUSED when it is taken */
	PLAY_WAITING, /* an evidence is missing */
	PLAY_REVIEW,  /* a person must look */
	PLAY_REFUSED, /* too young */
	PLAY_LISTED, /* an enterprise without papers, in biz.vn: WAITING, or QUEUED when a list has play_tax_code(person) */
	PLAY_RENEW, /* QUEUED, to be paid, when the name is the partner's or nobody's; expires `person` days after 1 December */
	PLAY__COUNT
};

struct play_line {
	enum play_kind kind;
	const char *ref, *name; /* copied */
	unsigned person;        /* of the applicant: whose grant it is */
	uint32_t account;
	uint8_t lane;
	const char *contact; /* contact to create first, or NULL */
};

/* A tax code that is one, of a few. */
const char *play_tax_code(unsigned person);

/* As intake hands it to the store, in the arena; number `n` in the body. The applicant lives in Lâm Đồng ("68"). */
struct store_line play_line(struct arena *a, const struct play_line *l, uint32_t n) MUST_CHECK;
/* … in another province: its code, copied. */
struct store_line play_line_in(struct arena *a, const struct play_line *l, uint32_t n,
                               const char *province) MUST_CHECK;
/* Its payload and its request are the same again, after a change of the request. */
void play_line_encode(struct arena *a, struct store_line *l);

/* Runs one operation as a group of its own; its error. */
enum err play(struct store_backend *b, struct store_op *op, enum store_op_type type);
/* One name to its number. */
uint32_t play_register(struct store_backend *b, const char *name, bool is_account);
/* A result as a step wants it. */
struct item_result play_result(enum item_state state, instant_ms_t at);

/* Everything that can be read about what happened, as text. Two stores with one history say the same. */
void play_dump(struct store_backend *b, instant_ms_t now, struct buf *out);

#endif
