#include "daemon/core/limits.h"

#include "epp/base/check.h"

const char *const limit_class_names[] = {"check", "info", "contact", "create", "renew", NULL};
_Static_assert(ARRAY_LEN(limit_class_names) == LIMIT_CLASS__COUNT + 1, "a name for each class");

static void set_one(struct ceiling *c, struct limit l, uint64_t now_us)
{
	ceiling_set(c, l.max, now_us);
	c->shadow = l.shadow;
}

void limits_set(struct limits *l, struct limit all, const struct limit of[LIMIT_CLASS__COUNT],
                uint64_t now_us)
{
	set_one(&l->all, all, now_us);
	l->classed = false;
	for (int i = 0; i < LIMIT_CLASS__COUNT; i++) {
		set_one(&l->of[i], of[i], now_us);
		l->classed |= of[i].max > 0 && !of[i].shadow;
	}
}

void limits_init(struct limits *l, struct limit all, const struct limit of[LIMIT_CLASS__COUNT],
                 uint64_t now_us)
{
	*l = (struct limits){.classed = false};
	ceiling_init(&l->all, 0, now_us);
	for (int i = 0; i < LIMIT_CLASS__COUNT; i++)
		ceiling_init(&l->of[i], 0, now_us);
	limits_set(l, all, of, now_us);
}

void limits_fini(struct limits *l)
{
	ceiling_fini(&l->all);
	for (int i = 0; i < LIMIT_CLASS__COUNT; i++)
		ceiling_fini(&l->of[i]);
}

uint64_t limits_wait_us(const struct limits *l, enum limit_class c, uint64_t now_us)
{
	uint64_t all = ceiling_wait_us(&l->all, now_us), own = ceiling_wait_us(&l->of[c], now_us);
	return all > own ? all : own;
}

void limits_take(struct limits *l, enum limit_class c, uint64_t now_us)
{
	REQUIRE(ceiling_take(&l->all, now_us));
	REQUIRE(ceiling_take(&l->of[c], now_us));
}

static uint32_t sum(const struct limits_count *n)
{
	uint32_t all = 0;
	for (int i = 0; i <= LIMIT_CLASS__COUNT; i++)
		all += n->of[i];
	return all;
}

void limits_left(struct limits *l, const struct limits_count *n, uint64_t now_us)
{
	ceiling_left(&l->all, sum(n), now_us);
	for (int i = 0; i < LIMIT_CLASS__COUNT; i++)
		ceiling_left(&l->of[i], n->of[i], now_us);
}

void limits_hold(struct limits *l, const struct limits_count *n)
{
	ceiling_hold(&l->all, sum(n));
	for (int i = 0; i < LIMIT_CLASS__COUNT; i++)
		ceiling_hold(&l->of[i], n->of[i]);
}

void limits_release(struct limits *l, const struct limits_count *n, uint64_t now_us)
{
	ceiling_release(&l->all, sum(n), now_us);
	for (int i = 0; i < LIMIT_CLASS__COUNT; i++)
		ceiling_release(&l->of[i], n->of[i], now_us);
}
