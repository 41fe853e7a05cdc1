/* Shared by gateway_observe.c (life, samples, health), gateway_observe_figures.c, gateway_observe_limits.c,
 * gateway_observe_status.c. */
#ifndef VNEPP_GATEWAY_OBSERVE_INT_H
#define VNEPP_GATEWAY_OBSERVE_INT_H

#include "certs/cert_info.h"
#include "daemon/core/meter.h"
#include "daemon/gateway_int.h"
#include "daemon/gateway_observe.h"
#include "daemon/job/lane.h"
#include "daemon/store/store_figures.h"

#define OBSERVE_LABELS_MAX  256
#define OBSERVE_CERTS_MAX   64
#define OBSERVE_LIMITS_MAX  128 /* of registries and the programme; more have no figure */
#define OBSERVE_TARGETS_MAX 64  /* of programmes and plans; more are left out */

enum observe_series {
	SERIES_QUEUED,
	SERIES_HELD,
	SERIES_DOUBT,
	SERIES_DONE,
	SERIES_FAILED,
	SERIES_LINES,
	SERIES_REGISTRY_US,
	SERIES_API_US,
	SERIES_STORE_US,
	SERIES_SESSIONS,
	SERIES_IN_FLIGHT,
	SERIES_LIMIT_PPM,
	SERIES__COUNT
};

/* A figure with labels of its own. */
struct observe_figure {
	struct stats_value value;
	char labels[OBSERVE_LABELS_MAX];
};

struct observe_account {
	struct observe_figure ready, connecting, wanted, in_flight, stopped, opened, lost, messages, skew,
	    password, last;
};

struct observe_registry {
	struct observe_figure used, taken;
	uint64_t taken_before;
};

struct observe_partner {
	struct list_node node;
	char name[STORE_NAME_MAX];
	struct observe_figure queued, used;
	uint64_t items; /* waiting, at the last sample */
};

struct observe_cert {
	char use[24], name[STORE_NAME_MAX], subject[256];
	char file[256]; /* where it came from; long paths are cut */
	instant_ms_t not_after;
	enum cert_validity validity; /* when it was read */
	struct observe_figure expiry;
};

struct observe_lane {
	struct observe_figure items, oldest;
	uint64_t count;
	instant_ms_t since; /* of the oldest; INSTANT_NONE: none */
};

/* A target's place in the rule set, and what was reached. */
struct observe_target {
	uint64_t names, granted;
	bool known;
};

/* Sums at the last sample. */
struct observe_sums {
	int64_t done, failed, lines;
	uint64_t registry_n, registry_us, api_n, api_us, store_n, store_us;
};

struct gateway_observer {
	struct gateway_observe_env env;
	struct gateway *g;
	struct loop_timer tick, count_more;
	uint64_t ticks, sampled_ms;
	bool stopped;

	struct store_get_depths depths;
	struct arena depths_arena;
	struct store_history_add add;
	int64_t values[SERIES__COUNT];
	struct store_progress progress;
	struct store_get_progress reading;
	struct arena reading_arena;
	bool sampling, counting, reading_busy;
	size_t target;  /* of the reading under way */
	char rules[80]; /* the revision that `targets` belong to */
	struct observe_target targets[OBSERVE_TARGETS_MAX];
	size_t target_count;
	uint64_t items[ITEM_STATE__COUNT]; /* at the last sample */
	struct json_t *limits; /* owned: as for the control socket, at the last sample; NULL: none yet */
	bool limiting;
	struct observe_figure *limits_used; /* owned; OBSERVE_LIMITS_MAX of them, or NULL */
	size_t limit_count;

	struct observe_sums before;
	struct observe_figure build, start, ready, admission, policy, dropped, warnings, errors, connections,
	    displaced, crowded, turns;
	struct observe_figure pauses, memory, cpu, fds, store_last, reload_last, admission_last, pending;
	struct observe_figure states[ITEM_STATE__COUNT], jobs[3];
	struct observe_lane lanes[LANE__COUNT];
	struct observe_registry *registries; /* owned; in the order of g->registries */
	struct observe_account *accounts;    /* owned; in the order of gateway_account_at() */
	struct list partners;                /* owned */
	struct observe_cert *certs;          /* owned; OBSERVE_CERTS_MAX of them */
	size_t cert_count;
};

/* gateway_observe_figures.c */
void observe_figures_init(struct gateway_observer *o);
void observe_figures_fini(struct gateway_observer *o);
/* The partners and certificates of the configuration in force. */
void observe_figures_config(struct gateway_observer *o);
struct observe_partner *observe_figures_partner(struct gateway_observer *o, const char *name);
/* Of the registries, at a sample. */
void observe_figures_rates(struct gateway_observer *o, uint64_t elapsed_ms);

/* gateway_observe_limits.c: for o->limits and their figures. Not asked again before it is answered. */
void observe_limits_ask(struct gateway_observer *o);
void observe_limits_fini(struct gateway_observer *o);

const char *observe_account_state(const struct pool_stats *p);
const char *observe_state(const struct gateway *g);
/* Whether anything can be admitted. */
bool observe_open(const struct gateway *g);

#endif
