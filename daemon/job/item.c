/* Names of operations, states and kinds; which state may follow which. */
#include "daemon/job/item.h"

static const char *const op_names[] = {"create", "renew"};
const char *const item_state_names[] = {"queued",      "waiting",   "review",  "refused", "sending",
                                        "done",        "failed",    "pending", "unknown", "reconciling",
                                        "needs_human", "cancelled", NULL};
static const char *const kind_names[] = {"none",        "citizen", "enterprise", "household_business",
                                         "cooperative", "other"};
static const char *const fault_names[] = {NULL, "partner", "policy", "registry", "gateway"};

_Static_assert(ARRAY_LEN(op_names) == ITEM_OP__COUNT, "a name for every operation");
_Static_assert(ARRAY_LEN(item_state_names) == ITEM_STATE__COUNT + 1, "a name for every state");
_Static_assert(ARRAY_LEN(kind_names) == APPLICANT__COUNT, "a name for every kind");
_Static_assert(ARRAY_LEN(fault_names) == FAULT__COUNT, "a name for every fault");

#define TO(s) (1u << ITEM_##s)

/* A late message of the registry (panData) may settle an item in any state after sending; a retry begins anew. */
static const unsigned allowed[ITEM_STATE__COUNT] = {
    [ITEM_QUEUED] = TO(SENDING) | TO(WAITING) | TO(REVIEW) | TO(REFUSED) | TO(CANCELLED),
    [ITEM_WAITING] = TO(QUEUED) | TO(WAITING) | TO(REVIEW) | TO(REFUSED) | TO(CANCELLED),
    [ITEM_REVIEW] = TO(QUEUED) | TO(WAITING) | TO(REVIEW) | TO(REFUSED) | TO(CANCELLED),
    [ITEM_REFUSED] = TO(QUEUED) | TO(WAITING) | TO(REVIEW) | TO(REFUSED),
    [ITEM_SENDING] =
        TO(DONE) | TO(FAILED) | TO(PENDING) | TO(UNKNOWN) | TO(QUEUED) | TO(REVIEW) | TO(NEEDS_HUMAN),
    [ITEM_DONE] = TO(DONE) | TO(FAILED),
    [ITEM_FAILED] = TO(DONE) | TO(FAILED) | TO(QUEUED) | TO(WAITING) | TO(REVIEW) | TO(REFUSED),
    [ITEM_PENDING] = TO(DONE) | TO(FAILED) | TO(NEEDS_HUMAN),
    [ITEM_UNKNOWN] =
        TO(RECONCILING) | TO(UNKNOWN) | TO(DONE) | TO(FAILED) | TO(PENDING) | TO(QUEUED) | TO(NEEDS_HUMAN),
    [ITEM_RECONCILING] =
        TO(RECONCILING) | TO(UNKNOWN) | TO(DONE) | TO(FAILED) | TO(PENDING) | TO(QUEUED) | TO(NEEDS_HUMAN),
    [ITEM_NEEDS_HUMAN] = TO(DONE) | TO(FAILED) | TO(QUEUED) | TO(RECONCILING),
    [ITEM_CANCELLED] = TO(QUEUED) | TO(WAITING) | TO(REVIEW) | TO(REFUSED),
};

#define FINAL   (TO(REFUSED) | TO(DONE) | TO(FAILED) | TO(CANCELLED))
#define RESTING (FINAL | TO(WAITING) | TO(REVIEW) | TO(NEEDS_HUMAN))

const char *item_op_name(enum item_op op)
{
	return (unsigned)op < ITEM_OP__COUNT ? op_names[op] : "?";
}

const char *item_state_name(enum item_state s)
{
	return (unsigned)s < ITEM_STATE__COUNT ? item_state_names[s] : "?";
}

bool item_state_parse(struct str name, enum item_state *out)
{
	for (int s = 0; s < ITEM_STATE__COUNT; s++) {
		if (str_eq_c(name, item_state_names[s])) {
			*out = (enum item_state)s;
			return true;
		}
	}
	return false;
}

bool item_state_may(enum item_state from, enum item_state to)
{
	return (unsigned)from < ITEM_STATE__COUNT && (unsigned)to < ITEM_STATE__COUNT &&
	       allowed[from] & 1u << to;
}

bool item_state_final(enum item_state s)
{
	return (unsigned)s < ITEM_STATE__COUNT && FINAL & 1u << s;
}

bool item_state_resting(enum item_state s)
{
	return (unsigned)s < ITEM_STATE__COUNT && RESTING & 1u << s;
}

const char *applicant_kind_name(enum applicant_kind k)
{
	return (unsigned)k < APPLICANT__COUNT ? kind_names[k] : "?";
}

const char *item_fault_name(enum item_fault f)
{
	return (unsigned)f < FAULT__COUNT ? fault_names[f] : NULL;
}
