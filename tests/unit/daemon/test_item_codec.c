/* The stored form of requests and results: round trips, damage of every kind, the names and the table of states. */
#include "daemon/job/item.h"
#include "epp/base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct rng rng;

static uint64_t draw(uint64_t n)
{
	return rng_below(&rng, n);
}

/* Any bytes, often none. */
static struct str some_text(struct arena *a)
{
	size_t n = draw(3) ? draw(40) : 0;
	char *p = arena_alloc(a, n + 1);
	for (size_t i = 0; i < n; i++)
		p[i] = (char)draw(256);
	return str_make(p, n);
}

static struct str must_text(struct arena *a)
{
	struct str s = some_text(a);
	return s.len ? s : STR("x");
}

static date_t some_date(void)
{
	static const date_t dates[] = {DATE_NONE, 0, -1, 20777, INT32_MAX, INT32_MIN + 1};
	return dates[draw(sizeof dates / sizeof *dates)];
}

/* ---- requests -------------------------------------------------------------------------------------------------------------- */

static void fill_applicant(struct item_applicant *p, struct arena *a)
{
	struct str *texts[] = {&p->name,
	                       &p->citizenship,
	                       &p->id_number,
	                       &p->tax_code,
	                       &p->registration_number,
	                       &p->phone,
	                       &p->email,
	                       &p->address.street,
	                       &p->address.ward,
	                       &p->address.district,
	                       &p->address.province,
	                       &p->address.province_list,
	                       &p->address.country,
	                       &p->representative.name,
	                       &p->representative.position,
	                       &p->representative.id_number};
	*p = (struct item_applicant){.birth_date = DATE_NONE,
	                             .founded_on = DATE_NONE,
	                             .registered_on = DATE_NONE};
	p->kind = (enum applicant_kind)draw(APPLICANT__COUNT);
	if (p->kind == APPLICANT_NONE)
		return; /* without one there is nothing to say of it */
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		*texts[i] = some_text(a);
	p->gender = (enum gender)draw(3);
	p->birth_date = some_date();
	p->founded_on = some_date();
	p->registered_on = some_date();
	p->registration_exempt = draw(2);
}

static void fill_lists(struct item_request *r, struct arena *a)
{
	r->evidence_count = (uint8_t)draw(ITEM_EVIDENCE_MAX + 1);
	for (size_t i = 0; i < r->evidence_count; i++)
		r->evidence[i] = (struct item_evidence){some_text(a), some_text(a), some_text(a),
		                                        some_text(a), some_date()};
	r->ns_count = (uint8_t)draw(ITEM_NS_MAX + 1);
	for (size_t i = 0; i < r->ns_count; i++) {
		r->ns[i].name = some_text(a);
		r->ns[i].addr_count = (uint8_t)draw(ITEM_NS_ADDR_MAX + 1);
		for (size_t k = 0; k < r->ns[i].addr_count; k++)
			r->ns[i].addrs[k] = must_text(a);
	}
	r->ds_count = (uint8_t)draw(ITEM_DS_MAX + 1);
	for (size_t i = 0; i < r->ds_count; i++)
		r->ds[i] = (struct item_ds){(uint16_t)draw(65536), (uint8_t)draw(256), (uint8_t)draw(256),
		                            some_text(a)};
	r->fact_count = (uint8_t)draw(ITEM_FACTS_MAX + 1);
	for (size_t i = 0; i < r->fact_count; i++)
		r->facts[i] = (struct item_fact){must_text(a), some_text(a)};
}

static struct item_request some_request(struct arena *a)
{
	struct item_request r = {.op = (enum item_op)draw(ITEM_OP__COUNT),
	                         .ref = some_text(a),
	                         .domain = must_text(a),
	                         .period = (int)draw(INT32_MAX),
	                         .cur_exp_date = some_date(),
	                         .if_not_free = (enum item_if_not_free)draw(2),
	                         .max_fee_vnd = draw(2) ? -1 : (int64_t)draw(INT64_MAX),
	                         .registrant = some_text(a),
	                         .admin = some_text(a),
	                         .tech = some_text(a),
	                         .billing = some_text(a),
	                         .services = some_text(a)};
	r.domain_u = draw(2) ? r.domain : must_text(a);
	fill_applicant(&r.applicant, a);
	fill_lists(&r, a);
	return r;
}

#define SAME(m)     assert_true(x->m == y->m)
#define SAME_STR(m) assert_true(str_eq(x->m, y->m))

static void assert_same_applicant(const struct item_applicant *x, const struct item_applicant *y)
{
	SAME(kind), SAME(gender), SAME(birth_date), SAME(founded_on), SAME(registered_on);
	SAME(registration_exempt);
	SAME_STR(name), SAME_STR(citizenship), SAME_STR(id_number), SAME_STR(tax_code);
	SAME_STR(registration_number), SAME_STR(phone), SAME_STR(email);
	SAME_STR(address.street), SAME_STR(address.ward), SAME_STR(address.district);
	SAME_STR(address.province), SAME_STR(address.province_list), SAME_STR(address.country);
}

static void assert_same_lists(const struct item_request *x, const struct item_request *y)
{
	SAME(evidence_count), SAME(ns_count), SAME(ds_count);
	for (size_t i = 0; i < x->evidence_count; i++) {
		SAME_STR(evidence[i].type), SAME_STR(evidence[i].issuer), SAME_STR(evidence[i].reference);
		SAME_STR(evidence[i].result), SAME(evidence[i].date);
	}
	for (size_t i = 0; i < x->ns_count; i++) {
		SAME_STR(ns[i].name), SAME(ns[i].addr_count);
		for (size_t k = 0; k < x->ns[i].addr_count; k++)
			SAME_STR(ns[i].addrs[k]);
	}
	for (size_t i = 0; i < x->ds_count; i++) {
		SAME(ds[i].key_tag), SAME(ds[i].alg), SAME(ds[i].digest_type);
		SAME_STR(ds[i].digest);
	}
	SAME(fact_count);
	for (size_t i = 0; i < x->fact_count; i++)
		SAME_STR(facts[i].name), SAME_STR(facts[i].value);
}

static void assert_same_request(const struct item_request *x, const struct item_request *y)
{
	SAME(op), SAME(period), SAME(cur_exp_date), SAME(if_not_free), SAME(max_fee_vnd);
	SAME_STR(ref), SAME_STR(domain), SAME_STR(domain_u), SAME_STR(registrant), SAME_STR(admin);
	SAME_STR(tech), SAME_STR(billing), SAME_STR(services);
	assert_same_applicant(&x->applicant, &y->applicant);
	assert_same_lists(x, y);
}

static void a_request_comes_back_as_it_was(void **state)
{
	(void)state;
	rng_init_seed(&rng, 1);
	for (int i = 0; i < 3000; i++) {
		struct arena a = {0};
		struct buf one, two;
		struct item_request r = some_request(&a), back;
		memset(&back, 0xA5, sizeof back); /* nothing of what was there before shows */
		buf_init(&one, 1u << 20);
		buf_init(&two, 1u << 20);
		item_encode(&r, &one);
		assert_int_equal(item_decode(buf_str(&one), &back), OK);
		assert_same_request(&r, &back);
		item_encode(&back, &two); /* the same request, the same bytes */
		assert_true(str_eq(buf_str(&one), buf_str(&two)));
		buf_fini(&one);
		buf_fini(&two);
		arena_fini(&a);
	}
}

static void what_is_left_out_is_what_it_was_by_default(void **state)
{
	struct item_request r = {
	    .domain = STR("a.vn"), .domain_u = STR("a.vn"), .cur_exp_date = DATE_NONE, .max_fee_vnd = -1};
	struct item_request back;
	struct buf b;
	(void)state;
	r.applicant.birth_date = r.applicant.founded_on = r.applicant.registered_on = DATE_NONE;
	buf_init(&b, 1024);
	item_encode(&r, &b);
	assert_true(buf_len(&b) < 12);
	assert_int_equal(item_decode(buf_str(&b), &back), OK);
	assert_same_request(&r, &back);
	/* Free of charge for nothing, and nothing said, are two things. */
	r.max_fee_vnd = 0;
	buf_clear(&b);
	item_encode(&r, &b);
	assert_int_equal(item_decode(buf_str(&b), &back), OK);
	assert_int_equal(back.max_fee_vnd, 0);
	buf_fini(&b);
}

/* ---- results --------------------------------------------------------------------------------------------------------------- */

static instant_ms_t some_instant(void)
{
	static const instant_ms_t instants[] = {INSTANT_NONE,  0,         -1,
	                                        1795140000000, INT64_MAX, INSTANT_NONE + 1};
	return instants[draw(ARRAY_LEN(instants))];
}

static struct item_result some_result(struct arena *a)
{
	return (struct item_result){.state = (enum item_state)draw(ITEM_STATE__COUNT),
	                            .attempt = (int)draw(INT32_MAX),
	                            .code = (int)draw(10000),
	                            .fault = (enum item_fault)draw(FAULT__COUNT),
	                            .retryable = draw(2),
	                            .reason = some_text(a),
	                            .message = some_text(a),
	                            .needs = some_text(a),
	                            .created = some_instant(),
	                            .expires = some_instant(),
	                            .cl_trid = some_text(a),
	                            .sv_trid = some_text(a),
	                            .charged_vnd = draw(2) ? -1 : (int64_t)draw(INT64_MAX),
	                            .past_boundary = draw(2),
	                            .at = some_instant()};
}

static void assert_same_result(const struct item_result *x, const struct item_result *y)
{
	SAME(state), SAME(attempt), SAME(code), SAME(fault), SAME(retryable), SAME(created), SAME(expires);
	SAME(charged_vnd), SAME(past_boundary), SAME(at);
	SAME_STR(reason), SAME_STR(message), SAME_STR(needs), SAME_STR(cl_trid), SAME_STR(sv_trid);
}

static void a_result_comes_back_as_it_was(void **state)
{
	(void)state;
	rng_init_seed(&rng, 2);
	for (int i = 0; i < 3000; i++) {
		struct arena a = {0};
		struct buf one, two;
		struct item_result r = some_result(&a), back;
		memset(&back, 0xA5, sizeof back);
		buf_init(&one, 1u << 16);
		buf_init(&two, 1u << 16);
		item_result_encode(&r, &one);
		assert_int_equal(item_result_decode(buf_str(&one), &back), OK);
		assert_same_result(&r, &back);
		item_result_encode(&back, &two);
		assert_true(str_eq(buf_str(&one), buf_str(&two)));
		buf_fini(&one);
		buf_fini(&two);
		arena_fini(&a);
	}
}

/* ---- damage ---------------------------------------------------------------------------------------------------------------- */

/* In memory of its own size, so that a sanitizer sees a byte read too many. What is read must lie within. */
static enum err decode_request(struct str blob)
{
	struct item_request r;
	char *own = malloc(blob.len ? blob.len : 1);
	assert_non_null(own);
	if (blob.len)
		memcpy(own, blob.ptr, blob.len);
	enum err err = item_decode(str_make(own, blob.len), &r);
	if (!err) {
		struct buf b;
		assert_true(r.evidence_count <= ITEM_EVIDENCE_MAX && r.ns_count <= ITEM_NS_MAX);
		assert_true(r.ds_count <= ITEM_DS_MAX && r.op < ITEM_OP__COUNT && r.domain.len > 0);
		assert_true(r.applicant.kind < APPLICANT__COUNT);
		buf_init(&b, 1u << 20);
		item_encode(&r, &b); /* reads all of it */
		buf_fini(&b);
	}
	free(own);
	return err;
}

static enum err decode_result(struct str blob)
{
	struct item_result r;
	char *own = malloc(blob.len ? blob.len : 1);
	assert_non_null(own);
	if (blob.len)
		memcpy(own, blob.ptr, blob.len);
	enum err err = item_result_decode(str_make(own, blob.len), &r);
	if (!err) {
		struct buf b;
		assert_true(r.state < ITEM_STATE__COUNT && r.fault < FAULT__COUNT);
		buf_init(&b, 1u << 20);
		item_result_encode(&r, &b);
		buf_fini(&b);
	}
	free(own);
	return err;
}

/* Cut at every byte: an error, unless it is cut between two fields, where it is another, shorter request. */
static void cut_everywhere(struct str blob, enum err (*decode)(struct str))
{
	size_t errors = 0;
	for (size_t n = 0; n < blob.len; n++) {
		enum err err = decode(str_make(blob.ptr, n));
		assert_true(err == OK || err == ERR_CORRUPT);
		errors += err != OK;
	}
	assert_true(errors > 0);
	assert_int_equal(decode(STR_NONE), ERR_CORRUPT);
}

static void flip_at_random(struct str blob, enum err (*decode)(struct str))
{
	char *copy = malloc(blob.len + 1);
	assert_non_null(copy);
	for (int i = 0; i < 40; i++) {
		memcpy(copy, blob.ptr, blob.len);
		for (size_t k = 1 + draw(4); k > 0; k--)
			copy[draw(blob.len)] = (char)draw(256);
		enum err err = decode(str_make(copy, blob.len));
		assert_true(err == OK || err == ERR_CORRUPT);
	}
	free(copy);
}

static void damage_is_an_error_and_never_more(void **state)
{
	(void)state;
	rng_init_seed(&rng, 3);
	for (int i = 0; i < 100; i++) {
		struct arena a = {0};
		struct buf b;
		struct item_request q = some_request(&a);
		struct item_result r = some_result(&a);
		buf_init(&b, 1u << 20);
		item_encode(&q, &b);
		cut_everywhere(buf_str(&b), decode_request);
		flip_at_random(buf_str(&b), decode_request);
		assert_int_equal(decode_result(buf_str(&b)),
		                 ERR_CORRUPT); /* neither is taken for the other */
		buf_clear(&b);
		item_result_encode(&r, &b);
		cut_everywhere(buf_str(&b), decode_result);
		flip_at_random(buf_str(&b), decode_result);
		assert_int_equal(decode_request(buf_str(&b)), ERR_CORRUPT);
		buf_fini(&b);
		arena_fini(&a);
	}
}

static void noise_is_no_item(void **state)
{
	char noise[64];
	size_t taken = 0;
	(void)state;
	rng_init_seed(&rng, 4);
	for (int i = 0; i < 100000; i++) {
		size_t n = draw(sizeof noise);
		for (size_t k = 0; k < n; k++)
			noise[k] = (char)draw(256);
		taken += decode_request(str_make(noise, n)) == OK;
		if (n)
			noise[0] = (char)(1 + draw(2)); /* past the first byte */
		taken += decode_request(str_make(noise, n)) == OK;
		taken += decode_result(str_make(noise, n)) == OK;
	}
	assert_true(taken < 20000); /* short ones may be something */
}

static const struct {
	const char *what;
	struct str blob;
} bad_requests[] = {
    {"nothing", {"", 0}},
    {"another version", {"\x07\x01\x00", 3}},
    {"no domain", {"\x01\x01\x00", 3}},
    {"an empty domain", {"\x01\x03\x00", 3}},
    {"an unknown tag", {"\x01\x03\x01x\x7f\x00", 6}},
    {"tag 0", {"\x01\x03\x01x\x00\x00", 6}},
    {"an unknown operation", {"\x01\x01\x09\x03\x01x", 6}},
    {"a text longer than the rest", {"\x01\x03\x7fx", 4}},
    {"a length of 2^64 - 1", {"\x01\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x", 13}},
    {"a number that does not end", {"\x01\x03\x01x\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16}},
    {"a member of no evidence", {"\x01\x03\x01x\x21\x01y", 7}},
    {"an address of no name server", {"\x01\x03\x01x\x26\x01y", 7}},
    {"a digest of no DS record", {"\x01\x03\x01x\x2a\x01y", 7}},
};

static void what_is_wrong_is_refused(void **state)
{
	struct item_request r;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_requests); i++)
		if (item_decode(bad_requests[i].blob, &r) != ERR_CORRUPT)
			fail_msg("%s was taken", bad_requests[i].what);
}

static void lists_have_an_end(void **state)
{
	static const struct {
		char tag;
		size_t max;
	} lists[] = {{0x20, ITEM_EVIDENCE_MAX}, {0x25, ITEM_NS_MAX}, {0x27, ITEM_DS_MAX}};
	struct item_request r;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		char blob[128] = "\x01\x03\x01x";
		size_t n = 4;
		for (size_t k = 0; k < lists[i].max; k++) {
			blob[n++] = lists[i].tag;
			blob[n++] = 0;
		}
		assert_int_equal(item_decode(str_make(blob, n), &r), OK);
		blob[n++] = lists[i].tag;
		blob[n++] = 0;
		assert_int_equal(item_decode(str_make(blob, n), &r), ERR_CORRUPT);
	}
}

/* ---- names and states -------------------------------------------------------------------------------------------------------- */

static void every_state_has_its_name(void **state)
{
	enum item_state s;
	(void)state;
	for (int i = 0; i < ITEM_STATE__COUNT; i++) {
		assert_true(item_state_parse(str_c(item_state_name((enum item_state)i)), &s));
		assert_int_equal(s, i);
	}
	assert_false(item_state_parse(STR("Done"), &s));
	assert_false(item_state_parse(STR("done "), &s));
	assert_false(item_state_parse(STR_NONE, &s));
	assert_string_equal(item_state_name(ITEM_STATE__COUNT), "?");
	assert_string_equal(item_op_name(ITEM_RENEW), "renew");
	assert_string_equal(item_op_name(ITEM_OP__COUNT), "?");
	assert_string_equal(applicant_kind_name(APPLICANT_HOUSEHOLD), "household_business");
	assert_string_equal(applicant_kind_name(APPLICANT__COUNT), "?");
	assert_null(item_fault_name(FAULT_NONE));
	assert_null(item_fault_name(FAULT__COUNT));
	assert_string_equal(item_fault_name(FAULT_REGISTRY), "registry");
}

static void what_has_ended_moves_only_by_a_new_attempt_or_a_late_word(void **state)
{
	(void)state;
	for (int f = 0; f < ITEM_STATE__COUNT; f++) {
		enum item_state from = (enum item_state)f;
		assert_true(!item_state_final(from) || item_state_resting(from));
		/* Nothing is sent but from the queue, and nothing is cancelled once it was sent. */
		assert_int_equal(item_state_may(from, ITEM_SENDING), from == ITEM_QUEUED);
		if (item_state_may(from, ITEM_CANCELLED))
			assert_true(from == ITEM_QUEUED || from == ITEM_WAITING || from == ITEM_REVIEW);
		assert_false(item_state_may(from, ITEM_STATE__COUNT));
		assert_false(item_state_may(ITEM_STATE__COUNT, from));
	}
	assert_true(item_state_final(ITEM_DONE) && item_state_final(ITEM_REFUSED));
	assert_false(item_state_final(ITEM_PENDING) || item_state_resting(ITEM_PENDING));
	assert_true(item_state_resting(ITEM_NEEDS_HUMAN) && !item_state_final(ITEM_NEEDS_HUMAN));
	assert_false(item_state_final(ITEM_STATE__COUNT) || item_state_resting(ITEM_STATE__COUNT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_request_comes_back_as_it_was),
	    cmocka_unit_test(what_is_left_out_is_what_it_was_by_default),
	    cmocka_unit_test(a_result_comes_back_as_it_was),
	    cmocka_unit_test(damage_is_an_error_and_never_more),
	    cmocka_unit_test(noise_is_no_item),
	    cmocka_unit_test(what_is_wrong_is_refused),
	    cmocka_unit_test(lists_have_an_end),
	    cmocka_unit_test(every_state_has_its_name),
	    cmocka_unit_test(what_has_ended_moves_only_by_a_new_attempt_or_a_late_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
