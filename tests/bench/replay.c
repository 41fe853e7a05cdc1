/*
 * Recorded decisions replayed: the shipped cases over and over, each to the byte.
 *
 *   bench-replay        prints "replay SECONDS DECISIONS BYTES" (CPU; bytes of a record)
 */
#include "daemon/job/replay.h"
#include "epp/base/check.h"
#include "epp/base/yaml.h"
#include "policy/cases.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>

#define DECISIONS 1000000
#define CASES_MAX 1000

static double cpu_s(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static struct replay_stored stored[CASES_MAX];
static size_t stored_count, record_bytes;

/* The case's decision, as a store would have it. */
static void store_case(const struct policy_ruleset *rules, const struct policy_facts *f, struct arena *arena,
                       struct buf *text)
{
	const struct record record = {.stage = DECIDE_ADMISSION, .facts = *f};
	struct policy_decision p;
	size_t common;
	buf_clear(text);
	record_decide(rules, &record, text, &common, &p);
	struct str all = arena_str(arena, buf_str(text));
	buf_clear(text);
	record_encode(&record, text);
	record_bytes += buf_len(text);
	stored[stored_count++] =
	    (struct replay_stored){str_make(all.ptr, common), str_make(all.ptr + common, all.len - common),
	                           arena_str(arena, buf_str(text))};
}

static void store_cases(const struct policy_ruleset *rules, struct arena *arena, struct diag *d,
                        struct buf *text)
{
	DIR *dir = opendir("policy/cases");
	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		char path[300];
		snprintf(path, sizeof path, "policy/cases/%s", e->d_name);
		struct yaml_node *top =
		    str_ends(str_c(path), STR(".yaml")) ? yaml_load(arena, d, path) : NULL;
		struct yaml_node *list = top ? yaml_get(top, "cases") : NULL;
		for (struct yaml_node *n = list ? list->child : NULL; n && stored_count < CASES_MAX;
		     n = n->next) {
			struct policy_facts f;
			INVARIANT(policy_facts_read(arena, d, yaml_get(n, "facts"), &f));
			INVARIANT(instant_parse(yaml_get(n, "at")->text, HANOI_OFFSET_S, &f.at));
			if (f.given_count <= ITEM_FACTS_MAX && f.evidence_count <= ITEM_EVIDENCE_MAX)
				store_case(rules, &f, arena, text);
		}
	}
	if (dir)
		closedir(dir);
	INVARIANT(stored_count > 0);
}

int main(void)
{
	static struct replay replay;
	struct arena arena;
	struct diag d;
	struct buf text;
	arena_init(&arena);
	diag_init(&d);
	buf_init(&text, 1 << 20);
	struct policy_ruleset *rules = policy_load_dir("policy/rules", NULL, &d);
	INVARIANT(rules);
	store_cases(rules, &arena, &d, &text);
	replay.text = &text;
	double before = cpu_s();
	for (size_t i = 0; i < DECISIONS; i++)
		INVARIANT(replay_decision(rules, &stored[i % stored_count], &replay) == REPLAY_SAME);
	printf("replay %.2f %d %zu\n", cpu_s() - before, DECISIONS, record_bytes / stored_count);
	policy_unref(&rules);
	buf_fini(&text);
	diag_fini(&d);
	arena_fini(&arena);
	return 0;
}
