/*
 * What the tests of the job's machine share: a job, and a script of what the registry says to it.
 *
 * A script is words, one per event:
 *   1000 2302 …         an answer with this code and nothing else
 *   cre:1000 ren:1000   … with the object's dates            nodate:1000   … with an expiry date that cannot be read
 *   chk:1 chk:0         a check's answer                      contact:gateway1   <info> of the contact, its sponsor
 *   hosts:10            a check of two name servers: the first one is not there   rgp:redemptionPeriod   <info> with it
 *   lost                the session broke, or the answer was unreadable or late
 *   wait                the delay is over
 *   ours theirs other noreg nocreated noexpires    <info> of the name: ours and as it should be, or not
 *   at:2026-11-20T09:00:00+07:00                   … ours, created then
 *   exp:2027-12-01      … ours, with this expiry date in the registry's zone    pendingrenew:…   and that status
 *   pending             … ours, pendingCreate             pendingnew   … and without a create date
 *   unbuildable stop
 */
#ifndef VNEPP_TESTS_JOB_PLAY_H
#define VNEPP_TESTS_JOB_PLAY_H

#include "daemon/job/job.h"
#include "epp/base/attr.h"
#include "epp/rescode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* A row leaves out what is not so. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define ADMITTED_MS 1795140000000ll         /* 2026-11-20T09:00:00+07:00 */
#define SENT_MS     (ADMITTED_MS + 3600000) /* an hour in the queue */
#define HANOI_S     (7 * 3600)
#define CONTACT_ID  "VN0123456789ABCD"

/* How a job is set up. */
enum {
	NEEDS_CONTACT = 1,
	CHECK_FIRST = 2,
	FROM_LOOK = 4,
	NAMES_HOSTS = 8,
	FEE_ENFORCED = 16,
	FEE_WARNED = 32,
	OWN_CONTACT = 64
};

static const struct job_registry play_registry = {.login = {"gateway1", 8},
                                                  .date_offset_s = HANOI_S,
                                                  .settle_ms = 30000};
static const struct job_registry play_registry_check = {
    .login = {"gateway1", 8}, .date_offset_s = HANOI_S, .settle_ms = 30000, .check_first = true};

static const struct job_registry play_registry_enforce = {
    .login = {"gateway1", 8}, .date_offset_s = HANOI_S, .settle_ms = 30000, .fee = JOB_FEE_ENFORCE};
static const struct job_registry play_registry_warn = {
    .login = {"gateway1", 8}, .date_offset_s = HANOI_S, .settle_ms = 30000, .fee = JOB_FEE_WARN};

struct play {
	struct job job;
	enum job_next next;
	char sends[64], reports[16]; /* letters of what was sent; U and R for what was reported */
	size_t transforms, fees;     /* fees: commands that say what is expected */
	uint64_t waited_ms;
	const char *script;
};

static struct epp_result play_results[2];
static struct epp_chk_item play_item, play_hosts[2];
static struct epp_status play_status;

static inline struct epp_response play_answer(int code)
{
	play_results[0] = (struct epp_result){.code = code, .msg = STR("words")};
	return (struct epp_response){.kind = EPP_KIND_RESPONSE,
	                             .results = play_results,
	                             .result_count = 1,
	                             .trid = {STR("CL"), STR("SV-1")}};
}

static inline instant_ms_t play_date(const char *text)
{
	date_t d;
	instant_ms_t t;
	if (date_parse(str_c(text), &d))
		return instant_of_date(d, HANOI_S);
	if (!instant_parse(str_c(text), HANOI_S, &t))
		fail_msg("no date: %s", text);
	return t;
}

static inline struct epp_response play_info(const struct job *j, const char *word)
{
	struct epp_response r = play_answer(1000);
	const char *colon = strchr(word, ':');
	bool renew = j->request.op == ITEM_RENEW;
	struct str registrant = j->request.registrant.len ? j->request.registrant : str_c(j->contact_id);
	r.data.kind = EPP_RES_DOMAIN_INF;
	r.data.domain = (struct epp_domain_inf){
	    .c = {.name = j->request.domain,
	          .cl_id = STR("gateway1"),
	          .cr_date = {.at = renew ? play_date("2025-12-01") : SENT_MS + 1000}},
	    .registrant = registrant,
	    .ex_date = {.at = play_date(renew ? "2027-12-01" : "2028-11-20")},
	};
	struct epp_domain_inf *d = &r.data.domain;
	if (strncmp(word, "pending", 7) == 0) {
		play_status =
		    (struct epp_status){.value = renew ? STR("pendingRenew") : STR("pendingCreate")};
		d->c.statuses = &play_status;
		d->c.status_count = 1;
	}
	if (strcmp(word, "theirs") == 0)
		d->c.cl_id = STR("gateway2");
	else if (strcmp(word, "other") == 0)
		d->registrant = STR("SOMEBODY");
	else if (strcmp(word, "noreg") == 0)
		d->registrant = STR_NONE;
	else if (strcmp(word, "nocreated") == 0 || strcmp(word, "pendingnew") == 0)
		d->c.cr_date.at = INSTANT_NONE;
	else if (strcmp(word, "noexpires") == 0)
		d->ex_date.at = INSTANT_NONE;
	else if (strncmp(word, "at:", 3) == 0)
		d->c.cr_date.at = play_date(colon + 1);
	else if (colon)
		d->ex_date.at = play_date(colon + 1);
	else if (strcmp(word, "ours") != 0 && strcmp(word, "pending") != 0)
		fail_msg("no such word: %s", word);
	return r;
}

static inline struct epp_response play_word(const struct job *j, const char *word)
{
	const char *colon = strchr(word, ':');
	struct epp_response r = play_answer(colon ? atoi(colon + 1) : atoi(word));
	if (word[0] >= '0' && word[0] <= '9')
		return r;
	if (strncmp(word, "chk:", 4) == 0) {
		r = play_answer(1000);
		play_item = (struct epp_chk_item){j->request.domain, word[4] == '1', STR("In use")};
		r.data = (struct epp_resdata){.kind = EPP_RES_DOMAIN_CHK, .chk = {&play_item, 1}};
	} else if (strncmp(word, "hosts:", 6) == 0) {
		r = play_answer(1000);
		for (size_t i = 0; i < 2; i++)
			play_hosts[i] =
			    (struct epp_chk_item){j->request.ns[i].name, word[6 + i] == '1', STR_NONE};
		r.data = (struct epp_resdata){.kind = EPP_RES_HOST_CHK, .chk = {play_hosts, 2}};
	} else if (strncmp(word, "rgp:", 4) == 0) {
		r = play_info(j, "ours");
		play_status = (struct epp_status){.value = str_c(word + 4)};
		r.ext.rgp = (struct epp_rgp){&play_status, 1};
	} else if (strncmp(word, "contact:", 8) == 0) {
		r = play_answer(1000);
		r.data.kind = EPP_RES_CONTACT_INF;
		r.data.contact = (struct epp_contact_inf){.c = {.cl_id = str_c(word + 8)}};
	} else if (strncmp(word, "cre:", 4) == 0 || strncmp(word, "ren:", 4) == 0 ||
	           strncmp(word, "nodate:", 7) == 0) {
		bool renew = j->request.op == ITEM_RENEW;
		r.data.kind = renew ? EPP_RES_DOMAIN_REN : EPP_RES_DOMAIN_CRE;
		r.data.cre =
		    (struct epp_cre){.name = j->request.domain,
		                     .cr_date = {.at = renew ? INSTANT_NONE : SENT_MS + 500},
		                     .ex_date = {.at = word[0] == 'n'
		                                           ? INSTANT_NONE
		                                           : play_date(renew ? "2027-12-01" : "2028-11-20")}};
	} else {
		return play_info(j, word);
	}
	return r;
}

static inline void play_note(struct play *p)
{
	size_t n = strlen(p->sends), k = strlen(p->reports);
	if (p->job.report) {
		assert_true(k + 1 < sizeof p->reports);
		p->reports[k] = p->job.result.state == ITEM_UNKNOWN ? 'U' : 'R';
		assert_true(p->job.result.state == ITEM_UNKNOWN || p->job.result.state == ITEM_RECONCILING);
		assert_true(str_eq_c(p->job.result.reason, "OUTCOME_UNKNOWN"));
		p->job.report = false;
	}
	if (p->next == JOB_SEND && n + 1 < sizeof p->sends) {
		struct buf frame;
		struct errmsg why;
		buf_init(&frame, 1u << 16);
		if (job_is_transform(&p->job) && job_build(&p->job, STR("VN-1-1-0-t"), &frame, &why))
			fail_msg("'%s': %s", p->script, why.text);
		p->fees += buf_len(&frame) && memmem(buf_data(&frame), buf_len(&frame), "fee:fee", 7);
		buf_fini(&frame);
		p->sends[n] = job_step_letter(&p->job);
		p->transforms += job_is_transform(&p->job);
		if (job_is_transform(&p->job) && p->job.attempt == 1)
			p->job.sent_at = SENT_MS;
	}
	if (p->next == JOB_WAIT)
		p->waited_ms += p->job.wait_ms;
}

static inline void play_begin(struct play *p, enum item_op op, int attempt, unsigned setup)
{
	*p = (struct play){.script = ""};
	p->job.registry = setup & CHECK_FIRST ? &play_registry_check : &play_registry;
	if (setup & (FEE_ENFORCED | FEE_WARNED))
		p->job.registry = setup & FEE_WARNED ? &play_registry_warn : &play_registry_enforce;
	p->job.offers = JOB_OFFERS_FEE;
	p->job.attempt = attempt;
	p->job.request =
	    (struct item_request){.op = op,
	                          .ref = STR("r-1"),
	                          .domain = STR("ten.id.vn"),
	                          .domain_u = STR("ten.id.vn"),
	                          .period = op == ITEM_CREATE ? 2 : 1,
	                          .cur_exp_date = op == ITEM_CREATE ? DATE_NONE : date_make(2026, 12, 1),
	                          .max_fee_vnd = -1};
	if (op == ITEM_CREATE && setup & OWN_CONTACT)
		p->job.request.registrant = STR("REG-1");
	else if (op == ITEM_CREATE)
		memcpy(p->job.contact_id, CONTACT_ID, sizeof CONTACT_ID);
	if (setup & NAMES_HOSTS) {
		p->job.request.ns[0].name = STR("ns1.example.vn");
		p->job.request.ns[1].name = STR("ns2.example.vn");
		p->job.request.ns_count = 2;
	}
	p->job.contact_known = !(setup & NEEDS_CONTACT);
	p->next = setup & FROM_LOOK ? job_begin_look(&p->job, ADMITTED_MS) : job_begin(&p->job);
	if (!(setup & FROM_LOOK))
		p->job.sent_at = ADMITTED_MS;
	play_note(p);
}

static inline void play_event(struct play *p, const char *word)
{
	struct job *j = &p->job;
	if (p->next == JOB_END)
		fail_msg("'%s' after the end, in '%s'", word, p->script);
	if ((strcmp(word, "wait") == 0) != (p->next == JOB_WAIT) && strcmp(word, "stop") != 0)
		fail_msg("'%s' is not what it waits for, in '%s'", word, p->script);
	if (strcmp(word, "wait") == 0) {
		p->next = job_waited(j);
	} else if (strcmp(word, "lost") == 0) {
		p->next = job_lost(j, "V-1", "closed", SENT_MS + 2000);
	} else if (strcmp(word, "unbuildable") == 0) {
		p->next = job_unbuildable(j, "cannot be built");
	} else if (strcmp(word, "stop") == 0) {
		job_put_back(j, "STOPPING", "stopped");
		p->next = JOB_END;
	} else {
		char letter[4] = {'V', '-', job_step_letter(j), '\0'};
		struct epp_response r = play_word(j, word);
		p->next = job_answered(j, &r, letter, SENT_MS + 2000);
	}
	play_note(p);
}

static inline void play_script(struct play *p, const char *script)
{
	char copy[512];
	assert_true(strlen(script) < sizeof copy);
	memcpy(copy, script, strlen(script) + 1);
	p->script = script;
	for (char *save, *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		play_event(p, w);
}

static inline void play_ends(const struct play *p, enum item_state state, enum item_fault fault,
                             const char *reason, int code, bool retryable)
{
	const struct item_result *r = &p->job.result;
	assert_int_equal(p->next, JOB_END);
	assert_string_equal(item_state_name(r->state), item_state_name(state));
	assert_int_equal(r->fault, fault);
	if (!str_eq_c(r->reason, reason))
		fail_msg("'%s': reason %.*s", p->script, STR_ARG(r->reason));
	assert_int_equal(r->code, code);
	assert_int_equal(r->retryable, retryable);
}

#endif
