/* Printing the gateway's refusals (RFC 9457 problem details) so that a person can mend the file. */
#ifndef VNEPP_CLI_PROBLEM_H
#define VNEPP_CLI_PROBLEM_H

#include "epp/base/buf.h"
#include "epp/base/str.h"

/*
 * Every entry of "errors" as "FILE:LINE:COLUMN: error: field: reason (expected …)", then the problem's own title and
 * detail. A body that is no problem object is quoted shortly. Returns how many entries were printed.
 */
size_t problem_print(const char *file, int status, struct str body, struct buf *out);
/* The entries alone, as of an acceptance that left bad lines out. */
size_t problem_print_lines(const char *file, struct str body, struct buf *out);

#endif
