/* Rule sets on their way into force and out of it. */
#include "daemon/job/rules_life.h"

#include "epp/base/check.h"
#include "epp/base/str.h"

#include <string.h>

#define SHORT_REVISION 19 /* characters of a revision that a message shows: enough to find it in `status` */

static void copy(char out[RULES_REVISION_MAX], const char *revision)
{
	REQUIRE(str_copy(out, RULES_REVISION_MAX, str_c(revision)));
}

void rules_life_init(struct rules_life *l)
{
	*l =
	    (struct rules_life){.since = INSTANT_NONE, .confirm_by = INSTANT_NONE, .lapsed_at = INSTANT_NONE};
}

/* One user twice, or one name twice. */
static bool same_person(const struct rules_person *a, const struct rules_person *b)
{
	return a->uid == b->uid || strcmp(a->name, b->name) == 0;
}

/* ---- who says what ----------------------------------------------------------------------------------------------------- */

enum err rules_life_stage(struct rules_life *l, const char *revision, instant_ms_t at,
                          const struct rules_person *who, instant_ms_t now, struct errmsg *e)
{
	char text[TIME_TEXT_MAX];
	if (strcmp(l->active, revision) == 0)
		return err_set(e, ERR_EXISTS,
		               "%s is in force already; comments and layout do not make another revision",
		               revision);
	if (at != INSTANT_NONE && at <= now)
		return err_set(e, ERR_RANGE,
		               "%s is in the past; '--at now' takes effect as soon as it is approved",
		               instant_format(text, at, HANOI_OFFSET_S, false));
	l->staged =
	    (struct rules_staged){.by = *who, .staged_at = now, .at = at, .approved_at = INSTANT_NONE};
	copy(l->staged.revision, revision);
	return OK;
}

static enum err check_approver(const struct rules_staged *s, const struct rules_person *who, bool alone,
                               struct errmsg *e)
{
	if (alone || !same_person(&s->by, who))
		return OK;
	if (s->by.uid == who->uid)
		return err_set(e, ERR_DENIED,
		               "%.*s was staged from this login (%s, as %s): another person with a login of "
		               "their own activates it",
		               SHORT_REVISION, s->revision, s->by.login, s->by.name);
	return err_set(e, ERR_DENIED, "%.*s was staged by %s: another person activates it", SHORT_REVISION,
	               s->revision, s->by.name);
}

enum err rules_life_approve(struct rules_life *l, const struct rules_person *who, int64_t confirm_ms,
                            bool alone, instant_ms_t now, struct errmsg *e)
{
	struct rules_staged *s = &l->staged;
	char text[TIME_TEXT_MAX];
	if (!s->revision[0])
		return err_set(e, ERR_NOT_FOUND,
		               "nothing is staged; 'vnepp policy stage DIR --at now' stages a rule set");
	if (s->approved)
		return err_set(e, ERR_EXISTS, "%.*s is approved already, by %s; it takes effect at %s",
		               SHORT_REVISION, s->revision, s->approver.name,
		               s->at == INSTANT_NONE ? "once"
		                                     : instant_format(text, s->at, HANOI_OFFSET_S, false));
	enum err err = check_approver(s, who, alone, e);
	if (err)
		return err;
	if (confirm_ms != 0 && (confirm_ms < RULES_CONFIRM_MIN_MS || confirm_ms > RULES_CONFIRM_MAX_MS))
		return err_set(e, ERR_RANGE, "a confirmation can be asked for within 1 second to 30 days");
	if (l->confirm_by != INSTANT_NONE && (s->at == INSTANT_NONE || s->at <= now))
		return err_set(e, ERR_BUSY,
		               "%.*s waits for its own confirmation until %s: confirm it or roll it back "
		               "first",
		               SHORT_REVISION, l->active,
		               instant_format(text, l->confirm_by, HANOI_OFFSET_S, false));
	s->approved = true;
	s->approver = *who;
	s->approved_at = now;
	s->confirm_ms = confirm_ms;
	return OK;
}

enum err rules_life_withdraw(struct rules_life *l, struct errmsg *e)
{
	if (!l->staged.revision[0])
		return err_set(e, ERR_NOT_FOUND, "nothing is staged");
	l->staged = (struct rules_staged){.approved_at = INSTANT_NONE};
	return OK;
}

enum err rules_life_confirm(struct rules_life *l, instant_ms_t now, struct errmsg *e)
{
	char text[TIME_TEXT_MAX];
	bool late = l->confirm_by != INSTANT_NONE && now >= l->confirm_by;
	if (late || (l->confirm_by == INSTANT_NONE && l->lapsed[0]))
		return err_set(
		    e, ERR_TIMEOUT,
		    "too late: %.*s was to be confirmed before %s, and the revision before it is in "
		    "force again; stage and activate it anew",
		    SHORT_REVISION, late ? l->active : l->lapsed,
		    instant_format(text, late ? l->confirm_by : l->lapsed_at, HANOI_OFFSET_S, false));
	if (l->confirm_by == INSTANT_NONE)
		return err_set(e, ERR_NOT_FOUND, "nothing waits to be confirmed");
	l->confirm_by = INSTANT_NONE;
	return OK;
}

/* ---- coming into force ------------------------------------------------------------------------------------------------- */

static void push_active(struct rules_life *l)
{
	if (!l->active[0])
		return;
	if (l->previous_count == RULES_PREVIOUS_MAX)
		memmove(l->previous[0], l->previous[1], sizeof l->previous[0] * --l->previous_count);
	copy(l->previous[l->previous_count++], l->active);
}

static void put_in_force(struct rules_life *l, const char *revision, instant_ms_t now)
{
	char copied[RULES_REVISION_MAX]; /* it may stand in what changes */
	copy(copied, revision);
	copy(l->active, copied);
	l->since = now;
	l->confirm_by = INSTANT_NONE;
	l->lapsed[0] = '\0';
	l->lapsed_at = INSTANT_NONE;
}

static void pop_previous(struct rules_life *l, instant_ms_t now)
{
	INVARIANT(l->previous_count > 0);
	put_in_force(l, l->previous[--l->previous_count], now);
}

enum err rules_life_roll_back(struct rules_life *l, instant_ms_t now, struct errmsg *e)
{
	if (l->previous_count == 0)
		return err_set(e, ERR_NOT_FOUND, "there is no previous revision to go back to");
	pop_previous(l, now);
	return OK;
}

void rules_life_fall_back(struct rules_life *l, instant_ms_t now)
{
	char gone[RULES_REVISION_MAX];
	instant_ms_t deadline = l->confirm_by;
	copy(gone, l->active);
	pop_previous(l, now);
	copy(l->lapsed, gone);
	l->lapsed_at = deadline;
}

void rules_life_take_effect(struct rules_life *l, instant_ms_t now)
{
	int64_t confirm_ms = l->staged.confirm_ms;
	REQUIRE(l->staged.approved);
	push_active(l);
	put_in_force(l, l->staged.revision, now);
	if (confirm_ms && l->previous_count > 0)
		l->confirm_by = now + confirm_ms;
	l->staged = (struct rules_staged){.approved_at = INSTANT_NONE};
}

void rules_life_refuse(struct rules_life *l)
{
	l->staged.approved = false;
	l->staged.approver = (struct rules_person){.uid = 0};
	l->staged.approved_at = INSTANT_NONE;
	l->staged.confirm_ms = 0;
}

bool rules_life_take_files(struct rules_life *l, const char *revision, instant_ms_t now)
{
	if (strcmp(l->active, revision) == 0)
		return false;
	push_active(l);
	put_in_force(l, revision, now);
	if (strcmp(l->staged.revision, revision) == 0)
		l->staged = (struct rules_staged){.approved_at = INSTANT_NONE};
	return true;
}

/* ---- time -------------------------------------------------------------------------------------------------------------- */

/* A revision that may still go keeps the next one waiting: else that would be the one to fall back from. */
enum rules_due rules_life_due(const struct rules_life *l, instant_ms_t now)
{
	if (l->confirm_by != INSTANT_NONE)
		return l->confirm_by <= now ? RULES_DUE_FALL_BACK : RULES_DUE_NOTHING;
	if (l->staged.approved && (l->staged.at == INSTANT_NONE || l->staged.at <= now))
		return RULES_DUE_EFFECT;
	return RULES_DUE_NOTHING;
}

instant_ms_t rules_life_next(const struct rules_life *l)
{
	if (l->confirm_by != INSTANT_NONE)
		return l->confirm_by;
	return l->staged.approved ? l->staged.at : INSTANT_NONE;
}
