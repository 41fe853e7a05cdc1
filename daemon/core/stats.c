/* Counters, gauges and histograms, and their text form. */
#include "daemon/core/stats.h"
#include "epp/base/check.h"

#include <inttypes.h>
#include <string.h>

static const struct {
	uint64_t us;
	const char *text; /* in seconds */
} bounds[STATS_BOUNDS] = {
    {1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},  {10000, "0.01"},  {25000, "0.025"},
    {50000, "0.05"},  {100000, "0.1"},  {250000, "0.25"}, {500000, "0.5"},  {1000000, "1"},
    {2500000, "2.5"}, {5000000, "5"},   {10000000, "10"}, {30000000, "30"}, {60000000, "60"},
};

const char *const stats_media_types[] = {"text/plain; version=0.0.4; charset=utf-8",
                                         "application/openmetrics-text; version=1.0.0; charset=utf-8"};

static const char *const kind_names[] = {"counter", "gauge", "histogram"};

void stats_init(struct stats *s)
{
	list_init(&s->entries);
}

void stats_fini(struct stats *s)
{
	REQUIRE(list_empty(&s->entries));
}

/* Behind the last of the same name, so that they are written together. */
static void insert(struct stats *s, struct stats_entry *e)
{
	struct list_node *after = NULL;
	list_for_each (n, &s->entries) {
		const struct stats_entry *other = LIST_ITEM(n, struct stats_entry, node);
		if (strcmp(other->name, e->name) == 0) {
			REQUIRE(other->kind == e->kind);
			after = n;
		}
	}
	list_insert(&s->entries, after ? after->next : NULL, &e->node);
}

void stats_register(struct stats *s, struct stats_value *v, enum stats_kind kind, const char *name,
                    const char *help, const char *labels)
{
	REQUIRE(kind != STATS_HISTOGRAM);
	v->entry = (struct stats_entry){.kind = kind, .name = name, .help = help, .labels = labels};
	atomic_init(&v->value, 0);
	insert(s, &v->entry);
}

void stats_register_micro(struct stats *s, struct stats_value *v, enum stats_kind kind, const char *name,
                          const char *help, const char *labels)
{
	stats_register(s, v, kind, name, help, labels);
	v->entry.micro = true;
}

void stats_register_histogram(struct stats *s, struct stats_histogram *h, const char *name, const char *help,
                              const char *labels)
{
	h->entry =
	    (struct stats_entry){.kind = STATS_HISTOGRAM, .name = name, .help = help, .labels = labels};
	for (size_t i = 0; i < ARRAY_LEN(h->buckets); i++)
		atomic_init(&h->buckets[i], 0);
	atomic_init(&h->sum_us, 0);
	insert(s, &h->entry);
}

void stats_unregister(struct stats_entry *e)
{
	if (list_in(&e->node))
		list_remove(&e->node);
}

void stats_observe(struct stats_histogram *h, uint64_t us)
{
	size_t i = 0;
	while (i < STATS_BOUNDS && us > bounds[i].us)
		i++;
	atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum_us, us, memory_order_relaxed);
}

static void write_value(const struct stats_entry *e, struct buf *out)
{
	const struct stats_value *v = CONTAINER_OF(e, struct stats_value, entry);
	buf_add(out, str_c(e->name));
	if (e->labels)
		buf_printf(out, "{%s}", e->labels);
	int64_t value = stats_get(v);
	uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
	if (e->micro)
		buf_printf(out, " %s%" PRIu64 ".%06" PRIu64 "\n", value < 0 ? "-" : "", size / 1000000,
		           size % 1000000);
	else
		buf_printf(out, " %" PRId64 "\n", value);
}

static void write_bucket(const struct stats_entry *e, struct buf *out, const char *bound, uint64_t count)
{
	buf_printf(out, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", e->name, e->labels ? e->labels : "",
	           e->labels ? "," : "", bound, count);
}

static void write_histogram(const struct stats_entry *e, struct buf *out)
{
	const struct stats_histogram *h = CONTAINER_OF(e, struct stats_histogram, entry);
	uint64_t count = 0, sum_us = atomic_load_explicit(&h->sum_us, memory_order_relaxed);
	for (size_t i = 0; i <= STATS_BOUNDS; i++) {
		count += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
		write_bucket(e, out, i < STATS_BOUNDS ? bounds[i].text : "+Inf", count);
	}
	const char *open = e->labels ? "{" : "", *labels = e->labels ? e->labels : "",
	           *close = e->labels ? "}" : "";
	buf_printf(out, "%s_sum%s%s%s %" PRIu64 ".%06" PRIu64 "\n", e->name, open, labels, close,
	           sum_us / 1000000, sum_us % 1000000);
	buf_printf(out, "%s_count%s%s%s %" PRIu64 "\n", e->name, open, labels, close, count);
}

uint64_t stats_count(const struct stats_histogram *h, uint64_t *sum_us)
{
	uint64_t count = 0;
	for (size_t i = 0; i <= STATS_BOUNDS; i++)
		count += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
	*sum_us = atomic_load_explicit(&h->sum_us, memory_order_relaxed);
	return count;
}

static void write_family(const struct stats_entry *e, enum stats_format format, struct buf *out)
{
	struct str family = str_c(e->name), total = STR("_total");
	if (format == STATS_OPENMETRICS && e->kind == STATS_COUNTER && str_ends(family, total))
		family.len -= total.len;
	buf_printf(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", STR_ARG(family), e->help, STR_ARG(family),
	           kind_names[e->kind]);
}

void stats_write(const struct stats *s, enum stats_format format, struct buf *out)
{
	const char *name = "";
	list_for_each (n, &s->entries) {
		const struct stats_entry *e = LIST_ITEM(n, struct stats_entry, node);
		if (strcmp(name, e->name) != 0)
			write_family(e, format, out);
		name = e->name;
		if (e->kind == STATS_HISTOGRAM)
			write_histogram(e, out);
		else
			write_value(e, out);
	}
	if (format == STATS_OPENMETRICS)
		buf_lit(out, "# EOF\n");
}
