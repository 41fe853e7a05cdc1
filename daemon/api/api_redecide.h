/* An item that is decided again on its partner's word, because evidence was added or another attempt is wanted. Embedded. */
#ifndef VNEPP_API_API_REDECIDE_H
#define VNEPP_API_API_REDECIDE_H

#include "daemon/api/api_int.h"
#include "daemon/store/store_held.h"

struct api_redecide {
	struct api_call *call;   /* ended in every case */
	struct decider *decider; /* a reference */
	struct store_decide decide;
	struct store_get_item get;
	/* The item was decided again: to be logged. Not called for what was so before. */
	void (*on_decided)(struct api_redecide *x);
	/* ERR_CONFLICT, ERR_TOO_LONG: what is to be answered. */
	struct api_problem (*problem)(const struct api_redecide *x, const struct store_op *op);
	int status, status_repeated; /* of the answer, which is the item's result */
};

/* Of a log line that tells it. */
#define API_REDECIDE_FIELDS(x)                                                    \
	F_C("partner", (x)->call->partner->name), F_C("trace", (x)->call->trace), \
	    F_U64("item", (x)->decide.item), F_U64("batch", (x)->decide.batch),   \
	    F_C("state", item_state_name((x)->decide.state)), F_C("reason", (x)->decide.reason)

/* The caller has set `how`, `evidence` and `evidence_count` of `decide`, the two functions, and the two statuses. */
void api_redecide_submit(struct api_redecide *x, struct api_call *call, struct str ref);
void api_redecide_release(struct api_redecide *x);
/* An `extra` of a problem whose `arg` is the store_decide: "state", where the item stood before. */
void api_redecide_state(struct buf *b, const void *arg);

#endif
