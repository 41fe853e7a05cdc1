/* vnepp policy explain: why one application is decided as it is. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/cli.h"
#include "daemon/cli/policy_folder.h"
#include "daemon/cli/policy_input.h"
#include "daemon/cli/policy_record.h"
#include "daemon/cli/policy_source.h"
#include "policy/cases.h"
#include "policy/explain.h"

#include <stdio.h>
#include <time.h>

#define REPORT_MAX (16u << 20)

enum words { WORDS_ALL, WORDS_VI, WORDS_EN };
static const char *const word_names[] = {"all", "vi", "en", NULL};

struct explain_args {
	bool json;
	const char *rules, *site, *as_of, *id;
	uint32_t line, item, decision;
	int words;
};

static const struct opt opts[] = {
    {"as-of", 0, OPT_TEXT, offsetof(struct explain_args, as_of), "DATE",
     "decide as of this Hanoi date or time (default: the case's own, else now)", NULL, 0, 0},
    {"rules", 0, OPT_TEXT, offsetof(struct explain_args, rules), "DIR", "folder of rule files", NULL, 0, 0},
    {"site", 0, OPT_TEXT, offsetof(struct explain_args, site), "FILE",
     "site file in place of the folder's own site.yaml", NULL, 0, 0},
    {"case", 0, OPT_TEXT, offsetof(struct explain_args, id), "ID", "this case of a file of cases", NULL, 0,
     0},
    {"line", 0, OPT_NUMBER, offsetof(struct explain_args, line), "N", "this line of an NDJSON file", NULL, 1,
     UINT32_MAX},
    {"item", 0, OPT_NUMBER, offsetof(struct explain_args, item), "N",
     "a decision that was taken: of this item, under the rules that it names", NULL, 1, UINT32_MAX},
    {"decision", 0, OPT_NUMBER, offsetof(struct explain_args, decision), "N",
     "with --item: its first decision, its second … (default: the last)", NULL, 1, UINT32_MAX},
    {"words", 0, OPT_CHOICE, offsetof(struct explain_args, words), "all|vi|en",
     "vi, en: only what the applicant is told", word_names, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct explain_args, json), NULL, "print the explanation as JSON", NULL, 0,
     0},
};

/* A date is its noon: the day is what counts. */
static bool read_as_of(const char *text, instant_ms_t *out)
{
	date_t day;
	if (date_parse(str_c(text), &day)) {
		*out = instant_of_date(day, HANOI_OFFSET_S) + 12 * 3600000;
		return true;
	}
	return instant_parse(str_c(text), HANOI_OFFSET_S, out);
}

static void print(const struct explain_args *a, const struct policy_ruleset *r, const struct policy_facts *f,
                  struct buf *out)
{
	if (a->words == WORDS_ALL || a->json)
		policy_explain(r, f, a->json ? POLICY_JSON : POLICY_TEXT, out);
	else
		policy_explain_applicant(r, f, a->words == WORDS_VI ? POLICY_VI : POLICY_EN, out);
}

static bool explain(struct cli *cli, const struct explain_args *a, const char *path, struct diag *d,
                    struct buf *out)
{
	struct policy_input in;
	struct policy_ruleset *r =
	    policy_load_dir(policy_rules_folder((char **)&a->rules, a->rules != NULL), a->site, d);
	bool good = policy_input_read(&cli->arena, d, path, a->line, a->id, &in) && r &&
	            policy_facts_check(r, d, in.facts_node);
	if (good) {
		if (a->as_of)
			(void)read_as_of(a->as_of, &in.facts.at); /* was read before */
		else if (!in.has_date)
			in.facts.at = (instant_ms_t)time(NULL) * 1000;
		if (in.no_ledger)
			cli_error(
			    "note: the item has no \"ledger\": explained as if the applicant had no earlier "
			    "name in the zone");
		print(a, r, &in.facts, out);
	}
	policy_unref(&r);
	return good;
}

/* A decision that was taken, with the facts that it used: they hold no identity number. */
static bool explain_record(struct policy_source *source, const struct explain_args *a, json_t *answer,
                           struct diag *d, struct buf *out)
{
	const json_t *list = json_object_get(answer, "decisions");
	size_t count = json_array_size(list), at = a->decision ? a->decision - 1 : count - 1;
	struct report_line line;
	struct record record;
	if (at >= count) {
		diag_error(d, DIAG_NOWHERE, "item %u has %zu decision%s", a->item, count,
		           count == 1 ? "" : "s");
		return false;
	}
	policy_record_read(json_array_get(list, at), json_object_get(answer, "commons"), &source->cli->arena,
	                   &line);
	if (record_decode(line.was.record, &record)) {
		diag_error(d, DIAG_NOWHERE, "item %u: the record cannot be read", a->item);
		return false;
	}
	if (record.foreign) {
		buf_lit(out, "reject NOT_YOURS: the name belongs to another partner; no rule was asked\n");
		return true;
	}
	struct str revision = arena_str(&source->cli->arena, replay_revision(line.was.common));
	struct policy_ruleset *r = policy_source_load(source, a->rules ? a->rules : revision.ptr, a->site, d);
	bool loaded = r != NULL;
	record.facts.name = line.domain;
	if (a->as_of)
		(void)read_as_of(a->as_of, &record.facts.at); /* was read before */
	if (loaded)
		print(a, r, &record.facts, out);
	policy_unref(&r);
	return loaded;
}

static bool explain_item(struct cli *cli, const struct explain_args *a, struct diag *d, struct buf *out)
{
	struct policy_source source;
	struct errmsg e = {""};
	policy_source_init(&source, cli);
	json_t *answer = policy_source_ask(
	    &source, json_pack("{s:s, s:I}", "cmd", ADMIN_CMD_POLICY_RECORDS, "item", (json_int_t)a->item),
	    &e);
	if (!answer)
		diag_error(d, DIAG_NOWHERE, "item %u: %s", a->item, e.text);
	bool good = answer && explain_record(&source, a, answer, d, out);
	json_decref(answer);
	policy_source_fini(&source);
	return good;
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct explain_args *a = args;
	instant_ms_t ignored;
	struct diag d;
	struct buf out, findings;
	if ((count == 0) == (a->item == 0) || (a->decision && !a->item)) {
		cli_error("either FILE or --item N");
		return CLI_USAGE;
	}
	if (a->as_of && !read_as_of(a->as_of, &ignored)) {
		cli_error("--as-of: '%s' is not a date (2026-11-20) or time (2026-11-20T09:00:00+07:00)",
		          a->as_of);
		return CLI_USAGE;
	}
	diag_init(&d);
	buf_init(&out, REPORT_MAX);
	buf_init(&findings, REPORT_MAX);
	bool good = a->item ? explain_item(cli, a, &d, &out) : explain(cli, a, operands[0], &d, &out);
	diag_print(&d, &findings);
	(void)fwrite(buf_data(&findings), 1, buf_len(&findings),
	             stderr); /* nothing is left to do without it */
	bool printed = cli_print(&out);
	buf_fini(&findings);
	buf_fini(&out);
	diag_fini(&d);
	return good && printed ? CLI_DONE : CLI_FAILED;
}

const struct cli_command cmd_policy_explain = {
    .name = "policy explain",
    .operands = "FILE | --item N",
    .summary = "why an item is decided as it is: rules, clauses, facts, and what would change it",
    .help = "FILE: an item as it is submitted (JSON; \"-\" is standard input; --line N for one of many), "
            "with what is\n"
            "known of earlier names as \"ledger\": {\"prior_grants\": 0, \"prior_paid\": false} (that, when "
            "a create has none) or, for a "
            "renewal,\n"
            "{\"name_known\": true, \"name_granted\": true, \"grant_from\": \"2025-11-20\"}; or facts as in "
            "a case (YAML);\n"
            "or a file of cases with --case ID. Personal numbers are shown without their last six digits.\n"
            "--item: a decision that the daemon has taken, from its record, under the rules that it names; "
            "--rules takes "
            "a\n"
            "revision that is kept, too.\n",
    .uses = CLI_USES_SOCKET,
    .max_operands = 1,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct explain_args),
    .run = run,
};
