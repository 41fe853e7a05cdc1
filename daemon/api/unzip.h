/*
 * gzip (RFC 1952) unpacked as it comes, in pieces of a bounded size: push bytes as they come, take pieces until
 * UNZIP_MORE. However much a stream unpacks to, one piece is held. Several members after one another count as one.
 */
#ifndef VNEPP_API_UNZIP_H
#define VNEPP_API_UNZIP_H

#include "epp/base/attr.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define UNZIP_PIECE_MAX (16u << 10)
#define UNZIP_HELD_MAX  (4u << 20) /* bytes pushed and not used yet */

enum unzip_status {
	UNZIP_PIECE,
	UNZIP_MORE, /* all that was pushed has been used */
	UNZIP_BROKEN,
};

struct unzip;

struct unzip *unzip_new(void);
/* NULL is fine. */
void unzip_free(struct unzip *u);
/* False when more would be held than may: the caller pushes without taking. */
bool unzip_push(struct unzip *u, struct str data) MUST_CHECK;
/* `*piece` is valid until the next call of any of these. */
enum unzip_status unzip_next(struct unzip *u, struct str *piece);
/* What was used ends where a member ends, and is not nothing. */
bool unzip_is_whole(const struct unzip *u);
/* After UNZIP_BROKEN: what is wrong, in a few words. */
const char *unzip_error(const struct unzip *u);
/* Packed bytes used so far. */
uint64_t unzip_used(const struct unzip *u);

#endif
