/* Writing an answer. Order: rs_reply_ok or rs_reply_fail once; then res_data, then extension; rs_reply_end. */
#ifndef VNEPP_RS_REPLY_H
#define VNEPP_RS_REPLY_H

#include "tests/regsim/rs_int.h"

/* The result with a success code. */
void rs_reply_ok(struct rs_exec *x, int code);
/* An error result; `reason` (may be empty) goes into extValue with the object's name. Undoes what was written. */
void rs_reply_fail(struct rs_exec *x, int code, const char *reason);
/* Closes what is open and writes the trID. */
void rs_reply_end(struct rs_exec *x);
/* Opens <resData> or <extension> when it is not open yet. */
void rs_reply_res(struct rs_exec *x);
void rs_reply_ext(struct rs_exec *x);

/* <prefix:local xmlns:prefix="uri">; `prefix` as the options want it. Close with rs_reply_close(x, prefix, local). */
void rs_reply_object(struct rs_exec *x, const char *prefix, const char *uri, const char *local);
/* <prefix:local> without a namespace. */
void rs_reply_open(struct rs_exec *x, const char *prefix, const char *local);
void rs_reply_close(struct rs_exec *x, const char *prefix, const char *local);
/* <prefix:local attr="value">text</prefix:local>; attr NULL: none. */
void rs_reply_leaf(struct rs_exec *x, const char *prefix, const char *local, const char *attr,
                   struct str value, struct str text);
void rs_reply_date(struct rs_exec *x, const char *prefix, const char *local, instant_ms_t t);
/* The prefix that the options ask for in place of `usual`. */
const char *rs_reply_prefix(const struct regsim *sim, const char *usual);
void rs_reply_escape(struct buf *out, struct str text);
/* "Command completed successfully". */
const char *rs_reply_text(int code);

#endif
