/*
 * Creates that wait for the registry's decision. Happy path: 1001, a timer, approval, a panData message to the
 * sponsor. Refusal deletes the name and gives the fee back. Connections play no part in it.
 */
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "tests/regsim/rs_grammar.h"
#include "tests/regsim/rs_int.h"
#include "tests/regsim/rs_reply.h"

#include <stdlib.h>

struct pending {
	struct list_node node; /* sim.pending */
	struct loop_timer timer;
	struct regsim *sim; /* borrowed */
	uint32_t domain;
	instant_ms_t expires; /* kept until the approval */
	int64_t fee;
	uint64_t svtrid;
	char *cltrid; /* owned */
	bool refuse;
};

bool rs_pending_wanted(struct regsim *sim, struct str name)
{
	if (rs_fault_glob(sim->o.pending_glob, name))
		return true;
	return sim->o.pending_per_mille && rng_below(&sim->rng, 1000) < sim->o.pending_per_mille;
}

static void free_pending(struct pending *p)
{
	list_remove(&p->node);
	loop_timer_cancel(p->sim->loop, &p->timer);
	free(p->cltrid);
	free(p);
}

static void tell(struct pending *p, const struct rs_object *d, bool approved)
{
	struct regsim *sim = p->sim;
	struct buf out;
	char sv[24], date[TIME_TEXT_MAX];
	const char *x = rs_reply_prefix(sim, "domain");
	const char *colon = *x ? ":" : "";
	buf_init(&out, 16u << 10);
	buf_printf(&out,
	           "<%s%spanData xmlns%s%s=\"" RS_NS_DOMAIN "\"><%s%sname paResult=\"%d\">%s</%s%sname>", x,
	           colon, colon, x, x, colon, approved, d->name, x, colon);
	buf_printf(&out, "<%s%spaTRID>", x, colon);
	if (p->cltrid[0]) {
		buf_lit(&out, "<clTRID xmlns=\"" RS_NS_EPP "\">");
		rs_reply_escape(&out, str_c(p->cltrid));
		buf_lit(&out, "</clTRID>");
	}
	buf_printf(&out,
	           "<svTRID xmlns=\"" RS_NS_EPP
	           "\">%s</svTRID></%s%spaTRID><%s%spaDate>%s</%s%spaDate></%s%spanData>",
	           regsim_svtrid(sv, p->svtrid), x, colon, x, colon,
	           instant_format(date, loop_wall(sim->loop), sim->o.date_offset_s, true), x, colon, x,
	           colon);
	rs_account_message(sim, &sim->accounts[d->sponsor],
	                   approved ? STR("Create approved") : STR("Create refused"), buf_str(&out));
	buf_fini(&out);
}

static void on_decided(struct loop_timer *t)
{
	struct pending *p = CONTAINER_OF(t, struct pending, timer);
	struct regsim *sim = p->sim;
	struct rs_object *d = rs_table_at(&sim->domains, p->domain);
	struct rs_account *a = &sim->accounts[d->sponsor];
	struct regsim_entry e = {.at = loop_wall(sim->loop),
	                         .account = a->login,
	                         .op = p->refuse ? REGSIM_OP_REFUSE : REGSIM_OP_APPROVE,
	                         .kind = REGSIM_KIND_DOMAIN,
	                         .svtrid = p->svtrid,
	                         .committed = true,
	                         .expires = p->refuse ? INSTANT_NONE : p->expires,
	                         .fee_vnd = p->refuse ? -p->fee : 0};
	d->status &= ~(uint32_t)RS_STATUS_PENDING_CREATE;
	d->expires = p->expires;
	if (sim->o.ledger != REGSIM_LEDGER_OFF)
		rs_ledger_add(sim, &e, rs_object_name(d), str_c(p->cltrid));
	tell(p, d, !p->refuse);
	if (p->refuse) {
		rs_account_take(sim, a, -p->fee);
		rs_rules_remove(sim, d);
		sim->stats.refused++;
	} else {
		sim->stats.approved++;
	}
	free_pending(p);
}

void rs_pending_start(struct rs_exec *x, struct rs_object *d, int64_t fee)
{
	struct regsim *sim = x->sim;
	struct pending *p = xcalloc(1, sizeof *p);
	p->sim = sim;
	p->domain = d->id;
	p->fee = fee;
	p->expires = d->expires;
	p->svtrid = x->svtrid;
	p->cltrid = xmemdup0(x->cmd->cltrid.ptr, x->cmd->cltrid.len);
	p->refuse = rs_fault_glob(sim->o.refuse_glob, rs_object_name(d)) ||
	            (sim->o.refuse_per_mille && rng_below(&sim->rng, 1000) < sim->o.refuse_per_mille);
	p->timer.fire = on_decided;
	d->status |= RS_STATUS_PENDING_CREATE;
	d->expires = x->expires = INSTANT_NONE;
	list_push(&sim->pending, &p->node);
	loop_timer_set(sim->loop, &p->timer,
	               rs_fault_between(sim, sim->o.pending_min_ms, sim->o.pending_max_ms));
	sim->stats.pending++;
}

void rs_pending_fini(struct regsim *sim)
{
	while (!list_empty(&sim->pending))
		free_pending(LIST_ITEM(sim->pending.first, struct pending, node));
}
