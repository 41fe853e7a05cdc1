#include "daemon/core/limits.h"

#include "epp/base/check.h"

const char *const limit_class_names[] = {"check", "info", "contact", "create", "renew", NULL};
_Static_assert(ARRAY_LEN(limit_class_names) == LIMIT_CLASS__COUNT + 1, "a name for each class");

static void set_one(struct ceiling *c, struct limit l, uint64_t now_ms)
{
	ceiling_set(c, l.max, now_ms);
	c->shadow = l.shadow;
}

void limits_set(struct limits *l, struct limit all, const struct limit of[LIMIT_CLASS__COUNT],
                uint64_t now_ms)
{
	set_one(&l->all, all, now_ms);
	l->classed = false;
	for (int i = 0; i < LIMIT_CLASS__COUNT; i++) {
		set_one(&l->of[i], of[i], now_ms);
		l->classed |= of[i].max > 0 && !of[i].shadow;
	}
}

void limits_init(struct limits *l, struct limit all, const struct limit of[LIMIT_CLASS__COUNT],
                 uint64_t now_ms)
{
	*l = (struct limits){.classed = false};
	ceiling_init(&l->all, 0, now_ms);
	for (int i = 0; i < LIMIT_CLASS__COUNT; i++)
		ceiling_init(&l->of[i], 0, now_ms);
	limits_set(l, all, of, now_ms);
}

void limits_fini(struct limits *l)
{
	ceiling_fini(&l->all);
	for (int i = 0; i < LIMIT_CLASS__COUNT; i++)
		ceiling_fini(&l->of[i]);
}

uint64_t limits_wait_ms(const struct limits *l, enum limit_class c, uint64_t now_ms)
{
	uint64_t all = ceiling_wait_ms(&l->all, now_ms), own = ceiling_wait_ms(&l->of[c], now_ms);
	return all > own ? all : own;
}

void limits_take(struct limits *l, enum limit_class c, uint64_t now_ms)
{
	REQUIRE(ceiling_take(&l->all, now_ms));
	REQUIRE(ceiling_take(&l->of[c], now_ms));
}

void limits_left(struct limits *l, uint64_t now_ms)
{
	ceiling_left(&l->all, now_ms);
	for (int i = 0; i < LIMIT_CLASS__COUNT; i++)
		ceiling_left(&l->of[i], now_ms);
}
