/*
 * The parts of an item's life alone, in this process: CPU microseconds each, measured in rounds that alternate between
 * the parts, so that a slow moment of the machine strikes all of them. The store writes to a file with full sync.
 *
 *   bench-parts CERTS_FOLDER WORK_FOLDER [ITEMS]        prints one line "part NAME MICROSECONDS" for each
 */
#include "certs/tls_ctx.h"
#include "daemon/job/decide.h"
#include "daemon/job/item.h"
#include "daemon/store/store.h"
#include "daemon/store/store_intake.h"
#include "daemon/store/store_send.h"
#include "epp/base/check.h"
#include "epp/base/rng.h"
#include "epp/command.h"
#include "epp/frame.h"
#include "epp/response.h"
#include "policy/policy.h"
#include "tests/harness/citizen.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define ROUNDS 10
#define GROUP  320           /* what one turn of 10 sessions with a window of 32 brings */
#define NOW    1795140000000 /* 2026-11-20T09:00:00+07:00 */

enum part { PART_TLS, PART_BUILD, PART_PARSE, PART_POLICY, PART_SQLITE, PART__COUNT };
static const char *const part_names[] = {"tls", "build", "parse", "policy", "sqlite"};

struct bench {
	size_t items;
	double us[PART__COUNT];
	struct policy_ruleset *rules;
	struct decider *decider;
	struct store_backend *store;
	struct epp_parser *parser;
	SSL *client, *server;
	struct buf frame, scratch;
	size_t next;
	struct arena arena;
};

static const char answer[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><response>"
    "<result code=\"1000\"><msg>Command completed successfully</msg></result><resData><domain:creData "
    "xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\"><domain:name>ten123456.id.vn</domain:name>"
    "<domain:crDate>2026-11-20T02:00:00.000Z</domain:crDate><domain:exDate>2028-11-20T02:00:00.000Z</"
    "domain:exDate>"
    "</domain:creData></resData><trID><clTRID>VN-1-2s-f3-t</clTRID><svTRID>SIM-000000000042</svTRID></trID>"
    "</response></epp>";

static double cpu_us(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

/* ---- one item --------------------------------------------------------------------------------------------------------- */

struct text {
	char ref[32], domain[32], id[16];
};

static void make_item(size_t n, struct text *t, struct item_request *r)
{
	snprintf(t->ref, sizeof t->ref, "b-%zu", n);
	snprintf(t->domain, sizeof t->domain, "ten%zu.id.vn", n);
	snprintf(t->id, sizeof t->id, "0682%02zu%06zu", 3 + n / 1000000 % 6, n % 1000000);
	*r = (struct item_request){.op = ITEM_CREATE,
	                           .ref = str_c(t->ref),
	                           .domain = str_c(t->domain),
	                           .domain_u = str_c(t->domain),
	                           .period = 2,
	                           .cur_exp_date = DATE_NONE,
	                           .max_fee_vnd = -1,
	                           .registrant = STR("BENCH1"),
	                           .ns = {{.name = STR("ns1.example.vn")}, {.name = STR("ns2.example.vn")}},
	                           .ns_count = 2};
	r->applicant = citizen_of_number(str_c(t->id));
	r->applicant.birth_date = date_make(2003, 12, 15);
	citizen_confirmed(r);
}

/* ---- the parts -------------------------------------------------------------------------------------------------------- */

static void run_tls(struct bench *b)
{
	char in[16384];
	struct str frame = buf_str(&b->frame);
	for (int i = 0; i < GROUP; i++) {
		INVARIANT(SSL_write(b->client, frame.ptr, (int)frame.len) > 0);
		for (int n = 0; n < (int)frame.len;)
			n += SSL_read(b->server, in, sizeof in);
		INVARIANT(SSL_write(b->server, answer, sizeof answer) > 0);
		for (int n = 0; n < (int)sizeof answer;)
			n += SSL_read(b->client, in, sizeof in);
	}
}

static void run_build(struct bench *b)
{
	static const struct epp_ns_host ns[] = {{.name = {"ns1.example.vn", 14}},
	                                        {.name = {"ns2.example.vn", 14}}};
	struct epp_cmd cmd = {.cltrid = STR("VN-1-2s-f3-t")};
	struct epp_domain_create c = {.name = STR("ten123456.id.vn"),
	                              .period_years = 2,
	                              .ns = ns,
	                              .ns_count = 2,
	                              .ns_as_attrs = true,
	                              .registrant = STR("BENCH1")};
	struct errmsg e;
	for (int i = 0; i < GROUP; i++) {
		buf_clear(&b->frame);
		INVARIANT(epp_build_domain_create(&b->frame, &cmd, &c, &e) == OK);
	}
}

static void run_parse(struct bench *b)
{
	struct epp_response r;
	struct errmsg e;
	for (int i = 0; i < GROUP; i++)
		INVARIANT(epp_parse(b->parser, str_make(answer, sizeof answer - 1), &r, &e) == OK);
}

static void run_policy(struct bench *b)
{
	static const struct decide_ledger none = {.grant_from = DATE_NONE, .expires_on = DATE_NONE};
	struct decide_outcome out;
	struct item_request r;
	struct text t;
	struct decide_subject subject;
	make_item(1, &t, &r);
	for (int i = 0; i < GROUP; i++) {
		decide_subject(b->decider, &r, &subject);
		INVARIANT(subject.count == 1);
		decide_item(b->decider, &r, &none, DECIDE_ADMISSION, NOW, &b->scratch, &out);
		INVARIANT(out.state == ITEM_QUEUED);
	}
}

static void run_op(struct bench *b, struct store_op *op)
{
	b->store->ops->run(b->store, &op, 1);
	if (op->err)
		fprintf(stderr, "store: %s: %s\n", err_name(op->err), op->errmsg.text);
	INVARIANT(op->err == OK);
}

static batch_id_t take_in(struct bench *b)
{
	struct store_batch_begin begin = {.op.type = STORE_BATCH_BEGIN, .partner = 1, .now = NOW};
	struct store_line *lines = arena_calloc(&b->arena, GROUP, sizeof *lines);
	struct item_request *requests = arena_calloc(&b->arena, GROUP, sizeof *requests);
	struct text *texts = arena_calloc(&b->arena, GROUP, sizeof *texts);
	run_op(b, &begin.op);
	for (uint32_t i = 0; i < GROUP; i++) {
		make_item(b->next++, &texts[i], &requests[i]);
		buf_clear(&b->scratch);
		item_encode(&requests[i], &b->scratch);
		lines[i] = (struct store_line){.line = i + 1,
		                               .account = 1,
		                               .lane = 3,
		                               .request = &requests[i],
		                               .payload = arena_str(&b->arena, buf_str(&b->scratch))};
	}
	struct store_batch_chunk chunk = {.op.type = STORE_BATCH_CHUNK,
	                                  .batch = begin.batch,
	                                  .partner = 1,
	                                  .decider = b->decider,
	                                  .now = NOW,
	                                  .lines = lines,
	                                  .count = GROUP};
	run_op(b, &chunk.op);
	struct store_batch_publish publish = {.op.type = STORE_BATCH_PUBLISH,
	                                      .batch = begin.batch,
	                                      .now = NOW};
	run_op(b, &publish.op);
	return begin.batch;
}

static void run_sqlite(struct bench *b)
{
	struct store_step *steps = arena_calloc(&b->arena, GROUP, sizeof *steps);
	(void)take_in(b);
	struct store_claim claim = {.op.type = STORE_CLAIM,
	                            .queue = {1, 1, 3},
	                            .max = GROUP,
	                            .paid_max = UINT32_MAX,
	                            .decider = b->decider,
	                            .now = NOW,
	                            .arena = &b->arena};
	run_op(b, &claim.op);
	INVARIANT(claim.count == GROUP);
	for (size_t i = 0; i < claim.count; i++)
		steps[i] = (struct store_step){.item = claim.items[i].item,
		                               .claim = claim.claim,
		                               .leaves_claim = true,
		                               .name = STORE_NAME_CREATED,
		                               .result = {.state = ITEM_DONE,
		                                          .attempt = 1,
		                                          .code = 1000,
		                                          .reason = STR("CREATED"),
		                                          .message = STR("created"),
		                                          .cl_trid = STR("VN-1-2s-f3-t"),
		                                          .sv_trid = STR("SIM-000000000042"),
		                                          .created = NOW,
		                                          .expires = NOW + 63072000000,
		                                          .charged_vnd = -1,
		                                          .at = NOW}};
	struct store_finish finish = {
	    .op.type = STORE_FINISH, .steps = steps, .count = claim.count, .now = NOW};
	run_op(b, &finish.op);
	arena_reset(&b->arena);
}

/* ---- around them ------------------------------------------------------------------------------------------------------ */

static void measure(struct bench *b, enum part p, void (*run)(struct bench *), size_t times)
{
	double before = cpu_us();
	for (size_t i = 0; i < times; i++)
		run(b);
	b->us[p] += (cpu_us() - before) / ((double)times * GROUP * ROUNDS);
}

static void set_up_tls(struct bench *b, const char *certs)
{
	char ca[512], cert[512], key[512], scert[512], skey[512];
	struct tls_ctx *client, *server;
	struct errmsg e;
	BIO *a, *z;
	snprintf(ca, sizeof ca, "%s/ca.pem", certs);
	snprintf(cert, sizeof cert, "%s/gateway.pem", certs);
	snprintf(key, sizeof key, "%s/gateway.key", certs);
	snprintf(scert, sizeof scert, "%s/registry.pem", certs);
	snprintf(skey, sizeof skey, "%s/registry.key", certs);
	struct tls_profile c = {.role = TLS_CLIENT, .ca_file = ca, .cert_file = cert, .key_file = key};
	struct tls_profile s = {.role = TLS_SERVER, .ca_file = ca, .cert_file = scert, .key_file = skey};
	INVARIANT(tls_ctx_load(&client, &c, &e) == OK && tls_ctx_load(&server, &s, &e) == OK);
	INVARIANT(tls_ctx_session(client, "localhost", &b->client, &e) == OK);
	INVARIANT(tls_ctx_session(server, NULL, &b->server, &e) == OK);
	INVARIANT(BIO_new_bio_pair(&a, 1 << 17, &z, 1 << 17) == 1);
	SSL_set_bio(b->client, a, a);
	SSL_set_bio(b->server, z, z);
	for (int i = 0; i < 10; i++) {
		(void)SSL_do_handshake(b->client); /* each waits for the other until both are through */
		(void)SSL_do_handshake(b->server);
	}
	INVARIANT(SSL_is_init_finished(b->client) && SSL_is_init_finished(b->server));
}

static void set_up(struct bench *b, const char *certs, const char *folder)
{
	char path[512];
	struct diag d;
	struct errmsg e;
	struct store_recover recover = {.op.type = STORE_RECOVER, .now = NOW};
	diag_init(&d);
	b->rules = policy_load_dir("policy/rules", NULL, &d);
	INVARIANT(b->rules);
	diag_fini(&d);
	snprintf(path, sizeof path, "%s/parts.db", folder);
	INVARIANT(store_sqlite_open(path, NULL, &b->store, &e) == OK);
	run_op(b, &recover.op);
	b->decider = decider_new_keys(b->rules, &recover.keys);
	b->parser = epp_parser_new();
	buf_init(&b->frame, 1u << 20);
	buf_init(&b->scratch, 1u << 20);
	set_up_tls(b, certs);
	run_build(b);
}

int main(int argc, char **argv)
{
	struct bench b = {.items = argc > 3 ? strtoul(argv[3], NULL, 10) : 64000, .next = 1};
	double sum = 0;
	if (argc < 3) {
		fprintf(stderr, "usage: bench-parts CERTS_FOLDER WORK_FOLDER [ITEMS]\n");
		return 2;
	}
	set_up(&b, argv[1], argv[2]);
	size_t times = b.items / (GROUP * ROUNDS) ? b.items / (GROUP * ROUNDS) : 1;
	for (int i = 0; i < ROUNDS; i++) {
		measure(&b, PART_TLS, run_tls, times);
		measure(&b, PART_BUILD, run_build, times);
		measure(&b, PART_PARSE, run_parse, times);
		measure(&b, PART_POLICY, run_policy, times);
		measure(&b, PART_SQLITE, run_sqlite, times);
	}
	for (int i = 0; i < PART__COUNT; i++) {
		printf("part %s %.2f\n", part_names[i], b.us[i]);
		sum += b.us[i];
	}
	printf("part sum %.2f\n", sum);
	b.store->ops->close(b.store);
	return 0;
}
