/* The failing side of the three assertion grades. */
#include "epp/base/check.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_ulong failed_count;

void check_abort(const char *grade, const char *expr, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s failed: %s\n", file, line, grade, expr);
	abort();
}

bool check_failed(const char *expr, const char *file, int line)
{
	atomic_fetch_add(&failed_count, 1);
	fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, expr);
	return false;
}

unsigned long check_count(void)
{
	return atomic_load(&failed_count);
}
