/*
 * How a rule set comes into force and goes out of it, without store, clock or files: whoever holds the life keeps it in the
 * store and loads what it names.
 *
 *   staged ──approved by another person──▶ (its instant) ──▶ in force ──confirmed──▶ …
 *      └─withdrawn                                              ├─ not confirmed by the deadline ─▶ the previous one
 *                                                               └─ rolled back ─▶ the previous one
 *
 * Every function that changes a life either does so whole, or returns an error for people in `e` and changes nothing.
 */
#ifndef VNEPP_JOB_RULES_LIFE_H
#define VNEPP_JOB_RULES_LIFE_H

#include "epp/base/attr.h"
#include "epp/base/date.h"
#include "epp/base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define RULES_REVISION_MAX   80 /* "sha256:" and 64 digits, with NUL */
#define RULES_NAME_MAX       64
#define RULES_PREVIOUS_MAX   16 /* so many times one can go back; the rule sets themselves are kept for ever */
#define RULES_CONFIRM_MIN_MS 1000
#define RULES_CONFIRM_MAX_MS (30ll * 86400 * 1000)

struct rules_person {
	char name[RULES_NAME_MAX];  /* as they call themselves; by default the login */
	char login[RULES_NAME_MAX]; /* whose login it came from, in the kernel's words */
	int64_t uid;
};

struct rules_staged {
	char revision[RULES_REVISION_MAX]; /* empty: nothing is staged */
	struct rules_person by;
	instant_ms_t staged_at;
	instant_ms_t at; /* when it shall take effect; INSTANT_NONE: as soon as it is approved */
	bool approved;
	struct rules_person approver;
	instant_ms_t approved_at;
	int64_t confirm_ms; /* 0: needs no confirmation */
};

struct rules_life {
	char active[RULES_REVISION_MAX]; /* empty: none ever was */
	instant_ms_t since;
	instant_ms_t confirm_by;                               /* INSTANT_NONE: it is in force for good */
	char previous[RULES_PREVIOUS_MAX][RULES_REVISION_MAX]; /* the one that was in force last is last */
	int previous_count;
	struct rules_staged staged;
	/* The last one that went by itself, and when it went: for who confirms too late. */
	char lapsed[RULES_REVISION_MAX];
	instant_ms_t lapsed_at;
};

enum rules_due { RULES_DUE_NOTHING, RULES_DUE_FALL_BACK, RULES_DUE_EFFECT };

void rules_life_init(struct rules_life *l);
/* Takes the place of what was staged before, approved or not. `at`: INSTANT_NONE: as soon as it is approved. */
enum err rules_life_stage(struct rules_life *l, const char *revision, instant_ms_t at,
                          const struct rules_person *who, instant_ms_t now, struct errmsg *e) MUST_CHECK;
/* A second person's word for what is staged; `alone`: the first one's is enough. `confirm_ms`: 0: none is asked for. */
enum err rules_life_approve(struct rules_life *l, const struct rules_person *who, int64_t confirm_ms,
                            bool alone, instant_ms_t now, struct errmsg *e) MUST_CHECK;
enum err rules_life_withdraw(struct rules_life *l, struct errmsg *e) MUST_CHECK;
enum err rules_life_confirm(struct rules_life *l, instant_ms_t now, struct errmsg *e) MUST_CHECK;
/* The previous one is in force from `now` on. */
enum err rules_life_roll_back(struct rules_life *l, instant_ms_t now, struct errmsg *e) MUST_CHECK;
/* Files that activate by themselves. False: it is in force already, nothing has changed. */
bool rules_life_take_files(struct rules_life *l, const char *revision, instant_ms_t now);

/* What must happen now, and when something must next (INSTANT_NONE: nothing is planned). */
enum rules_due rules_life_due(const struct rules_life *l, instant_ms_t now);
instant_ms_t rules_life_next(const struct rules_life *l);
/* RULES_DUE_EFFECT: what is staged and approved is in force. */
void rules_life_take_effect(struct rules_life *l, instant_ms_t now);
/* RULES_DUE_FALL_BACK */
void rules_life_fall_back(struct rules_life *l, instant_ms_t now);
/* What is approved cannot be loaded: it stays staged, and needs to be approved again. */
void rules_life_refuse(struct rules_life *l);

#endif
