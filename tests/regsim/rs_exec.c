/* One command from check to record. */
#include "epp/base/check.h"
#include "tests/regsim/rs_grammar.h"
#include "tests/regsim/rs_int.h"
#include "tests/regsim/rs_reply.h"

#include <string.h>

#define CLTRID_MIN 3
#define CLTRID_MAX 64

static bool is_transform(enum regsim_op op)
{
	return op == REGSIM_OP_CREATE || op == REGSIM_OP_RENEW || op == REGSIM_OP_UPDATE ||
	       op == REGSIM_OP_DELETE || op == REGSIM_OP_TRANSFER;
}

static void record(struct rs_exec *x, enum regsim_fault fault, bool late)
{
	struct regsim *sim = x->sim;
	const struct rs_command *c = x->cmd;
	if (x->code < RS_CODE_MAX)
		sim->codes[x->code]++;
	if (sim->o.ledger == REGSIM_LEDGER_OFF ||
	    (sim->o.ledger == REGSIM_LEDGER_TRANSFORMS && !is_transform(c->op)))
		return;
	struct regsim_entry e = {
	    .at = x->now,
	    .account = x->session->account ? x->session->account->login : "",
	    .op = c->op,
	    .kind = c->kind,
	    .svtrid = x->svtrid,
	    .code = x->code,
	    .committed = x->committed,
	    .late = late,
	    .fault = (int)fault,
	    .expires = x->expires,
	    .fee_vnd = x->fee,
	    .ext = rs_ledger_ext(sim, c),
	};
	struct str name = c->names.first             ? c->names.first->text
	                  : c->op == REGSIM_OP_LOGIN ? c->clid
	                                             : STR_NONE;
	rs_ledger_add(sim, &e, name, c->cltrid);
}

static void begin(struct rs_exec *x)
{
	x->svtrid = ++x->sim->last_svtrid;
	x->now = loop_wall(x->sim->loop);
	x->expires = INSTANT_NONE;
	x->sim->stats.commands++;
	x->sim->stats.by_op[x->cmd->op]++;
	if (x->cltrid.len < CLTRID_MIN || x->cltrid.len > CLTRID_MAX)
		x->cltrid = STR_NONE; /* an answer that is valid itself cannot give it back */
	const struct rs_account *a = x->session->account;
	if (x->sim->o.msgq_everywhere && a && !list_empty(&a->queue) && x->cmd->op != REGSIM_OP_POLL)
		x->head = LIST_ITEM(a->queue.first, struct rs_message, node);
}

static bool announced(const struct regsim *sim, const char *uri)
{
	for (size_t i = 0; i < sim->o.ext_uri_count; i++)
		if (strcmp(sim->o.ext_uris[i], uri) == 0)
			return true;
	return false;
}

/* Empty: it is not there. */
static struct str value_of(const struct rs_command *c, const struct regsim_need *n)
{
	for (const struct rs_item *i = c->ext_values.first; i; i = i->next)
		if (strcmp(i->local, n->element) == 0 && i->uri && strcmp(i->uri, n->uri) == 0)
			return i->text;
	return STR_NONE;
}

/* False: answered. */
static bool extensions_ok(struct rs_exec *x)
{
	const struct rs_command *c = x->cmd;
	for (size_t i = 0; i < c->extension_count; i++) {
		if (!announced(x->sim, c->extensions[i])) {
			rs_reply_fail(x, 2103, c->extensions[i]);
			return false;
		}
	}
	for (size_t i = 0; i < x->sim->o.need_count; i++) {
		const struct regsim_need *n = &x->sim->o.needs[i];
		if (n->op != c->op || n->kind != c->kind)
			continue;
		struct str value = value_of(c, n);
		if (value.len && (!n->glob || rs_fault_glob(n->glob, value)))
			continue;
		rs_reply_fail(x, value.len ? 2306 : 2003, n->element);
		return false;
	}
	return true;
}

static void object_command(struct rs_exec *x)
{
	const struct rs_session *s = x->session;
	enum regsim_kind kind = x->cmd->kind;
	if ((kind == REGSIM_KIND_DOMAIN && !s->domain) || (kind == REGSIM_KIND_CONTACT && !s->contact) ||
	    (kind == REGSIM_KIND_HOST && !s->host))
		return rs_reply_fail(x, 2307, "not among the services of the log-in");
	if (!extensions_ok(x))
		return;
	if (!x->cmd->names.first)
		return rs_reply_fail(x, 2003, "name or id");
	if (x->cmd->names.count > 1 && x->cmd->op != REGSIM_OP_CHECK)
		return rs_reply_fail(x, 2001, "more than one name");
	switch (kind) {
	case REGSIM_KIND_DOMAIN: return rs_domain(x);
	case REGSIM_KIND_CONTACT: return rs_contact(x);
	case REGSIM_KIND_HOST: return rs_host(x);
	case REGSIM_KIND_NONE:
	case REGSIM_KIND_OTHER: return rs_reply_fail(x, 2001, "no object");
	}
}

static void dispatch(struct rs_exec *x)
{
	const struct rs_command *c = x->cmd;
	if (c->code == 2001)
		return rs_reply_fail(x, 2001, c->reason.ptr);
	if (!x->session->account && c->op != REGSIM_OP_LOGIN)
		return rs_reply_fail(x, 2002, "not logged in");
	if (c->code)
		return rs_reply_fail(x, c->code, c->reason.ptr);
	if (c->has_cltrid && (c->cltrid.len < CLTRID_MIN || c->cltrid.len > CLTRID_MAX))
		return rs_reply_fail(x, 2001, "clTRID has 3 to 64 characters");
	switch (c->op) {
	case REGSIM_OP_LOGIN: return extensions_ok(x) ? rs_session_login(x) : (void)0;
	case REGSIM_OP_LOGOUT: return rs_session_logout(x);
	case REGSIM_OP_POLL: return rs_poll(x);
	case REGSIM_OP_TRANSFER: return rs_reply_fail(x, 2101, "transfer");
	default: return object_command(x);
	}
}

void rs_exec_run(struct rs_exec *x, enum regsim_fault fault, bool late)
{
	begin(x);
	dispatch(x);
	INVARIANT(x->code != 0);
	rs_reply_end(x);
	record(x, fault, late);
}

void rs_exec_refuse(struct rs_exec *x, int code, enum regsim_fault fault)
{
	begin(x);
	rs_reply_fail(x, code, "");
	rs_reply_end(x);
	record(x, fault, false);
}

void rs_exec_lost(struct rs_exec *x, enum regsim_fault fault)
{
	begin(x);
	x->code = 0;
	record(x, fault, false);
}
