/* Time behind an interface: the system's in production (with a shift for a sandbox), a virtual one in simulation. */
#ifndef VNEPP_BASE_CLOCK_H
#define VNEPP_BASE_CLOCK_H

#include "epp/base/date.h"

#include <stdint.h>

struct clock {
	uint64_t (*mono_us)(struct clock *c);  /* never goes back; for deadlines */
	instant_ms_t (*wall)(struct clock *c); /* for what people and registries see */
	int64_t shift_ms;                      /* added to the system's wall time */
};

/* The system's clocks, the wall clock shifted by `shift_ms` (0 but for a sandbox registry). */
void clock_init_system(struct clock *c, int64_t shift_ms);

#endif
