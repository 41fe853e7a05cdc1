/*
 * Client transaction ids. One is a function of (epoch, claim, offset, step), so that a range of items can be claimed
 * with one row and every id found again:  VN-<epoch>-<claim>-<offset>-<step>, numbers in base 36, e.g. "VN-1-2s-f3-c".
 * Behind it stand the last eight digits of the trace-id (W3C Trace Context) of the request that brought the item, so that the
 * registry's logs can be joined with the partner's: "VN-1-2s-f3-c-0e0e4736".
 */
#ifndef VNEPP_EPP_TRID_H
#define VNEPP_EPP_TRID_H

#include "epp/base/attr.h"
#include "epp/base/str.h"

#define EPP_TRID_MIN 3
#define EPP_TRID_MAX 64 /* RFC 5730 trIDStringType */

struct epp_trid {
	uint64_t epoch;
	uint64_t claim;
	uint64_t offset;
	char step;      /* a lower-case letter: what the command is for */
	uint32_t trace; /* 0: none */
};

/* Writes the text with NUL and returns its length, 10..55. */
size_t epp_trid_format(char out[EPP_TRID_MAX + 1], const struct epp_trid *t);
/* Only what epp_trid_format() writes: no upper case digits, no zeros in front of numbers. False for everything else. */
bool epp_trid_parse(struct str s, struct epp_trid *out) MUST_CHECK;

#endif
