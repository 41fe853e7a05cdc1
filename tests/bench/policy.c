/*
 * The rules alone: loading and checking the shipped ones, and decisions of every shipped case over and over.
 *
 *   bench-policy        prints "load MILLISECONDS" and "decide MICROSECONDS" (CPU)
 */
#include "epp/base/check.h"
#include "epp/base/yaml.h"
#include "policy/cases.h"
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

int main(void)
{
	bench_load();
	bench_decide();
	return 0;
}
