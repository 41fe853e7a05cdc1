/* Counting results under three headings. */
#include "daemon/cli/summary.h"

#include "daemon/cli/cli.h"
#include "daemon/cli/table.h"
#include "epp/base/alloc.h"
#include "epp/base/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLAUSE_COLUMNS  48
#define MESSAGE_COLUMNS 60
#define GROUPS_MAX      500 /* of reasons: beyond, the rest is one group */

/* Lines that have something in common. */
struct group {
	char *state, *label, *clause, *message; /* owned; the last three may be "" */
	uint64_t lines;
	unsigned rank; /* order of states */
};

struct groups {
	struct map index;
	struct group **list; /* owned */
	size_t count, cap;
};

struct summary {
	uint64_t lines, done;
	struct groups states, decisions, reasons;
};

static const char *const state_order[] = {"done",    "pending",     "queued",      "sending",
                                          "unknown", "reconciling", "needs_human", "review",
                                          "waiting", "refused",     "failed",      "cancelled"};

static unsigned rank_of(const char *state)
{
	unsigned i = 0;
	while (i < ARRAY_LEN(state_order) && strcmp(state_order[i], state) != 0)
		i++;
	return i;
}

struct summary *summary_new(void)
{
	struct summary *s = xcalloc(1, sizeof *s);
	map_init(&s->states.index);
	map_init(&s->decisions.index);
	map_init(&s->reasons.index);
	return s;
}

static void free_groups(struct groups *g)
{
	for (size_t i = 0; i < g->count; i++) {
		free(g->list[i]->state);
		free(g->list[i]->label);
		free(g->list[i]->clause);
		free(g->list[i]->message);
		free(g->list[i]);
	}
	free(g->list);
	map_fini(&g->index);
}

void summary_free(struct summary *s)
{
	if (!s)
		return;
	free_groups(&s->states);
	free_groups(&s->decisions);
	free_groups(&s->reasons);
	free(s);
}

static struct group *group_of(struct groups *g, const char *state, const char *label)
{
	char key[256];
	if (g->count >= GROUPS_MAX)
		label = "(others)";
	int len = snprintf(key, sizeof key, "%s\n%s", state, label);
	struct str k = str_make(key, len < (int)sizeof key ? (size_t)len : sizeof key - 1);
	struct group *found = map_get(&g->index, k);
	if (found)
		return found;
	if (g->count == g->cap) {
		g->cap = g->cap ? g->cap * 2 : 32;
		g->list = xrealloc(g->list, g->cap, sizeof *g->list);
	}
	found = xcalloc(1, sizeof *found);
	found->state = xstrdup(state);
	found->label = xstrdup(label);
	found->clause = xstrdup("");
	found->message = xstrdup("");
	found->rank = rank_of(state);
	g->list[g->count++] = found;
	(void)map_put(&g->index, k, found); /* nothing is replaced: it was not there */
	return found;
}

/* The clause that the main reason rests on: its own, else the one on eligibility, else the first. */
static const json_t *main_cite(const json_t *decision)
{
	static const char *const roles[] = {"reason", "eligibility"};
	json_t *cites = json_object_get(decision, "cites"), *cite;
	size_t i;
	for (size_t r = 0; r < ARRAY_LEN(roles); r++)
		json_array_foreach(cites, i,
		                   cite) if (strcmp(cli_text(cite, "role"), roles[r]) == 0) return cite;
	return json_array_get(cites, 0);
}

static void set_text(char **into, const char *text)
{
	if (**into || !*text)
		return;
	free(*into);
	*into = xstrdup(text);
}

static void add_reason(struct summary *s, const json_t *item, const char *state)
{
	json_t *decision = json_object_get(item, "decision");
	json_int_t code = json_integer_value(json_object_get(item, "code"));
	const char *reason = cli_text(item, "reason");
	char label[64], clause[256];
	bool by_policy = strcmp(state, "failed") != 0 && strcmp(state, "needs_human") != 0;
	if (!*reason && by_policy)
		reason = json_string_value(json_array_get(json_object_get(decision, "reasons"), 0));
	if (code > 0 && !by_policy)
		(void)snprintf(label, sizeof label, "%lld%s%s", (long long)code, reason && *reason ? " " : "",
		               reason ? reason : "");
	else
		(void)snprintf(label, sizeof label, "%s", reason && *reason ? reason : "(not given)");
	struct group *g = group_of(&s->reasons, state, label);
	g->lines++;
	const json_t *cite = by_policy ? main_cite(decision) : NULL;
	(void)snprintf(clause, sizeof clause, "%s%s%s", cli_text(cite, "document"), cite ? ", " : "",
	               cli_text(cite, "clause"));
	set_text(&g->clause, clause);
	set_text(&g->message, cli_text(item, "message"));
}

void summary_add(struct summary *s, const json_t *item)
{
	const char *state = cli_text(item, "state");
	const char *outcome = cli_text(json_object_get(item, "decision"), "outcome");
	s->lines++;
	group_of(&s->states, state, "")->lines++;
	if (*outcome)
		group_of(&s->decisions, outcome, "")->lines++;
	if (strcmp(state, "done") == 0)
		s->done++;
	else
		add_reason(s, item, state);
}

uint64_t summary_lines(const struct summary *s)
{
	return s->lines;
}

uint64_t summary_done(const struct summary *s)
{
	return s->done;
}

int summary_exit(const struct summary *s)
{
	return s->done == s->lines ? CLI_DONE : s->done ? CLI_PARTLY : CLI_FAILED;
}

static int compare(const void *pa, const void *pb)
{
	const struct group *a = *(struct group *const *)pa, *b = *(struct group *const *)pb;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->lines != b->lines)
		return a->lines > b->lines ? -1 : 1;
	int order = strcmp(a->state, b->state);
	return order ? order : strcmp(a->label, b->label);
}

static void sort(const struct groups *g)
{
	if (g->count)
		qsort(g->list, g->count, sizeof *g->list, compare);
}

static void print_counts(const struct groups *g, const char *title, uint64_t all, struct buf *out)
{
	const struct table_column columns[] = {{title, false, 0}, {"lines", true, 0}, {"share", true, 0}};
	struct table t;
	table_init(&t, columns, ARRAY_LEN(columns));
	sort(g);
	for (size_t i = 0; i < g->count; i++) {
		char share[16];
		(void)snprintf(share, sizeof share, "%.1f %%",
		               all ? 100.0 * (double)g->list[i]->lines / (double)all : 0);
		table_cell(&t, str_c(g->list[i]->state));
		table_number(&t, g->list[i]->lines);
		table_cell(&t, str_c(share));
	}
	table_print(&t, out);
	table_fini(&t);
}

static void print_reasons(const struct groups *g, struct buf *out)
{
	static const struct table_column columns[] = {{"not done", false, 0},
	                                              {"reason", false, 0},
	                                              {"lines", true, 0},
	                                              {"clause", false, CLAUSE_COLUMNS},
	                                              {"message", false, MESSAGE_COLUMNS}};
	struct table t;
	table_init(&t, columns, ARRAY_LEN(columns));
	sort(g);
	for (size_t i = 0; i < g->count; i++) {
		table_cell(&t, str_c(g->list[i]->state));
		table_cell(&t, str_c(g->list[i]->label));
		table_number(&t, g->list[i]->lines);
		table_cell(&t, str_c(g->list[i]->clause));
		table_cell(&t, str_c(g->list[i]->message));
	}
	table_print(&t, out);
	table_fini(&t);
}

void summary_print(const struct summary *s, struct buf *out)
{
	print_counts(&s->states, "state", s->lines, out);
	if (s->decisions.count) {
		buf_byte(out, '\n');
		print_counts(&s->decisions, "decision", s->lines, out);
	}
	if (s->reasons.count) {
		buf_byte(out, '\n');
		print_reasons(&s->reasons, out);
	}
}

static json_t *counts_json(const struct groups *g)
{
	json_t *object = json_object();
	sort(g);
	for (size_t i = 0; i < g->count; i++)
		json_object_set_new(object, g->list[i]->state, json_integer((json_int_t)g->list[i]->lines));
	return object;
}

json_t *summary_json(const struct summary *s)
{
	json_t *reasons = json_array();
	sort(&s->reasons);
	for (size_t i = 0; i < s->reasons.count; i++) {
		const struct group *g = s->reasons.list[i];
		json_array_append_new(reasons, json_pack("{s:s, s:s, s:I, s:s, s:s}", "state", g->state,
		                                         "reason", g->label, "lines", (json_int_t)g->lines,
		                                         "clause", g->clause, "message", g->message));
	}
	return json_pack("{s:I, s:o, s:o, s:o}", "lines", (json_int_t)s->lines, "counts",
	                 counts_json(&s->states), "decisions", counts_json(&s->decisions), "reasons",
	                 reasons);
}
