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
/* "check", "info", …; NULL-terminated. */
extern const char *const limit_class_names[];

/* One limit as it is configured. */
struct limit {
	uint32_t max;       /* 0: none */
	bool shadow;        /* counted, not enforced */
	const char *reason; /* why it is there, for people; NULL: not said */
};

struct limits {
	struct ceiling all, of[LIMIT_CLASS__COUNT];
	bool classed; /* some class has a limit of its own */
};

void limits_init(struct limits *l, struct limit all, const struct limit of[LIMIT_CLASS__COUNT],
                 uint64_t now_ms);
void limits_fini(struct limits *l);
/* A limit that has changed counts as just used up. */
void limits_set(struct limits *l, struct limit all, const struct limit of[LIMIT_CLASS__COUNT],
                uint64_t now_ms);
/* Milliseconds until the next command of the class may leave; 0: now. */
uint64_t limits_wait_ms(const struct limits *l, enum limit_class c, uint64_t now_ms);
/* What was taken has left by now (ceiling_left()). */
void limits_left(struct limits *l, uint64_t now_ms);
/* One leaves; limits_wait_ms() has said 0. */
void limits_take(struct limits *l, enum limit_class c, uint64_t now_ms);

#endif
