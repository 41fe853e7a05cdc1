/*
 * The Idempotency-Key: any bytes there are a key or are refused, as the contract says and not otherwise. A key answers
 * the same request with the first outcome, another one with 422, and no other key's request at all.
 */
#include "tests/fuzz/api_play.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEY_MAX 255

static const char lines[2][512] = {
    "{\"ref\":\"a\",\"op\":\"renew\",\"domain\":\"shop.biz.vn\",\"cur_exp_date\":\"2026-12-01\",\"period\":1,"
    "\"if_not_free\":\"charge\",\"max_fee_vnd\":300000}\n",
    "{\"ref\":\"b\",\"op\":\"renew\",\"domain\":\"shop.biz.vn\",\"cur_exp_date\":\"2026-12-01\",\"period\":1,"
    "\"if_not_free\":\"charge\",\"max_fee_vnd\":300000}\n"};

enum kind { GOOD_KEY, BAD_KEY, BAD_HEADER };

/* What the contract says of these bytes: spaces around them do not count, and nothing is no key. */
static enum kind kind_of(struct str key)
{
	bool visible = true;
	for (size_t i = 0; i < key.len; i++) {
		unsigned char c = (unsigned char)key.ptr[i];
		if ((c < 0x20 && c != '\t') || c == 0x7F)
			return BAD_HEADER;
	}
	while (key.len && (key.ptr[0] == ' ' || key.ptr[0] == '\t'))
		key = str_make(key.ptr + 1, key.len - 1);
	while (key.len && (key.ptr[key.len - 1] == ' ' || key.ptr[key.len - 1] == '\t'))
		key.len--;
	for (size_t i = 0; i < key.len; i++)
		visible &= key.ptr[i] > 0x20 && (unsigned char)key.ptr[i] < 0x7F;
	return key.len && visible && key.len <= KEY_MAX ? GOOD_KEY : BAD_KEY;
}

static void submit(struct play *p, struct str key, const char *more, const char *body, struct answer *a)
{
	struct buf b;
	buf_init(&b, 1u << 20);
	buf_lit(&b, "POST /v1/batches HTTP/1.1\r\nHost: api\r\nConnection: close\r\nContent-Type: "
	            "application/x-ndjson\r\n"
	            "Idempotency-Key: ");
	buf_add(&b, key);
	buf_printf(&b, "%s\r\nContent-Length: %zu\r\n\r\n%s", more, strlen(body), body);
	play_ask(p, buf_str(&b), a);
	buf_fini(&b);
}

static void expect(struct play *p, struct str key, const char *more, const char *body, int status,
                   bool replayed)
{
	struct answer a;
	submit(p, key, more, body, &a);
	REQUIRE(a.status == status && answer_has(&a, "Idempotency-Replayed: true") == replayed);
	REQUIRE(status == 202 || answer_has(&a, "application/problem+json"));
	answer_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play p;
	struct str key = str_make((const char *)data, size < 8000 ? size : 8000);
	enum kind kind = kind_of(key);
	play_load();
	play_init(&p);
	if (kind == BAD_HEADER && !memchr(data, '\r', key.len) && !memchr(data, '\n', key.len)) {
		expect(&p, key, "", lines[0], 400, false);
	} else if (kind == BAD_HEADER) { /* it may well be other headers, or an end: an answer is enough */
		struct answer a;
		submit(&p, key, "", lines[0], &a);
		REQUIRE(a.status >= 100 && (a.status < 500 || a.status == 501 || a.status == 505));
		answer_fini(&a);
	} else if (kind == BAD_KEY) {
		expect(&p, key, "", lines[0], 400, false);
	} else {
		expect(&p, key, "", lines[0], 202, false);
		expect(&p, key, "", lines[0], 202, true);
		expect(&p, key, "", lines[1], 422, false);
		if (key.len < KEY_MAX && key.ptr[key.len - 1] != ' ' && key.ptr[key.len - 1] != '\t')
			expect(&p, key, "x", lines[1], 202, false);
	}
	play_fini(&p);
	return 0;
}
