/*
 * Three grades of assertion. None of them may be reachable by peer input.
 *
 *   REQUIRE(x)    the caller's contract; always on; aborts
 *   INVARIANT(x)  our own logic; always on; aborts
 *   CHECK(x)      unexpected but survivable: counted, reported once to stderr with its place; yields x
 */
#ifndef VNEPP_BASE_CHECK_H
#define VNEPP_BASE_CHECK_H

#include "epp/base/attr.h"

#include <stdbool.h>

NORETURN COLD void check_abort(const char *grade, const char *expr, const char *file, int line);
COLD bool check_failed(const char *expr, const char *file, int line);

/* How many CHECK()s have failed since the process started (any thread). */
unsigned long check_count(void);

#define REQUIRE(x)   ((x) ? (void)0 : check_abort("REQUIRE", #x, __FILE__, __LINE__))
#define INVARIANT(x) ((x) ? (void)0 : check_abort("INVARIANT", #x, __FILE__, __LINE__))
#define CHECK(x)     ((x) ? true : check_failed(#x, __FILE__, __LINE__))

#endif
