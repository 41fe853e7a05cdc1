/* SHA-256 and HMAC against published vectors (FIPS 180-2, RFC 4231). */
#include "epp/base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const char *hex(const struct sha256 *h)
{
	static char out[SHA256_HEX];
	hash_hex(out, h->bytes, SHA256_LEN);
	return out;
}

#define SHA_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA_ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA_LONG  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"

static const struct str long_text = STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");

static void known_digests(void **state)
{
	struct sha256 h;
	(void)state;
	hash_sha256(STR_NONE, &h);
	assert_string_equal(hex(&h), SHA_EMPTY);
	hash_sha256(STR("abc"), &h);
	assert_string_equal(hex(&h), SHA_ABC);
	hash_sha256(long_text, &h);
	assert_string_equal(hex(&h), SHA_LONG);
}

static void pieces_give_the_same(void **state)
{
	struct sha256 h;
	(void)state;
	for (size_t cut = 0; cut <= long_text.len; cut++) {
		struct sha256_stream *s = sha256_stream_new();
		sha256_stream_add(s, str_make(long_text.ptr, cut));
		sha256_stream_add(s, STR_NONE);
		sha256_stream_add(s, str_make(long_text.ptr + cut, long_text.len - cut));
		sha256_stream_finish(s, &h);
		assert_string_equal(hex(&h), SHA_LONG);
	}
	sha256_stream_finish(sha256_stream_new(), &h);
	assert_string_equal(hex(&h), SHA_EMPTY);
}

static void known_macs(void **state)
{
	struct sha256 h;
	(void)state;
	hash_hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), &h);
	assert_string_equal(hex(&h), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	hash_hmac_sha256(STR_NONE, STR_NONE, &h);
	assert_string_equal(hex(&h), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void hex_is_lower_case_with_an_end(void **state)
{
	const uint8_t bytes[] = {0x00, 0x0f, 0xa5, 0xff};
	char out[9] = "xxxxxxxx";
	(void)state;
	hash_hex(out, bytes, sizeof bytes);
	assert_string_equal(out, "000fa5ff");
	hash_hex(out, bytes, 0);
	assert_string_equal(out, "");
}

static void hex_is_read_back(void **state)
{
	uint8_t out[3] = {9, 9, 9};
	(void)state;
	assert_true(hash_unhex(STR("00ff7a"), out));
	assert_memory_equal(out, "\x00\xff\x7a", 3);
	assert_true(hash_unhex(STR_NONE, out));
	assert_false(hash_unhex(STR("00f"), out));
	assert_false(hash_unhex(STR("FF"), out));
	assert_false(hash_unhex(STR("0g"), out));
	assert_false(hash_unhex(STR("0\0"), out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_digests),    cmocka_unit_test(pieces_give_the_same),
	    cmocka_unit_test(known_macs),       cmocka_unit_test(hex_is_lower_case_with_an_end),
	    cmocka_unit_test(hex_is_read_back),
	};
	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
