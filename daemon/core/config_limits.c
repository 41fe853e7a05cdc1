/* The limits file: ceilings per registry, rates and queues per partner, quotas of the programme. */
#include "daemon/core/config_int.h"

#define RATE_MAX    1000000    /* per second; far above any registry */
#define QUEUE_MAX   1000000000 /* lines */
#define UPLOADS_MAX 10000

/* Starts from what *p holds: a partner's own entry changes only what it names. */
static void read_partner_limits(struct config_reading *r, struct yaml_node *n, struct config_partner *p)
{
	bool has_burst = yaml_get(n, "burst");
	uint32_t rate;
	(void)config_value_limit(r, n, "lines_per_second", RATE_MAX, &p->lines_per_second);
	config_value_u32(r, n, "burst", 1, QUEUE_MAX, &p->burst);
	(void)config_value_limit(r, n, "max_queued", QUEUE_MAX, &p->max_queued);
	(void)config_value_limit(r, n, "uploads", UPLOADS_MAX, &p->uploads);
	(void)config_value_limit(r, n, "lines_per_day", QUEUE_MAX, &p->lines_per_day);
	config_value_u32(r, n, "weight", 1, CONFIG_WEIGHT_MAX, &p->weight);
	yaml_reject_unseen(r->d, n);
	rate = p->lines_per_second.max;
	if (has_burst && rate == 0) {
		yaml_error(r->d, yaml_get(n, "burst"), "means nothing without 'lines_per_second'");
	} else if (has_burst && p->burst < rate) {
		yaml_error(r->d, yaml_get(n, "burst"), "smaller than 'lines_per_second'");
		diag_help(r->d, "the burst is what may come at once; at least one second's worth");
	}
	if (p->burst < rate)
		p->burst = rate;
}

static void copy_limits(struct config_partner *to, const struct config_partner *from)
{
	to->lines_per_second = from->lines_per_second;
	to->burst = from->burst;
	to->max_queued = from->max_queued;
	to->uploads = from->uploads;
	to->lines_per_day = from->lines_per_day;
	if (from->weight) /* else as the partners file has it */
		to->weight = from->weight;
}

static struct config_partner *partner_named(struct config_reading *r, struct str name)
{
	return map_get(&r->s->partners, name);
}

static void unknown_partner(struct config_reading *r, const struct yaml_node *n)
{
	const char **names = arena_calloc(r->arena, r->c->partner_count + 2, sizeof *names);
	for (size_t i = 0; i < r->c->partner_count; i++)
		names[i] = r->c->partners[i].name;
	names[r->c->partner_count] = "default";
	diag_error(r->d, n->key_pos, "there is no partner '%.*s'", STR_ARG(n->key));
	yaml_suggest(r->d, n->key, names);
}

static void read_partners(struct config_reading *r, struct yaml_node *map)
{
	struct config_partner common = {0};
	struct yaml_node *entry = yaml_opt(r->d, map, "default", YAML_MAP);
	read_partner_limits(r, entry, &common);
	for (size_t i = 0; i < r->c->partner_count; i++)
		copy_limits(&r->c->partners[i], &common);
	for (struct yaml_node *n = map ? map->child : NULL; n; n = n->next) {
		if (str_eq_c(n->key, "default"))
			continue;
		struct config_partner *p = partner_named(r, n->key);
		struct config_partner own = common;
		n->seen = true;
		if (!p && r->c->partner_count > 0)
			unknown_partner(r, n);
		if (!yaml_as_kind(r->d, n, YAML_MAP))
			continue;
		read_partner_limits(r, n, &own);
		if (p)
			copy_limits(p, &own);
	}
}

/* Of each account, in place of what the main file says; in shadow beside it. */
static void read_widths(struct config_reading *r, struct yaml_node *n, struct config_registry *g)
{
	(void)config_value_limit(r, n, "sessions", CONFIG_SESSIONS_MAX, &g->sessions);
	(void)config_value_limit(r, n, "window", CONFIG_WINDOW_MAX, &g->window);
	for (size_t i = 0; i < g->account_count; i++) {
		struct config_account *a = &g->accounts[i];
		a->sessions = g->sessions.max && !g->sessions.shadow ? g->sessions.max : a->sessions;
		a->window = g->window.max && !g->window.shadow ? g->window.max : a->window;
	}
}

static void read_registry_limits(struct config_reading *r, struct yaml_node *n, struct config_registry *g)
{
	struct yaml_node *classes = yaml_opt(r->d, n, "classes_per_second", YAML_MAP);
	if (config_value_limit(r, n, "commands_per_second", CEILING_MAX, &g->commands_per_second) &&
	    g->commands_per_second.shadow)
		diag_warning(
		    r->d, yaml_get(n, "commands_per_second")->pos,
		    "a ceiling in shadow protects nobody: the registry will be asked as fast as it answers");
	for (int i = 0; i < LIMIT_CLASS__COUNT; i++)
		(void)config_value_limit(r, classes, limit_class_names[i], CEILING_MAX,
		                         &g->class_per_second[i]);
	yaml_reject_unseen(r->d, classes);
	classes = yaml_opt(r->d, n, "classes_per_day", YAML_MAP);
	for (int i = 0; i < LIMIT_CLASS__COUNT; i++)
		(void)config_value_limit(r, classes, limit_class_names[i], QUEUE_MAX, &g->class_per_day[i]);
	yaml_reject_unseen(r->d, classes);
	(void)config_value_limit(r, n, "taken_names_per_day", QUEUE_MAX, &g->taken_per_day);
	read_widths(r, n, g);
	yaml_reject_unseen(r->d, n);
}

static void read_registries(struct config_reading *r, struct yaml_node *map)
{
	for (struct yaml_node *n = map ? map->child : NULL; n; n = n->next) {
		struct config_registry *g = config_registry_named(r, n->key), nobody = {0};
		n->seen = true;
		if (!g && r->c->registry_count > 0) {
			diag_error(r->d, n->key_pos, "there is no registry '%.*s'", STR_ARG(n->key));
			yaml_suggest(r->d, n->key, config_registry_names(r));
		}
		if (yaml_as_kind(r->d, n, YAML_MAP))
			read_registry_limits(r, n, g ? g : &nobody);
	}
}

/* ---- quotas of the programme ---- */

static const char *const counts_names[] = {"grants", "names", NULL};

static bool is_province(struct str s)
{
	return s.len == 2 && s.ptr[0] >= '0' && s.ptr[0] <= '9' && s.ptr[1] >= '0' && s.ptr[1] <= '9';
}

static void read_quota(struct config_reading *r, struct yaml_node *n, struct quota *q)
{
	struct yaml_node *zone = yaml_get(n, "zone"), *province = yaml_get(n, "province");
	int choice = 0, period = 0;
	(void)config_value_name(r, n, "name", YAML_REQUIRED, &q->name);
	if (config_value_text(r, n, "zone", YAML_OPTIONAL, &q->zone))
		(void)config_value_is_zone(r, zone, &q->zone);
	if (config_value_text(r, n, "province", YAML_OPTIONAL, &q->province) &&
	    !is_province(str_c(q->province))) {
		yaml_error(r->d, province, "'%s' is not the code of a province", q->province);
		diag_help(r->d, "two digits, as in the decision's attribution: \"68\"");
	}
	if (yaml_enum(r->d, n, "period", YAML_REQUIRED, quota_period_names, &period))
		q->period = (enum quota_period)period;
	(void)yaml_enum(r->d, n, "counts", YAML_OPTIONAL, counts_names, &choice);
	q->grants = choice == 0;
	if (!yaml_get(n, "max"))
		yaml_error(r->d, n, "'max' is missing");
	config_value_u32(r, n, "max", 1, QUEUE_MAX, &q->limit.max);
	(void)yaml_bool(r->d, n, "shadow", YAML_OPTIONAL, &q->limit.shadow);
	(void)config_value_text(r, n, "reason", YAML_OPTIONAL, &q->limit.reason);
	yaml_reject_unseen(r->d, n);
}

static void check_quota_name(struct config_reading *r, struct yaml_node *n, const struct quota *q)
{
	for (const struct quota *other = r->c->quotas; q->name && other < q; other++)
		if (other->name && strcmp(other->name, q->name) == 0)
			yaml_error(r->d, yaml_get(n, "name"), "there is a quota '%s' already", q->name);
}

static void read_quotas(struct config_reading *r, struct yaml_node *seq)
{
	if (!seq)
		return;
	r->c->quotas = arena_calloc(r->arena, seq->count + 1, sizeof *r->c->quotas);
	for (struct yaml_node *n = seq->child; n; n = n->next) {
		struct quota *q = &r->c->quotas[r->c->quota_count];
		if (!yaml_as_kind(r->d, n, YAML_MAP))
			continue;
		read_quota(r, n, q);
		check_quota_name(r, n, q);
		r->c->quota_count++;
	}
}

void config_limits_read(struct config_reading *r, struct yaml_node *top)
{
	const char *path;
	if (!config_file_get(r, top, "limits", YAML_OPTIONAL, CONFIG_FILE_PUBLIC, &path))
		return;
	struct yaml_node *file = yaml_load(r->arena, r->d, path);
	read_registries(r, yaml_opt(r->d, file, "registries", YAML_MAP));
	read_partners(r, yaml_opt(r->d, file, "partners", YAML_MAP));
	read_quotas(r, yaml_opt(r->d, file, "quotas", YAML_SEQ));
	yaml_reject_unseen(r->d, file);
}
