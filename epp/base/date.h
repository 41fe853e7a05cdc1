/*
 * Calendar dates and instants without time-zone files.
 *
 * A date is a day number: 0 is 1970-01-01, proleptic Gregorian calendar. An instant is in milliseconds since
 * 1970-01-01T00:00:00Z. Hanoi is UTC+07:00 all year (no daylight saving since 1975).
 */
#ifndef VNEPP_BASE_DATE_H
#define VNEPP_BASE_DATE_H

#include "epp/base/attr.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stdint.h>

typedef int32_t date_t;       /* days since 1970-01-01 */
typedef int64_t instant_ms_t; /* milliseconds since 1970-01-01T00:00:00Z */

#define DATE_NONE      INT32_MIN
#define INSTANT_NONE   INT64_MIN
#define HANOI_OFFSET_S (7 * 3600)
#define DATE_TEXT_MAX  12 /* "2026-11-20" with NUL */
#define TIME_TEXT_MAX  40 /* "2026-11-20T09:12:03.123+07:00" with NUL */

/* Years 1 to 9999; DATE_NONE when there is no such day. Months and days count from 1. */
date_t date_make(int year, int month, int day);
void date_split(date_t d, int *year, int *month, int *day);
/* "YYYY-MM-DD", nothing else. */
bool date_parse(struct str s, date_t *out) MUST_CHECK;
/* Writes at most DATE_TEXT_MAX bytes; DATE_NONE gives "". Returns `out`. */
char *date_format(char *out, date_t d);
/* The same day `years` later; 29 February becomes 28 February where there is none, or 1 March with `feb29_mar1`. */
date_t date_add_years(date_t d, int years, bool feb29_mar1);
/* Monday is 0. */
int date_weekday(date_t d);

/* The calendar date in a zone that is `offset_s` seconds east of UTC. */
date_t date_of_instant(instant_ms_t t, int offset_s);
/* 00:00:00 of the date in that zone. */
instant_ms_t instant_of_date(date_t d, int offset_s);
/*
 * RFC 3339 / XML Schema dateTime with 'Z' or an offset, fractions of any length (kept to the millisecond); a missing
 * zone is read as `default_offset_s`. False when it is none.
 */
bool instant_parse(struct str s, int default_offset_s, instant_ms_t *out) MUST_CHECK;
/* "2026-11-20T09:12:03+07:00" ("…03Z" for offset 0), fractions only with `with_ms`. At most TIME_TEXT_MAX bytes. */
char *instant_format(char *out, instant_ms_t t, int offset_s, bool with_ms);
/* A number with ms, s, m, h or d, in milliseconds: "250ms", "15m", "3d". Nothing else. */
bool duration_parse(struct str s, int64_t *out_ms) MUST_CHECK;

#endif
