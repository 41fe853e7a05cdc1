/*
 * Figures for operators: counters, gauges and histograms of durations, written in the text format that Prometheus
 * reads. A figure is embedded in what it counts and registered while that lives. Registering and writing are for the
 * loop's thread; adding, setting and observing for any.
 *
 * Names follow Prometheus: "vnepp_commands_total", "vnepp_command_seconds". `labels` is ready-made text such as
 * registry="vnnic-ascii",account="common" or NULL. Figures of one name and different labels come out together.
 */
#ifndef VNEPP_CORE_STATS_H
#define VNEPP_CORE_STATS_H

#include "epp/base/buf.h"
#include "epp/base/list.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum stats_kind { STATS_COUNTER, STATS_GAUGE, STATS_HISTOGRAM };
/* The text of Prometheus 0.0.4, or OpenMetrics 1.0 (a counter's family is named without "_total"; "# EOF" at the end). */
enum stats_format { STATS_PROMETHEUS, STATS_OPENMETRICS };
extern const char *const stats_media_types[]; /* by enum stats_format */

/* Upper bounds of the histogram's buckets: 1 ms to 60 s, the time of an EPP command on anything from a LAN to an
 * overloaded registry. */
#define STATS_BOUNDS 15

struct stats {
	struct list entries;
};

struct stats_entry {
	struct list_node node;
	enum stats_kind kind;
	bool micro;                       /* values are millionths of what is written */
	const char *name, *help, *labels; /* borrowed */
};

struct stats_value {
	struct stats_entry entry;
	atomic_int_least64_t value;
};

struct stats_histogram {
	struct stats_entry entry;
	atomic_uint_least64_t buckets[STATS_BOUNDS + 1]; /* the last: above all bounds */
	atomic_uint_least64_t sum_us;
};

void stats_init(struct stats *s);
/* Nothing may be registered any more. */
void stats_fini(struct stats *s);

/* `kind` is STATS_COUNTER or STATS_GAUGE; starts at 0. */
void stats_register(struct stats *s, struct stats_value *v, enum stats_kind kind, const char *name,
                    const char *help, const char *labels);
/* Of millionths: microseconds for "_seconds", parts per million for "_ratio". */
void stats_register_micro(struct stats *s, struct stats_value *v, enum stats_kind kind, const char *name,
                          const char *help, const char *labels);
void stats_register_histogram(struct stats *s, struct stats_histogram *h, const char *name, const char *help,
                              const char *labels);
/* What is not registered stays so. */
void stats_unregister(struct stats_entry *e);

static inline void stats_add(struct stats_value *v, int64_t n)
{
	atomic_fetch_add_explicit(&v->value, n, memory_order_relaxed);
}

/* For gauges, and for counters that somebody else counts. */
static inline void stats_set(struct stats_value *v, int64_t value)
{
	atomic_store_explicit(&v->value, value, memory_order_relaxed);
}

static inline int64_t stats_get(const struct stats_value *v)
{
	return atomic_load_explicit(&v->value, memory_order_relaxed);
}

void stats_observe(struct stats_histogram *h, uint64_t us);

/* Events so far, and the sum of their times. */
uint64_t stats_count(const struct stats_histogram *h, uint64_t *sum_us);

void stats_write(const struct stats *s, enum stats_format format, struct buf *out);

#endif
