/*
 * JSON to an item, in one pass without a tree: a tree of such a line costs five times as much as all the rest of its
 * intake. The member table of item_draft.c says what may be where.
 */
#include "daemon/api/item_json.h"
#include "daemon/api/json_in.h"

#include <stdio.h>
#include <string.h>

struct reader {
	struct json_in j;
	struct item_draft *d;
};

static void read_object(struct reader *r, enum item_group g, int index, void *base);

static struct str kind_text(enum json_in_kind k)
{
	return str_c(json_in_kind_text(k));
}

/* One value that is not an object or array; those become OTHER and are skipped. False on a syntax error. */
static bool read_scalar(struct reader *r, enum json_in_kind kind, struct item_value *v)
{
	bool whole;
	v->text = kind_text(kind);
	switch (kind) {
	case JSON_IN_STRING: v->kind = ITEM_GIVEN_TEXT; return json_in_string(&r->j, &v->text);
	case JSON_IN_NUMBER:
		if (!json_in_number(&r->j, &v->number, &whole))
			return false;
		v->kind = whole ? ITEM_GIVEN_INT : ITEM_GIVEN_OTHER;
		return true;
	case JSON_IN_TRUE:
	case JSON_IN_FALSE:
		v->kind = ITEM_GIVEN_BOOL;
		v->number = kind == JSON_IN_TRUE;
		return json_in_skip(&r->j);
	default: v->kind = ITEM_GIVEN_OTHER; return json_in_skip(&r->j);
	}
}

/* True when the value is of this kind; else an error is noted and the value skipped. */
static bool expect(struct reader *r, struct item_place p, const char *member, enum json_in_kind want)
{
	if (json_in_kind(&r->j) == want)
		return true;
	if (json_in_skip(&r->j))
		item_draft_error(r->d, p, member, "WRONG_TYPE", "%s", json_in_kind_text(want));
	return false;
}

static void read_entries(struct reader *r, enum item_group g)
{
	for (int i = 0; json_in_element(&r->j); i++) {
		json_in_kind(&r->j);
		struct item_place p = {g, i, r->j.at};
		if (!expect(r, p, NULL, JSON_IN_OBJECT))
			continue;
		void *base = item_draft_entry(r->d, g, p.at);
		if (!base) {
			json_in_skip(&r->j);
			continue;
		}
		read_object(r, g, i, base);
		if (!r->j.error)
			item_draft_check_entry(r->d, g, i, r->d->given[g], p.at);
	}
}

static void read_texts(struct reader *r, struct item_place p, struct item_ns *ns)
{
	struct item_value v;
	while (json_in_element(&r->j)) {
		enum json_in_kind kind = json_in_kind(&r->j);
		p.at = r->j.at;
		if (kind == JSON_IN_BAD || !read_scalar(r, kind, &v))
			return;
		if (ns)
			item_draft_add_address(r->d, p, ns, &v);
		else
			item_draft_add_service(r->d, p.at, &v);
	}
}

static void read_facts(struct reader *r)
{
	struct item_value v;
	struct str name;
	const char *at;
	json_in_enter(&r->j);
	while (json_in_member(&r->j, &name, &at)) {
		enum json_in_kind kind = json_in_kind(&r->j);
		const char *place = r->j.at;
		if (kind == JSON_IN_NULL || kind == JSON_IN_BAD)
			json_in_skip(&r->j);
		else if (read_scalar(r, kind, &v))
			item_draft_add_fact(r->d, place, name, &v);
	}
}

static void *group_base(struct item_request *req, enum item_group g)
{
	switch (g) {
	case ITEM_GROUP_APPLICANT: return &req->applicant;
	case ITEM_GROUP_ADDRESS: return &req->applicant.address;
	case ITEM_GROUP_REPRESENTATIVE: return &req->applicant.representative;
	default: return req;
	}
}

static void read_compound(struct reader *r, struct item_place p, const struct item_member *m, void *base)
{
	bool object = m->type == ITEM_VALUE_OBJECT || m->type == ITEM_VALUE_FACTS;
	if (!expect(r, p, m->name, object ? JSON_IN_OBJECT : JSON_IN_ARRAY))
		return;
	if (m->type == ITEM_VALUE_FACTS) {
		read_facts(r);
		return;
	}
	if (object) {
		read_object(r, (enum item_group)m->max, -1, group_base(r->d->req, (enum item_group)m->max));
		return;
	}
	json_in_enter(&r->j);
	switch (m->type) {
	case ITEM_VALUE_EVIDENCE: read_entries(r, ITEM_GROUP_EVIDENCE); break;
	case ITEM_VALUE_NS: read_entries(r, ITEM_GROUP_NS); break;
	case ITEM_VALUE_DS: read_entries(r, ITEM_GROUP_DS); break;
	case ITEM_VALUE_ADDRS: read_texts(r, p, base); break;
	default: read_texts(r, p, NULL);
	}
}

static void read_member(struct reader *r, struct item_place p, struct str name, void *base)
{
	struct item_value v;
	const struct item_member *m = item_group_find(p.group, name);
	if (!m)
		item_draft_unknown(r->d, p, name);
	enum json_in_kind kind = json_in_kind(&r->j);
	p.at = r->j.at;
	if (!m || kind == JSON_IN_NULL || kind == JSON_IN_BAD || !item_draft_mark(r->d, p, m))
		json_in_skip(&r->j);
	else if (m->type >= ITEM_VALUE__COMPOUND)
		read_compound(r, p, m, base);
	else if (read_scalar(r, kind, &v))
		item_draft_set(r->d, p, m, base, &v);
}

static void read_object(struct reader *r, enum item_group g, int index, void *base)
{
	struct item_place p = {g, index, NULL};
	struct str name;
	json_in_enter(&r->j);
	while (json_in_member(&r->j, &name, &p.at))
		read_member(r, p, name, base);
}

bool item_json_read(struct item_draft *d, struct arena *scratch, struct str text)
{
	struct reader r = {.d = d};
	struct item_place top = {ITEM_GROUP_TOP, -1, NULL};
	arena_reset(scratch);
	json_in_init(&r.j, scratch, text);
	if (json_in_kind(&r.j) != JSON_IN_BAD) {
		top.at = r.j.at;
		if (!expect(&r, top, NULL, JSON_IN_OBJECT))
			top.at = NULL;
		else
			read_object(&r, ITEM_GROUP_TOP, -1, d->req);
		json_in_end(&r.j);
	}
	if (r.j.error) {
		top.at = r.j.error_at;
		item_draft_error(d, top, NULL, "SYNTAX", "%s", r.j.error);
		return false;
	}
	return top.at ? item_draft_finish(d) : false;
}

static void read_one_piece(struct reader *r, struct item_place p)
{
	void *base = item_draft_entry(r->d, ITEM_GROUP_EVIDENCE, p.at);
	read_object(r, ITEM_GROUP_EVIDENCE, 0, base);
	if (!r->j.error)
		item_draft_check_entry(r->d, ITEM_GROUP_EVIDENCE, 0, r->d->given[ITEM_GROUP_EVIDENCE], p.at);
}

/* An object with these members is not a piece of evidence. */
static bool has_member(struct str text, const char *name)
{
	char quoted[32];
	size_t n = (size_t)snprintf(quoted, sizeof quoted, "\"%s\"", name);
	const char *end = text.ptr + text.len;
	for (const char *at = text.ptr; (at = memmem(at, (size_t)(end - at), quoted, n)); at += n) {
		const char *after = at + n;
		while (after < end && (*after == ' ' || *after == '\t' || *after == '\r' || *after == '\n'))
			after++;
		if (after < end && *after == ':')
			return true;
	}
	return false;
}

/* Of an item what an applicant may have left out: evidence, declared facts, the sex. */
static void read_left_out(struct reader *r, struct item_place top)
{
	static const char *const allowed[] = {"evidence", "facts", "applicant"};
	size_t count;
	const struct item_member *m = item_group_members(ITEM_GROUP_TOP, &count);
	read_object(r, ITEM_GROUP_TOP, -1, r->d->req);
	for (size_t i = 0; i < count; i++) {
		bool may = false;
		for (size_t k = 0; k < ARRAY_LEN(allowed); k++)
			may |= strcmp(m[i].name, allowed[k]) == 0;
		if (!may && r->d->given[ITEM_GROUP_TOP] >> i & 1)
			item_draft_error(r->d, (struct item_place){ITEM_GROUP_TOP, -1, top.at}, m[i].name,
			                 "NOT_ALLOWED", "evidence, facts, or applicant.gender");
	}
	m = item_group_members(ITEM_GROUP_APPLICANT, &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(m[i].name, "gender") != 0 && r->d->given[ITEM_GROUP_APPLICANT] >> i & 1)
			item_draft_error(r->d, (struct item_place){ITEM_GROUP_APPLICANT, -1, top.at},
			                 m[i].name, "NOT_ALLOWED", "only what an item can lack: gender");
}

bool item_json_read_evidence(struct item_draft *d, struct arena *scratch, struct str text)
{
	struct reader r = {.d = d};
	struct item_place top = {ITEM_GROUP_EVIDENCE, -1, NULL};
	arena_reset(scratch);
	json_in_init(&r.j, scratch, text);
	enum json_in_kind kind = json_in_kind(&r.j);
	top.at = r.j.at;
	if (kind == JSON_IN_ARRAY) {
		json_in_enter(&r.j);
		read_entries(&r, ITEM_GROUP_EVIDENCE);
	} else if (kind != JSON_IN_BAD && expect(&r, top, NULL, JSON_IN_OBJECT)) {
		if (has_member(text, "evidence") || has_member(text, "facts") ||
		    has_member(text, "applicant"))
			read_left_out(&r, top);
		else
			read_one_piece(&r, top);
	}
	json_in_end(&r.j);
	bool nothing = d->req->evidence_count == 0 && d->req->fact_count == 0 &&
	               d->req->applicant.gender == GENDER_UNKNOWN;
	if (r.j.error) {
		top.at = r.j.error_at;
		item_draft_error(d, top, NULL, "SYNTAX", "%s", r.j.error);
	} else if (!d->bad && nothing) {
		item_draft_error(d, top, NULL, "MISSING", "at least one piece of evidence, or a fact");
	}
	return !d->bad;
}
