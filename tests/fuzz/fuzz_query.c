/*
 * What stands after '?': any bytes there, for any resource, end in an answer that knows what to say of them; never in an
 * internal error. And whatever is encoded as it should be is read as it was meant.
 */
#include "tests/fuzz/api_play.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const targets[] = {
    "GET /v1/changes",          "GET /v1/batches/1/items", "GET /v1/domains",
    "GET /v1/batches/1",        "GET /v1/items/a",         "GET /v1/limits",
    "GET /v1/batches/1/events", "POST /v1/batches",        "GET /"};

static bool is_plain(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* name=… with every byte encoded, behind another parameter. */
static void read_back(struct str value)
{
	struct arena arena = {0};
	struct buf b;
	struct str got;
	buf_init(&b, 1u << 20);
	buf_lit(&b, "x=1&name=");
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];
		if (is_plain(c))
			buf_byte(&b, (char)c);
		else
			buf_printf(&b, i % 2 ? "%%%02x" : "%%%02X", c);
	}
	struct http_request r = {.arena = &arena, .query = buf_str(&b)};
	bool whole = !memchr(value.ptr ? value.ptr : "", '\0', value.len);
	REQUIRE(http_query(&r, "name", &got) == whole && (!whole || str_eq(got, value)));
	REQUIRE(!http_query(&r, "nam", &got) && http_query(&r, "x", &got) && str_eq(got, STR("1")));
	buf_fini(&b);
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play p;
	struct answer a;
	struct buf b;
	if (size < 1)
		return 0;
	struct str query = str_make((const char *)data + 1, size - 1);
	read_back(query);
	play_load();
	play_init(&p);
	buf_init(&b, 1u << 20);
	buf_printf(&b, "%s?", targets[data[0] % ARRAY_LEN(targets)]);
	buf_add(&b, query);
	buf_lit(&b, " HTTP/1.1\r\nHost: api\r\nConnection: close\r\nContent-Type: application/x-ndjson\r\n"
	            "Content-Length: 0\r\n\r\n");
	play_ask(&p, buf_str(&b), &a);
	/* An answer, and no fault of ours: 501 and 505 are about a method or a version. 100: it held a header of its own. */
	REQUIRE(a.status >= 100 && (a.status < 500 || a.status == 501 || a.status == 505));
	REQUIRE(a.status < 300 || answer_has(&a, "application/problem+json"));
	answer_fini(&a);
	buf_fini(&b);
	play_fini(&p);
	return 0;
}
