/* Ctrl-C for programs that wait: noted, and looked at by whoever waits. Process-wide, for the main thread. */
#ifndef VNEPP_CLI_INTERRUPT_H
#define VNEPP_CLI_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

/* SIGINT and SIGTERM are only noted from now on; a second one ends the program. */
void interrupt_install(void);
bool interrupt_seen(void);
/* False when it was cut short. */
bool interrupt_sleep_ms(uint64_t ms);

#endif
