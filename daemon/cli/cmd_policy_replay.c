/* vnepp policy replay: recorded decisions once more, under their own rules or under others. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/policy_record.h"
#include "daemon/cli/policy_source.h"
#include "policy/policy.h"

#include <stdio.h>

#define OUTPUT_MAX (64u << 20)

struct replay_args {
	bool json;
	const char *rules, *site, *from, *to;
	uint32_t item;
};

static const struct opt opts[] = {
    {"rules", 0, OPT_TEXT, offsetof(struct replay_args, rules), "DIR|REVISION",
     "decide under these rules (default: each decision under its own, to the byte)", NULL, 0, 0},
    {"site", 0, OPT_TEXT, offsetof(struct replay_args, site), "FILE",
     "site file in place of the folder's own site.yaml", NULL, 0, 0},
    {"from", 0, OPT_TEXT, offsetof(struct replay_args, from), "DATE", "decisions from this Hanoi date on",
     NULL, 0, 0},
    {"to", 0, OPT_TEXT, offsetof(struct replay_args, to), "DATE", "… up to this one, included", NULL, 0, 0},
    {"item", 0, OPT_NUMBER, offsetof(struct replay_args, item), "N", "the decisions of this item alone", NULL,
     1, UINT32_MAX},
    {"json", 0, OPT_FLAG, offsetof(struct replay_args, json), NULL,
     "one JSON line for each decision that comes out differently, and one with the counts", NULL, 0, 0},
};

struct replaying {
	const struct replay_args *args;
	struct policy_source source;
	struct policy_ruleset *rules; /* of --rules; NULL: each decision's own */
	struct map own;               /* revision -> rule set, owned */
	date_t from, to;
	struct replay replay;
	struct buf text, out;
	struct report report;
	struct diag diag;
};

/* The rule set of a revision, asked for once; NULL: it cannot be had, and the diagnosis says why. */
static struct policy_ruleset *own_rules(struct replaying *x, struct str revision)
{
	struct policy_ruleset *r = map_get(&x->own, revision);
	if (r || x->diag.errors)
		return r;
	const char *name = arena_str(&x->source.cli->arena, revision).ptr;
	r = policy_source_load(&x->source, name, NULL, &x->diag);
	if (r)
		(void)map_put(&x->own, str_c(name), r); /* new */
	return r;
}

static bool is_wanted(const struct replaying *x)
{
	date_t day = date_of_instant(x->replay.record.facts.at, HANOI_OFFSET_S);
	return (x->from == DATE_NONE || day >= x->from) && (x->to == DATE_NONE || day <= x->to);
}

static bool replay_row(struct replaying *x, const json_t *row, const json_t *commons, struct arena *page)
{
	struct report_line line;
	policy_record_read(row, commons, page, &line);
	struct policy_ruleset *rules = x->rules ? x->rules : own_rules(x, replay_revision(line.was.common));
	if (!rules)
		return false;
	enum replay_result result = replay_decision(rules, &line.was, &x->replay);
	if (result != REPLAY_BROKEN && !is_wanted(x))
		return true;
	report_add(&x->report, result, &line, &x->replay, &x->out);
	return true;
}

static bool replay_page(struct replaying *x, const json_t *answer)
{
	struct arena page;
	const json_t *row;
	size_t i;
	bool good = true;
	arena_init(&page);
	json_array_foreach(json_object_get(answer, "decisions"), i, row)
	{
		good = replay_row(x, row, json_object_get(answer, "commons"), &page);
		if (!good)
			break;
	}
	arena_fini(&page);
	if (x->args->json && buf_len(&x->out)) {
		good = cli_print(&x->out) && good;
		buf_clear(&x->out);
	}
	return good;
}

/* All pages; false when something kept it from going to the end. */
static bool replay_all(struct replaying *x)
{
	json_int_t after = 0;
	for (;;) {
		struct errmsg e = {""};
		json_t *request = json_pack("{s:s, s:I, s:i}", "cmd", ADMIN_CMD_POLICY_RECORDS, "after",
		                            after, "limit", 1000);
		if (x->args->item)
			json_object_set_new(request, "item", json_integer(x->args->item));
		json_t *answer = policy_source_ask(&x->source, request, &e);
		if (!answer) {
			cli_error("%s", e.text);
			return false;
		}
		bool good = replay_page(x, answer), more = json_is_true(json_object_get(answer, "more"));
		after = json_integer_value(json_object_get(answer, "after"));
		json_decref(answer);
		if (!good || !more)
			return good;
	}
}

static bool read_day(const char *option, const char *text, date_t *out)
{
	*out = DATE_NONE;
	if (!text || date_parse(str_c(text), out))
		return true;
	cli_error("--%s: '%s' is not a date (2026-11-20)", option, text);
	return false;
}

static int finish(struct replaying *x, bool whole)
{
	struct buf findings;
	buf_init(&findings, OUTPUT_MAX);
	diag_print(&x->diag, &findings);
	(void)fwrite(buf_data(&findings), 1, buf_len(&findings),
	             stderr); /* nothing is left to do without it */
	buf_fini(&findings);
	if (!whole) {
		cli_error("not all decisions were replayed");
		return CLI_FAILED;
	}
	report_print(&x->report, x->args->json, x->rules ? policy_revision(x->rules) : NULL, &x->out);
	bool printed = cli_print(&x->out);
	return printed && report_is_clean(&x->report) ? CLI_DONE : CLI_FAILED;
}

static void forget(struct replaying *x)
{
	struct str name;
	void *value;
	for (size_t at = 0; map_next(&x->own, &at, &name, &value);) {
		struct policy_ruleset *r = value;
		policy_unref(&r);
	}
	map_fini(&x->own);
	policy_unref(&x->rules);
	policy_source_fini(&x->source);
	report_fini(&x->report);
	buf_fini(&x->text);
	buf_fini(&x->out);
	diag_fini(&x->diag);
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	struct replaying x = {.args = args};
	(void)operands, (void)count;
	if (!read_day("from", x.args->from, &x.from) || !read_day("to", x.args->to, &x.to))
		return CLI_USAGE;
	policy_source_init(&x.source, cli);
	map_init(&x.own);
	diag_init(&x.diag);
	buf_init(&x.text, 1u << 20);
	buf_init(&x.out, OUTPUT_MAX);
	report_init(&x.report, x.args->json);
	x.replay.text = &x.text;
	bool loaded = true;
	if (x.args->rules) {
		x.rules = policy_source_load(&x.source, x.args->rules, x.args->site, &x.diag);
		loaded = x.rules != NULL;
	}
	int result = finish(&x, loaded && replay_all(&x));
	forget(&x);
	return result;
}

const struct cli_command cmd_policy_replay = {
    .name = "policy replay",
    .operands = "",
    .summary = "recorded decisions again, under their own rules or others: what would change",
    .help = "Every decision is kept with the facts that it used (without identity numbers) and with the "
            "revision of its "
            "rules.\n"
            "Without --rules each must come out again to the byte. With --rules: a table of what would "
            "change, by outcome "
            "and\n"
            "reason before and after, by grant and province. --rules takes a folder, or a revision that the "
            "daemon keeps "
            "(`vnepp\n"
            "policy kept`): \"sha256:…\" or its beginning, active, staged.\n"
            "Exit status: 0 all the same, 1 some differ or could not be replayed, 2 usage.\n",
    .uses = CLI_USES_SOCKET,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct replay_args),
    .run = run,
};
