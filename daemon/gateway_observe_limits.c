/*
 * What is used of every limit, for the status page and as figures.
 *
 * Happy path: at each sample the question of `vnepp limits` is asked ─▶ its answer is kept, and a figure made of each limit of
 * a registry or of the programme (the partners' have a family of their own).
 * Failure modes: the store cannot be read: the answer of before is kept. More limits than there is room for: the first ones.
 */
#include "daemon/gateway_observe_int.h"
#include "epp/base/alloc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void drop_figures(struct gateway_observer *o)
{
	for (size_t i = 0; i < o->limit_count; i++)
		stats_unregister(&o->limits_used[i].value.entry);
	o->limit_count = 0;
}

static void add_figure(struct gateway_observer *o, const char *of, const json_t *limit)
{
	json_int_t max = json_integer_value(json_object_get(limit, "max")),
	           used = json_integer_value(json_object_get(limit, "used"));
	if (o->limit_count == OBSERVE_LIMITS_MAX || max <= 0)
		return;
	struct observe_figure *f = &o->limits_used[o->limit_count++];
	*f = (struct observe_figure){0};
	snprintf(f->labels, sizeof f->labels, "of=\"%s\",limit=\"%s\"", of,
	         json_string_value(json_object_get(limit, "limit")));
	stats_register_micro(
	    &o->env.meter->stats, &f->value, STATS_GAUGE, "vnepp_limit_used_ratio",
	    "How much of a limit is used: registries' and the programme's, each of its second, "
	    "day or period.",
	    f->labels);
	stats_set(&f->value, (int64_t)((double)used / (double)max * 1e6));
}

static void make_figures(struct gateway_observer *o)
{
	json_t *limit;
	size_t i;
	if (!o->limits_used)
		o->limits_used = xcalloc(OBSERVE_LIMITS_MAX, sizeof *o->limits_used);
	drop_figures(o);
	json_array_foreach(json_object_get(o->limits, "limits"), i, limit)
	{
		const char *of = json_string_value(json_object_get(limit, "of"));
		if (of && strncmp(of, "partner ", 8) != 0)
			add_figure(o, of, limit);
	}
}

static void on_limits(void *arg, const char *why, json_t *answer)
{
	struct gateway_observer *o = arg;
	o->limiting = false;
	if (why)
		return;
	json_decref(o->limits);
	o->limits = answer;
	make_figures(o);
}

void observe_limits_ask(struct gateway_observer *o)
{
	if (o->limiting)
		return;
	o->limiting = true;
	gateway_limits(o->g, on_limits, o);
}

void observe_limits_fini(struct gateway_observer *o)
{
	drop_figures(o);
	free(o->limits_used);
	json_decref(o->limits);
}
