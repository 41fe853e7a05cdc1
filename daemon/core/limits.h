/*
 * What a registry takes within a second, over all its accounts and sessions: commands of any kind (a hard ceiling), and
 * of each class. Embedded in the registry; for the loop's thread.
 */
#ifndef VNEPP_CORE_LIMITS_H
#define VNEPP_CORE_LIMITS_H

#include "daemon/core/ceiling.h"

enum limit_class {
	LIMIT_CHECK,
	LIMIT_INFO,    /* also what is looked up after doubt */
	LIMIT_CONTACT, /* contact and host objects */
	LIMIT_CREATE,
	LIMIT_RENEW,
	LIMIT_CLASS__COUNT
};
#define LIMIT_NO_CLASS LIMIT_CLASS__COUNT /* log-ins, keepalives, polls, log-outs */
/* "check", "info", …; NULL-terminated. */
extern const char *const limit_class_names[];

/* One limit as it is configured. */
struct limit {
	uint32_t max;       /* 0: none */
	bool shadow;        /* counted, not enforced */
	const char *reason; /* why it is there, for people; NULL: not said */
};

/* Commands by class; the last place is for those of no class. */
struct limits_count {
	uint32_t of[LIMIT_CLASS__COUNT + 1];
};

struct limits {
	struct ceiling all, of[LIMIT_CLASS__COUNT];
	bool classed; /* some class has a limit of its own */
};

void limits_init(struct limits *l, struct limit all, const struct limit of[LIMIT_CLASS__COUNT],
                 uint64_t now_us);
void limits_fini(struct limits *l);
/* A limit that has changed counts as just used up. */
void limits_set(struct limits *l, struct limit all, const struct limit of[LIMIT_CLASS__COUNT],
                uint64_t now_us);
/* Until the next command of the class may leave; 0: now. */
uint64_t limits_wait_us(const struct limits *l, enum limit_class c, uint64_t now_us);
/* One is to leave; limits_wait_us() has said 0. */
void limits_take(struct limits *l, enum limit_class c, uint64_t now_us);
/* What became of those that were taken: ceiling_left(), ceiling_hold(), ceiling_release(). */
void limits_left(struct limits *l, const struct limits_count *n, uint64_t now_us);
void limits_hold(struct limits *l, const struct limits_count *n);
void limits_release(struct limits *l, const struct limits_count *n, uint64_t now_us);

#endif
