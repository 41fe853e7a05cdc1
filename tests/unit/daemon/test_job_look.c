/* What <info> says about a lost transform; the commands of every phase; and whatever is answered, in any order. */
#include "tests/unit/daemon/job_play.h"
#include "epp/base/rng.h"

static const struct story {
	const char *name;
	enum item_op op;
	int attempt;
	unsigned setup;
	const char *script;
	enum item_state state;
	enum item_fault fault;
	const char *reason;
	int code;
	bool retryable;
} stories[] = {
    /* a create */
    {"ours", ITEM_CREATE, 1, 0, "lost wait ours", ITEM_DONE, FAULT_NONE, "CREATED", 0},
    {"ours after 2400", ITEM_CREATE, 1, 0, "2400 wait ours", ITEM_DONE, FAULT_NONE, "CREATED", 2400},
    {"ours after 2500", ITEM_CREATE, 1, 0, "2500 wait ours", ITEM_DONE, FAULT_NONE, "CREATED", 2500},
    {"ours after 1500", ITEM_CREATE, 1, 0, "1500 wait ours", ITEM_DONE, FAULT_NONE, "CREATED", 1500},
    {"ours after a restart", ITEM_CREATE, 1, FROM_LOOK, "wait ours", ITEM_DONE, FAULT_NONE, "CREATED", 0},
    {"somebody's", ITEM_CREATE, 1, 0, "lost wait theirs", ITEM_FAILED, FAULT_PARTNER, "NAME_TAKEN", 0},
    {"hidden: somebody's", ITEM_CREATE, 1, 0, "lost wait 2201", ITEM_FAILED, FAULT_PARTNER, "NAME_TAKEN", 0},
    {"hidden by 2202", ITEM_CREATE, 1, 0, "lost wait 2202", ITEM_FAILED, FAULT_PARTNER, "NAME_TAKEN", 0},
    {"ours with another registrant", ITEM_CREATE, 1, 0, "lost wait other", ITEM_FAILED, FAULT_PARTNER,
     "NAME_TAKEN", 0},
    {"ours, no registrant shown", ITEM_CREATE, 1, 0, "lost wait noreg", ITEM_NEEDS_HUMAN, FAULT_REGISTRY,
     "OUTCOME_UNKNOWN", 0},
    {"ours, no create date shown", ITEM_CREATE, 1, 0, "lost wait nocreated", ITEM_NEEDS_HUMAN, FAULT_REGISTRY,
     "OUTCOME_UNKNOWN", 0},
    {"ours, no expiry date shown", ITEM_CREATE, 1, 0, "lost wait noexpires", ITEM_DONE, FAULT_NONE, "CREATED",
     0},
    {"ours, pending", ITEM_CREATE, 1, 0, "lost wait pending", ITEM_PENDING, FAULT_NONE, "PENDING", 0},
    {"ours, pending, without a create date", ITEM_CREATE, 1, 0, "lost wait pendingnew", ITEM_PENDING,
     FAULT_NONE, "PENDING", 0},
    /* sent at 10:00 in Hanoi; the registry's clock may be two minutes behind */
    {"created as we sent", ITEM_CREATE, 1, 0, "lost wait at:2026-11-20T10:00:00+07:00", ITEM_DONE, FAULT_NONE,
     "CREATED", 0},
    {"created two minutes before", ITEM_CREATE, 1, 0, "lost wait at:2026-11-20T09:58:00+07:00", ITEM_DONE,
     FAULT_NONE, "CREATED", 0},
    {"created more than two minutes before", ITEM_CREATE, 1, 0, "lost wait at:2026-11-20T09:57:59+07:00",
     ITEM_FAILED, FAULT_PARTNER, "NAME_TAKEN", 0},
    {"created the year before", ITEM_CREATE, 1, 0, "lost wait at:2025-11-20T10:00:00+07:00", ITEM_FAILED,
     FAULT_PARTNER, "NAME_TAKEN", 0},
    {"created between admission and sending", ITEM_CREATE, 1, 0, "lost wait at:2026-11-20T09:30:00+07:00",
     ITEM_FAILED, FAULT_PARTNER, "NAME_TAKEN", 0},
    {"the same at a later attempt: an earlier one, late", ITEM_CREATE, 2, 0,
     "lost wait at:2026-11-20T09:30:00+07:00", ITEM_DONE, FAULT_NONE, "CREATED", 0},
    {"the same after a restart, which lost the moment", ITEM_CREATE, 1, FROM_LOOK,
     "wait at:2026-11-20T09:30:00+07:00", ITEM_DONE, FAULT_NONE, "CREATED", 0},
    {"created at this day's midnight", ITEM_CREATE, 1, 0, "lost wait at:2026-11-20T00:00:00+07:00", ITEM_DONE,
     FAULT_NONE, "CREATED", 0},
    {"created at this day's midnight, in UTC: yesterday", ITEM_CREATE, 1, 0,
     "lost wait at:2026-11-19T17:00:00Z", ITEM_DONE, FAULT_NONE, "CREATED", 0},
    {"created at midnight of the day before", ITEM_CREATE, 1, 0, "lost wait at:2026-11-19T00:00:00+07:00",
     ITEM_FAILED, FAULT_PARTNER, "NAME_TAKEN", 0},
    {"midnight of another zone is no midnight", ITEM_CREATE, 1, 0, "lost wait at:2026-11-20T00:00:00Z",
     ITEM_FAILED, FAULT_PARTNER, "NAME_TAKEN", 0},
    {"not there, twice", ITEM_CREATE, 1, 0, "lost wait 2303 wait 2303", ITEM_QUEUED, FAULT_NONE,
     "NOT_CARRIED_OUT", 0},
    {"not there, twice, second attempt", ITEM_CREATE, 2, 0, "2400 wait 2303 wait 2303", ITEM_QUEUED,
     FAULT_NONE, "NOT_CARRIED_OUT", 2400},
    {"not there, twice, last attempt", ITEM_CREATE, 3, 0, "lost wait 2303 wait 2303", ITEM_FAILED,
     FAULT_REGISTRY, "ATTEMPTS_USED_UP", 0, .retryable = true},
    {"not there, then ours: it was late", ITEM_CREATE, 1, 0, "lost wait 2303 wait ours", ITEM_DONE,
     FAULT_NONE, "CREATED", 0},
    {"not there, a failed look, not there", ITEM_CREATE, 1, 0, "lost wait 2303 wait 2400 wait 2303",
     ITEM_QUEUED, FAULT_NONE, "NOT_CARRIED_OUT", 0},
    {"2302 at a later attempt: ours after all", ITEM_CREATE, 2, 0, "2302 wait ours", ITEM_DONE, FAULT_NONE,
     "CREATED", 2302},
    {"2302 at a later attempt: theirs", ITEM_CREATE, 3, 0, "2302 wait theirs", ITEM_FAILED, FAULT_PARTNER,
     "NAME_TAKEN", 2302},
    /* a look that fails */
    {"lost looks, then ours", ITEM_CREATE, 1, 0, "lost wait lost wait lost wait ours", ITEM_DONE, FAULT_NONE,
     "CREATED", 0},
    {"looks without sessions", ITEM_CREATE, 1, 0, "lost wait 2002 wait 2200 wait 2501 wait 2502 wait ours",
     ITEM_DONE, FAULT_NONE, "CREATED", 0},
    {"looks that say nothing", ITEM_CREATE, 1, 0,
     "lost wait 2400 wait 2500 wait 1000 wait 1500 wait 2104 wait 2306 wait 3000 wait contact:gateway1 wait "
     "ours",
     ITEM_DONE, FAULT_NONE, "CREATED", 0},
    /* a renewal, from 1 December 2026 for a year */
    {"renewed", ITEM_RENEW, 1, 0, "lost wait exp:2027-12-01", ITEM_DONE, FAULT_NONE, "RENEWED", 0},
    {"renewed after 2400", ITEM_RENEW, 1, 0, "2400 wait exp:2027-12-01", ITEM_DONE, FAULT_NONE, "RENEWED",
     2400},
    {"renewed, late on that day", ITEM_RENEW, 1, 0, "lost wait exp:2027-12-01T23:59:59+07:00", ITEM_DONE,
     FAULT_NONE, "RENEWED", 0},
    {"renewed; the UTC date is the day before", ITEM_RENEW, 1, 0, "lost wait exp:2027-11-30T17:00:00Z",
     ITEM_DONE, FAULT_NONE, "RENEWED", 0},
    {"a day short in the registry's zone", ITEM_RENEW, 1, 0, "lost wait exp:2027-11-30T16:59:59Z",
     ITEM_NEEDS_HUMAN, FAULT_REGISTRY, "OUTCOME_UNKNOWN", 0},
    {"a day more", ITEM_RENEW, 1, 0, "lost wait exp:2027-12-02", ITEM_NEEDS_HUMAN, FAULT_REGISTRY,
     "OUTCOME_UNKNOWN", 0},
    {"two years more", ITEM_RENEW, 1, 0, "lost wait exp:2028-12-01", ITEM_NEEDS_HUMAN, FAULT_REGISTRY,
     "OUTCOME_UNKNOWN", 0},
    {"a day more than it was", ITEM_RENEW, 1, 0, "lost wait exp:2026-12-02", ITEM_NEEDS_HUMAN, FAULT_REGISTRY,
     "OUTCOME_UNKNOWN", 0},
    {"not renewed, twice", ITEM_RENEW, 1, 0, "lost wait exp:2026-12-01 wait exp:2026-12-01", ITEM_QUEUED,
     FAULT_NONE, "NOT_CARRIED_OUT", 0},
    {"not renewed, twice, last attempt", ITEM_RENEW, 3, 0, "2500 wait exp:2026-12-01 wait exp:2026-12-01",
     ITEM_FAILED, FAULT_REGISTRY, "ATTEMPTS_USED_UP", 2500, .retryable = true},
    {"not renewed, then renewed: it was late", ITEM_RENEW, 1, 0,
     "lost wait exp:2026-12-01 wait exp:2027-12-01", ITEM_DONE, FAULT_NONE, "RENEWED", 0},
    {"pendingRenew", ITEM_RENEW, 1, 0, "lost wait pendingrenew:2026-12-01", ITEM_PENDING, FAULT_NONE,
     "PENDING", 0},
    {"the name is gone", ITEM_RENEW, 1, 0, "lost wait 2303", ITEM_FAILED, FAULT_PARTNER, "NAME_UNKNOWN", 0},
    {"not our name", ITEM_RENEW, 1, 0, "lost wait theirs", ITEM_FAILED, FAULT_PARTNER, "NOT_SPONSOR", 0},
    {"not our name, hidden", ITEM_RENEW, 1, 0, "lost wait 2201", ITEM_FAILED, FAULT_PARTNER, "NOT_SPONSOR",
     0},
    {"not our name, hidden by 2202", ITEM_RENEW, 1, 0, "lost wait 2202", ITEM_FAILED, FAULT_PARTNER,
     "NOT_SPONSOR", 0},
    {"no expiry date, then one", ITEM_RENEW, 1, 0, "lost wait noexpires wait exp:2027-12-01", ITEM_DONE,
     FAULT_NONE, "RENEWED", 0},
    /* 2105: the first time it only asks for the date, later it may have been our own */
    {"2105, another date", ITEM_RENEW, 1, 0, "2105 wait exp:2027-03-09", ITEM_FAILED, FAULT_PARTNER,
     "CUR_EXP_DATE", 2105},
    {"2105, renewed by somebody already", ITEM_RENEW, 1, 0, "2105 wait exp:2027-12-01", ITEM_FAILED,
     FAULT_PARTNER, "CUR_EXP_DATE", 2105},
    {"2105, the date is right", ITEM_RENEW, 1, 0, "2105 wait exp:2026-12-01", ITEM_FAILED, FAULT_PARTNER,
     "NOT_RENEWABLE", 2105},
    {"2105, the name is gone", ITEM_RENEW, 1, 0, "2105 wait 2303", ITEM_FAILED, FAULT_PARTNER, "NAME_UNKNOWN",
     2105},
    {"2105, not our name", ITEM_RENEW, 1, 0, "2105 wait theirs", ITEM_FAILED, FAULT_PARTNER, "NOT_SPONSOR",
     2105},
    {"2105 at a later attempt: ours after all", ITEM_RENEW, 2, 0, "2105 wait exp:2027-12-01", ITEM_DONE,
     FAULT_NONE, "RENEWED", 2105},
};

static void looks_end_as_they_must(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
		const struct story *s = &stories[i];
		struct play p;
		print_message("%s\n", s->name);
		play_begin(&p, s->op, s->attempt, s->setup);
		play_script(&p, s->script);
		play_ends(&p, s->state, s->fault, s->reason, s->code, s->retryable);
		const struct item_result *r = &p.job.result;
		assert_false(p.job.not_sent);
		assert_true(item_state_may(ITEM_RECONCILING, r->state));
		/* The ids are the transform's, whatever was asked afterwards. */
		assert_string_equal(p.job.cltrid, s->setup & FROM_LOOK                 ? ""
		                                  : strncmp(s->script, "lost", 4) == 0 ? "V-1"
		                                                                       : "V-t");
		if (r->state == ITEM_NEEDS_HUMAN)
			assert_true(r->message.len > 20); /* with what was seen */
	}
}

static void doubt_is_reported_once_and_so_is_looking(void **state)
{
	struct play p;
	(void)state;
	play_begin(&p, ITEM_CREATE, 1, NEEDS_CONTACT);
	/* The contact's own looks are not the name's. */
	play_script(&p, "2302 lost wait contact:gateway1 lost wait lost wait 2303 wait 2400 wait 2303");
	assert_string_equal(p.reports, "UR");
	assert_string_equal(p.sends, "ciitqqqq");
	play_begin(&p, ITEM_CREATE, 1, FROM_LOOK);
	play_script(&p, "wait 2303 wait ours");
	assert_string_equal(p.reports, "R");
	play_begin(&p, ITEM_RENEW, 1, 0);
	play_script(&p, "2105 wait exp:2026-12-01");
	assert_string_equal(p.reports, "");
}

static void leap_days_may_go_either_way(void **state)
{
	static const char *const ends[] = {"exp:2029-02-27", "exp:2029-02-28", "exp:2029-03-01",
	                                   "exp:2029-03-02"};
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct play p;
		play_begin(&p, ITEM_RENEW, 1, 0);
		p.job.request.cur_exp_date = date_make(2028, 2, 29);
		play_script(&p, "lost wait");
		play_event(&p, ends[i]);
		assert_int_equal(p.job.result.state, i == 1 || i == 2 ? ITEM_DONE : ITEM_NEEDS_HUMAN);
	}
}

/* Without an applicant and a registrant of its own there is nothing to compare. */
static void a_create_without_a_registrant_is_compared_by_its_date(void **state)
{
	struct play p;
	(void)state;
	play_begin(&p, ITEM_CREATE, 1, 0);
	p.job.contact_id[0] = '\0';
	play_script(&p, "lost wait noreg");
	assert_int_equal(p.job.result.state, ITEM_DONE);
	play_begin(&p, ITEM_CREATE, 1, 0);
	p.job.request.registrant = STR("HOLDER-A");
	play_script(&p, "lost wait other");
	assert_int_equal(p.job.result.state, ITEM_FAILED);
}

static void a_registry_that_hides_the_answer_is_asked_slower_and_then_given_up(void **state)
{
	struct play p;
	uint64_t last = 0, total = 0;
	int looks = 0;
	(void)state;
	play_begin(&p, ITEM_CREATE, 1, 0);
	play_script(&p, "lost wait");
	while (p.next == JOB_SEND) {
		play_event(&p, looks % 2 ? "2400" : "lost");
		looks++;
		if (p.next == JOB_END)
			break;
		assert_true(p.job.wait_ms >= last && p.job.wait_ms <= JOB_LOOK_MAX_MS);
		last = p.job.wait_ms;
		total += last;
		p.sends[0] = '\0';
		play_event(&p, "wait");
	}
	assert_int_equal(p.job.result.state, ITEM_NEEDS_HUMAN);
	assert_int_equal(p.job.result.fault, FAULT_REGISTRY);
	assert_true(total > JOB_LOOK_GIVEUP_MS - 2 * JOB_LOOK_MAX_MS && total <= JOB_LOOK_GIVEUP_MS);
	assert_true(looks > 100 && looks < 1000);
}

/* settle: 0s is allowed: the looks must not become a loop. */
static void no_settling_delay_is_no_hammering(void **state)
{
	static const struct job_registry at_once = {.login = {"gateway1", 8}, .date_offset_s = HANOI_S};
	struct play p;
	(void)state;
	play_begin(&p, ITEM_CREATE, 1, 0);
	p.job.registry = &at_once;
	play_script(&p, "lost wait lost");
	assert_int_equal(p.job.wait_ms, JOB_LOOK_MIN_MS);
	play_script(&p, "wait lost");
	assert_int_equal(p.job.wait_ms, 2 * JOB_LOOK_MIN_MS);
}

/* ---- commands ------------------------------------------------------------------------------------------------------------- */

static void built(struct play *p, const char *const *has, size_t n)
{
	struct buf out;
	struct errmsg e = {""};
	buf_init(&out, 1u << 16);
	if (job_build(&p->job, STR("V-1-2-3-t"), &out, &e))
		fail_msg("%s", e.text);
	for (size_t i = 0; i < n; i++)
		if (!memmem(buf_data(&out), buf_len(&out), has[i], strlen(has[i])))
			fail_msg("no %s in %.*s", has[i], STR_ARG(buf_str(&out)));
	assert_non_null(memmem(buf_data(&out), buf_len(&out), "V-1-2-3-t", 9));
	buf_fini(&out);
}
#define BUILT(p, ...) \
	built(p, (const char *const[]){__VA_ARGS__}, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *))

static void every_phase_builds_its_command(void **state)
{
	struct play p;
	(void)state;
	play_begin(&p, ITEM_CREATE, 1, NEEDS_CONTACT | CHECK_FIRST);
	p.job.offers |= JOB_OFFERS_SECDNS;
	struct item_request *r = &p.job.request;
	r->applicant = (struct item_applicant){.kind = APPLICANT_CITIZEN,
	                                       .name = STR("Nguyễn Văn A"),
	                                       .phone = STR("+84.912345678"),
	                                       .email = STR("a@example.vn"),
	                                       .address = {.street = STR("12 Hùng Vương"),
	                                                   .ward = STR("Lâm Viên - Đà Lạt"),
	                                                   .province = STR("68")}};
	r->ns[0] = (struct item_ns){.name = STR("ns1.ten.id.vn"),
	                            .addrs = {STR("192.0.2.1"), STR("2001:db8::1")},
	                            2};
	r->ns_count = 1;
	r->ds[0] = (struct item_ds){12345, 13, 2, STR("AB12")};
	r->ds_count = 1;
	r->admin = STR("ADM-1");
	r->tech = STR("TEC-1");
	r->billing = STR("BIL-1");
	assert_int_equal(job_step_letter(&p.job), 'c');
	BUILT(&p, "create", CONTACT_ID, "Nguyễn Văn A", "Lâm Viên - Đà Lạt", ">68<", ">VN<", "+84.912345678");
	play_script(&p, "2302");
	assert_int_equal(job_step_letter(&p.job), 'i');
	BUILT(&p, "info", CONTACT_ID);
	play_script(&p, "contact:gateway1");
	assert_int_equal(job_step_letter(&p.job), 'k');
	BUILT(&p, "check", "ten.id.vn");
	play_script(&p, "chk:1");
	assert_int_equal(job_step_letter(&p.job), 't');
	assert_true(job_is_transform(&p.job));
	BUILT(&p, "create", "ten.id.vn", ">2<", CONTACT_ID, "ns1.ten.id.vn", "admin", "ADM-1", "TEC-1",
	      "BIL-1", "12345", "AB12");
	play_script(&p, "lost wait");
	assert_int_equal(job_step_letter(&p.job), 'q');
	assert_false(job_is_transform(&p.job));
	BUILT(&p, "info", "ten.id.vn");
	play_begin(&p, ITEM_RENEW, 1, 0);
	BUILT(&p, "renew", "ten.id.vn", "2026-12-01", ">1<");
}

static void name_servers_that_are_objects_are_built(void **state)
{
	struct play p;
	(void)state;
	play_begin(&p, ITEM_CREATE, 1, NAMES_HOSTS | OWN_CONTACT);
	play_script(&p, "2303");
	BUILT(&p, "check", "host", "ns1.example.vn", "ns2.example.vn");
	p.job.request.ns[1].addrs[0] = STR("2001:db8::7");
	p.job.request.ns[1].addr_count = 1;
	play_script(&p, "hosts:01");
	BUILT(&p, "create", "host", "ns2.example.vn", "2001:db8::7", "v6");
}

static void dnssec_data_is_never_dropped(void **state)
{
	struct play p;
	struct buf out;
	struct errmsg e;
	(void)state;
	play_begin(&p, ITEM_CREATE, 1, 0);
	p.job.request.ds[0] = (struct item_ds){12345, 13, 2, STR("AB12")};
	p.job.request.ds_count = 1;
	buf_init(&out, 1u << 16);
	assert_int_equal(job_build(&p.job, STR("VN-1-1-0-t"), &out, &e), ERR_UNSUPPORTED);
	assert_non_null(strstr(e.text, "secDNS"));
	assert_int_equal(buf_len(&out), 0);
	p.job.offers |= JOB_OFFERS_SECDNS;
	assert_int_equal(job_build(&p.job, STR("VN-1-1-0-t"), &out, &e), OK);
	assert_non_null(memmem(buf_data(&out), buf_len(&out), "<secDNS:keyTag>12345<", 21));
	buf_fini(&out);
}

/* The text of <pw> in the command of the moment. */
static void auth_of(struct play *p, char out[80])
{
	struct buf frame;
	struct errmsg e;
	buf_init(&frame, 1u << 16);
	assert_int_equal(job_build(&p->job, STR("VN-1-1-0-t"), &frame, &e), OK);
	const char *from = memmem(buf_data(&frame), buf_len(&frame), ":pw>", 4);
	assert_non_null(from);
	const char *to = strchr(from, '<');
	snprintf(out, 80, "%.*s", (int)(to - from - 4), from + 4);
	buf_fini(&frame);
}

static void auth_info_is_long_random_and_of_one_command(void **state)
{
	struct rng rng;
	struct play p;
	char first[80], second[80];
	bool kinds[4] = {false, false, false, false};
	(void)state;
	rng_init_seed(&rng, 1);
	struct job_registry registry = {.login = {"gateway1", 8}, .auth_length = 32, .rng = &rng};
	play_begin(&p, ITEM_CREATE, 1, OWN_CONTACT);
	p.job.registry = &registry;
	auth_of(&p, first);
	auth_of(&p, second);
	assert_int_equal(strlen(first), 32);
	assert_string_not_equal(first, second);
	for (const char *c = first; *c; c++) {
		kinds[0] |= *c >= 'a' && *c <= 'z';
		kinds[1] |= *c >= 'A' && *c <= 'Z';
		kinds[2] |= *c >= '0' && *c <= '9';
		kinds[3] |= strchr("-_.+", *c) != NULL;
		assert_null(strchr("<>&\"' ", *c));
	}
	assert_true(kinds[0] && kinds[1] && kinds[2] && kinds[3]);
	registry.auth_length = 0;
	auth_of(&p, first);
	assert_string_equal(first, "");
}

static void host_attributes_carry_addresses_of_both_kinds(void **state)
{
	static const struct job_registry attrs = {.login = {"gateway1", 8}, .ns_as_attrs = true};
	struct play p;
	(void)state;
	play_begin(&p, ITEM_CREATE, 1, 0);
	p.job.registry = &attrs;
	p.job.request.ns[0] = (struct item_ns){.name = STR("ns1.ten.id.vn"),
	                                       .addrs = {STR("192.0.2.1"), STR("2001:db8::1")},
	                                       2};
	p.job.request.ns_count = 1;
	BUILT(&p, "hostAttr", "192.0.2.1", "2001:db8::1", "v6");
}

static void what_is_over_has_nothing_to_send(void **state)
{
	struct play p;
	struct buf out;
	struct errmsg e = {""};
	(void)state;
	play_begin(&p, ITEM_RENEW, 1, 0);
	play_script(&p, "ren:1000");
	buf_init(&out, 1u << 16);
	assert_int_equal(job_build(&p.job, STR("V"), &out, &e), ERR_INTERNAL);
	assert_int_equal(buf_len(&out), 0);
	buf_fini(&out);
}

/* ---- anything, in any order ------------------------------------------------------------------------------------------------ */

static const char *const anything[] = {
    "lost",
    "lost",
    "lost",
    "1000",
    "1001",
    "1300",
    "1500",
    "cre:1000",
    "cre:1001",
    "nodate:1000",
    "chk:0",
    "chk:1",
    "contact:gateway1",
    "contact:gateway2",
    "ours",
    "theirs",
    "other",
    "noreg",
    "nocreated",
    "noexpires",
    "pending",
    "2002",
    "2104",
    "2105",
    "2200",
    "2201",
    "2202",
    "2302",
    "2303",
    "2303",
    "2303",
    "2304",
    "2306",
    "2400",
    "2400",
    "2500",
    "2502",
    "999",
    "exp:2026-12-01",
    "exp:2027-12-01",
    "exp:2027-12-02",
    "at:2025-01-01",
    "unbuildable",
    "stop",
};

/* The promises of the machine, for one job under whatever answers. */
static void play_anything(struct rng *r)
{
	struct play p;
	enum item_op op = (enum item_op)rng_below(r, ITEM_OP__COUNT);
	int steps = 0, absent = 0;
	play_begin(&p, op, 1 + (int)rng_below(r, 3), (unsigned)rng_below(r, 8));
	bool from_look = p.next == JOB_WAIT;
	while (p.next != JOB_END) {
		const char *word = p.next == JOB_WAIT ? "wait" : anything[rng_below(r, ARRAY_LEN(anything))];
		bool doubt = p.job.in_doubt;
		char phase = job_step_letter(&p.job);
		if (strcmp(word, "unbuildable") != 0 || rng_below(r, 20) == 0)
			play_event(&p, word);
		absent += phase == 'q' && (strcmp(word, "2303") == 0 || strcmp(word, "exp:2026-12-01") == 0);
		p.sends[p.next == JOB_SEND && strlen(p.sends) > 60 ? 8 : 63] = '\0';
		if (doubt && p.next != JOB_END)
			assert_true(p.job.phase == JOB_LOOK); /* never anything but looking */
		assert_true(++steps < 3000);
	}
	const struct item_result *res = &p.job.result;
	assert_true(p.transforms <= 1u + p.job.mended + p.job.fee_alone && !(from_look && p.transforms));
	assert_true(res->state == ITEM_DONE || res->state == ITEM_FAILED || res->state == ITEM_PENDING ||
	            res->state == ITEM_QUEUED || res->state == ITEM_NEEDS_HUMAN ||
	            res->state == ITEM_UNKNOWN);
	assert_true(res->reason.len > 0 && res->message.len > 0 && str_is_utf8(res->message));
	if (p.job.in_doubt && res->state == ITEM_QUEUED)
		assert_true(absent >= 2 && !p.job.not_sent);
	if (res->state == ITEM_DONE || res->state == ITEM_PENDING)
		assert_true(p.transforms >= 1 || p.job.in_doubt);
	assert_true((res->state == ITEM_FAILED) <= (res->fault != FAULT_NONE));
	assert_true(!res->retryable || res->state == ITEM_FAILED);
	assert_true(!p.job.not_sent || res->state == ITEM_QUEUED);
}

static void whatever_is_answered_the_promises_hold(void **state)
{
	struct rng r;
	(void)state;
	rng_init_seed(&r, 20261120);
	for (int i = 0; i < 200000; i++)
		play_anything(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(looks_end_as_they_must),
	    cmocka_unit_test(doubt_is_reported_once_and_so_is_looking),
	    cmocka_unit_test(leap_days_may_go_either_way),
	    cmocka_unit_test(a_create_without_a_registrant_is_compared_by_its_date),
	    cmocka_unit_test(a_registry_that_hides_the_answer_is_asked_slower_and_then_given_up),
	    cmocka_unit_test(no_settling_delay_is_no_hammering),
	    cmocka_unit_test(every_phase_builds_its_command),
	    cmocka_unit_test(name_servers_that_are_objects_are_built),
	    cmocka_unit_test(dnssec_data_is_never_dropped),
	    cmocka_unit_test(auth_info_is_long_random_and_of_one_command),
	    cmocka_unit_test(host_attributes_carry_addresses_of_both_kinds),
	    cmocka_unit_test(what_is_over_has_nothing_to_send),
	    cmocka_unit_test(whatever_is_answered_the_promises_hold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
