/* A flag set by a signal handler, and waiting that looks at it. */
#include "daemon/cli/interrupt.h"

#include <signal.h>
#include <time.h>

/* A signal that comes just before nanosleep() would be slept over: no single sleep is longer than a person minds. */
#define SLICE_MS 100

static volatile sig_atomic_t seen;

static void on_signal(int number)
{
	(void)number;
	seen = 1;
}

void interrupt_install(void)
{
	struct sigaction act = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
	sigemptyset(&act.sa_mask);
	(void)sigaction(SIGINT, &act, NULL); /* cannot fail for these numbers */
	(void)sigaction(SIGTERM, &act, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

bool interrupt_seen(void)
{
	return seen != 0;
}

bool interrupt_sleep_ms(uint64_t ms)
{
	while (ms && !seen) {
		uint64_t slice = ms < SLICE_MS ? ms : SLICE_MS;
		struct timespec ts = {.tv_nsec = (long)slice * 1000000};
		(void)nanosleep(&ts, NULL); /* cut short: the flag tells */
		ms -= slice;
	}
	return !seen;
}
