/*
 * JSON written straight into a buffer. Commas come by themselves: one is put before a value or a name unless the
 * buffer ends where none belongs. Texts are escaped; bytes that are not UTF-8 come out as U+FFFD.
 */
#ifndef VNEPP_API_JSON_OUT_H
#define VNEPP_API_JSON_OUT_H

#include "epp/base/buf.h"
#include "epp/base/date.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* As elements of an array, or at the top. */
void json_out_open(struct buf *b, char bracket);
void json_out_close(struct buf *b, char bracket);
void json_out_str(struct buf *b, struct str s);

/* As members; `key` is a literal that needs no escaping. */
void json_out_key(struct buf *b, const char *key);
void json_out_open_in(struct buf *b, const char *key, char bracket);
void json_out_str_in(struct buf *b, const char *key, struct str s);
/* null when the text is empty. */
void json_out_text_in(struct buf *b, const char *key, struct str s);
void json_out_u64_in(struct buf *b, const char *key, uint64_t n);
void json_out_bool_in(struct buf *b, const char *key, bool v);
void json_out_null_in(struct buf *b, const char *key);
/* With Hanoi's offset; null for INSTANT_NONE. */
void json_out_time_in(struct buf *b, const char *key, instant_ms_t t);
/* null for DATE_NONE. */
void json_out_date_in(struct buf *b, const char *key, date_t d);

#endif
