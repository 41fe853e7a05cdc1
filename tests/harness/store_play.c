/* Lines, operations and dumps for tests of the store. */
#include "tests/harness/store_play.h"
#include "daemon/store/store_changes.h"
#include "daemon/store/store_domains.h"
#include "daemon/store/store_figures.h"
#include "daemon/store/store_list.h"
#include "daemon/store/store_rules.h"
#include "daemon/store/store_send.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/base/diag.h"
#include "policy/policy.h"
#include "tests/harness/folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define RULES        "policy/rules"
#define DUMP_MAX     (64u << 20)
#define DUMP_PAGE    7 /* small, so that every dump turns pages */
#define DUMP_DOMAIN  64
#define PARTNERS_MAX 6 /* numbers that tests give out */

/* ---- deciders ------------------------------------------------------------------------------------------------------------ */

static struct policy_ruleset *load(const char *dir)
{
	struct diag d;
	diag_init(&d);
	struct policy_ruleset *rules = policy_load_dir(dir, NULL, &d);
	diag_fini(&d);
	INVARIANT(rules);
	return rules;
}

static void copy_file(const char *from, const char *to, const char *comment)
{
	char text[8192];
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	INVARIANT(in && out);
	for (size_t n; (n = fread(text, 1, sizeof text, in)) > 0;)
		INVARIANT(fwrite(text, 1, n, out) == n);
	fputs(comment, out);
	INVARIANT(fclose(in) == 0 && fclose(out) == 0);
}

static void copy_rules(const struct folder *to, const char *comment)
{
	struct dirent *e;
	DIR *d = opendir(RULES);
	INVARIANT(d);
	while ((e = readdir(d))) {
		char from[512];
		if (e->d_name[0] == '.')
			continue;
		snprintf(from, sizeof from, RULES "/%s", e->d_name);
		copy_file(from, folder_at(to, e->d_name), comment);
	}
	closedir(d);
}

static struct policy_ruleset *load_changed(unsigned revision)
{
	struct folder dir;
	char comment[32];
	folder_make(&dir);
	snprintf(comment, sizeof comment, "\n# revision %u\n", revision);
	copy_rules(&dir, comment);
	struct policy_ruleset *rules = load(dir.path);
	INVARIANT(folder_remove(&dir) == 0);
	return rules;
}

static const uint8_t key[32] = "a key that only this test knows";

struct decider *play_decider_choosing(const char *id, const char *option)
{
	struct policy_choice choice = {str_c(id), str_c(option)};
	struct diag d;
	diag_init(&d);
	struct policy_ruleset *rules = policy_load_dir_choosing(RULES, NULL, &choice, 1, &d);
	diag_fini(&d);
	INVARIANT(rules);
	return decider_new(rules, key);
}

struct decider *play_decider_new(unsigned revision)
{
	return decider_new(revision ? load_changed(revision) : load(RULES), key);
}

/* ---- lines --------------------------------------------------------------------------------------------------------------- */

static void be_citizen(struct item_request *r, struct arena *a, unsigned person, date_t born)
{
	int year, month, day;
	date_split(born, &year, &month, &day);
	r->applicant.kind = APPLICANT_CITIZEN;
	r->applicant.birth_date = born;
	r->applicant.id_number = arena_printf(a, "0682%02d%06u", year % 100, person);
	r->evidence[0] = (struct item_evidence){STR("ekyc"), STR("x"), STR("K-1"), STR("confirmed"),
	                                        date_make(2026, 11, 18)};
	r->evidence_count = 1;
	r->if_not_free = ITEM_REFUSE;
}

const char *play_tax_code(unsigned person)
{
	static const char *const codes[] = {"0199999007", "0199999014", "0199999021",
	                                    "0199999039", "0199999046", "0199999053"};
	return codes[person % ARRAY_LEN(codes)];
}

static void be_enterprise(struct item_request *r, unsigned person)
{
	r->applicant.kind = APPLICANT_ENTERPRISE;
	r->applicant.tax_code = str_c(play_tax_code(person));
	r->applicant.founded_on = date_make(2026, 5, 1);
	r->applicant.gender = GENDER_UNKNOWN;
	r->if_not_free = ITEM_REFUSE;
}

static void fill_kind(struct item_request *r, struct arena *a, const struct play_line *l)
{
	date_t adult = date_make(2006, 5, 6);
	switch (l->kind) {
	case PLAY_GRANT: be_citizen(r, a, l->person, adult); break;
	case PLAY_REFUSED: be_citizen(r, a, l->person, date_make(2012, 5, 6)); break;
	case PLAY_WAITING:
		be_citizen(r, a, l->person, adult);
		r->evidence_count = 0;
		break;
	case PLAY_REVIEW:
		be_citizen(r, a, l->person, adult);
		r->evidence[0].result = STR("contradicted");
		break;
	case PLAY_LISTED: be_enterprise(r, l->person); break;
	case PLAY_RENEW:
		r->op = ITEM_RENEW;
		r->cur_exp_date = date_make(2026, 12, 1) + (date_t)l->person;
		r->applicant.kind = APPLICANT_NONE;
		break;
	case PLAY_PAID:
	case PLAY__COUNT: break;
	}
}

struct store_line play_line(struct arena *a, const struct play_line *l, uint32_t n)
{
	return play_line_in(a, l, n, "68");
}

struct store_line play_line_in(struct arena *a, const struct play_line *l, uint32_t n, const char *province)
{
	struct item_request *r = arena_calloc(a, 1, sizeof *r);
	*r = (struct item_request){.op = ITEM_CREATE,
	                           .ref = arena_str(a, str_c(l->ref)),
	                           .domain = arena_str(a, str_c(l->name)),
	                           .period = 1,
	                           .cur_exp_date = DATE_NONE,
	                           .if_not_free = ITEM_CHARGE,
	                           .max_fee_vnd = 100000000,
	                           .applicant = {.kind = APPLICANT_OTHER,
	                                         .name = STR("Nguyễn Văn A"),
	                                         .citizenship = STR("VN"),
	                                         .phone = STR("+84.912345678"),
	                                         .email = STR("a@example.vn"),
	                                         .gender = GENDER_MALE,
	                                         .birth_date = DATE_NONE,
	                                         .founded_on = DATE_NONE,
	                                         .registered_on = DATE_NONE,
	                                         .address = {.street = STR("12 Hùng Vương"),
	                                                     .ward = STR("Xuân Hương"),
	                                                     .province = arena_str(a, str_c(province)),
	                                                     .province_list = STR("2025-07-01"),
	                                                     .country = STR("VN")}}};
	r->domain_u = r->domain;
	fill_kind(r, a, l);
	struct store_line s = {.line = n, .account = l->account, .lane = l->lane, .request = r};
	play_line_encode(a, &s);
	if (l->contact)
		snprintf(s.contact_id, sizeof s.contact_id, "%s", l->contact);
	return s;
}

void play_line_encode(struct arena *a, struct store_line *l)
{
	struct buf payload;
	buf_init(&payload, ITEM_PAYLOAD_MAX);
	item_encode(l->request, &payload);
	l->payload = arena_str(a, buf_str(&payload));
	buf_fini(&payload);
}

/* ---- operations ------------------------------------------------------------------------------------------------------------ */

enum err play(struct store_backend *b, struct store_op *op, enum store_op_type type)
{
	op->type = type;
	op->err = ERR_INTERNAL;
	op->errmsg = (struct errmsg){""};
	b->ops->run(b, &op, 1);
	return op->err;
}

uint32_t play_register(struct store_backend *b, const char *name, bool is_account)
{
	uint32_t id = 0;
	struct store_register r = {.is_account = is_account, .names = &name, .ids = &id, .count = 1};
	INVARIANT(play(b, &r.op, STORE_REGISTER) == OK && id > 0);
	return id;
}

struct item_result play_result(enum item_state state, instant_ms_t at)
{
	return (struct item_result){.state = state,
	                            .attempt = 1,
	                            .created = INSTANT_NONE,
	                            .expires = INSTANT_NONE,
	                            .charged_vnd = -1,
	                            .at = at};
}

/* ---- dumps ------------------------------------------------------------------------------------------------------------------ */

static void dump_row(const struct store_row *r, struct buf *out)
{
	const struct item_result *e = &r->result;
	buf_printf(out, "  line %u item %llu of %llu: p%u a%u %s %s %.*s %.*s intake %s/%d at %lld\n",
	           r->line, (unsigned long long)r->item, (unsigned long long)r->batch, r->partner, r->account,
	           item_op_name(r->op), item_state_name(r->state), STR_ARG(r->ref), STR_ARG(r->domain),
	           r->intake_reason, (int)r->intake_fault, (long long)r->admitted);
	buf_printf(out, "    in review since %lld, not before %lld\n", (long long)r->waits_since,
	           (long long)r->not_before);
	buf_printf(out, "    %s #%d code %d fault %d %d %.*s|%.*s|%.*s|%.*s|%.*s %lld %lld %lld at %lld%s\n",
	           item_state_name(e->state), e->attempt, e->code, (int)e->fault, e->retryable,
	           STR_ARG(e->reason), STR_ARG(e->message), STR_ARG(e->needs), STR_ARG(e->cl_trid),
	           STR_ARG(e->sv_trid), (long long)e->created, (long long)e->expires,
	           (long long)e->charged_vnd, (long long)e->at, e->past_boundary ? " late" : "");
	buf_printf(out, "    %.*s %.*s\n", STR_ARG(r->decision_common), STR_ARG(r->decision_item));
}

static void dump_items(struct store_backend *b, batch_id_t batch, int state, struct buf *out)
{
	struct arena a = {0};
	struct store_get_items g = {.batch = batch, .limit = DUMP_PAGE, .arena = &a, .more = true};
	g.by_state = state >= 0;
	g.state = (enum item_state)state;
	while (g.more) {
		INVARIANT(play(b, &g.op, STORE_GET_ITEMS) == OK);
		INVARIANT(!g.more || g.count == DUMP_PAGE);
		for (size_t i = 0; i < g.count; i++) {
			if (state < 0)
				dump_row(&g.rows[i], out);
			else
				buf_printf(out, " %u", g.rows[i].line);
		}
		if (g.count)
			g.after_line = g.rows[g.count - 1].line;
	}
	arena_fini(&a);
}

static void dump_batch(struct store_backend *b, batch_id_t id, struct buf *out)
{
	struct store_get_batch g = {.batch = id};
	enum err err = play(b, &g.op, STORE_GET_BATCH);
	buf_printf(out, "batch %llu: %s", (unsigned long long)id, err_name(err));
	if (err) {
		buf_lit(out, "\n");
		return;
	}
	buf_printf(out, " p%u, %llu lines, %llu items, at %lld", g.info.partner,
	           (unsigned long long)g.info.lines, (unsigned long long)g.info.items,
	           (long long)g.info.created);
	for (int s = 0; s < ITEM_STATE__COUNT; s++) {
		buf_printf(out, "\n  %s %llu:", item_state_name((enum item_state)s),
		           (unsigned long long)g.info.counts[s]);
		dump_items(b, id, s, out);
	}
	buf_lit(out, "\n");
	dump_items(b, id, -1, out);
}

static void dump_open(struct store_backend *b, struct buf *out)
{
	struct arena a = {0};
	struct store_get_open g = {.limit = DUMP_PAGE, .arena = &a, .more = true};
	buf_lit(out, "open\n");
	while (g.more) {
		INVARIANT(play(b, &g.op, STORE_GET_OPEN) == OK);
		for (size_t i = 0; i < g.count; i++) {
			dump_row(&g.rows[i], out);
			buf_printf(out, "    %zu bytes\n", g.rows[i].payload.len);
		}
		if (g.count)
			g.after = g.rows[g.count - 1].item;
	}
	arena_fini(&a);
}

static void dump_domains(struct store_backend *b, struct buf *out)
{
	for (int i = 0; i < DUMP_DOMAIN; i++) {
		char name[64];
		snprintf(name, sizeof name, "n%d.%s.vn", i / 2, i % 2 ? "id" : "com");
		struct store_get_domain g = {.domain = str_c(name)};
		if (play(b, &g.op, STORE_GET_DOMAIN) == OK)
			buf_printf(out, "%s p%u a%u %lld %lld %d %d\n", name, g.partner, g.account,
			           (long long)g.created, (long long)g.expires, g.grant_from, g.free_until);
	}
}

static int compare_depths(const void *pa, const void *pb)
{
	const struct store_depth *a = pa, *b = pb;
	if (a->queue.account != b->queue.account)
		return a->queue.account < b->queue.account ? -1 : 1;
	if (a->queue.partner != b->queue.partner)
		return a->queue.partner < b->queue.partner ? -1 : 1;
	return (a->queue.lane > b->queue.lane) - (a->queue.lane < b->queue.lane);
}

static int compare_partners(const void *pa, const void *pb)
{
	const struct store_partner_depth *a = pa, *b = pb;
	return (a->partner > b->partner) - (a->partner < b->partner);
}

/* The depth itself may be told too large. */
static void dump_queues(struct store_backend *b, instant_ms_t now, struct buf *out)
{
	struct arena a = {0};
	struct store_queues q = {.now = now, .arena = &a};
	struct store_get_depths d = {.arena = &a};
	INVARIANT(play(b, &q.op, STORE_QUEUES) == OK && play(b, &d.op, STORE_GET_DEPTHS) == OK);
	for (size_t i = 0; i < q.count; i++)
		buf_printf(out, "queue a%u p%u lane %u\n", q.keys[i].account, q.keys[i].partner,
		           q.keys[i].lane);
	buf_printf(out, "next ready %lld\n", (long long)q.next_ready);
	for (int s = 0; s < ITEM_STATE__COUNT; s++)
		buf_printf(out, "%llu ", (unsigned long long)d.items[s]);
	if (d.count)
		qsort(d.depths, d.count, sizeof *d.depths, compare_depths);
	for (size_t i = 0; i < d.count; i++)
		buf_printf(out, "depth a%u p%u lane %u since %lld%s\n", d.depths[i].queue.account,
		           d.depths[i].queue.partner, d.depths[i].queue.lane, (long long)d.depths[i].oldest,
		           d.depths[i].items ? "" : " EMPTY");
	if (d.partner_count)
		qsort(d.partners, d.partner_count, sizeof *d.partners, compare_partners);
	for (size_t i = 0; i < d.partner_count; i++)
		buf_printf(out, "partner p%u queued %llu\n", d.partners[i].partner,
		           (unsigned long long)d.partners[i].items);
	arena_fini(&a);
}

static void dump_figures(struct store_backend *b, struct buf *out)
{
	struct arena a = {0};
	struct store_get_counts c = {0};
	struct store_get_progress p = {.from = 0, .to = INT32_MAX, .arena = &a};
	INVARIANT(play(b, &c.op, STORE_GET_COUNTS) == OK && play(b, &p.op, STORE_GET_PROGRESS) == OK);
	for (int s = 0; s < ITEM_STATE__COUNT; s++)
		buf_printf(out, "%s %llu ", item_state_name((enum item_state)s),
		           (unsigned long long)c.items[s]);
	buf_printf(out, "batches %llu domains %llu grants %llu unread %llu\n", (unsigned long long)c.batches,
	           (unsigned long long)c.domains, (unsigned long long)c.grants,
	           (unsigned long long)c.messages_waiting);
	for (size_t i = 0; i < p.count; i++)
		buf_printf(out, "%.*s %.*s %llu %llu\n", STR_ARG(p.rows[i].zone), STR_ARG(p.rows[i].province),
		           (unsigned long long)p.rows[i].names, (unsigned long long)p.rows[i].granted);
	for (size_t k = 0; k < STORE_HISTORY_STEPS; k++) {
		struct store_get_history h = {.step_s = store_history_steps[k].step_s, .arena = &a};
		INVARIANT(play(b, &h.op, STORE_GET_HISTORY) == OK);
		for (size_t i = 0; i < h.count; i++)
			buf_printf(out, "%u: %u %lld %lld %lld %lld\n", h.step_s, h.points[i].series,
			           (long long)h.points[i].at, (long long)h.points[i].count,
			           (long long)h.points[i].sum, (long long)h.points[i].high);
	}
	arena_fini(&a);
}

static void dump_used_and_messages(struct store_backend *b, struct buf *out)
{
	struct arena a = {0};
	struct store_get_used u = {.arena = &a};
	struct store_get_messages m = {.limit = STORE_MESSAGES_MAX, .arena = &a};
	INVARIANT(play(b, &u.op, STORE_GET_USED) == OK && play(b, &m.op, STORE_GET_MESSAGES) == OK);
	for (size_t i = 0; i < u.count; i++)
		buf_printf(out, "used %.*s %d: %llu\n", STR_ARG(u.list[i].scope), u.list[i].begin,
		           (unsigned long long)u.list[i].used);
	for (size_t i = 0; i < m.count; i++)
		buf_printf(out, "message %llu a%u %.*s %.*s item %llu %s%.*s\n",
		           (unsigned long long)m.rows[i].message, m.rows[i].account, STR_ARG(m.rows[i].id),
		           STR_ARG(m.rows[i].domain), (unsigned long long)m.rows[i].item,
		           m.rows[i].waits ? "waits: " : "", STR_ARG(m.rows[i].attention));
	arena_fini(&a);
}

static void dump_held(struct store_backend *b, enum item_state state, struct buf *out)
{
	struct arena a = {0};
	struct store_get_held g = {.state = state, .limit = DUMP_PAGE, .arena = &a, .more = true};
	buf_printf(out, "held in %s\n", item_state_name(state));
	while (g.more) {
		INVARIANT(play(b, &g.op, STORE_GET_HELD) == OK);
		for (size_t i = 0; i < g.count; i++) {
			struct store_get_notes n = {.item = g.rows[i].item, .arena = &a};
			INVARIANT(play(b, &n.op, STORE_GET_NOTES) == OK && g.rows[i].state == state);
			buf_printf(out, "  item %llu since %lld\n", (unsigned long long)g.rows[i].item,
			           (long long)g.since[i]);
			for (size_t k = 0; k < n.count; k++)
				buf_printf(out, "    %d %lld %.*s %.*s %.*s\n", (int)n.notes[k].kind,
				           (long long)n.notes[k].at, STR_ARG(n.notes[k].by),
				           STR_ARG(n.notes[k].why), STR_ARG(n.notes[k].evidence.reference));
		}
		if (g.count) {
			g.after_since = g.since[g.count - 1];
			g.after_item = g.rows[g.count - 1].item;
		}
	}
	arena_fini(&a);
}

static void dump_rules(struct store_backend *b, struct buf *out)
{
	struct arena a = {0};
	struct store_get_rules r = {.limit = STORE_PAGE_MAX, .arena = &a};
	struct store_get_rules_steps s = {.limit = 10, .arena = &a};
	struct store_setting set = {.name = "policy", .arena = &a};
	INVARIANT(play(b, &r.op, STORE_GET_RULES) == OK && play(b, &s.op, STORE_GET_RULES_STEPS) == OK &&
	          play(b, &set.op, STORE_SETTING) == OK);
	for (size_t i = 0; i < r.count; i++) {
		struct store_get_rules one = {.revision = r.rows[i].revision, .arena = &a};
		INVARIANT(play(b, &one.op, STORE_GET_RULES) == OK && one.count == 1);
		buf_printf(out, "rules %.*s since %lld: %.*s\n", STR_ARG(one.rows[0].revision),
		           (long long)one.rows[0].first_seen, STR_ARG(one.rows[0].text));
	}
	for (size_t i = 0; i < s.count; i++)
		buf_printf(out, "step %.*s of %.*s at %lld\n", STR_ARG(s.rows[i].step),
		           STR_ARG(s.rows[i].revision), (long long)s.rows[i].at);
	buf_printf(out, "%s policy %.*s\n", s.more ? "more" : "all", STR_ARG(set.value));
	arena_fini(&a);
}

static void dump_lists(struct store_backend *b, struct buf *out)
{
	struct arena a = {0};
	struct store_get_lists g = {.arena = &a};
	INVARIANT(play(b, &g.op, STORE_GET_LISTS) == OK);
	for (size_t i = 0; i < g.count; i++)
		buf_printf(out, "list %llu state %d rows %llu decided %llu%s %lld %.*s %lld\n",
		           (unsigned long long)g.lists[i].list, (int)g.lists[i].state,
		           (unsigned long long)g.lists[i].rows, (unsigned long long)g.lists[i].decided,
		           g.lists[i].deciding ? "…" : "", (long long)g.lists[i].at,
		           STR_ARG(g.lists[i].undone_by), (long long)g.lists[i].undone_at);
	arena_fini(&a);
}

static void dump_changes(struct store_backend *b, uint32_t partner, struct buf *out)
{
	struct arena a = {0};
	struct store_get_changes g = {.partner = partner, .limit = 7, .arena = &a};
	char cursor[STORE_CURSOR_MAX];
	do {
		INVARIANT(play(b, &g.op, STORE_GET_CHANGES) == OK);
		for (size_t i = 0; i < g.count; i++) {
			const struct store_change *c = &g.rows[i];
			buf_printf(out, "change %u %s: %llu %llu/%u %.*s %.*s %s %.*s %d %lld %lld\n",
			           partner, store_cursor_format(cursor, &c->cursor),
			           (unsigned long long)c->item, (unsigned long long)c->batch, c->line,
			           STR_ARG(c->ref), STR_ARG(c->domain), item_state_name(c->state),
			           STR_ARG(c->reason), c->code, (long long)c->expires, (long long)c->at);
		}
	} while (g.more);
	arena_fini(&a);
}

static void dump_ending(struct store_backend *b, uint32_t partner, instant_ms_t now, struct buf *out)
{
	struct arena a = {0};
	struct store_get_domains g = {
	    .partner = partner, .after = now, .before = INT64_MAX, .limit = DUMP_PAGE, .arena = &a};
	do {
		INVARIANT(play(b, &g.op, STORE_GET_DOMAINS) == OK);
		for (size_t i = 0; i < g.count; i++) {
			const struct store_domain_row *r = &g.rows[i];
			buf_printf(out, "ending %u %.*s %d %lld %u %lld %d %d\n", partner, STR_ARG(r->domain),
			           (int)r->what, (long long)r->at, r->account, (long long)r->expires,
			           (int)r->grant_from, (int)r->free_until);
			g.after = r->at;
			g.after_name = r->domain;
		}
	} while (g.more);
	arena_fini(&a);
}

void play_dump(struct store_backend *b, instant_ms_t now, struct buf *out)
{
	unsigned gone = 0;
	buf_init(out, DUMP_MAX);
	for (batch_id_t id = 1; gone < DUMP_PAGE; id++) {
		size_t before = buf_len(out);
		dump_batch(b, id, out);
		gone =
		    memmem(buf_data(out) + before, buf_len(out) - before, "ERR_NOT_FOUND", 13) ? gone + 1 : 0;
	}
	dump_open(b, out);
	dump_domains(b, out);
	dump_queues(b, now, out);
	dump_figures(b, out);
	dump_used_and_messages(b, out);
	dump_lists(b, out);
	dump_held(b, ITEM_WAITING, out);
	dump_held(b, ITEM_REVIEW, out);
	dump_rules(b, out);
	for (uint32_t partner = 1; partner <= PARTNERS_MAX; partner++)
		dump_changes(b, partner, out);
	for (uint32_t partner = 1; partner <= PARTNERS_MAX; partner++)
		dump_ending(b, partner, now, out);
	INVARIANT(buf_ok(out));
}
