/* Replaying recorded decisions. */
#include "daemon/job/replay.h"

#define RULES_MEMBER ",\"rules\":\""

/* Where the revision's member begins: the last one; the length when there is none. */
static size_t rules_at(struct str common)
{
	const struct str member = STR(RULES_MEMBER);
	for (size_t i = common.len; i >= member.len; i--)
		if (memcmp(common.ptr + i - member.len, member.ptr, member.len) == 0)
			return i - member.len;
	return common.len;
}

struct str replay_revision(struct str common)
{
	size_t at = rules_at(common) + sizeof RULES_MEMBER - 1;
	return at < common.len ? str_make(common.ptr + at, common.len - at - 1) : STR_NONE;
}

/* What a decision begins with: stage, outcome, grant, reasons. */
static struct str head(struct str common)
{
	const struct str end = STR(",\"flags\":[");
	for (size_t i = 0; i + end.len <= common.len; i++)
		if (memcmp(common.ptr + i, end.ptr, end.len) == 0)
			return str_make(common.ptr, i);
	return common;
}

static struct str until_first_reason(struct str s)
{
	const struct str reasons = STR("\"reasons\":[");
	for (size_t i = 0; i + reasons.len <= s.len; i++)
		if (memcmp(s.ptr + i, reasons.ptr, reasons.len) == 0) {
			struct str rest = str_make(s.ptr + i + reasons.len, s.len - i - reasons.len);
			struct str first = str_split(&rest, ',');
			while (first.len && first.ptr[first.len - 1] == ']')
				first.len--; /* it was the only one */
			return str_make(s.ptr, (size_t)(first.ptr + first.len - s.ptr));
		}
	return s;
}

enum replay_result replay_decision(const struct policy_ruleset *rules, const struct replay_stored *was,
                                   struct replay *out)
{
	buf_clear(out->text);
	if (record_decode(was->record, &out->record))
		return REPLAY_BROKEN;
	record_decide(rules, &out->record, out->text, &out->common, &out->decision);
	struct str all = buf_str(out->text);
	struct str common = str_make(all.ptr, out->common),
	           detail = str_make(all.ptr + out->common, all.len - out->common);
	if (str_eq(common, was->common) && str_eq(detail, was->detail))
		return REPLAY_SAME;
	if (!str_eq(until_first_reason(head(common)), until_first_reason(head(was->common))))
		return REPLAY_OUTCOME;
	bool other_rules = !str_eq(replay_revision(was->common), str_c(policy_revision(rules)));
	struct str now = str_make(common.ptr, rules_at(common)),
	           then = str_make(was->common.ptr, rules_at(was->common));
	return other_rules && str_eq(now, then) && str_eq(detail, was->detail) ? REPLAY_SAME : REPLAY_DETAILS;
}
