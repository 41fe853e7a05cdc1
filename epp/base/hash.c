/* SHA-256 and HMAC through libcrypto. These calls fail only when the library is broken, which is not survivable. */
#include "epp/base/hash.h"
#include "epp/base/check.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

void hash_sha256(struct str data, struct sha256 *out)
{
	unsigned len = 0;
	INVARIANT(EVP_Digest(data.ptr ? data.ptr : "", data.len, out->bytes, &len, EVP_sha256(), NULL) == 1);
}

void hash_hmac_sha256(struct str key, struct str data, struct sha256 *out)
{
	unsigned len = 0;
	REQUIRE(key.len <= 0x7fffffff);
	INVARIANT(HMAC(EVP_sha256(), key.ptr ? key.ptr : "", (int)key.len,
	               (const unsigned char *)(data.ptr ? data.ptr : ""), data.len, out->bytes, &len));
}

void hash_hex(char *out, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * len] = '\0';
}

bool hash_unhex(struct str hex, uint8_t *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i + 1 < hex.len; i += 2) {
		const char *high = memchr(digits, hex.ptr[i], 16), *low = memchr(digits, hex.ptr[i + 1], 16);
		if (!high || !low)
			return false;
		out[i / 2] = (uint8_t)((high - digits) << 4 | (low - digits));
	}
	return hex.len % 2 == 0;
}

struct sha256_stream *sha256_stream_new(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	INVARIANT(ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1);
	return (struct sha256_stream *)ctx;
}

void sha256_stream_add(struct sha256_stream *s, struct str data)
{
	if (data.len)
		INVARIANT(EVP_DigestUpdate((EVP_MD_CTX *)s, data.ptr, data.len) == 1);
}

void sha256_stream_finish(struct sha256_stream *s, struct sha256 *out)
{
	unsigned len = 0;
	INVARIANT(EVP_DigestFinal_ex((EVP_MD_CTX *)s, out->bytes, &len) == 1);
	EVP_MD_CTX_free((EVP_MD_CTX *)s);
}
