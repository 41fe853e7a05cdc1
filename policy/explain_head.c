/* The head of what an applicant is told: what was asked, what became of it, what it costs. */
#include "policy/explain_int.h"
#include "policy/tongue_int.h"

#include <stdio.h>

struct head {
	const char *asked, *unnamed, *result;
	const char *outcomes[POLICY_OUTCOME__COUNT];
	const char *unpaid, *at_fee; /* after the result: money stands in the way; it goes on at full fee */
};

static const struct head heads[] = {
    [POLICY_VI] = {"Yêu cầu: ",
                   "tên miền",
                   "Kết quả: ",
                   {"được miễn phí.", "được miễn phí một phần.", "không thuộc diện miễn phí.", "chờ xem xét.",
                    "không thực hiện được."},
                   " Yêu cầu chưa được thực hiện, vì khoản phải nộp chưa được chấp nhận.",
                   " Yêu cầu được thực hiện theo mức phí thông thường."},
    [POLICY_EN] = {"Asked: ",
                   "a name",
                   "Result: ",
                   {"free of charge.", "free in part.", "not free.", "to be looked at.",
                    "cannot be carried out."},
                   " Not carried out: what is to be paid was not accepted.",
                   " Carried out at the usual fee."}};

/* The name itself where it is known, else its zone. */
static void say_name(const struct explanation *e, enum policy_lang lang, struct buf *out)
{
	const struct policy_facts *f = e->x.e.facts;
	bool renewal = f->op == POLICY_RENEW, vi = lang == POLICY_VI;
	if (f->zone.len == 0)
		buf_printf(out, "%s", heads[lang].unnamed);
	else if (f->name.len)
		buf_printf(out,
		           vi ? (renewal ? "gia hạn tên miền “%.*s”" : "đăng ký mới tên miền “%.*s”")
		              : (renewal ? "renewal of %.*s" : "registration of %.*s"),
		           STR_ARG(f->name));
	else
		buf_printf(out,
		           vi ? (renewal ? "gia hạn tên miền “.%.*s”" : "đăng ký mới tên miền “.%.*s”")
		              : (renewal ? "renewal of a name in %.*s" : "registration of a name in %.*s"),
		           STR_ARG(f->zone));
}

static void say_asked(const struct explanation *e, enum policy_lang lang, struct buf *out)
{
	const struct policy_facts *f = e->x.e.facts;
	char day[DAY_IN_TONGUE_MAX];
	buf_printf(out, "%s", heads[lang].asked);
	say_name(e, lang, out);
	if (f->period > 0 && lang == POLICY_VI)
		buf_printf(out, ", thời hạn %d năm", f->period);
	else if (f->period > 0)
		buf_printf(out, ", for %d year%s", f->period, f->period == 1 ? "" : "s");
	if (e->x.e.today != DATE_NONE) {
		day_in_tongue(e->x.e.today, lang, day);
		buf_printf(out, lang == POLICY_VI ? ", ngày %s" : ", on %s", day);
	}
	buf_lit(out, ".\n");
}

bool explain_is_granted(const struct policy_decision *d)
{
	return d->outcome == POLICY_GRANT || d->outcome == POLICY_GRANT_PARTIAL;
}

static void say_result(const struct explanation *e, enum policy_lang lang, struct buf *out)
{
	const struct head *t = &heads[lang];
	const struct policy_decision *d = &e->decision;
	const char *more = "";
	if (explain_is_granted(d) && d->action == POLICY_REFUSE)
		more = t->unpaid;
	else if (d->outcome == POLICY_NO_GRANT && d->action == POLICY_SEND)
		more = t->at_fee;
	buf_printf(out, "%s%s%s\n", t->result, t->outcomes[d->outcome], more);
}

/* 1.250.000 in Vietnamese, 1,250,000 in English. */
static void say_vnd(int64_t vnd, enum policy_lang lang, struct buf *out)
{
	char digits[24];
	int n = snprintf(digits, sizeof digits, "%lld", (long long)vnd);
	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			buf_byte(out, lang == POLICY_VI ? '.' : ',');
		buf_byte(out, digits[i]);
	}
	buf_printf(out, lang == POLICY_VI ? " đồng" : " VND");
}

/* What the request costs, whether it is carried out or could be. */
static void say_fee(const struct explanation *e, enum policy_lang lang, struct buf *out)
{
	const struct policy_decision *d = &e->decision;
	bool vi = lang == POLICY_VI;
	if (d->expected_vnd <= 0)
		return;
	if (d->action == POLICY_SEND)
		buf_printf(out, vi ? "Phí, lệ phí phải nộp: " : "To be paid: ");
	else
		buf_printf(out, vi ? "Phí, lệ phí nếu thực hiện: " : "It would cost: ");
	say_vnd(d->expected_vnd, lang, out);
	buf_lit(out, " (");
	if (d->levy_vnd > 0) {
		buf_printf(out, vi ? "lệ phí đăng ký " : "registration levy ");
		say_vnd(d->levy_vnd, lang, out);
	}
	if (d->levy_vnd > 0 && d->maintenance_vnd > 0)
		buf_lit(out, "; ");
	if (d->maintenance_vnd > 0) {
		buf_printf(out, vi ? "phí duy trì %d năm " : "maintenance fee, %d year(s), ",
		           d->charged_years);
		say_vnd(d->maintenance_vnd, lang, out);
	}
	buf_lit(out, ").\n");
}

static void say_free_term(const struct explanation *e, enum policy_lang lang, struct buf *out)
{
	const struct policy_decision *d = &e->decision;
	char from[DAY_IN_TONGUE_MAX], to[DAY_IN_TONGUE_MAX];
	if (d->free_from == DATE_NONE || d->free_until == DATE_NONE || d->action != POLICY_SEND)
		return;
	day_in_tongue(d->free_from, lang, from);
	day_in_tongue(d->free_until - 1, lang, to);
	buf_printf(out,
	           lang == POLICY_VI ? "Thời hạn miễn phí: từ ngày %s đến hết ngày %s.\n"
	                             : "Free from %s to %s, both included.\n",
	           from, to);
}

void explain_print_head(const struct explanation *e, enum policy_lang lang, struct buf *out)
{
	say_asked(e, lang, out);
	say_result(e, lang, out);
	say_free_term(e, lang, out);
	say_fee(e, lang, out);
}
