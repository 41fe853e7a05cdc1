/* Runs the rules' test cases. */
#include "policy/cases.h"

#include "policy/coverage.h"
#include "policy/policy_int.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define FILES_MAX    256
#define READINGS_MAX 8
#define CHOICES_MAX  8
#define SITE_SUFFIX  "-site.yaml"

struct reading {
	struct str name; /* in the run's arena */
	struct policy_ruleset *rules;
};

struct run {
	struct arena arena;
	struct diag *d;
	struct buf *out;
	enum policy_form form;
	struct reading readings[READINGS_MAX];
	struct map chosen;         /* rule sets of cases with switches of their own, by these */
	struct coverage *coverage; /* NULL: not asked for */
	const char *rules_dir;
	struct policy_test_counts *counts;
};

/* A case under one reading. */
struct trial {
	struct run *run;
	const struct reading *reading;
	struct yaml_node *expect;
	struct str id;
	struct policy_decision decision;
	size_t differences;
};

static void differs(struct trial *t, struct yaml_node *n, const char *what, struct str got)
{
	t->differences++;
	diag_error(t->run->d, n->pos, "%.*s, reading %.*s: %s is '%.*s'", STR_ARG(t->id),
	           STR_ARG(t->reading->name), what, STR_ARG(got));
}

static void expect_text(struct trial *t, const char *key, struct str got)
{
	struct yaml_node *n = yaml_opt(t->run->d, t->expect, key, YAML_SCALAR);
	if (n && !str_eq(n->text, got))
		differs(t, n, key, got);
}

static void expect_number(struct trial *t, const char *key, int64_t got)
{
	char text[32];
	snprintf(text, sizeof text, "%lld", (long long)got);
	expect_text(t, key, str_c(text));
}

static void expect_date(struct trial *t, const char *key, date_t got)
{
	char text[DATE_TEXT_MAX];
	date_format(text, got);
	expect_text(t, key, got == DATE_NONE ? STR("none") : str_c(text));
}

static bool names_code(const struct yaml_node *list, struct str code)
{
	for (const struct yaml_node *n = list ? list->child : NULL; n; n = n->next)
		if (str_eq(n->text, code))
			return true;
	return false;
}

static bool has_flag(const struct policy_decision *d, struct str code)
{
	for (size_t i = 0; i < d->flag_count; i++)
		if (str_eq(d->flags[i]->id, code))
			return true;
	return false;
}

/* Exactly these flags; none when the expectation names none. */
static void expect_flags(struct trial *t)
{
	struct yaml_node *list = yaml_opt(t->run->d, t->expect, "flags", YAML_SEQ);
	for (struct yaml_node *n = list ? list->child : NULL; n; n = n->next)
		if (!has_flag(&t->decision, n->text))
			differs(t, n, "a flag that is not set", n->text);
	for (size_t i = 0; i < t->decision.flag_count; i++)
		if (!names_code(list, t->decision.flags[i]->id))
			differs(t, list ? list : t->expect, "a flag not expected", t->decision.flags[i]->id);
}

/* All of these among the reasons. */
static void expect_reasons(struct trial *t)
{
	struct yaml_node *list = yaml_opt(t->run->d, t->expect, "reasons", YAML_SEQ);
	for (struct yaml_node *n = list ? list->child : NULL; n; n = n->next) {
		size_t i = 0;
		while (i < t->decision.reason_count && !str_eq(t->decision.reasons[i]->id, n->text))
			i++;
		if (i == t->decision.reason_count)
			differs(t, n, "a reason that is not given", n->text);
	}
}

/* All of these clauses among the cites. */
static void expect_cites(struct trial *t)
{
	struct yaml_node *list = yaml_opt(t->run->d, t->expect, "cites", YAML_SEQ);
	for (struct yaml_node *n = list ? list->child : NULL; n; n = n->next) {
		size_t i = 0;
		while (i < t->decision.cite_count && !str_eq(t->decision.cites[i].clause->id, n->text))
			i++;
		if (i == t->decision.cite_count)
			differs(t, n, "a clause that is not cited", n->text);
	}
}

static void expect_needs(struct trial *t)
{
	struct yaml_node *list = yaml_opt(t->run->d, t->expect, "needs", YAML_SEQ);
	for (struct yaml_node *n = list ? list->child : NULL; n; n = n->next) {
		size_t i = 0;
		while (i < t->decision.need_count && !str_eq_c(n->text, t->decision.needs[i]))
			i++;
		if (i == t->decision.need_count)
			differs(t, n, "something not asked for", n->text);
	}
}

static void compare(struct trial *t)
{
	static const char *const actions[] = {"send", "hold", "refuse"};
	const struct policy_decision *d = &t->decision;
	(void)yaml_need(t->run->d, t->expect, "outcome", YAML_SCALAR); /* told when missing */
	(void)yaml_need(t->run->d, t->expect, "reason", YAML_SCALAR);
	expect_text(t, "outcome", str_c(policy_outcome_names[d->outcome]));
	expect_text(t, "action", str_c(actions[d->action]));
	expect_text(t, "reason", policy_main_reason(d));
	expect_text(t, "grant", d->grant ? d->grant->id : STR("none"));
	expect_text(t, "waiver", d->waiver ? d->waiver->id : STR("none"));
	expect_text(t, "programme", d->programme ? d->programme->id : STR("none"));
	expect_text(t, "plan", d->plan ? d->plan->id : STR("none"));
	expect_text(t, "province", str_c(d->province));
	expect_text(t, "key", str_c(d->key));
	expect_number(t, "free_years", d->free_years);
	expect_number(t, "charged_years", d->charged_years);
	expect_number(t, "fee_vnd", d->expected_vnd);
	expect_date(t, "decided_on", d->decided_on);
	expect_date(t, "free_from", d->free_from);
	expect_date(t, "free_until", d->free_until);
	expect_date(t, "eligible_until", d->eligible_until);
	expect_flags(t);
	expect_reasons(t);
	expect_cites(t);
	expect_needs(t);
	yaml_reject_unseen(t->run->d, t->expect);
}

static void print_result(const struct trial *t, const struct yaml_node *node)
{
	struct buf *out = t->run->out;
	if (t->run->form != POLICY_JSON)
		return;
	buf_lit(out, "{\"case\":");
	buf_json(out, t->id);
	buf_lit(out, ",\"reading\":");
	buf_json(out, t->reading->name);
	buf_lit(out, ",\"file\":");
	buf_json(out, str_c(node->pos.source->name));
	buf_printf(out, ",\"line\":%d,\"passed\":%s,\"decision\":{", node->pos.line,
	           t->differences ? "false" : "true");
	policy_print_common(&t->decision, out);
	buf_byte(out, ',');
	policy_print_item(&t->decision, out);
	buf_lit(out, "}}\n");
}

/* The expectation under a reading: its own, or the common one. */
static struct yaml_node *find_expectation(struct run *run, struct yaml_node *n, const struct reading *r)
{
	struct str key = arena_printf(&run->arena, "expect_%.*s", STR_ARG(r->name));
	struct yaml_node *own = yaml_opt(run->d, n, key.ptr, YAML_MAP);
	return own ? own : yaml_need(run->d, n, "expect", YAML_MAP);
}

static void try_case(struct trial *t, const struct policy_facts *facts, const struct yaml_node *n)
{
	struct run *run = t->run;
	policy_decide(t->reading->rules, facts, &t->decision);
	if (run->coverage)
		coverage_add(run->coverage, t->reading->rules, facts);
	compare(t);
	run->counts->passed += t->differences == 0;
	run->counts->failed += t->differences > 0;
	print_result(t, n);
}

/* The rules under the default reading, but for the case's own switches; loaded once for each choice. */
static struct reading *chosen_reading(struct run *run, struct yaml_node *switches)
{
	struct policy_choice choices[CHOICES_MAX];
	struct str key = STR_NONE;
	size_t count = 0;
	for (struct yaml_node *n = switches->child; n; n = n->next) {
		n->seen = true;
		if (count == CHOICES_MAX || n->kind != YAML_SCALAR) {
			yaml_error(run->d, n, "at most %d switches, each with its option", CHOICES_MAX);
			return NULL;
		}
		choices[count++] = (struct policy_choice){n->key, n->text};
		key = arena_printf(&run->arena, "%.*s%s%.*s: %.*s", STR_ARG(key), key.len ? ", " : "",
		                   STR_ARG(n->key), STR_ARG(n->text));
	}
	struct reading *r = map_get(&run->chosen, key);
	if (r)
		return r;
	r = arena_calloc(&run->arena, 1, sizeof *r);
	r->name = key;
	r->rules = policy_load_dir_choosing(run->rules_dir, NULL, choices, count, run->d);
	if (!r->rules)
		return NULL;
	(void)map_put(&run->chosen, key, r); /* was not there */
	return r;
}

static void run_chosen(struct run *run, struct yaml_node *n, struct yaml_node *switches, struct str id,
                       const struct policy_facts *facts, bool good)
{
	struct reading *r = chosen_reading(run, switches);
	struct trial t = {
	    .run = run, .reading = r, .id = id, .expect = yaml_need(run->d, n, "expect", YAML_MAP)};
	yaml_reject_unseen(run->d, n);
	if (r && good)
		try_case(&t, facts, n);
}

static void run_case(struct run *run, struct yaml_node *n)
{
	struct str id = STR_NONE, about = STR_NONE, at = STR_NONE;
	struct policy_facts facts;
	instant_ms_t when = INSTANT_NONE;
	size_t errors = run->d->errors;
	(void)yaml_str(run->d, n, "id", YAML_REQUIRED, &id); /* told when missing */
	(void)yaml_str(run->d, n, "about", YAML_REQUIRED, &about);
	if (yaml_str(run->d, n, "at", YAML_REQUIRED, &at) && !instant_parse(at, HANOI_OFFSET_S, &when))
		yaml_error(run->d, yaml_get(n, "at"), "'%.*s' is not a time", STR_ARG(at));
	struct yaml_node *map = yaml_need(run->d, n, "facts", YAML_MAP);
	bool read = policy_facts_read(&run->arena, run->d, map, &facts) &&
	            policy_facts_check(run->readings[0].rules, run->d, map);
	facts.at = when;
	run->counts->cases++;
	struct yaml_node *switches = yaml_opt(run->d, n, "switches", YAML_MAP);
	if (switches) {
		run_chosen(run, n, switches, id, &facts, read && run->d->errors == errors);
		return;
	}
	struct trial trials[READINGS_MAX];
	for (size_t i = 0; i < run->counts->readings; i++)
		trials[i] = (struct trial){.run = run,
		                           .reading = &run->readings[i],
		                           .id = id,
		                           .expect = find_expectation(run, n, &run->readings[i])};
	yaml_reject_unseen(run->d, n);
	if (!read || run->d->errors != errors)
		return;
	for (size_t i = 0; i < run->counts->readings; i++)
		try_case(&trials[i], &facts, n);
}

static void run_file(struct run *run, const char *path)
{
	struct yaml_node *top = yaml_load(&run->arena, run->d, path);
	struct yaml_node *list = yaml_need(run->d, top, "cases", YAML_SEQ);
	run->counts->files++;
	for (struct yaml_node *n = list ? list->child : NULL; n; n = n->next)
		if (yaml_as_kind(run->d, n, YAML_MAP))
			run_case(run, n);
	yaml_reject_unseen(run->d, top);
}

/* ---- files ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t list_files(struct run *run, const char *dir, const char **names)
{
	size_t count = 0;
	DIR *folder = opendir(dir);
	if (!folder) {
		diag_error(run->d, DIAG_NOWHERE, "%s: cannot be read: %s", dir, strerror(errno));
		diag_help(run->d,
		          "cases are looked for in 'cases' beside the rules; --cases names another folder");
		return 0;
	}
	for (struct dirent *e = readdir(folder); e && count < FILES_MAX; e = readdir(folder))
		if (e->d_name[0] != '.' && str_ends(str_c(e->d_name), STR(".yaml")))
			names[count++] = arena_printf(&run->arena, "%s/%s", dir, e->d_name).ptr;
	(void)closedir(folder); /* was only read */
	if (count == FILES_MAX)
		diag_error(run->d, DIAG_NOWHERE, "%s: %d files or more", dir, FILES_MAX);
	qsort(names, count, sizeof *names, by_name);
	return count;
}

static bool is_site(const char *path)
{
	return str_ends(str_c(path), STR(SITE_SUFFIX));
}

static void add_reading(struct run *run, struct str name, const char *rules_dir, const char *site)
{
	if (run->counts->readings == READINGS_MAX) {
		diag_error(run->d, DIAG_NOWHERE, "more than %d readings", READINGS_MAX);
		return;
	}
	struct policy_ruleset *rules = policy_load_dir(rules_dir, site, run->d);
	if (rules)
		run->readings[run->counts->readings++] = (struct reading){name, rules};
}

/* "cases/strict-site.yaml" is reading "strict". */
static struct str reading_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct str name = str_c(slash ? slash + 1 : path);
	return str_make(name.ptr, name.len - strlen(SITE_SUFFIX));
}

static void summarise(struct run *run, const char *cases_dir)
{
	const struct policy_test_counts *c = run->counts;
	if (run->form == POLICY_TEXT)
		buf_printf(run->out,
		           "%s: %zu cases in %zu files under %zu readings: %zu passed, %zu failed\n",
		           cases_dir, c->cases, c->files, c->readings, c->passed, c->failed);
}

static void report_coverage(struct run *run)
{
	struct coverage_counts reached;
	if (run->coverage)
		run->counts->reached_all = coverage_print(run->coverage, run->form, run->out, &reached);
	coverage_free(&run->coverage);
}

static void free_readings(struct run *run)
{
	struct str key;
	size_t at = 0;
	void *chosen;
	for (size_t i = 0; i < run->counts->readings; i++)
		policy_unref(&run->readings[i].rules);
	while (map_next(&run->chosen, &at, &key, &chosen))
		policy_unref(&((struct reading *)chosen)->rules);
	map_fini(&run->chosen);
}

bool policy_test_run(const char *rules_dir, const char *cases_dir, enum policy_form form, bool coverage,
                     struct diag *d, struct buf *out, struct policy_test_counts *counts)
{
	const char *names[FILES_MAX];
	size_t errors = d->errors;
	struct run run = {.d = d, .out = out, .form = form, .counts = counts, .rules_dir = rules_dir};
	*counts = (struct policy_test_counts){0};
	arena_init(&run.arena);
	map_init(&run.chosen);
	add_reading(&run, STR("default"), rules_dir, NULL);
	if (coverage && counts->readings)
		run.coverage = coverage_new(run.readings[0].rules);
	size_t files = d->errors == errors ? list_files(&run, cases_dir, names) : 0;
	for (size_t i = 0; i < files; i++)
		if (is_site(names[i]))
			add_reading(&run, reading_name(names[i]), rules_dir, names[i]);
	for (size_t i = 0; i < files && run.counts->readings > 0; i++)
		if (!is_site(names[i]))
			run_file(&run, names[i]);
	report_coverage(&run);
	summarise(&run, cases_dir);
	free_readings(&run);
	arena_fini(&run.arena);
	return d->errors == errors;
}
