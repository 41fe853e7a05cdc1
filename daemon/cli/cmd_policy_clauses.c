/*
 * vnepp policy clauses: every clause of the sources, what in the rules rests on it, and the cases in which it is cited.
 * Read from the rule set's canonical content, so that nothing can be listed that is not in force.
 */
#include "daemon/cli/cli.h"
#include "daemon/cli/policy_folder.h"
#include "daemon/cli/table.h"
#include "policy/cases.h"
#include "policy/policy.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_MAX  (64u << 20)
#define CARRIED_MAX 60 /* columns of a terminal */
#define CASES_SHOWN 4

struct clauses_args {
	bool json;
	const char *cases;
};

static const struct opt opts[] = {
    {"cases", 0, OPT_TEXT, offsetof(struct clauses_args, cases), "DIR",
     "folder of case files (default: \"cases\" beside the rules)", NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct clauses_args, json), NULL, "print the list as JSON", NULL, 0, 0},
};

/* The list as JSON: [{id, document, clause, kind, words, verified, carried_by[], cases[]}]. */
static json_t *list_sources(json_t *rules)
{
	json_t *list = json_array(), *source, *clause;
	size_t i, k;
	json_array_foreach(json_object_get(rules, "sources"), i, source)
	{
		json_array_foreach(json_object_get(source, "clauses"), k, clause)
		{
			json_t *row = json_pack(
			    "{s:O, s:O, s:O, s:O, s:O, s:o, s:o, s:o}", "id", json_object_get(clause, "id"),
			    "document", json_object_get(source, "document"), "clause",
			    json_object_get(clause, "section"), "kind", json_object_get(clause, "kind"),
			    "words", json_object_get(clause, "words"), "verified",
			    json_boolean(json_is_true(json_object_get(source, "verified"))), "carried_by",
			    json_array(), "cases", json_array());
			json_array_append_new(list, row);
		}
	}
	return list;
}

static void add_once(json_t *array, const char *text)
{
	json_t *value;
	size_t i;
	json_array_foreach(array, i, value) if (strcmp(json_string_value(value), text) == 0) return;
	json_array_append_new(array, json_string(text));
}

static void carried(json_t *list, const char *clause, const char *where)
{
	json_t *row;
	size_t i;
	json_array_foreach(list, i, row) if (strcmp(cli_text(row, "id"), clause) == 0)
	    add_once(json_object_get(row, "carried_by"), where);
}

/* `section`: of the rules; `id`: the nearest thing around that has one. */
static void walk(json_t *list, json_t *node, const char *section, const char *id)
{
	char where[160];
	const char *key;
	json_t *value, *cite;
	size_t i;
	json_array_foreach(node, i, value) walk(list, value, section, id);
	if (!json_is_object(node))
		return;
	id = *cli_text(node, "id")     ? cli_text(node, "id")
	     : *cli_text(node, "code") ? cli_text(node, "code")
	                               : id;
	snprintf(where, sizeof where, "%s %s", section, id);
	json_array_foreach(json_object_get(node, "cite"), i, cite) if (json_is_string(cite))
	    carried(list, json_string_value(cite), where);
	json_object_foreach(node, key, value) walk(list, value, section, id);
}

static void walk_rules(json_t *list, json_t *rules)
{
	const char *key;
	json_t *value;
	json_object_foreach(rules, key, value) if (strcmp(key, "sources") != 0) walk(list, value, key, "");
}

/* ---- cases -------------------------------------------------------------------------------------------------------------- */

static void cited(json_t *list, const char *document, const char *clause, const char *id)
{
	json_t *row;
	size_t i;
	json_array_foreach(list, i, row) if (strcmp(cli_text(row, "document"), document) == 0 &&
	                                     strcmp(cli_text(row, "clause"), clause) == 0)
	    add_once(json_object_get(row, "cases"), id);
}

static bool carries(const json_t *row, const char *where)
{
	json_t *value;
	size_t i;
	json_array_foreach(json_object_get(row, "carried_by"), i,
	                   value) if (strcmp(json_string_value(value), where) == 0) return true;
	return false;
}

/* What is enforced through a switch or a plan is tested by a case under that switch, or that counts for the plan. */
static void tested(json_t *list, const char *section, const char *name, size_t len, const char *id)
{
	char where[160];
	json_t *row;
	size_t i;
	snprintf(where, sizeof where, "%s %.*s", section, (int)len, name);
	json_array_foreach(list, i, row) if (strcmp(cli_text(row, "kind"), "enforce") == 0 &&
	                                     carries(row, where)) add_once(json_object_get(row, "cases"), id);
}

/* "upper-age: until_birthday, lower-age: day_after" */
static void tested_by_switches(json_t *list, const char *reading, const char *id)
{
	for (const char *at = reading, *colon; (colon = strchr(at, ':'));) {
		tested(list, "switches", at, (size_t)(colon - at), id);
		const char *comma = strstr(colon, ", ");
		if (!comma)
			return;
		at = comma + 2;
	}
}

static void read_case(json_t *list, struct str line)
{
	json_t *one = json_loadb(line.ptr, line.len, 0, NULL), *cite;
	const char *plan = cli_text(json_object_get(json_object_get(one, "decision"), "attribution"), "plan");
	size_t i;
	tested_by_switches(list, cli_text(one, "reading"), cli_text(one, "case"));
	tested(list, "plans", plan, strlen(plan), cli_text(one, "case"));
	json_array_foreach(json_object_get(json_object_get(one, "decision"), "cites"), i, cite)
	    cited(list, cli_text(cite, "document"), cli_text(cite, "clause"), cli_text(one, "case"));
	json_decref(one);
}

static void read_cases(json_t *list, const char *rules, const char *cases)
{
	struct policy_test_counts counts = {0};
	struct diag d;
	struct buf out;
	diag_init(&d);
	buf_init(&out, REPORT_MAX);
	if (!policy_test_run(rules, cases, POLICY_JSON, false, &d, &out, &counts))
		cli_error("not all cases pass: see vnepp policy test");
	struct str rest = buf_str(&out);
	while (rest.len)
		read_case(list, str_split(&rest, '\n'));
	buf_fini(&out);
	diag_fini(&d);
}

/* ---- printing ------------------------------------------------------------------------------------------------------------ */

static void join(const json_t *array, size_t most, struct buf *out)
{
	json_t *value;
	size_t i;
	buf_clear(out);
	json_array_foreach(array, i, value) if (i < most)
	    buf_printf(out, "%s%s", i ? ", " : "", json_string_value(value));
	if (json_array_size(array) > most)
		buf_printf(out, ", … (%zu)", json_array_size(array));
}

static bool is_dropped(const json_t *row)
{
	return strcmp(cli_text(row, "kind"), "enforce") == 0 &&
	       json_array_size(json_object_get(row, "carried_by")) == 0;
}

static size_t print_table(json_t *list, struct buf *out)
{
	static const struct table_column columns[] = {{"clause", false, 14},
	                                              {"document", false, 26},
	                                              {"section", false, 16},
	                                              {"kind", false, 8},
	                                              {"carried by", false, CARRIED_MAX},
	                                              {"cases that test it", false, 40}};
	struct table t;
	struct buf text;
	json_t *row;
	size_t i, dropped = 0;
	table_init(&t, columns, ARRAY_LEN(columns));
	buf_init(&text, 1u << 20);
	json_array_foreach(list, i, row)
	{
		json_t *by = json_object_get(row, "carried_by");
		table_cell(&t, str_c(cli_text(row, "id")));
		table_cell(&t, str_c(cli_text(row, "document")));
		table_cell(&t, str_c(cli_text(row, "clause")));
		table_cell(&t, str_c(cli_text(row, "kind")));
		join(by, 8, &text);
		dropped += is_dropped(row);
		table_cell(&t, json_array_size(by) ? buf_str(&text)
		               : is_dropped(row)   ? STR("NOT CARRIED BY ANY RULE")
		                                   : STR("recorded only"));
		join(json_object_get(row, "cases"), CASES_SHOWN, &text);
		table_cell(&t, buf_str(&text));
	}
	table_print(&t, out);
	buf_printf(out, "\n%zu clauses, %zu to be enforced that no rule carries\n", json_array_size(list),
	           dropped);
	buf_fini(&text);
	table_fini(&t);
	return dropped;
}

static int print_list(json_t *list, bool json)
{
	struct buf out;
	size_t dropped = 0, i;
	json_t *row;
	buf_init(&out, REPORT_MAX);
	if (json) {
		char *text = json_dumps(list, JSON_INDENT(2));
		buf_printf(&out, "%s\n", text ? text : "[]");
		free(text);
		json_array_foreach(list, i, row) dropped += is_dropped(row);
	} else {
		dropped = print_table(list, &out);
	}
	bool printed = cli_print(&out);
	buf_fini(&out);
	return printed && dropped == 0 ? CLI_DONE : CLI_FAILED;
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct clauses_args *a = args;
	const char *folder = policy_rules_folder(operands, count);
	struct diag d;
	struct buf findings;
	int result = CLI_FAILED;
	diag_init(&d);
	buf_init(&findings, REPORT_MAX);
	struct policy_ruleset *r = policy_load_dir(folder, NULL, &d);
	if (r) {
		struct str canonical = policy_canonical(r);
		json_t *rules = json_loadb(canonical.ptr, canonical.len, 0, NULL);
		json_t *list = list_sources(rules);
		walk_rules(list, rules);
		read_cases(list, folder, a->cases ? a->cases : policy_cases_folder(&cli->arena, folder));
		result = print_list(list, a->json);
		json_decref(list);
		json_decref(rules);
	} else {
		diag_print(&d, &findings);
		(void)fwrite(buf_data(&findings), 1, buf_len(&findings),
		             stderr); /* nothing is left to do without it */
	}
	policy_unref(&r);
	buf_fini(&findings);
	diag_fini(&d);
	return result;
}

const struct cli_command cmd_policy_clauses = {
    .name = "policy clauses",
    .operands = "[DIR]",
    .summary = "every clause, the rule or report that carries it, and the cases that cite it",
    .help = "Ends with 1 when a clause that is to be enforced is carried by no rule. A case stands beside "
            "every clause of\n"
            "the section that its decision cites, and beside what is enforced through a switch or a plan "
            "when it is "
            "decided\n"
            "under that switch, or counts for that plan.\n",
    .uses = CLI_USES_NOTHING,
    .max_operands = 1,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct clauses_args),
    .run = run,
};
