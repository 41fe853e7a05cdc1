/* vnepp policy reports: what the programmes and plans want to be reported, and until when. */
#include "daemon/cli/cli.h"
#include "daemon/cli/policy_folder.h"
#include "daemon/cli/table.h"
#include "policy/duties.h"
#include "policy/policy.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DUTIES_MAX 4096
#define REPORT_MAX (4u << 20)

struct reports_args {
	bool json;
	const char *from, *to, *site;
};

static const struct opt opts[] = {
    {"from", 0, OPT_TEXT, offsetof(struct reports_args, from), "DATE", "first day (default: today in Hanoi)",
     NULL, 0, 0},
    {"to", 0, OPT_TEXT, offsetof(struct reports_args, to), "DATE",
     "last day (default: a year after the first)", NULL, 0, 0},
    {"site", 0, OPT_TEXT, offsetof(struct reports_args, site), "FILE",
     "site file in place of the folder's own site.yaml", NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct reports_args, json), NULL, "print the list as JSON", NULL, 0, 0},
};

static bool read_day(const char *option, const char *text, date_t *out)
{
	if (!text)
		return true;
	if (date_parse(str_c(text), out))
		return true;
	cli_error("--%s: '%s' is not a date (2026-11-20)", option, text);
	return false;
}

static json_t *day(date_t d)
{
	char text[DATE_TEXT_MAX];
	return d == DATE_NONE ? json_null() : json_string(date_format(text, d));
}

static json_t *text_or_null(struct str s)
{
	return s.len ? json_stringn(s.ptr, s.len) : json_null();
}

static void print_json(const struct policy_duty *list, size_t count, struct buf *out)
{
	json_t *rows = json_array();
	for (size_t i = 0; i < count; i++) {
		const struct policy_duty *d = &list[i];
		json_t *clauses = json_array();
		for (size_t k = 0; k < d->clause_count; k++)
			json_array_append_new(clauses, text_or_null(d->clauses[k]));
		json_array_append_new(
		    rows, json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "due", day(d->due), "id",
		                    text_or_null(d->id), "document", text_or_null(d->document), "province",
		                    text_or_null(d->province), "every", policy_every_names[d->every], "from",
		                    day(d->from), "to", day(d->to), "clauses", clauses));
	}
	char *text = json_dumps(rows, JSON_INDENT(2));
	buf_printf(out, "%s\n", text ? text : "[]");
	free(text);
	json_decref(rows);
}

static void print_table(const struct policy_duty *list, size_t count, struct buf *out)
{
	static const struct table_column columns[] = {{"due", false, 0},       {"report of", false, 28},
	                                              {"document", false, 28}, {"province", false, 0},
	                                              {"every", false, 0},     {"figures from", false, 0},
	                                              {"to", false, 0},        {"clauses", false, 40}};
	struct table t;
	char text[DATE_TEXT_MAX];
	struct buf clauses;
	table_init(&t, columns, ARRAY_LEN(columns));
	buf_init(&clauses, 1000);
	for (size_t i = 0; i < count; i++) {
		const struct policy_duty *d = &list[i];
		buf_clear(&clauses);
		for (size_t k = 0; k < d->clause_count; k++)
			buf_printf(&clauses, "%s%.*s", k ? ", " : "", STR_ARG(d->clauses[k]));
		table_cell(&t, str_c(date_format(text, d->due)));
		table_cell(&t, d->id);
		table_cell(&t, d->document);
		table_cell(&t, d->province);
		table_cell(&t, str_c(policy_every_names[d->every]));
		table_cell(&t, d->from == DATE_NONE ? STR_NONE : str_c(date_format(text, d->from)));
		table_cell(&t, d->to == DATE_NONE ? STR_NONE : str_c(date_format(text, d->to)));
		table_cell(&t, buf_str(&clauses));
	}
	if (count == 0)
		buf_lit(out, "no report is due in this time\n");
	table_print(&t, out);
	buf_fini(&clauses);
	table_fini(&t);
}

static int print_duties(const struct policy_ruleset *r, date_t from, date_t to, bool json)
{
	struct policy_duty *list = calloc(DUTIES_MAX, sizeof *list);
	struct buf out;
	if (!list) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	size_t count = policy_duties(r, from, to, list, DUTIES_MAX);
	buf_init(&out, REPORT_MAX);
	if (count > DUTIES_MAX)
		cli_error("%zu reports are due: only %d are listed; name a shorter time", count, DUTIES_MAX);
	if (json)
		print_json(list, count < DUTIES_MAX ? count : DUTIES_MAX, &out);
	else
		print_table(list, count < DUTIES_MAX ? count : DUTIES_MAX, &out);
	bool printed = cli_print(&out);
	buf_fini(&out);
	free(list);
	return printed && count <= DUTIES_MAX ? CLI_DONE : CLI_FAILED;
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct reports_args *a = args;
	struct diag d;
	struct buf findings;
	int result = CLI_FAILED;
	date_t from = date_of_instant((instant_ms_t)time(NULL) * 1000, HANOI_OFFSET_S), to = DATE_NONE;
	(void)cli;
	if (!read_day("from", a->from, &from) || !read_day("to", a->to, &to))
		return CLI_USAGE;
	if (to == DATE_NONE)
		to = date_add_years(from, 1, false);
	if (to < from) {
		cli_error("--to is before --from");
		return CLI_USAGE;
	}
	diag_init(&d);
	struct policy_ruleset *r = policy_load_dir(policy_rules_folder(operands, count), a->site, &d);
	if (r) {
		result = print_duties(r, from, to, a->json);
	} else {
		buf_init(&findings, REPORT_MAX);
		diag_print(&d, &findings);
		(void)fwrite(buf_data(&findings), 1, buf_len(&findings),
		             stderr); /* nothing is left to do without it */
		buf_fini(&findings);
	}
	policy_unref(&r);
	diag_fini(&d);
	return result;
}

const struct cli_command cmd_policy_reports = {
    .name = "policy reports",
    .operands = "[DIR]",
    .summary = "what the programmes and plans want to be reported, and until when",
    .help = "One line for each report that is due in the time, with the part of its period in which the plan "
            "holds. Where a\n"
            "text names no day, or says 'before the 20th', the switches before-the-20th and "
            "reports-without-a-day decide.\n"
            "Exit status: 0 done, 1 the rules do not load, 2 usage.\n",
    .uses = CLI_USES_NOTHING,
    .max_operands = 1,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct reports_args),
    .run = run,
};
