/* The job's machine up to the answer of the transform: every code, every phase, first and later attempts. */
#include "tests/unit/daemon/job_play.h"

/* ---- the transform: every code of EPP, unlisted ones of every range, and what is no code ---------------------------- */

/*
 * What an answer of the code to a transform means: mend (what it refers to is made), doubt (look, and remember that it may have happened), look (ask for
 * the true dates, nothing happened), session (back to the queue, does not count), billing (the same, and the account
 * pauses), or the reason of a failure with its fault after a colon. A row with one meaning has it for everything.
 */
static const struct row {
	int code;
	const char *create, *create_again, *renew, *renew_again;
} rows[] = {
    /* A success without the object's dates is no success yet; 1001 is an answer of its own (below). */
    {1000, "doubt"},
    {1300, "doubt"},
    {1301, "doubt"},
    {1500, "doubt"},
    {2000, "REGISTRY_REFUSED:gateway"},
    {2001, "REGISTRY_REFUSED:gateway"},
    {2002, "session"},
    {2003, "VALUE_REFUSED:partner"},
    {2004, "VALUE_REFUSED:partner"},
    {2005, "VALUE_REFUSED:partner"},
    {2100, "REGISTRY_REFUSED:gateway"},
    {2101, "REGISTRY_REFUSED:gateway"},
    {2102, "REGISTRY_REFUSED:gateway"},
    {2103, "REGISTRY_REFUSED:gateway"},
    {2104, "billing"},
    {2105, "REGISTRY_REFUSED:registry", "doubt", "look", "doubt"},
    {2106, "REGISTRY_REFUSED:registry"},
    {2200, "session"},
    {2201, "REGISTRY_REFUSED:registry", "REGISTRY_REFUSED:registry", "NOT_SPONSOR:partner",
     "NOT_SPONSOR:partner"},
    {2202, "REGISTRY_REFUSED:registry"},
    {2300, "REGISTRY_REFUSED:registry"},
    {2301, "REGISTRY_REFUSED:registry"},
    {2302, "NAME_TAKEN:partner", "doubt", "REGISTRY_REFUSED:registry", "doubt"},
    {2303, "mend", "mend", "NAME_UNKNOWN:partner", "NAME_UNKNOWN:partner"},
    {2304, "STATUS_PROHIBITS:registry", "STATUS_PROHIBITS:registry", "look", "look"},
    {2305, "REGISTRY_REFUSED:registry"},
    {2306, "REGISTRY_POLICY:registry"},
    {2307, "REGISTRY_REFUSED:gateway"},
    {2308, "REGISTRY_POLICY:registry"},
    {2400, "doubt"},
    {2500, "doubt"},
    {2501, "session"},
    {2502, "session"},
    /* not in the RFC's list */
    {1002, "doubt"},
    {1501, "doubt"},
    {2006, "REGISTRY_REFUSED:registry"},
    {2203, "REGISTRY_REFUSED:registry"},
    {2399, "REGISTRY_REFUSED:registry"},
    {2401, "doubt"},
    {2503, "doubt"},
    {999, "doubt"},
    {3000, "doubt"},
};

static void assert_meaning(const struct play *p, const char *want, int code)
{
	const struct job *j = &p->job;
	const char *fault = strchr(want, ':');
	if (strcmp(want, "doubt") == 0) {
		assert_int_equal(p->next, JOB_WAIT);
		assert_int_equal(j->phase, JOB_LOOK);
		assert_true(j->in_doubt);
		assert_string_equal(p->reports, "U");
		assert_int_equal(j->wait_ms, 30000);
	} else if (strcmp(want, "look") == 0) {
		assert_int_equal(p->next, JOB_WAIT);
		assert_int_equal(j->phase, JOB_LOOK);
		assert_false(j->in_doubt);
		assert_string_equal(p->reports, "");
	} else if (strcmp(want, "mend") == 0) {
		assert_int_equal(p->next, JOB_SEND);
		assert_int_equal(j->phase, JOB_CONTACT);
		assert_false(j->in_doubt);
		assert_string_equal(p->sends, "tc");
	} else if (strcmp(want, "session") == 0 || strcmp(want, "billing") == 0) {
		bool billing = want[0] == 'b';
		assert_int_equal(p->next, JOB_END);
		assert_int_equal(j->result.state, ITEM_QUEUED);
		assert_true(j->not_sent);
		assert_int_equal(j->stops_account, billing);
		assert_true(str_eq_c(j->result.reason, billing ? "BILLING" : "SESSION"));
		assert_int_equal(j->result.fault, billing ? FAULT_GATEWAY : FAULT_NONE);
	} else {
		assert_int_equal(p->next, JOB_END);
		assert_int_equal(j->result.state, ITEM_FAILED);
		assert_true(str_eq(j->result.reason, str_make(want, (size_t)(fault - want))));
		assert_string_equal(item_fault_name(j->result.fault), fault + 1);
		assert_false(j->result.retryable);
		assert_false(j->not_sent);
		assert_false(j->in_doubt);
	}
	assert_int_equal(j->result.code, code);
	assert_string_equal(j->cltrid, "V-t");
	assert_string_equal(j->svtrid, "SV-1");
	assert_true(j->stops_account == (strcmp(want, "billing") == 0));
}

static void every_code_means_one_thing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%d\n", rows[i].code);
		const struct row *r = &rows[i];
		const char *want[2][2] = {{r->create, r->renew ? r->create_again : r->create},
		                          {r->renew ? r->renew : r->create,
		                           r->renew ? r->renew_again : r->create}};
		for (int op = 0; op < ITEM_OP__COUNT; op++) {
			for (int attempt = 1; attempt <= JOB_ATTEMPTS_MAX; attempt++) {
				struct play p;
				char word[16];
				snprintf(word, sizeof word, "%d", rows[i].code);
				play_begin(&p, (enum item_op)op, attempt, 0);
				play_script(&p, word);
				assert_meaning(&p, want[op][attempt > 1], rows[i].code);
			}
		}
	}
}

static void the_table_has_every_listed_code(void **state)
{
	const struct epp_rescode *c;
	(void)state;
	for (unsigned n = 0; (c = epp_rescode_at(n)); n++) {
		bool found = c->code == 1001;
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			found |= rows[i].code == c->code;
		if (!found)
			fail_msg("%d is not in the table", c->code);
	}
}

/* ---- whole stories ------------------------------------------------------------------------------------------------------ */

static const struct story {
	const char *name;
	enum item_op op;
	int attempt;
	unsigned setup;
	const char *script, *sends;
	enum item_state state;
	enum item_fault fault;
	const char *reason;
	int code;
	bool retryable, not_sent, contact_made;
} stories[] = {
    /* success */
    {"created", ITEM_CREATE, 1, 0, "cre:1000", "t", ITEM_DONE, FAULT_NONE, "CREATED", 1000},
    {"renewed", ITEM_RENEW, 1, 0, "ren:1000", "t", ITEM_DONE, FAULT_NONE, "RENEWED", 1000},
    {"created, third attempt", ITEM_CREATE, 3, 0, "cre:1000", "t", ITEM_DONE, FAULT_NONE, "CREATED", 1000},
    {"create pending", ITEM_CREATE, 1, 0, "1001", "t", ITEM_PENDING, FAULT_NONE, "PENDING", 1001},
    {"create pending, dates", ITEM_CREATE, 1, 0, "cre:1001", "t", ITEM_PENDING, FAULT_NONE, "PENDING", 1001},
    {"renew pending", ITEM_RENEW, 2, 0, "1001", "t", ITEM_PENDING, FAULT_NONE, "PENDING", 1001},
    {"1000 with dates of another kind", ITEM_RENEW, 1, 0, "contact:gateway1 wait exp:2027-12-01", "tq",
     ITEM_DONE, FAULT_NONE, "RENEWED", 1000},
    {"1000 with an expiry that cannot be read", ITEM_CREATE, 1, 0, "nodate:1000 wait ours", "tq", ITEM_DONE,
     FAULT_NONE, "CREATED", 1000},
    /* contact */
    {"contact made", ITEM_CREATE, 1, NEEDS_CONTACT, "1000 cre:1000", "ct", ITEM_DONE, FAULT_NONE, "CREATED",
     1000, .contact_made = true},
    {"contact pending", ITEM_CREATE, 1, NEEDS_CONTACT, "1001 cre:1000", "ct", ITEM_DONE, FAULT_NONE,
     "CREATED", 1000, .contact_made = true},
    {"contact exists, ours", ITEM_CREATE, 1, NEEDS_CONTACT, "2302 contact:gateway1 cre:1000", "cit",
     ITEM_DONE, FAULT_NONE, "CREATED", 1000, .contact_made = true},
    {"contact exists, somebody's", ITEM_CREATE, 1, NEEDS_CONTACT, "2302 contact:gateway2", "ci", ITEM_FAILED,
     FAULT_REGISTRY, "CONTACT_FOREIGN", 0},
    {"contact exists, hidden", ITEM_CREATE, 1, NEEDS_CONTACT, "2302 2201", "ci", ITEM_FAILED, FAULT_REGISTRY,
     "CONTACT_FOREIGN", 2201},
    {"contact exists, hidden by 2202", ITEM_CREATE, 1, NEEDS_CONTACT, "2302 2202", "ci", ITEM_FAILED,
     FAULT_REGISTRY, "CONTACT_FOREIGN", 2202},
    {"contact lost, was made", ITEM_CREATE, 1, NEEDS_CONTACT, "lost wait contact:gateway1 cre:1000", "cit",
     ITEM_DONE, FAULT_NONE, "CREATED", 1000, .contact_made = true},
    {"contact lost, was not", ITEM_CREATE, 1, NEEDS_CONTACT, "lost wait 2303 wait 1000 cre:1000", "cict",
     ITEM_DONE, FAULT_NONE, "CREATED", 1000, .contact_made = true},
    {"contact 2400", ITEM_CREATE, 1, NEEDS_CONTACT, "2400 wait 2303 wait 1000 cre:1000", "cict", ITEM_DONE,
     FAULT_NONE, "CREATED", 1000, .contact_made = true},
    {"contact 1500", ITEM_CREATE, 1, NEEDS_CONTACT, "1500 wait contact:gateway1 cre:1000", "cit", ITEM_DONE,
     FAULT_NONE, "CREATED", 1000, .contact_made = true},
    {"contact: no code of EPP", ITEM_CREATE, 1, NEEDS_CONTACT, "3000 wait contact:gateway1 cre:1000", "cit",
     ITEM_DONE, FAULT_NONE, "CREATED", 1000, .contact_made = true},
    {"contact never comes true", ITEM_CREATE, 1, NEEDS_CONTACT,
     "lost wait 2303 wait lost wait 2303 wait 2400 wait 2303", "cicici", ITEM_FAILED, FAULT_REGISTRY,
     "ATTEMPTS_USED_UP", 2303, .retryable = true},
    {"contact is there and is not", ITEM_CREATE, 1, NEEDS_CONTACT, "2302 2303 wait 2302 2303 wait 2302 2303",
     "cicici", ITEM_FAILED, FAULT_REGISTRY, "ATTEMPTS_USED_UP", 2303, .retryable = true},
    {"contact refused", ITEM_CREATE, 1, NEEDS_CONTACT, "2005", "c", ITEM_FAILED, FAULT_PARTNER,
     "VALUE_REFUSED", 2005},
    {"contact against policy", ITEM_CREATE, 1, NEEDS_CONTACT, "2306", "c", ITEM_FAILED, FAULT_REGISTRY,
     "REGISTRY_POLICY", 2306},
    {"contact: no money", ITEM_CREATE, 1, NEEDS_CONTACT, "2104", "c", ITEM_QUEUED, FAULT_GATEWAY, "BILLING",
     2104, .not_sent = true},
    {"contact: session of no use", ITEM_CREATE, 1, NEEDS_CONTACT, "2002", "c", ITEM_QUEUED, FAULT_NONE,
     "SESSION", 2002, .not_sent = true},
    {"contact's look is lost, then not", ITEM_CREATE, 1, NEEDS_CONTACT,
     "2302 lost wait 2400 wait 1000 wait contact:gateway1 cre:1000", "ciiiit", ITEM_DONE, FAULT_NONE,
     "CREATED", 1000, .contact_made = true},
    {"contact's look is always lost", ITEM_CREATE, 1, NEEDS_CONTACT,
     "2302 lost wait lost wait lost wait lost", "ciiii", ITEM_QUEUED, FAULT_NONE, "SESSION", 0,
     .not_sent = true},
    {"contact's look is refused", ITEM_CREATE, 1, NEEDS_CONTACT, "2302 2101", "ci", ITEM_FAILED,
     FAULT_GATEWAY, "REGISTRY_REFUSED", 2101},
    {"a renewal needs no contact", ITEM_RENEW, 1, NEEDS_CONTACT | CHECK_FIRST, "ren:1000", "t", ITEM_DONE,
     FAULT_NONE, "RENEWED", 1000},
    /* check */
    {"free", ITEM_CREATE, 1, CHECK_FIRST, "chk:1 cre:1000", "kt", ITEM_DONE, FAULT_NONE, "CREATED", 1000},
    {"taken", ITEM_CREATE, 1, CHECK_FIRST, "chk:0", "k", ITEM_FAILED, FAULT_PARTNER, "NAME_TAKEN", 0},
    {"contact, then check", ITEM_CREATE, 1, NEEDS_CONTACT | CHECK_FIRST, "1000 chk:1 cre:1000", "ckt",
     ITEM_DONE, FAULT_NONE, "CREATED", 1000, .contact_made = true},
    {"taken at a later attempt: by the first one, late?", ITEM_CREATE, 2, CHECK_FIRST, "chk:0 wait ours",
     "kq", ITEM_DONE, FAULT_NONE, "CREATED", 0},
    {"taken at a later attempt, by somebody", ITEM_CREATE, 2, CHECK_FIRST, "chk:0 wait theirs", "kq",
     ITEM_FAILED, FAULT_PARTNER, "NAME_TAKEN", 0},
    {"a check that does not say", ITEM_CREATE, 1, CHECK_FIRST, "1000 cre:1000", "kt", ITEM_DONE, FAULT_NONE,
     "CREATED", 1000},
    {"a check that fails once", ITEM_CREATE, 1, CHECK_FIRST, "2400 wait chk:1 cre:1000", "kkt", ITEM_DONE,
     FAULT_NONE, "CREATED", 1000},
    {"a check that is always lost", ITEM_CREATE, 1, CHECK_FIRST, "lost wait lost wait 1500 wait lost", "kkkk",
     ITEM_QUEUED, FAULT_NONE, "SESSION", 0, .not_sent = true},
    {"a check that is refused", ITEM_CREATE, 1, CHECK_FIRST, "2306", "k", ITEM_FAILED, FAULT_REGISTRY,
     "REGISTRY_POLICY", 2306},
    {"a check without a session", ITEM_CREATE, 1, CHECK_FIRST, "2502", "k", ITEM_QUEUED, FAULT_NONE,
     "SESSION", 2502, .not_sent = true},
    /* what a name refers to is not there */
    {"a contact that was removed is made again", ITEM_CREATE, 1, 0, "2303 1000 cre:1000", "tct", ITEM_DONE,
     FAULT_NONE, "CREATED", 1000, .contact_made = true},
    {"… and was not removed", ITEM_CREATE, 1, 0, "2303 2302 contact:gateway1 2303", "tcit", ITEM_FAILED,
     FAULT_PARTNER, "REFERENCE_UNKNOWN", 2303, .contact_made = true},
    {"name servers that are not there are made", ITEM_CREATE, 1, NAMES_HOSTS | OWN_CONTACT,
     "2303 hosts:11 1000 1000 cre:1000", "thnnt", ITEM_DONE, FAULT_NONE, "CREATED", 1000},
    {"one of them", ITEM_CREATE, 1, NAMES_HOSTS, "2303 2302 contact:gateway1 hosts:01 1000 cre:1000",
     "tcihnt", ITEM_DONE, FAULT_NONE, "CREATED", 1000, .contact_made = true},
    {"somebody else makes it meanwhile", ITEM_CREATE, 1, NAMES_HOSTS | OWN_CONTACT,
     "2303 hosts:10 2302 cre:1000", "thnt", ITEM_DONE, FAULT_NONE, "CREATED", 1000},
    {"all are there: it is something else", ITEM_CREATE, 1, NAMES_HOSTS | OWN_CONTACT, "2303 hosts:00 2303",
     "tht", ITEM_FAILED, FAULT_PARTNER, "REFERENCE_UNKNOWN", 2303},
    {"a name server's outcome is not known", ITEM_CREATE, 1, NAMES_HOSTS | OWN_CONTACT,
     "2303 hosts:10 lost wait hosts:00 cre:1000", "thnht", ITEM_DONE, FAULT_NONE, "CREATED", 1000},
    {"… is refused", ITEM_CREATE, 1, NAMES_HOSTS | OWN_CONTACT, "2303 hosts:10 2306", "thn", ITEM_FAILED,
     FAULT_REGISTRY, "REGISTRY_POLICY", 2306},
    {"… and the check of them fails for ever", ITEM_CREATE, 1, NAMES_HOSTS | OWN_CONTACT,
     "2303 lost wait 2400 wait lost wait lost", "thhhh", ITEM_QUEUED, FAULT_NONE, "SESSION", 0,
     .not_sent = true},
    {"nothing of ours to make", ITEM_CREATE, 1, OWN_CONTACT, "2303", "t", ITEM_FAILED, FAULT_PARTNER,
     "REFERENCE_UNKNOWN", 2303},
    {"doubt after mending is doubt", ITEM_CREATE, 1, 0, "2303 1000 lost wait ours", "tctq", ITEM_DONE,
     FAULT_NONE, "CREATED", 0, .contact_made = true},
    /* fees */
    {"the expected fee is taken", ITEM_CREATE, 1, FEE_WARNED, "cre:1000", "t", ITEM_DONE, FAULT_NONE,
     "CREATED", 1000},
    {"it is not, and we warn", ITEM_CREATE, 1, FEE_WARNED, "2004 cre:1000", "tt", ITEM_DONE, FAULT_NONE,
     "CREATED", 1000},
    {"… once: the value itself is refused", ITEM_RENEW, 1, FEE_WARNED, "2004 2004", "tt", ITEM_FAILED,
     FAULT_PARTNER, "VALUE_REFUSED", 2004},
    {"it is not, and must be", ITEM_CREATE, 1, FEE_ENFORCED, "2004", "t", ITEM_NEEDS_HUMAN, FAULT_REGISTRY,
     "FEE_REFUSED", 2004},
    /* locks and redemption */
    {"a renewal of what waits to be restored", ITEM_RENEW, 1, 0, "2304 wait rgp:redemptionPeriod", "tq",
     ITEM_FAILED, FAULT_REGISTRY, "IN_REDEMPTION", 2304},
    {"… of what is locked", ITEM_RENEW, 1, 0, "2304 wait ours", "tq", ITEM_FAILED, FAULT_REGISTRY,
     "STATUS_PROHIBITS", 2304},
    {"… and nobody says why", ITEM_RENEW, 1, 0, "2304 wait 2303", "tq", ITEM_FAILED, FAULT_PARTNER,
     "NAME_UNKNOWN", 2304},
    /* what cannot be sent, and stopping */
    {"unbuildable", ITEM_CREATE, 1, 0, "unbuildable", "t", ITEM_FAILED, FAULT_PARTNER, "CANNOT_BE_SENT", 0},
    {"unbuildable contact", ITEM_CREATE, 1, NEEDS_CONTACT, "unbuildable", "c", ITEM_FAILED, FAULT_PARTNER,
     "CANNOT_BE_SENT", 0},
    {"an <info> that cannot be built", ITEM_RENEW, 1, 0, "lost wait unbuildable", "tq", ITEM_NEEDS_HUMAN,
     FAULT_GATEWAY, "OUTCOME_UNKNOWN", 0},
    {"stopped before anything", ITEM_CREATE, 1, 0, "stop", "t", ITEM_QUEUED, FAULT_NONE, "STOPPING", 0,
     .not_sent = true},
    {"stopped between contact and create", ITEM_CREATE, 1, NEEDS_CONTACT, "1000 stop", "ct", ITEM_QUEUED,
     FAULT_NONE, "STOPPING", 1000, .not_sent = true, .contact_made = true},
    {"stopped while in doubt", ITEM_CREATE, 1, 0, "lost stop", "t", ITEM_UNKNOWN, FAULT_NONE,
     "OUTCOME_UNKNOWN", 0},
    {"stopped while looking", ITEM_RENEW, 1, 0, "2400 wait stop", "tq", ITEM_UNKNOWN, FAULT_NONE,
     "OUTCOME_UNKNOWN", 2400},
    {"stopped while asking for the true date", ITEM_RENEW, 1, 0, "2105 stop", "t", ITEM_QUEUED, FAULT_NONE,
     "STOPPING", 2105, .not_sent = true},
};

static void stories_end_as_they_must(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
		const struct story *s = &stories[i];
		struct play p;
		print_message("%s\n", s->name);
		play_begin(&p, s->op, s->attempt, s->setup);
		play_script(&p, s->script);
		play_ends(&p, s->state, s->fault, s->reason, s->code, s->retryable);
		assert_string_equal(p.sends, s->sends);
		const struct item_result *r = &p.job.result;
		assert_int_equal(p.job.not_sent, s->not_sent);
		assert_int_equal(p.job.contact_made, s->contact_made);
		assert_int_equal(r->attempt, s->attempt);
		assert_true(r->message.len > 0);
		assert_true(p.transforms <= 1u + p.job.mended + p.job.fee_alone);
		assert_int_equal(p.fees > 0, (s->setup & (FEE_WARNED | FEE_ENFORCED)) != 0);
		assert_true(p.fees <= 1);
		assert_true(item_state_may(ITEM_SENDING, r->state) || item_state_may(ITEM_UNKNOWN, r->state));
	}
}

static void results_carry_dates_fees_and_ids(void **state)
{
	struct play p;
	char d[TIME_TEXT_MAX];
	(void)state;
	play_begin(&p, ITEM_CREATE, 1, 0);
	struct epp_fee_amount fees[] = {{.amount = STR("150000.00")}, {.amount = STR("-50000")}};
	struct epp_response r = play_word(&p.job, "cre:1000");
	r.ext.fee = (struct epp_fee){.present = true, .fees = fees, .fee_count = 2};
	assert_int_equal(job_answered(&p.job, &r, "V-1-1-0-t", SENT_MS), JOB_END);
	assert_int_equal(p.job.result.charged_vnd, 100000);
	assert_int_equal(p.job.result.created, SENT_MS + 500);
	assert_string_equal(instant_format(d, p.job.result.expires, HANOI_S, false),
	                    "2028-11-20T00:00:00+07:00");
	assert_true(str_eq_c(p.job.result.cl_trid, "V-1-1-0-t"));
	assert_true(str_eq_c(p.job.result.sv_trid, "SV-1"));
	play_begin(&p, ITEM_CREATE, 1, 0);
	r = play_word(&p.job, "cre:1000");
	assert_int_equal(job_answered(&p.job, &r, "V", SENT_MS), JOB_END);
	assert_int_equal(p.job.result.charged_vnd, -1);
	play_begin(&p, ITEM_CREATE, 1, 0);
	fees[1].amount = STR("many");
	r.ext.fee = (struct epp_fee){.present = true, .fees = fees, .fee_count = 2};
	assert_int_equal(job_answered(&p.job, &r, "V", SENT_MS), JOB_END);
	assert_int_equal(p.job.result.charged_vnd, -1);
}

/* The true reason may be in a second result, beside an echoed value, or in an extension that nobody knows. */
static void a_refusal_keeps_all_the_registrys_words(void **state)
{
	struct play p;
	struct epp_value values[] = {{.text = STR("068204001234"), .reason = STR("bad number")},
	                             {.text = STR("x")}};
	struct epp_unknown_text texts[] = {{STR("urn:x"), STR("why"), STR("Tên miền bị cấm")}};
	(void)state;
	play_begin(&p, ITEM_CREATE, 1, 0);
	struct epp_response r = play_answer(2306);
	play_results[0].values = values;
	play_results[0].value_count = 2;
	play_results[1] = (struct epp_result){.code = 2005, .msg = STR("second")};
	r.result_count = 2;
	r.ext.unknown_texts = texts;
	r.ext.unknown_text_count = 1;
	assert_int_equal(job_answered(&p.job, &r, "V", SENT_MS), JOB_END);
	assert_true(str_eq_c(p.job.result.message, "2306 words; bad number; second; Tên miền bị cấm"));
	/* Echoed values are personal data. */
	assert_null(strstr(p.job.message, "068204001234"));
}

static void long_words_are_cut_between_characters(void **state)
{
	char text[400];
	struct play p;
	(void)state;
	for (size_t lead = 0; lead < 4; lead++) {
		size_t n = lead;
		memset(text, 'a', lead);
		while (n + 3 < sizeof text) {
			memcpy(text + n, "ề", 3);
			n += 3;
		}
		play_begin(&p, ITEM_CREATE, 1, 0);
		struct epp_response r = play_answer(2306);
		play_results[0].msg = str_make(text, n);
		assert_int_equal(job_answered(&p.job, &r, "V", SENT_MS), JOB_END);
		assert_true(str_is_utf8(p.job.result.message));
		assert_true(p.job.result.message.len >= JOB_MESSAGE_MAX - 4);
	}
}

static void an_overlong_server_id_is_left_out(void **state)
{
	char text[100];
	struct play p;
	(void)state;
	memset(text, 'S', sizeof text);
	play_begin(&p, ITEM_CREATE, 1, 0);
	struct epp_response r = play_word(&p.job, "cre:1000");
	r.trid.server = str_make(text, sizeof text);
	assert_int_equal(job_answered(&p.job, &r, "V", SENT_MS), JOB_END);
	assert_int_equal(p.job.result.sv_trid.len, 0);
	assert_int_equal(p.job.result.state, ITEM_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_code_means_one_thing),
	    cmocka_unit_test(the_table_has_every_listed_code),
	    cmocka_unit_test(stories_end_as_they_must),
	    cmocka_unit_test(results_carry_dates_fees_and_ids),
	    cmocka_unit_test(a_refusal_keeps_all_the_registrys_words),
	    cmocka_unit_test(long_words_are_cut_between_characters),
	    cmocka_unit_test(an_overlong_server_id_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
