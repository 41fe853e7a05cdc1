/* Which fault strikes: rules in order, then one draw. */
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "tests/regsim/rs_int.h"

#include <fnmatch.h>
#include <stdlib.h>

static const char *const names[] = {
#define X(id, text) text,
    REGSIM_FAULTS(X)
#undef X
};

const char *regsim_fault_name(enum regsim_fault f)
{
	return (size_t)f < ARRAY_LEN(names) ? names[f] : "?";
}

bool regsim_fault_parse(struct str name, enum regsim_fault *out)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq_c(name, names[i])) {
			*out = (enum regsim_fault)i;
			return true;
		}
	return false;
}

bool rs_fault_glob(const char *glob, struct str name)
{
	char text[RS_NAME_MAX + 1];
	return glob && str_copy(text, sizeof text, name) && fnmatch(glob, text, 0) == 0;
}

uint64_t rs_fault_between(struct regsim *sim, uint32_t min, uint32_t max)
{
	return max <= min ? min : min + rng_below(&sim->rng, (uint64_t)max - min + 1);
}

static int64_t draw_arg(struct regsim *sim, enum regsim_fault f)
{
	const struct regsim_faults *p = &sim->faults;
	switch (f) {
	case REGSIM_FAULT_DELAY:
	case REGSIM_FAULT_GREETING_DELAY:
		return (int64_t)rs_fault_between(sim, p->delay_min_ms, p->delay_max_ms);
	case REGSIM_FAULT_LATE_COMMIT:
	case REGSIM_FAULT_SILENT_LATE: return (int64_t)rs_fault_between(sim, p->late_min_ms, p->late_max_ms);
	case REGSIM_FAULT_DROP_IN_ANSWER: return (int64_t)rs_fault_between(sim, 1, 400);
	default: return 0;
	}
}

static bool matches(const struct regsim_rule *r, enum regsim_op op, enum regsim_kind kind, struct str name)
{
	if (r->op == REGSIM_OP_NONE ? op == REGSIM_OP_CONNECT : r->op != op)
		return false;
	if (r->kind != REGSIM_KIND_NONE && r->kind != kind)
		return false;
	return !r->name || rs_fault_glob(r->name, name);
}

/* True: a rule has spoken (perhaps to spare the command). */
static bool choose_by_rule(struct regsim *sim, enum regsim_op op, enum regsim_kind kind, struct str name,
                           enum regsim_fault *fault, int64_t *arg)
{
	for (size_t i = 0; i < sim->rule_count; i++) {
		struct rs_script *s = &sim->rules[i];
		if (!matches(&s->rule, op, kind, name))
			continue;
		s->matched++;
		if (s->matched < s->rule.nth || (s->rule.times && s->struck >= s->rule.times))
			continue;
		s->struck++;
		*fault = s->rule.fault;
		*arg = s->rule.arg ? s->rule.arg : draw_arg(sim, *fault);
		return true;
	}
	return false;
}

static bool is_transform(enum regsim_op op)
{
	return op >= REGSIM_OP_CREATE && op <= REGSIM_OP_DELETE;
}

static enum regsim_fault choose_by_chance(struct regsim *sim, enum regsim_op op)
{
	bool connecting = op == REGSIM_OP_CONNECT;
	if (sim->faults.transforms_only && !is_transform(op) && !connecting)
		return REGSIM_FAULT_NONE;
	uint64_t drawn = rng_below(&sim->rng, 1000), sum = 0;
	for (int f = 1; f < REGSIM_FAULT__COUNT; f++) {
		bool greeting = f == REGSIM_FAULT_GREETING_DELAY || f == REGSIM_FAULT_GREETING_CLOSE;
		if (greeting != connecting)
			continue;
		sum += sim->faults.per_mille[f];
		if (drawn < sum)
			return (enum regsim_fault)f;
	}
	return REGSIM_FAULT_NONE;
}

enum regsim_fault rs_fault_choose(struct regsim *sim, enum regsim_op op, enum regsim_kind kind,
                                  struct str name, int64_t *arg)
{
	enum regsim_fault f;
	*arg = 0;
	if (!sim->faults_on)
		return REGSIM_FAULT_NONE;
	if (!choose_by_rule(sim, op, kind, name, &f, arg)) {
		f = choose_by_chance(sim, op);
		*arg = draw_arg(sim, f);
	}
	sim->fault_counts[f]++;
	return f;
}

void regsim_faults_switch(struct regsim *sim, bool on)
{
	sim->faults_on = on;
}

void regsim_faults_set(struct regsim *sim, const struct regsim_faults *f)
{
	sim->faults = *f;
}

void regsim_rule_add(struct regsim *sim, const struct regsim_rule *rule)
{
	sim->rules = xrealloc(sim->rules, sim->rule_count + 1, sizeof *sim->rules);
	struct rs_script *s = &sim->rules[sim->rule_count++];
	*s = (struct rs_script){.rule = *rule};
	s->rule.name = rule->name ? xstrdup(rule->name) : NULL;
}

void regsim_rules_clear(struct regsim *sim)
{
	for (size_t i = 0; i < sim->rule_count; i++)
		free((char *)sim->rules[i].rule.name);
	sim->rule_count = 0;
}

void rs_fault_fini(struct regsim *sim)
{
	regsim_rules_clear(sim);
	free(sim->rules);
}

uint64_t regsim_fault_count(const struct regsim *sim, enum regsim_fault f)
{
	return sim->fault_counts[f];
}

void regsim_refuse_logins(struct regsim *sim, unsigned n)
{
	sim->refuse_logins = n;
}
