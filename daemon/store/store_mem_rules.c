/* The memory back end's rule sets. */
#include "daemon/store/store_mem_int.h"
#include "epp/base/check.h"

static const struct store_rules_row *find(const struct mem *m, struct str revision)
{
	for (size_t i = 0; i < m->rules_count; i++)
		if (str_eq(m->rules[i].revision, revision))
			return &m->rules[i];
	return NULL;
}

static struct store_rules_step copy_step(struct arena *a, const struct store_rules_step *s)
{
	return (struct store_rules_step){.step = arena_str(a, s->step),
	                                 .revision = arena_str(a, s->revision),
	                                 .person = arena_str(a, s->person),
	                                 .login = arena_str(a, s->login),
	                                 .why = arena_str(a, s->why),
	                                 .at = s->at};
}

enum err mem_rules_keep(struct mem *m, struct store_rules_keep *o)
{
	bool is_new = o->revision.len && !find(m, o->revision);
	o->added = is_new && o->text.len > 0;
	if (is_new && !o->added)
		return err_set(&o->op.errmsg, ERR_NOT_FOUND, "no rule set of this revision is kept");
	if (o->added) {
		m->rules = mem_grow(m->rules, m->rules_count, sizeof *m->rules);
		m->rules[m->rules_count++] =
		    (struct store_rules_row){.revision = arena_str(&m->arena, o->revision),
		                             .text = arena_str(&m->arena, o->text),
		                             .first_seen = o->now};
	}
	for (size_t i = 0; i < o->step_count; i++) {
		m->rules_steps = mem_grow(m->rules_steps, m->rules_step_count, sizeof *m->rules_steps);
		m->rules_steps[m->rules_step_count++] = copy_step(&m->arena, &o->steps[i]);
	}
	if (o->setting) {
		struct store_setting set = {.name = o->setting, .value = o->setting_value};
		(void)mem_setting(m, &set); /* writing cannot fail */
	}
	return OK;
}

enum err mem_get_rules(struct mem *m, struct store_get_rules *o)
{
	bool one = o->revision.len > 0;
	REQUIRE(one || (o->limit > 0 && o->limit <= STORE_PAGE_MAX));
	uint32_t limit = one ? 1 : o->limit;
	o->rows = arena_alloc(o->arena, limit * sizeof *o->rows);
	o->count = 0;
	o->more = false;
	for (size_t i = m->rules_count; i > 0 && !o->more; i--) {
		const struct store_rules_row *r = &m->rules[i - 1];
		if (one && !str_eq(r->revision, o->revision))
			continue;
		o->more = o->count == limit;
		if (!o->more)
			o->rows[o->count++] =
			    (struct store_rules_row){.revision = arena_str(o->arena, r->revision),
			                             .text = one ? arena_str(o->arena, r->text) : STR_NONE,
			                             .first_seen = r->first_seen};
	}
	return one && o->count == 0
	           ? err_set(&o->op.errmsg, ERR_NOT_FOUND, "no rule set of this revision is kept")
	           : OK;
}

enum err mem_get_rules_steps(struct mem *m, struct store_get_rules_steps *o)
{
	REQUIRE(o->limit > 0 && o->limit <= STORE_PAGE_MAX);
	o->rows = arena_alloc(o->arena, o->limit * sizeof *o->rows);
	o->count = 0;
	for (size_t i = m->rules_step_count; i > 0 && o->count < o->limit; i--)
		o->rows[o->count++] = copy_step(o->arena, &m->rules_steps[i - 1]);
	o->more = m->rules_step_count > o->limit;
	return OK;
}
