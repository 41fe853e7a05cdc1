/* Classes in words, in English or in Vietnamese: where a region lies. */
#include "policy/diff_int.h"
#include "policy/tongue_int.h"

#include <stdio.h>

static bool has(const struct policy_diff *d, const uint64_t *box, size_t dim, size_t k)
{
	return box_has(&d->space, box, dim, k);
}

static bool vi(const struct policy_diff *d)
{
	return d->lang == POLICY_VI;
}

static void comma(struct buf *out, size_t *n, const char *word)
{
	if ((*n)++ > 0)
		buf_add(out, str_c(word));
}

static void say_or(const struct policy_diff *d, size_t *n, struct buf *out)
{
	comma(out, n, vi(d) ? ", hoặc " : ", or ");
}

static void say_missing(const struct policy_diff *d, size_t *n, struct buf *out)
{
	say_or(d, n, out);
	buf_add(out, vi(d) ? STR("không khai") : STR("not given"));
}

static size_t missing_of(const struct dim *m)
{
	for (size_t k = 0; k < m->count; k++)
		if (m->classes[k].missing)
			return k;
	return m->count;
}

static void say_members(const struct policy_diff *d, const struct klass *k, struct buf *out, size_t *n)
{
	for (size_t i = 0; i < k->members.count; i++) {
		comma(out, n, ", ");
		buf_add(out, vi(d) ? word_in_tongue(k->members.list[i], POLICY_VI) : k->members.list[i]);
	}
}

static void say_text(const struct policy_diff *d, const uint64_t *box, size_t dim, struct buf *out)
{
	const struct dim *m = &d->space.dims[dim];
	size_t n = 0;
	bool other = false;
	for (size_t k = 0; k < m->count; k++)
		other |= m->classes[k].other && has(d, box, dim, k);
	for (size_t k = 0; k < m->count; k++)
		if (!m->classes[k].missing && !m->classes[k].other && has(d, box, dim, k) != other) {
			if (other && n == 0)
				buf_add(out, vi(d) ? STR("bất kỳ, trừ ") : STR("any but "));
			say_members(d, &m->classes[k], out, &n);
		}
	if (other && n == 0) {
		buf_add(out, vi(d) ? STR("bất kỳ") : STR("any"));
		n = 1;
	}
	size_t missing = missing_of(m);
	if (missing < m->count && has(d, box, dim, missing))
		say_missing(d, &n, out);
}

static void say_range(const struct policy_diff *d, const struct dim *m, int64_t lo, int64_t hi,
                      struct buf *out)
{
	long long least = lo, most = hi;
	char from[DAY_IN_TONGUE_MAX], to[DAY_IN_TONGUE_MAX];
	bool first = lo <= m->classes[0].lo, last = true;
	for (size_t k = 0; k < m->count; k++)
		last &= m->classes[k].missing || m->classes[k].hi <= hi;
	if (m->form == FORM_TODAY) {
		(void)day_in_tongue((date_t)lo, d->lang, from);
		(void)day_in_tongue((date_t)hi, d->lang, to);
		if (!first)
			buf_printf(out, vi(d) ? "từ ngày %s%s" : "from %s%s", from, last ? "" : " ");
		if (!last)
			buf_printf(out, vi(d) ? "đến hết ngày %s" : "to %s", to);
	} else if (lo == hi) {
		buf_printf(out, "%lld", least);
	} else if (last) {
		buf_printf(out, vi(d) ? "từ %lld trở lên" : "%lld or more", least);
	} else if (first) {
		buf_printf(out, vi(d) ? "đến %lld" : "%lld or less", most);
	} else {
		buf_printf(out, vi(d) ? "từ %lld đến %lld" : "%lld to %lld", least, most);
	}
}

/* Neighbouring classes are one range. */
static void say_numbers(const struct policy_diff *d, const uint64_t *box, size_t dim, struct buf *out)
{
	const struct dim *m = &d->space.dims[dim];
	size_t n = 0;
	for (size_t k = 0; k < m->count; k++) {
		size_t first = k;
		if (m->classes[k].missing || !has(d, box, dim, k))
			continue;
		while (k + 1 < m->count && !m->classes[k + 1].missing && has(d, box, dim, k + 1))
			k++;
		say_or(d, &n, out);
		say_range(d, m, m->classes[first].lo, m->classes[k].hi, out);
	}
	size_t missing = missing_of(m);
	if (missing < m->count && has(d, box, dim, missing))
		say_missing(d, &n, out);
}

/* ---- dates ---- */

static void say_variant(const struct policy_diff *d, const struct cut *c, struct buf *out)
{
	if (c->kind == CUT_AGE_FROM && c->a == START_DAY_AFTER)
		buf_add(out, vi(d) ? STR(", tính từ ngày hôm sau") : STR(", counted from the day after"));
	if ((c->kind == CUT_AGE_FROM || c->kind == CUT_AGE_TO) && c->b == FEB29_FEB28)
		buf_add(out, vi(d) ? STR(", người sinh ngày 29/02 tính ngày 28/02")
		                   : STR(", those of 29 February on 28 February"));
	if (c->kind == CUT_WITHIN && c->a == BOUNDARY_BEFORE_ANNIVERSARY)
		buf_add(out,
		        vi(d) ? STR(", không tính ngày tròn năm") : STR(", the anniversary not counted"));
	if (c->kind == CUT_WITHIN && c->b == WEEKEND_APPLIED)
		buf_add(out,
		        vi(d) ? STR(", hoặc ngày làm việc kế tiếp") : STR(", or the working day after it"));
}

static void say_age(const struct policy_diff *d, const struct cut *c, bool holds, struct buf *out)
{
	bool from = c->kind == CUT_AGE_FROM, until = !from && c->a == AGE_UNTIL_BIRTHDAY;
	int n = from || until ? c->n : c->n + 1;
	if (until)
		buf_printf(out,
		           holds ? (vi(d) ? "chưa qua sinh nhật thứ %d" : "up to the birthday number %d")
		                 : (vi(d) ? "đã qua sinh nhật thứ %d" : "past the birthday number %d"),
		           n);
	else
		buf_printf(out,
		           holds == from ? (vi(d) ? "đủ %d tuổi trở lên" : "aged %d or more")
		                         : (vi(d) ? "chưa đủ %d tuổi" : "not yet %d"),
		           n);
}

static void say_past(const struct policy_diff *d, const struct cut *c, bool holds, struct buf *out)
{
	if (c->kind == CUT_WITHIN)
		buf_printf(out,
		           holds ? (vi(d) ? "trong vòng %d năm trước ngày xét"
		                          : "at most %d year(s) before the decision")
		                 : (vi(d) ? "trước ngày xét quá %d năm" : "more than %d year(s) before it"),
		           c->n);
	else
		buf_printf(out,
		           holds
		               ? (vi(d) ? "quá hạn không quá %d ngày" : "at most %d days before the decision")
		               : (vi(d) ? "quá hạn hơn %d ngày" : "more than %d days before it"),
		           c->n);
}

static void say_term(const struct policy_diff *d, const struct cut *c, bool holds, struct buf *out)
{
	if (c->kind == CUT_END)
		buf_printf(out,
		           holds ? (vi(d) ? "còn ít nhất %d trong %d năm miễn phí"
		                          : "%d of %d free years left at least")
		                 : (vi(d) ? "không còn %d trong %d năm miễn phí"
		                          : "not %d of %d free years left"),
		           c->n, c->a);
	else
		buf_printf(out,
		           holds ? (vi(d) ? "%d năm sau không trước khi hết %d năm miễn phí"
		                          : "%d years on not before the end of %d free years")
		                 : (vi(d) ? "%d năm sau còn trước khi hết %d năm miễn phí"
		                          : "%d years on before the end of %d free years"),
		           c->n, c->a);
}

static void say_cut(const struct policy_diff *d, const struct cut *c, bool holds, struct buf *out)
{
	char day[DAY_IN_TONGUE_MAX];
	switch (c->kind) {
	case CUT_DAY:
		(void)day_in_tongue(c->day, d->lang, day);
		buf_printf(out,
		           holds ? (vi(d) ? "từ ngày %s" : "from %s on")
		                 : (vi(d) ? "trước ngày %s" : "before %s"),
		           day);
		break;
	case CUT_TODAY:
		buf_add(out, holds ? (vi(d) ? STR("không sau ngày xét") : STR("not after the decision"))
		                   : (vi(d) ? STR("sau ngày xét") : STR("after the decision")));
		break;
	case CUT_AGE_FROM:
	case CUT_AGE_TO: say_age(d, c, holds, out); break;
	case CUT_WITHIN:
	case CUT_DAYS: say_past(d, c, holds, out); break;
	case CUT_END:
	case CUT_WHOLE: say_term(d, c, holds, out); break;
	}
	say_variant(d, c, out);
}

static bool bit(const struct klass *k, size_t cut)
{
	return k->sig.bits[cut / 64] >> cut % 64 & 1;
}

/* The answer to the cut is the same for all classes of the set: 0 or 1; -1: it is not. */
static int common_answer(const struct dim *m, const bool *set, size_t cut)
{
	int answer = -2;
	for (size_t k = 0; k < m->count; k++) {
		if (!set[k] || m->classes[k].missing)
			continue;
		int now = bit(&m->classes[k], cut);
		answer = answer == -2 || answer == now ? now : -1;
		if (answer == -1)
			return -1;
	}
	return answer;
}

/* Answer `a` to one cut says more than answer `b` to the other: there are classes with the latter only. */
static bool implies(const struct dim *m, size_t i, int a, size_t k, int b)
{
	bool more = false;
	for (size_t c = 0; c < m->count; c++) {
		if (m->classes[c].missing)
			continue;
		bool x = bit(&m->classes[c], i) == (a == 1), y = bit(&m->classes[c], k) == (b == 1);
		if (x && !y)
			return false;
		more |= y && !x;
	}
	return more || i < k;
}

/* All answers that the set shares, without those that follow from another. */
static void say_set(const struct policy_diff *d, const struct dim *m, const bool *set, struct buf *out)
{
	int answers[CUTS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < m->cut_count; i++)
		answers[i] = common_answer(m, set, i);
	for (size_t i = 0; i < m->cut_count; i++) {
		bool told = answers[i] < 0;
		for (size_t k = 0; k < m->cut_count && !told; k++)
			told = k != i && answers[k] >= 0 && implies(m, k, answers[k], i, answers[i]);
		if (told)
			continue;
		comma(out, &n, vi(d) ? " và " : " and ");
		say_cut(d, &m->cuts[i], answers[i] == 1, out);
	}
	if (n == 0)
		buf_add(out, vi(d) ? STR("bất kỳ ngày nào") : STR("any date"));
}

/* The classes with the answers that the set shares are the set itself. */
static bool is_told(const struct dim *m, const bool *set)
{
	for (size_t k = 0; k < m->count; k++) {
		bool fits = !m->classes[k].missing && !set[k];
		for (size_t i = 0; i < m->cut_count && fits; i++) {
			int answer = common_answer(m, set, i);
			fits = answer < 0 || bit(&m->classes[k], i) == (answer == 1);
		}
		if (fits)
			return false;
	}
	return true;
}

static void say_dates(const struct policy_diff *d, const uint64_t *box, size_t dim, struct buf *out)
{
	const struct dim *m = &d->space.dims[dim];
	bool set[CLASSES_MAX] = {false}, any = false;
	size_t n = 0;
	for (size_t k = 1; k < m->count; k++)
		any |= set[k] = has(d, box, dim, k);
	if (any && is_told(m, set)) {
		say_set(d, m, set, out);
		n = 1;
	}
	for (size_t k = 1; k < m->count && any && n != 1; k++) {
		bool one[CLASSES_MAX] = {false};
		one[k] = true;
		if (!set[k])
			continue;
		if (n)
			buf_add(out, vi(d) ? STR("; hoặc ") : STR("; or "));
		say_set(d, m, one, out);
		n += 2;
	}
	if (has(d, box, dim, 0))
		buf_add(out, any ? (vi(d) ? STR(", hoặc không khai") : STR(", or not given"))
		                 : (vi(d) ? STR("không khai") : STR("not given")));
}

/* ---- the rest ---- */

static void say_evidence(const struct policy_diff *d, const uint64_t *box, size_t dim, struct buf *out)
{
	static const char *const states[][2] = {
	    {"none", "không có"},
	    {"confirmed", "đã xác nhận"},
	    {"not confirmed", "chưa xác nhận"},
	    {"confirmed, without reference or date", "đã xác nhận, không có số hiệu hoặc ngày"},
	    {"not confirmed, without reference or date", "chưa xác nhận, không có số hiệu hoặc ngày"},
	    {"confirmed without reference or date, and another not confirmed",
	     "đã xác nhận nhưng không có số hiệu hoặc ngày, và một giấy tờ khác chưa xác nhận"}};
	const struct dim *m = &d->space.dims[dim];
	size_t n = 0, types = 0;
	for (size_t i = 0; i < m->types.count; i++) {
		struct str name = need_name(d->space.rules[1], m->types.list[i], POLICY_VI);
		comma(out, &types, ", ");
		buf_add(out, vi(d) && name.len ? name : m->types.list[i]);
	}
	buf_lit(out, ": ");
	for (size_t k = 0; k < m->count; k++)
		if (has(d, box, dim, k)) {
			comma(out, &n, vi(d) ? "; hoặc " : "; or ");
			buf_add(out, str_c(states[k][vi(d)]));
		}
}

static void say_numbered(const struct policy_diff *d, const uint64_t *box, size_t dim, struct buf *out)
{
	const struct dim *m = &d->space.dims[dim];
	size_t n = 0;
	for (size_t k = 0; k < m->count; k++)
		if (has(d, box, dim, k)) {
			comma(out, &n, vi(d) ? "; hoặc " : "; or ");
			if (m->classes[k].missing)
				buf_add(out, vi(d) ? STR("không khai") : STR("not given"));
			else
				buf_add(out, vi(d) ? m->classes[k].vi : m->classes[k].text);
		}
}

void diff_say_dim(const struct policy_diff *d, const uint64_t *box, size_t dim, struct buf *out)
{
	switch (d->space.dims[dim].form) {
	case FORM_TEXT: say_text(d, box, dim, out); break;
	case FORM_NUMBER:
	case FORM_TODAY: say_numbers(d, box, dim, out); break;
	case FORM_DATE: say_dates(d, box, dim, out); break;
	case FORM_EVIDENCE: say_evidence(d, box, dim, out); break;
	case FORM_NUMBERED: say_numbered(d, box, dim, out); break;
	}
}
