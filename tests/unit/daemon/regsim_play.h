/* What the tests of the simulator's rules share: a world to play in, and steps of a conversation in hand-written XML. */
#ifndef VNEPP_TESTS_REGSIM_PLAY_H
#define VNEPP_TESTS_REGSIM_PLAY_H

#include "tests/regsim/regsim_client.h"

/* A step leaves out what it does not look at. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define DAY_MS   86400000LL
#define START    1795116000000LL /* 2026-11-19T19:20:00Z: already the 20th in Hanoi */
#define D_NS     "xmlns=\"urn:ietf:params:xml:ns:domain-1.0\""
#define C_NS     "xmlns=\"urn:ietf:params:xml:ns:contact-1.0\""
#define H_NS     "xmlns=\"urn:ietf:params:xml:ns:host-1.0\""
#define AUTH     "<authInfo><pw>s3cret-pw</pw></authInfo>"
#define POLL_REQ REGSIM_CMD("<poll op=\"req\"/>", "P-1")

static inline const char *xsd_dir(void)
{
	const char *dir = getenv("VNEPP_XSD_DIR");
	dir = dir ? dir : "../shared/xsd";
	static char path[4096];
	snprintf(path, sizeof path, "%s/epp-all.xsd", dir);
	return access(path, R_OK) == 0 ? dir : NULL;
}

static xmlSchemaPtr schema; /* of the answers; NULL: no schema folder */

/* A test sets the options, and opens it; what is open is closed after the test. */
struct world {
	struct regsim_options o;
	struct vloop loop;
	struct regsim *sim; /* NULL: it is not open */
	struct regsim_client c;
};

static const struct regsim_account two_accounts[] = {
    {.login = "reg-a", .password = "pass-a1", .max_sessions = 2, .balance_vnd = 10000000},
    {.login = "reg-b", .password = "pass-b1", .balance_vnd = 50000},
};

static inline int world_set_up(void **state)
{
	static struct world w;
	w = (struct world){0};
	regsim_options_init(&w.o);
	w.o.accounts = two_accounts;
	w.o.account_count = 2;
	w.o.seed = 7;
	w.o.xsd_dir = xsd_dir();
	*state = &w;
	return 0;
}

static inline int close_world(void **state)
{
	struct world *w = *state;
	if (w->sim) {
		regsim_client_fini(&w->c);
		regsim_free(w->sim);
		vloop_fini(&w->loop);
	}
	w->sim = NULL;
	return 0;
}

/* Anew, when it was open. */
static inline void open_world(struct world *w)
{
	close_world(&(void *){w});
	vloop_init(&w->loop, START);
	w->sim = regsim_new(&w->o, &w->loop.loop);
	assert_non_null(w->sim);
	assert_true(regsim_seed_contact(w->sim, "HOLDER-A", "reg-a"));
	assert_true(regsim_seed_contact(w->sim, "HOLDER-B", "reg-b"));
	regsim_client_open(&w->c, &w->loop, w->sim, "CN=test");
}

static inline void log_in(struct world *w)
{
	assert_int_equal(regsim_client_login(&w->c, "reg-a", "pass-a1"), 1000);
}

static inline void open_logged_in(struct world *w)
{
	open_world(w);
	log_in(w);
}

/* Somebody else's connection. The code of the log-in. */
static inline int open_other(struct world *w, struct regsim_client *c, const char *subject, const char *who)
{
	regsim_client_open(c, &w->loop, w->sim, subject);
	return regsim_client_login(c, who, strcmp(who, "reg-a") == 0 ? "pass-a1" : "pass-b1");
}

/* Every answer must be valid itself. */
static inline void assert_valid(const char *answer)
{
	if (!schema)
		return;
	xmlDocPtr doc = xmlReadMemory(answer, (int)strlen(answer), NULL, NULL, XML_PARSE_NONET);
	xmlSchemaValidCtxtPtr v = xmlSchemaNewValidCtxt(schema);
	assert_non_null(doc);
	if (xmlSchemaValidateDoc(v, doc) != 0)
		fail_msg("not valid: %s", answer);
	xmlSchemaFreeValidCtxt(v);
	xmlFreeDoc(doc);
}

struct step {
	const char *send; /* NULL: moves the clock by `code` milliseconds */
	int code;
	const char *has, *has_not;
};

static inline void play(struct world *w, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct step *s = &steps[i];
		if (!s->send) {
			vloop_run_for(&w->loop, (uint64_t)s->code);
			continue;
		}
		const char *answer = regsim_client_ask(&w->c, s->send);
		if (!answer)
			fail_msg("step %zu: no answer to %s", i, s->send);
		assert_valid(answer);
		if (regsim_client_code(answer) != s->code)
			fail_msg("step %zu: expected %d after %s\ngot %s", i, s->code, s->send, answer);
		if (s->has && !strstr(answer, s->has))
			fail_msg("step %zu: no '%s' in %s", i, s->has, answer);
		if (s->has_not && strstr(answer, s->has_not))
			fail_msg("step %zu: unwanted '%s' in %s", i, s->has_not, answer);
	}
}

#define PLAY(w, ...)                                                    \
	do {                                                            \
		const struct step steps__[] = {__VA_ARGS__};            \
		play((w), steps__, sizeof steps__ / sizeof steps__[0]); \
	} while (0)

#define CREATE_X(name, period, rest)                                                                       \
	REGSIM_CMD("<create><create " D_NS "><name>" name "</name>" period rest AUTH "</create></create>", \
	           "C-1")
#define YEARS(n)     "<period unit=\"y\">" #n "</period>"
#define HOLDER       "<registrant>HOLDER-A</registrant>"
#define CREATE(name) CREATE_X(name, YEARS(2), HOLDER)
#define RENEW(name, date, n)                                                       \
	REGSIM_CMD("<renew><renew " D_NS "><name>" name "</name><curExpDate>" date \
	           "</curExpDate>" YEARS(n) "</renew></renew>",                    \
	           "R-1")
#define INFO(name) REGSIM_CMD("<info><info " D_NS "><name>" name "</name></info></info>", "I-1")
#define INFO_AUTH(name, pw)                                                      \
	REGSIM_CMD("<info><info " D_NS "><name>" name "</name><authInfo><pw>" pw \
	           "</pw></authInfo></info></info>",                             \
	           "I-2")
#define DOM_CHECK(names) REGSIM_CMD("<check><check " D_NS ">" names "</check></check>", "K-1")
#define DELETE(name)     REGSIM_CMD("<delete><delete " D_NS "><name>" name "</name></delete></delete>", "D-1")
#define LOGOUT           REGSIM_CMD("<logout/>", "Q-1")

#define LOGIN_X(id, pw, opts, svcs) \
	REGSIM_CMD("<login><clID>" id "</clID><pw>" pw "</pw>" opts "<svcs>" svcs "</svcs></login>", "L-1")
#define OPTS "<options><version>1.0</version><lang>en</lang></options>"
#define OBJ  "<objURI>urn:ietf:params:xml:ns:domain-1.0</objURI>"

static inline int load_schema(void **state)
{
	(void)state;
	char path[4200];
	if (!xsd_dir())
		return 0;
	snprintf(path, sizeof path, "%s/epp-all.xsd", xsd_dir());
	xmlSchemaParserCtxtPtr p = xmlSchemaNewParserCtxt(path);
	schema = xmlSchemaParse(p);
	xmlSchemaFreeParserCtxt(p);
	return schema ? 0 : -1;
}

static inline int free_schema(void **state)
{
	(void)state;
	xmlSchemaFree(schema);
	return 0;
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_set_up, close_world)

#endif
