/* Base64 with the alphabet of RFC 4648 section 4. */
#ifndef VNEPP_BASE_BASE64_H
#define VNEPP_BASE_BASE64_H

#include "epp/base/buf.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Appends, padded with '='. */
void base64_add(struct buf *out, const uint8_t *bytes, size_t len);
/*
 * At most `max` bytes into `out`; `*len` says how many. Padding may be left out. False: another character, a length
 * or last bits that no encoder makes, too much padding, or more than `max` bytes.
 */
bool base64_read(struct str text, uint8_t *out, size_t max, size_t *len) MUST_CHECK;

#endif
