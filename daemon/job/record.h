/*
 * The record of a decision: the facts that it used, in a compact form, from which the same rules give the same bytes again.
 *
 * Identity numbers are not in it: in their place stand numbers of the same structure, as far as rules can see one
 * (identity_mask()). Names, addresses and references are not in it either.
 */
#ifndef VNEPP_JOB_RECORD_H
#define VNEPP_JOB_RECORD_H

#include "daemon/job/decide.h"
#include "policy/policy.h"

struct record {
	enum decide_stage stage;
	bool foreign; /* another partner's name: refused whatever the rules say */
	struct policy_facts facts;
	uint64_t list; /* the department's list that the last piece of evidence is from; 0: none */
	uint32_t line;
	struct policy_evidence evidence[ITEM_EVIDENCE_MAX + 1];
	struct policy_given given[ITEM_FACTS_MAX];
};

/* Appends. Of `r` the facts are read from where its `facts` point to. */
void record_encode(const struct record *r, struct buf *out);
/* Views point into `in` and into `out` itself: it may not be copied. ERR_CORRUPT: not a record, or cut. */
enum err record_decode(struct str in, struct record *out) MUST_CHECK;
/*
 * Decides it under `rules`: the members of the decision, as decide_item() has them, appended to `out`; the first
 * *common bytes of what is appended are the common ones. `p`: the decision itself.
 */
void record_decide(const struct policy_ruleset *rules, const struct record *r, struct buf *out,
                   size_t *common, struct policy_decision *p);

#endif
