/*
 * Looking at the gateway: figures that nobody counts but that can be asked for, health, the status of the page, and a
 * sample every ten seconds for the history. It changes nothing in the gateway; without it the gateway runs the same.
 *
 * The status is one JSON object; times are RFC 3339 in Hanoi time, `*_s` seconds:
 *   instance version state since now sandbox epoch rules admission
 *   registries[]   name limit used_ppm accounts[]{name state sessions wanted in_flight retry_in_s last_error skew_ms password_expires
 *                  commands{}}
 *   items{}        by state; lanes[]{lane items oldest_s}
 *   partners[]     name queued max_queued limit_per_s burst used_ppm weight lines{new repeated bad}
 *   jobs{held ready in_flight waiting}, since_start{…}
 *   certificates[] use name subject expires days
 *   errors[]       at last count level event text fields; warnings_total, errors_total
 *   progress[]     id document title verified province province_list zone from to target percent names granted
 */
#ifndef VNEPP_GATEWAY_OBSERVE_H
#define VNEPP_GATEWAY_OBSERVE_H

#include "daemon/admin/http_admin.h"

#define GATEWAY_OBSERVE_MS 10000 /* the finest step of the history */

struct gateway;
struct gateway_observer;
struct json_t;
struct log_ring;
struct log_sink;
struct meter;

struct gateway_observe_env {
	struct gateway *gateway; /* borrowed, like all */
	struct meter *meter;
	struct log_ring *ring;
	struct log_sink *sink;
	/* A sample was taken; by the series of gateway_observe_series. */
	void (*on_point)(void *arg, int64_t at_ms, const int64_t *values, size_t count);
	void *arg;
};

/* NULL-terminated. Numbers in the store follow from the place: only append. */
extern const char *const gateway_observe_series[];

struct gateway_observer *gateway_observe_new(const struct gateway_observe_env *env) MUST_CHECK;
/* No more samples. */
void gateway_observe_stop(struct gateway_observer *o);
/* Before gateway_free() and meter_fini(); every operation of the store is back. */
void gateway_observe_free(struct gateway_observer *o);
/* The configuration in force has changed. */
void gateway_observe_reloaded(struct gateway_observer *o, bool done);

/* For struct http_admin_deps; `arg` is the observer. */
void gateway_observe_refresh(void *arg);
size_t gateway_observe_checks(void *arg, struct http_admin_check *out, size_t max);
void gateway_observe_status(void *arg, struct buf *out);

/* For the control socket; new objects: certificates[] as above with file; errors[] as above, as many as are kept, with
 * the totals; ready, checks[]{check health text}. */
struct json_t *gateway_observe_certificates(struct gateway_observer *o);
/* Into an answer: items{} by state, as at the last sample (ten seconds ago at most); attention[]{check text}: what is not fine of the above. */
void gateway_observe_add(struct gateway_observer *o, struct json_t *status);
struct json_t *gateway_observe_errors(struct gateway_observer *o);
struct json_t *gateway_observe_ready(struct gateway_observer *o);

#endif
