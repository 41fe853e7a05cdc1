/* The life of rule sets as JSON: what is stored of it, and what people are shown. */
#include "daemon/gateway_policy.h"
#include "epp/base/check.h"

#include <jansson.h>
#include <string.h>

/* ---- stored ------------------------------------------------------------------------------------------------------------ */

static json_t *person_json(const struct rules_person *p)
{
	return json_pack("{s:s, s:s, s:I}", "name", p->name, "login", p->login, "uid", (json_int_t)p->uid);
}

/* INSTANT_NONE: null. */
static json_t *number(instant_ms_t t)
{
	return t == INSTANT_NONE ? json_null() : json_integer(t);
}

static json_t *staged_json(const struct rules_staged *s)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:b, s:o, s:o, s:I}", "revision", s->revision, "by",
	                 person_json(&s->by), "staged_at", number(s->staged_at), "at", number(s->at),
	                 "approved", s->approved, "approver", person_json(&s->approver), "approved_at",
	                 number(s->approved_at), "confirm_ms", (json_int_t)s->confirm_ms);
}

char *policy_life_text(const struct rules_life *l)
{
	json_t *previous = json_array();
	for (int i = 0; i < l->previous_count; i++)
		json_array_append_new(previous, json_string(l->previous[i]));
	json_t *o =
	    json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:o}", "active", l->active, "since", number(l->since),
	              "confirm_by", number(l->confirm_by), "previous", previous, "staged",
	              staged_json(&l->staged), "lapsed", l->lapsed, "lapsed_at", number(l->lapsed_at));
	char *text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	INVARIANT(text);
	return text;
}

static bool text_of(const json_t *o, const char *key, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(o, key));
	return text && str_copy(out, size, str_c(text));
}

static bool time_of(const json_t *o, const char *key, instant_ms_t *out)
{
	const json_t *n = json_object_get(o, key);
	*out = json_is_integer(n) ? json_integer_value(n) : INSTANT_NONE;
	return json_is_integer(n) || json_is_null(n);
}

static bool read_person(const json_t *o, struct rules_person *p)
{
	const json_t *uid = json_object_get(o, "uid");
	p->uid = json_integer_value(uid);
	return json_is_integer(uid) && text_of(o, "name", p->name, sizeof p->name) &&
	       text_of(o, "login", p->login, sizeof p->login);
}

static bool read_staged(const json_t *o, struct rules_staged *s)
{
	const json_t *confirm = json_object_get(o, "confirm_ms");
	s->approved = json_is_true(json_object_get(o, "approved"));
	s->confirm_ms = json_integer_value(confirm);
	return text_of(o, "revision", s->revision, sizeof s->revision) &&
	       read_person(json_object_get(o, "by"), &s->by) && time_of(o, "staged_at", &s->staged_at) &&
	       time_of(o, "at", &s->at) && read_person(json_object_get(o, "approver"), &s->approver) &&
	       time_of(o, "approved_at", &s->approved_at) && json_is_integer(confirm);
}

static bool read_previous(const json_t *list, struct rules_life *l)
{
	size_t n = json_array_size(list);
	if (!json_is_array(list) || n > RULES_PREVIOUS_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		if (!text || !str_copy(l->previous[i], sizeof l->previous[i], str_c(text)))
			return false;
	}
	l->previous_count = (int)n;
	return true;
}

bool policy_life_read(struct str text, struct rules_life *out)
{
	struct rules_life l;
	rules_life_init(&l);
	json_t *o = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
	bool good =
	    text_of(o, "active", l.active, sizeof l.active) && l.active[0] && time_of(o, "since", &l.since) &&
	    time_of(o, "confirm_by", &l.confirm_by) && read_previous(json_object_get(o, "previous"), &l) &&
	    read_staged(json_object_get(o, "staged"), &l.staged) &&
	    text_of(o, "lapsed", l.lapsed, sizeof l.lapsed) && time_of(o, "lapsed_at", &l.lapsed_at) &&
	    (l.confirm_by == INSTANT_NONE || l.previous_count > 0);
	json_decref(o);
	if (good)
		*out = l;
	return good;
}

/* ---- shown ------------------------------------------------------------------------------------------------------------- */

static json_t *name_or_null(const char *text)
{
	return gateway_text(str_c(text));
}

static json_t *shown_staged(const struct rules_staged *s, bool waits)
{
	if (!s->revision[0])
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "revision", s->revision, "by",
	                 s->by.name, "login", s->by.login, "staged_at", gateway_moment(s->staged_at), "at",
	                 s->at == INSTANT_NONE ? json_string("now") : gateway_moment(s->at), "state",
	                 !s->approved ? "waits for another person: vnepp policy activate"
	                 : waits      ? "approved; waits until the one in force is confirmed"
	                              : "approved; takes effect by itself",
	                 "approved_by", name_or_null(s->approver.name), "approved_login",
	                 name_or_null(s->approver.login), "approved_at", gateway_moment(s->approved_at),
	                 "confirm_within_s",
	                 s->confirm_ms ? json_integer(s->confirm_ms / 1000) : json_null());
}

static json_t *shown_active(const struct rules_life *l)
{
	bool waits = l->confirm_by != INSTANT_NONE;
	return json_pack("{s:s, s:o, s:s, s:o, s:o}", "revision", l->active, "since",
	                 gateway_moment(l->since), "state",
	                 waits ? "waits to be confirmed: vnepp policy confirm" : "in force", "confirm_by",
	                 gateway_moment(l->confirm_by), "else",
	                 waits ? json_string(l->previous[l->previous_count - 1]) : json_null());
}

static json_t *shown_files(const struct gateway *g)
{
	const struct gateway_policy *p = g->policy;
	return json_pack("{s:s, s:o, s:s}", "folder", g->config->rules_dir, "revision",
	                 name_or_null(p->files), "state",
	                 !p->files[0]                            ? "does not load"
	                 : strcmp(p->files, p->life.active) == 0 ? "is in force"
	                                                         : "differs from what is in force");
}

json_t *gateway_policy_summary(const struct gateway *g)
{
	const struct rules_life *l = &g->policy->life;
	bool files = g->config->rules_activate;
	json_t *previous = json_array();
	for (int i = l->previous_count - 1; i >= 0; i--)
		json_array_append_new(previous, json_pack("{s:s}", "revision", l->previous[i]));
	return json_pack("{s:s, s:b, s:o, s:o, s:o, s:o}", "activate", files ? "files" : "staged",
	                 "two_people", !files && !g->config->sandbox, "active", shown_active(l), "staged",
	                 shown_staged(&l->staged, l->confirm_by != INSTANT_NONE), "files", shown_files(g),
	                 "previous", previous);
}

json_t *policy_kept_json(const struct gateway *g, const struct store_rules_row *r)
{
	const struct rules_life *l = &g->policy->life;
	json_t *o = json_pack("{s:o, s:o, s:s}", "revision", gateway_text(r->revision), "first_seen",
	                      gateway_moment(r->first_seen), "state",
	                      str_eq_c(r->revision, l->active)            ? "in force"
	                      : str_eq_c(r->revision, l->staged.revision) ? "staged"
	                                                                  : "");
	if (r->text.len)
		json_object_set_new(o, "text", gateway_text(r->text));
	return o;
}

json_t *policy_steps_json(const struct store_get_rules_steps *s)
{
	json_t *list = json_array();
	for (size_t i = 0; i < s->count; i++) {
		const struct store_rules_step *r = &s->rows[i];
		json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "at",
		                                      gateway_moment(r->at), "step", gateway_text(r->step),
		                                      "revision", gateway_text(r->revision), "person",
		                                      gateway_text(r->person), "login",
		                                      gateway_text(r->login), "why", gateway_text(r->why)));
	}
	return list;
}
