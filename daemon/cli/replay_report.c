/* The report of replayed decisions. */
#include "daemon/cli/replay_report.h"
#include "daemon/cli/table.h"
#include "epp/base/alloc.h"
#include "policy/printed.h"

#include <stdlib.h>

struct report_row {
	struct report_row *next;
	struct str before, after, grant, province;
	uint64_t count;
};

void report_init(struct report *r, bool json)
{
	*r = (struct report){.json = json};
	arena_init(&r->arena);
	map_init(&r->rows);
}

void report_fini(struct report *r)
{
	map_fini(&r->rows);
	arena_fini(&r->arena);
}

bool report_is_clean(const struct report *r)
{
	return r->results[REPLAY_DETAILS] + r->results[REPLAY_OUTCOME] + r->results[REPLAY_BROKEN] == 0;
}

static struct str get(struct str members, const char *path, struct arena *arena)
{
	return policy_printed_get(members, str_c(path), arena);
}

static struct str verdict(struct str common, struct arena *arena)
{
	return arena_printf(arena, "%.*s %.*s", STR_ARG(get(common, "outcome", arena)),
	                    STR_ARG(get(common, "reasons", arena)));
}

/* The name of a member: what stands before the ':'. */
static void differing_members(struct str was, struct str now, struct arena *arena, struct buf *out)
{
	static const char *const paths[] = {"grant",
	                                    "flags",
	                                    "needs",
	                                    "waiver",
	                                    "cites",
	                                    "free_years",
	                                    "charged_years",
	                                    "free_from",
	                                    "free_until",
	                                    "eligible_until",
	                                    "fee_vnd.expected",
	                                    "attribution.plan"};
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (!str_eq(get(was, paths[i], arena), get(now, paths[i], arena)))
			buf_printf(out, "%s%s", buf_len(out) ? ", " : "", paths[i]);
}

/* "the same but for free_until"; where the difference is inside of a list, "the same but for its lists". */
static struct str what_else(const struct report_line *line, const struct replay *now, struct arena *arena)
{
	struct buf names;
	struct str all = buf_str(now->text);
	buf_init(&names, 4096);
	differing_members(line->was.common, str_make(all.ptr, now->common), arena, &names);
	differing_members(line->was.detail, str_make(all.ptr + now->common, all.len - now->common), arena,
	                  &names);
	struct str out =
	    arena_printf(arena, "the same but for %s", buf_len(&names) ? buf_cstr(&names) : "its lists");
	buf_fini(&names);
	return out;
}

static void count(struct report *r, struct str before, struct str after, struct str grant,
                  struct str province)
{
	struct str key = arena_printf(&r->arena, "%.*s\t%.*s\t%.*s\t%.*s", STR_ARG(before), STR_ARG(after),
	                              STR_ARG(grant), STR_ARG(province));
	struct report_row *row = map_get(&r->rows, key);
	if (!row) {
		row = arena_calloc(&r->arena, 1, sizeof *row);
		*row = (struct report_row){.next = r->first,
		                           .before = arena_str(&r->arena, before),
		                           .after = arena_str(&r->arena, after),
		                           .grant = arena_str(&r->arena, grant),
		                           .province = arena_str(&r->arena, province)};
		r->first = row;
		(void)map_put(&r->rows, key, row); /* new */
	}
	row->count++;
}

static void add_member(struct buf *out, const char *name, struct str value)
{
	buf_printf(out, ",\"%s\":", name);
	buf_json(out, value);
}

static void print_line(enum replay_result result, const struct report_line *line, const struct replay *now,
                       struct buf *out)
{
	static const char *const kinds[] = {"nothing", "details", "outcome", "unreadable"};
	char time[TIME_TEXT_MAX];
	buf_printf(out, "{\"item\":%llu,\"seq\":%llu,\"changes\":\"%s\"", (unsigned long long)line->item,
	           (unsigned long long)line->seq, kinds[result]);
	add_member(out, "ref", line->ref);
	add_member(out, "domain", line->domain);
	if (result != REPLAY_BROKEN) {
		struct str all = buf_str(now->text);
		add_member(out, "at",
		           str_c(instant_format(time, now->record.facts.at, HANOI_OFFSET_S, true)));
		buf_printf(out, ",\"before\":{%.*s,%.*s},\"after\":{%.*s,%.*s}", STR_ARG(line->was.common),
		           STR_ARG(line->was.detail), (int)now->common, all.ptr, (int)(all.len - now->common),
		           all.ptr + now->common);
	}
	buf_lit(out, "}\n");
}

void report_add(struct report *r, enum replay_result result, const struct report_line *line,
                const struct replay *now, struct buf *out)
{
	struct arena scratch;
	r->results[result]++;
	if (result == REPLAY_SAME)
		return;
	arena_init(&scratch);
	if (result == REPLAY_BROKEN) {
		count(r, STR("(cannot be read)"), STR(""), STR(""), STR(""));
	} else {
		struct str common = str_make(buf_str(now->text).ptr, now->common);
		struct str grant = get(line->was.common, "grant", &scratch);
		if (!grant.len)
			grant = get(common, "grant", &scratch);
		count(r, verdict(line->was.common, &scratch),
		      result == REPLAY_OUTCOME ? verdict(common, &scratch) : what_else(line, now, &scratch),
		      grant, get(line->was.common, "attribution.province", &scratch));
	}
	arena_fini(&scratch);
	if (r->json)
		print_line(result, line, now, out);
}

/* ---- the end ---- */

static int by_count(const void *a, const void *b)
{
	const struct report_row *x = *(const struct report_row *const *)a,
	                        *y = *(const struct report_row *const *)b;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	int order = str_cmp(x->before, y->before);
	if (!order)
		order = str_cmp(x->after, y->after);
	return order ? order : str_cmp(x->province, y->province);
}

static void print_table(const struct report *r, struct buf *out)
{
	static const struct table_column columns[] = {{"before", false, 0},
	                                              {"after", false, 0},
	                                              {"grant", false, 0},
	                                              {"province", false, 0},
	                                              {"decisions", true, 0}};
	struct table t;
	size_t n = 0;
	for (const struct report_row *row = r->first; row; row = row->next)
		n++;
	const struct report_row **sorted = xcalloc(n + 1, sizeof *sorted);
	n = 0;
	for (const struct report_row *row = r->first; row; row = row->next)
		sorted[n++] = row;
	qsort(sorted, n, sizeof *sorted, by_count);
	table_init(&t, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < n; i++) {
		table_cell(&t, sorted[i]->before);
		table_cell(&t, sorted[i]->after);
		table_cell(&t, sorted[i]->grant.len ? sorted[i]->grant : STR("-"));
		table_cell(&t, sorted[i]->province.len ? sorted[i]->province : STR("-"));
		table_number(&t, sorted[i]->count);
	}
	table_print(&t, out);
	table_fini(&t);
	free(sorted);
}

void report_print(struct report *r, bool json, const char *revision, struct buf *out)
{
	unsigned long long same = r->results[REPLAY_SAME], details = r->results[REPLAY_DETAILS],
	                   outcome = r->results[REPLAY_OUTCOME], broken = r->results[REPLAY_BROKEN];
	if (json) {
		buf_printf(
		    out,
		    "{\"replayed\":%llu,\"same\":%llu,\"outcome\":%llu,\"details\":%llu,\"unreadable\":%llu,"
		    "\"rules\":%s%s%s}\n",
		    same + details + outcome + broken, same, outcome, details, broken, revision ? "\"" : "",
		    revision ? revision : "null", revision ? "\"" : "");
		return;
	}
	buf_printf(out, "%llu decisions replayed, %s%s\n", same + details + outcome + broken,
	           revision ? "under " : "each under its own rules", revision ? revision : "");
	buf_printf(
	    out,
	    "%llu come out the same, %llu with another outcome or reason, %llu in details, %llu unreadable\n",
	    same, outcome, details, broken);
	print_table(r, out);
}
