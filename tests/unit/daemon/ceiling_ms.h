/* A ceiling in milliseconds, for tests: easier to read. Included once by a test program. */
#ifndef VNEPP_TESTS_CEILING_MS_H
#define VNEPP_TESTS_CEILING_MS_H

#include "daemon/core/ceiling.h"
#include "epp/base/attr.h"

#define T0        1000000ull
#define WINDOW_MS (CEILING_WINDOW_US / 1000)

static UNUSED void init(struct ceiling *c, uint32_t limit, uint64_t now_ms)
{
	ceiling_init(c, limit, 1000 * now_ms);
}

static UNUSED void set(struct ceiling *c, uint32_t limit, uint64_t now_ms)
{
	ceiling_set(c, limit, 1000 * now_ms);
}

static UNUSED bool take(struct ceiling *c, uint64_t now_ms)
{
	return ceiling_take(c, 1000 * now_ms);
}

static UNUSED bool take_first(struct ceiling *c, struct ceiling_claim *claim, uint64_t now_ms)
{
	return ceiling_take_first(c, claim, 1000 * now_ms);
}

static UNUSED void left(struct ceiling *c, uint32_t n, uint64_t now_ms)
{
	ceiling_left(c, n, 1000 * now_ms);
}

static UNUSED uint32_t used(const struct ceiling *c, uint64_t now_ms)
{
	return ceiling_used(c, 1000 * now_ms);
}

/* The first whole millisecond that is not before. */
static UNUSED uint64_t in_ms(uint64_t wait_us)
{
	return (wait_us + 999) / 1000;
}

static UNUSED uint64_t wait_ms(const struct ceiling *c, uint64_t now_ms)
{
	return in_ms(ceiling_wait_us(c, 1000 * now_ms));
}

static UNUSED uint64_t claim_wait_ms(const struct ceiling *c, uint64_t now_ms)
{
	return in_ms(ceiling_claim_wait_us(c, 1000 * now_ms));
}

static UNUSED uint64_t stream_wait_ms(const struct ceiling *c, uint64_t now_ms)
{
	return in_ms(ceiling_stream_wait_us(c, 1000 * now_ms));
}

#endif
