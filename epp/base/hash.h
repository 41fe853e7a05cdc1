/* SHA-256 and HMAC-SHA-256 (libcrypto), and their text forms. */
#ifndef VNEPP_BASE_HASH_H
#define VNEPP_BASE_HASH_H

#include "epp/base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define SHA256_LEN 32
#define SHA256_HEX (2 * SHA256_LEN + 1)

struct sha256 {
	uint8_t bytes[SHA256_LEN];
};

void hash_sha256(struct str data, struct sha256 *out);
void hash_hmac_sha256(struct str key, struct str data, struct sha256 *out);
/* Lower-case hexadecimal with NUL; `out` has room for 2 * len + 1. */
void hash_hex(char *out, const uint8_t *bytes, size_t len);
/* Back: `out` has room for hex.len / 2. False: an odd length, or something else than lower-case digits. */
bool hash_unhex(struct str hex, uint8_t *out) MUST_CHECK;

/* Data in pieces: new, add any number of times, finish once (which also frees). */
struct sha256_stream;
struct sha256_stream *sha256_stream_new(void) MUST_CHECK;
void sha256_stream_add(struct sha256_stream *s, struct str data);
void sha256_stream_finish(struct sha256_stream *s, struct sha256 *out);

#endif
