/*
 * EPP over TCP framing (RFC 5734, section 4): a 32-bit length in network byte order that counts itself, then XML.
 * No I/O and no allocation: it reads from what a stream has received and appends to what a stream will send.
 */
#ifndef VNEPP_EPP_FRAME_H
#define VNEPP_EPP_FRAME_H

#include "epp/base/buf.h"
#include "epp/base/err.h"

#define EPP_FRAME_HEADER 4
/* Whole frame, header included. Before log-in a peer has proved nothing: a greeting is a few KB. */
#define EPP_FRAME_MAX_BEFORE_LOGIN ((size_t)64 * 1024)
/* A poll message with a long extension is the largest thing seen, about 40 KB. */
#define EPP_FRAME_MAX_AFTER_LOGIN ((size_t)1024 * 1024)

/*
 * Takes the first frame of `in`. OK: `*payload` is the XML inside `in`, `*used` the bytes of the whole frame.
 * ERR_AGAIN: not all of it is there (`*used` 0). ERR_FRAME: the length is below 5 or above `max_bytes`, which is told
 * as soon as four bytes are there; the stream cannot be read on.
 */
enum err epp_frame_next(struct str in, size_t max_bytes, struct str *payload, size_t *used) MUST_CHECK;

/* The length that the header says; 0 with fewer than four bytes. */
uint32_t epp_frame_length(struct str in);

/*
 * After ERR_FRAME: whether `in` is rather an unframed line of text (some servers refuse an address that way: the first
 * letters read as a length of 1-2 GB). `*text` is then the part of `in` to log, at most 512 bytes; escape it.
 */
bool epp_frame_is_text(struct str in, struct str *text);

/* Leaves room for a header at the end of `out`; the result goes to epp_frame_end(). Nothing may be consumed between. */
size_t epp_frame_begin(struct buf *out);
/*
 * Writes the length of what was appended since. When an append has failed (or the frame is empty or over 2 GB), the
 * frame is cut off again, `out` is as it was before epp_frame_begin(), and the answer is ERR_FULL.
 */
enum err epp_frame_end(struct buf *out, size_t at) MUST_CHECK;
/* Cuts an unfinished frame off again and forgets a failed append. */
void epp_frame_abort(struct buf *out, size_t at);

#endif
