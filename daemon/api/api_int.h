/* Shared by the files of the API. */
#ifndef VNEPP_API_API_INT_H
#define VNEPP_API_API_INT_H

#include "daemon/api/api.h"
#include "daemon/api/api_limiter.h"
#include "daemon/api/line_error.h"
#include "daemon/core/config.h"
#include "daemon/core/loop.h"
#include "daemon/job/decide.h"
#include "daemon/net/http1.h"
#include "daemon/store/store.h"
#include "daemon/store/store_intake.h"
#include "daemon/store/store_read.h"
#include "epp/base/arena.h"
#include "epp/base/list.h"
#include "epp/base/logapi.h"

#define API_ANSWER_MAX (64u << 20) /* an answer's body: 1,000 rows with long decisions are below 8 MB */
#define API_RETRY_QUOTA_S \
	60 /* when the partner's queue is full: how fast it empties is the registry's matter */
#define API_LEFTOVER_MS      1000 /* between tries to take a batch back */
#define API_RETRY_BUSY_S     5    /* when the store or an upload under the same key stands in the way */
#define API_RETRY_REQUESTS_S 1    /* when the partner's other requests do: most take milliseconds */

/* Batches that were given up while the store could not be written: they are in the way of their own repetition until
 * they are taken back. */
struct api_leftovers {
	batch_id_t *batches; /* owned; oldest first */
	size_t count;
	struct store_batch_abort op; /* of the first one */
	bool busy, stopped;
	struct loop_timer retry;
};

#define API_FEED_TICK_MS 500 /* whoever waits for changes hears of them so late at most */
#define API_FEEDS_MAX    16  /* of one partner at a time: streams, and pages that wait */

/* Who waits for changes. */
struct api_feed {
	struct list waiting; /* of feed_call: nothing was there when it looked */
	struct loop_timer tick;
	size_t idle; /* of all who read the feed: nothing is under way for them */
	bool draining;
};

/* A configuration with the store's numbers for its names; immutable, counted by reference, one thread. */
struct api_view {
	unsigned refs;
	struct config *config; /* one reference */
	uint32_t *partner_ids; /* owned */
	uint32_t *account_ids; /* owned; [partner * registry_count + registry] */
};

struct api {
	struct http_server http;
	struct loop *loop; /* borrowed */
	struct store_executor *writer, *reader;
	struct log *log;
	struct meter *meter;
	struct api_view *view;
	struct decider *decider;
	struct api_limiters limiters;
	struct list calls; /* of api_call; owned */
	struct api_leftovers leftovers;
	struct api_feed feed;
	struct api_owner owner;
};

#define API_TRACE_MAX 33 /* a trace-id in hexadecimal, with NUL */

/*
 * A request that waits for the store. It outlives its HTTP request when the connection goes; `http` is NULL then. It is
 * the first member of whatever handles the request, and is freed with it.
 */
struct api_call {
	struct list_node node; /* in api->calls */
	struct api *api;
	struct http_request *http;
	struct api_view *view; /* one reference */
	size_t partner_index;
	const struct config_partner *partner; /* in view->config */
	uint32_t partner_id;
	char trace[API_TRACE_MAX]; /* that the request belongs to */
	struct arena arena;
	/* Frees what the outer struct holds (not the struct itself); may be NULL. */
	void (*release)(struct api_call *c);
};

/* A request whose partner is known; what handlers get. */
struct api_request {
	struct api *api;
	struct http_request *http;
	size_t partner_index;
	const struct config_partner *partner;
	uint32_t partner_id;
	struct str arg; /* the variable part of the path, decoded */
};

/* ---- api.c ---- */
/* A zeroed struct of `size` bytes with the call at its head, listening to the connection's end. */
void *api_call_new(const struct api_request *q, size_t size, void (*release)(struct api_call *c));
void api_call_end(struct api_call *c);
/* An operation came back well and somebody waits for the answer. Else that is told (404: `what`), and the call has ended. */
bool api_call_usable(struct api_call *c, const struct store_op *op, const char *what);
/* False, and 503, while nothing is admitted. */
bool api_is_open(const struct api_request *q);
void api_submit(struct store_executor *x, struct store_op *op, enum store_op_type type,
                void (*done)(struct store_op *op));
/* The certificate is still this partner's, in the configuration in force now. */
bool api_call_allowed(const struct api_call *c);
/* "registry/account" of a number, as far as the configuration knows it; empty otherwise. */
struct str api_account_name(struct arena *a, const struct api_view *v, uint32_t account);

/* ---- api_trace.c ---- */
/* The request's trace-id, taken from its traceparent or made up. */
void api_trace_of(const struct api *a, const struct http_request *r, char out[API_TRACE_MAX]);
/* What clTRIDs have of it: its last eight digits. */
uint32_t api_trace_end(const char trace[API_TRACE_MAX]);
/* False: it is no traceparent. */
bool api_trace_parse(struct str s, char out[API_TRACE_MAX]);

/* ---- api_leftover.c ---- */
/* Takes the batch back as soon as the store can be written; what is left at the end the next start removes. */
void api_leftover_add(struct api *a, batch_id_t batch);
/* No more tries. */
void api_leftover_stop(struct api *a);
void api_leftover_fini(struct api *a);

/* ---- api_feed.c ---- */
/* Nobody waits any more: pages are answered, streams end. */
void api_feed_drain(struct api *a);

/* ---- api_limits.c ---- */
#define API_LIMIT_FIELDS 2
/* RateLimit-Policy and RateLimit of a partner whose rate was asked before; how many of them it has. `room`: what is known
 * of its day, or NULL. */
size_t api_limit_fields(struct arena *a, const struct api *api, const struct config_partner *p,
                        uint32_t partner, const struct store_room *room,
                        struct http_field out[API_LIMIT_FIELDS]);

/* ---- api_problem.c ---- */
struct api_problem {
	int status;
	const char *type;       /* after "urn:vnepp:problem:" */
	const char *title;      /* the same for every occurrence */
	struct str detail;      /* of this occurrence; may quote the peer */
	uint64_t retry_after_s; /* 0: none */
	const char *allow;      /* 405 */
	/* Further fields (at most API_LIMIT_FIELDS) and members; may be NULL. */
	const struct http_field *fields;
	size_t field_count;
	void (*extra)(struct buf *b, const void *arg);
	const void *arg;
};
/* Ends the request. */
void api_problem_answer(struct http_request *r, const struct api_problem *p);
/* 404: what this partner does not have. 400: a parameter, and what it may be. */
void api_problem_not_found(struct http_request *r, const char *what);
void api_problem_parameter(struct http_request *r, struct str what);
#define API_NO_SUCH_BATCH "this partner has no such batch"
#define API_NO_SUCH_ITEM  "this partner has no item with this ref"
/* "errors": [...] and their count: an `extra` of a problem whose `arg` is the struct line_errors. */
void api_problem_errors(struct buf *b, const void *errors);
/* A store operation failed: 503 when it may work later, 500 otherwise; logged. */
void api_problem_store(struct api *a, struct http_request *r, const struct store_op *op);

/* ---- api_result.c ---- */
/* One result object. `d`: whose rules know the words for the reasons. */
void api_result_json(struct buf *b, struct arena *scratch, const struct api_view *v, const struct api *a,
                     const struct store_row *row);
void api_result_csv_header(struct buf *b, const char *more); /* more: ",column" … */
void api_result_csv_cell(struct buf *b, struct str s);       /* without a separator */
void api_result_csv(struct buf *b, struct arena *scratch, const struct api_view *v, const struct decider *d,
                    const struct store_row *row);
/* "counts":{…},"moving":n */
void api_result_counts(struct buf *b, const uint64_t counts[ITEM_STATE__COUNT]);
void api_result_links(struct buf *b, batch_id_t batch);

/* A batch as GET tells it; makes the buffer. */
void api_batch_body(struct buf *b, const struct store_batch_info *i);
/* ---- api_read.c, api_items.c, intake_ask.c: the handlers ---- */
void api_get_batch(const struct api_request *q);
void api_cancel_batch(const struct api_request *q);
void api_get_items(const struct api_request *q);
void api_get_item(const struct api_request *q);
void api_get_domain(const struct api_request *q);
void api_decide(const struct api_request *q);      /* api_decision.c */
void api_retry_item(const struct api_request *q);  /* api_retry.c */
void api_get_domains(const struct api_request *q); /* api_domains.c */
void api_submit_one(const struct api_request *q);  /* api_one.c */
void api_get_changes(const struct api_request *q); /* api_feed.c */
void api_get_events(const struct api_request *q);
void api_get_contract(const struct api_request *q); /* api_contract.c */
void api_get_limits(const struct api_request *q);   /* api_limits.c */
void api_add_evidence(const struct api_request *q); /* api_evidence.c */
void intake_begin(const struct api_request *q);

/* The forms of lists of results; as the Accept header wants it, else 406 and false. */
extern const char *const api_item_types[];
enum { API_AS_JSON, API_AS_NDJSON, API_AS_CSV };
bool api_accept_items(struct http_request *r, int *as);
/* Whether If-None-Match names this ETag. */
bool api_etag_matches(struct str header, struct str etag);
/* ---- api_accept.c ---- */
/* The best of `types` ("application/json", …, NULL-terminated) for the Accept header; -1, and 406, when none fits. */
int api_accept(struct http_request *r, const char *const *types);
/* True when the answer can be JSON; else 406. */
bool api_accept_json(struct http_request *r);
/* Media type of Content-Type without parameters; false when it has a charset other than UTF-8. */
bool api_content_type(const struct http_request *r, struct str *type);

/* ---- api_query.c: false when the request was answered ---- */
/* Every query parameter is one of `params` (NULL-terminated). */
bool api_query_known(struct http_request *r, const char *const *params);
/* The number of entries on a page: "limit", or what it is without. */
bool api_query_limit(struct http_request *r, uint32_t *out);
/* The batch that the path names. */
bool api_path_batch(const struct api_request *q, batch_id_t *out);
/* A number; left alone when absent. False: it is none, or not from min to max; not answered. */
bool api_query_number(struct http_request *r, const char *name, uint64_t min, uint64_t max, uint64_t *out);

#endif
