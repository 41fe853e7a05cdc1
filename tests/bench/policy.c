/*
 * The rules alone: loading and checking the shipped ones, and decisions of every shipped case over and over.
 *
 *   bench-policy        prints "load MILLISECONDS", "decide MICROSECONDS" and "diff MILLISECONDS RULES REGIONS" (CPU)
 */
#include "epp/base/check.h"
#include "epp/base/yaml.h"
#include "policy/cases.h"
#include "policy/diff.h"
#include "policy/lint.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>

#define LOADS     20
#define DECISIONS 1000000
#define FACTS_MAX 1000

static double cpu_us(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static struct policy_ruleset *load(bool lint)
{
	struct diag d;
	diag_init(&d);
	struct policy_ruleset *r = policy_load_dir("policy/rules", NULL, &d);
	INVARIANT(r);
	if (lint)
		policy_lint(r, &d);
	diag_fini(&d);
	return r;
}

static void bench_load(void)
{
	double before = cpu_us();
	for (int i = 0; i < LOADS; i++) {
		struct policy_ruleset *r = load(true);
		policy_unref(&r);
	}
	printf("load %.1f\n", (cpu_us() - before) / (LOADS * 1000.0));
}

static size_t read_facts(struct arena *arena, struct diag *d, struct policy_facts *facts)
{
	size_t count = 0;
	DIR *dir = opendir("policy/cases");
	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		char path[300];
		snprintf(path, sizeof path, "policy/cases/%s", e->d_name);
		struct yaml_node *top =
		    str_ends(str_c(path), STR(".yaml")) ? yaml_load(arena, d, path) : NULL;
		struct yaml_node *list = top ? yaml_get(top, "cases") : NULL;
		for (struct yaml_node *n = list ? list->child : NULL; n && count < FACTS_MAX; n = n->next) {
			INVARIANT(policy_facts_read(arena, d, yaml_get(n, "facts"), &facts[count]));
			INVARIANT(instant_parse(yaml_get(n, "at")->text, HANOI_OFFSET_S, &facts[count].at));
			count++;
		}
	}
	if (dir)
		closedir(dir);
	INVARIANT(count > 0);
	return count;
}

static void bench_decide(void)
{
	static struct policy_facts facts[FACTS_MAX];
	struct policy_ruleset *r = load(false);
	struct policy_decision decision;
	struct arena arena;
	struct diag d;
	diag_init(&d);
	arena_init(&arena);
	size_t count = read_facts(&arena, &d, facts);
	double before = cpu_us();
	for (size_t i = 0; i < DECISIONS; i++)
		policy_decide(r, &facts[i % count], &decision);
	printf("decide %.2f\n", (cpu_us() - before) / DECISIONS);
	policy_unref(&r);
	arena_fini(&arena);
	diag_fini(&d);
}

/* ---- two sets of 200 rules ---- */

#define RULES  200
#define FILES  64
#define FACTS  30
#define ROUNDS 3

/* The shipped rules have fewer; the others ask for declared facts. `changed`: every twentieth is another. */
static void write_rules(struct buf *out, size_t count, bool changed)
{
	static const char *const outcomes[] = {"reject", "no_grant", "review"};
	static const char *const cites[] = {"[QD-6]", "[QD-7, QD-8]", "[QD-23]", "[QD-1, QD-20]"};
	buf_lit(out, "facts:\n");
	for (int i = 0; i < FACTS; i++)
		buf_printf(out, "  - {id: fact_%d, type: %s, vi: \"dữ kiện %d\", en: \"fact %d\"%s}\n", i,
		           i % 3 ? "number, min: 0, max: 1000" : "flag", i, i,
		           i == 0 ? ", cite: [QD-6]" : "");
	buf_lit(out, "checks:\n");
	for (size_t i = 0; i < count; i++) {
		bool other = changed && i % 20 == 7;
		size_t fact = i % FACTS;
		buf_printf(out, "  - id: more-%zu\n    when: {op: [%s]}\n", i,
		           i % 4 ? "create" : "create, renew");
		if (fact % 3)
			buf_printf(out, "    require: {fact: fact_%zu, max: %zu}\n", fact,
			           10 + i + (other ? 5 : 0));
		else
			buf_printf(out, "    require: {fact: fact_%zu, in: [\"%s\"]}\n", fact,
			           other ? "false" : "true");
		buf_printf(out, "    otherwise: {outcome: %s, reason: MORE_%zu}\n    cite: %s\n",
		           outcomes[(i + other) % 3], i, cites[i % 4]);
	}
	buf_lit(out, "reasons:\n");
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "  - {id: MORE_%zu, vi: \"lý do %zu\", en: \"reason %zu\"}\n", i, i, i);
}

static struct policy_ruleset *load_many(size_t more, bool changed)
{
	struct policy_text texts[FILES];
	struct buf bufs[FILES];
	char names[FILES][300];
	size_t count = 0;
	struct diag d;
	diag_init(&d);
	DIR *dir = opendir("policy/rules");
	for (struct dirent *e = dir ? readdir(dir) : NULL; e && count + 1 < FILES; e = readdir(dir)) {
		snprintf(names[count], sizeof names[0], "policy/rules/%s", e->d_name);
		if (!str_ends(str_c(e->d_name), STR(".yaml")))
			continue;
		INVARIANT(yaml_read_text(&d, names[count], &bufs[count]));
		texts[count] = (struct policy_text){names[count], buf_str(&bufs[count])};
		count++;
	}
	if (dir)
		closedir(dir);
	buf_init(&bufs[count], 4 << 20);
	write_rules(&bufs[count], more, changed);
	texts[count] = (struct policy_text){"more.yaml", buf_str(&bufs[count])};
	count++;
	struct policy_ruleset *r = policy_load_texts(texts, count, &d);
	if (!r) {
		struct buf findings;
		buf_init(&findings, 1 << 20);
		diag_print(&d, &findings);
		fprintf(stderr, "%s\n", buf_cstr(&findings));
	}
	INVARIANT(r);
	for (size_t i = 0; i < count; i++)
		buf_fini(&bufs[i]);
	diag_fini(&d);
	return r;
}

static void bench_diff(void)
{
	struct policy_ruleset *shipped = load(false);
	size_t own = policy_rule_count(shipped), regions = 0;
	struct policy_ruleset *from = load_many(RULES - own, false), *to = load_many(RULES - own, true);
	INVARIANT(policy_rule_count(from) == RULES && policy_rule_count(to) == RULES);
	double before = cpu_us();
	for (int i = 0; i < ROUNDS; i++) {
		struct policy_diff *d = policy_diff_new(from, to);
		INVARIANT(policy_diff_is_complete(d));
		regions = policy_diff_regions(d);
		policy_diff_free(&d);
	}
	printf("diff %.0f %d %zu\n", (cpu_us() - before) / (ROUNDS * 1000.0), RULES, regions);
	policy_unref(&shipped);
	policy_unref(&from);
	policy_unref(&to);
}

int main(void)
{
	bench_load();
	bench_decide();
	bench_diff();
	return 0;
}
