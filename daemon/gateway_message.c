/*
 * The poll queue of a registry: each message is stored with all its effects before it is acknowledged.
 *
 * Happy path: a message comes ─▶ what it says is told from who says it ─▶ one operation stores it and what follows ─▶ a
 * name is free again, or looked up, or what costs is paused ─▶ it is acknowledged.
 *
 * Failure modes: it cannot be stored, or a change of the pauses is under way: it is not acknowledged, and comes again. It
 * is not understood: it is kept for a person (vnepp messages), and acknowledged, so that it is in nobody's way.
 */
#include "daemon/gateway_int.h"
#include "epp/message.h"
#include "epp/name.h"
#include "epp/redact.h"

#include <jansson.h>
#include <stdlib.h>

#define BODY_MAX \
	(4u << 20) /* of a message that is kept: four times the longest frame, with room to indent it */

/* ---- what it says -------------------------------------------------------------------------------------------------------- */

/* The frame for people. */
static struct str body_of(const struct epp_response *r, struct arena *a)
{
	struct buf body;
	buf_init(&body, BODY_MAX);
	struct str text = epp_redact_print(r->frame, &body) ? STR("(the frame is too long to be kept)")
	                                                    : arena_str(a, buf_str(&body));
	buf_fini(&body);
	return text;
}

/* What the registry says of it in words. */
static struct str words_of(const struct epp_response *r, struct arena *a)
{
	struct buf words;
	buf_init(&words, BODY_MAX);
	epp_redact_text(r->msgq.msg, &words);
	struct str text = arena_str(a, buf_str(&words));
	buf_fini(&words);
	return text;
}

/* Our ledger has A-labels; a registry may write what it likes. */
static struct str name_of(const struct epp_message *m, struct arena *a)
{
	struct epp_name name;
	struct errmsg why;
	if (!m->is_domain || str_empty(m->name) || epp_name_parse(m->name, &name, &why))
		return STR_NONE;
	return arena_str(a, str_c(name.ascii));
}

static bool is_low_balance(const struct gateway_pool *w, const struct epp_message *m, struct str body)
{
	const struct config_registry *r = w->registry_config;
	return (m->kind == EPP_MESSAGE_OTHER) &&
	       epp_message_has_mark(body, r->low_balance_marks, r->low_balance_mark_count);
}

static void balance(struct gateway_pool *w, struct epp_message *m)
{
	struct store_message *o = &w->message;
	bool stop = w->registry_config->low_balance == CONFIG_LOW_BALANCE_STOP;
	m->kind = EPP_MESSAGE_BALANCE;
	m->attention = stop ? "the deposit runs low: what costs money is paused until vnepp resume"
	                    : "the deposit runs low";
	char *text =
	    stop ? gateway_pause_paid(w->gateway, w->account, "the deposit runs low", &w->message_pauses)
	         : NULL;
	if (!text)
		return;
	o->setting = GATEWAY_PAUSES;
	o->setting_value = arena_str(&w->message_arena, str_c(text));
	w->gateway->pausing = true;
	free(text);
}

/* ---- stored -------------------------------------------------------------------------------------------------------------- */

static void log_stored(const struct gateway_pool *w)
{
	const struct store_message *o = &w->message;
	struct log *log = w->gateway->env.log;
	if (o->op.err)
		LOG(log, LOG_ERROR, "poll.not_stored", o->op.errmsg.text, F_C("account", w->account->name),
		    F_STR("message_id", o->id));
	else if (!o->duplicate)
		LOG(log, o->waits ? LOG_WARNING : LOG_INFO, "poll.message",
		    o->waits ? "stored for a person: vnepp messages" : "stored",
		    F_C("account", w->account->name), F_STR("message_id", o->id), F_STR("kind", o->kind),
		    F_STR("domain", o->domain), F_U64("item", o->settled), F_STR("attention", o->attention));
	if (!o->op.err && o->past_boundary)
		LOG(log, LOG_WARNING, "create.late",
		    "the registry created a free name on a day on which it is not free any more",
		    F_C("account", w->account->name), F_U64("item", o->settled));
	if (!o->op.err && o->gone && o->known)
		LOG(log, LOG_WARNING, "name.gone", "a name of ours is no longer ours: the registry says so",
		    F_C("account", w->account->name), F_STR("domain", o->domain), F_STR("kind", o->kind));
}

static void take_effect(struct gateway_pool *w)
{
	struct gateway *g = w->gateway;
	struct store_message *o = &w->message;
	if (o->setting)
		g->pausing = false;
	if (!o->op.err && o->look)
		sched_look(g->sched, o->settled);
	else if (!o->op.err && o->settled)
		sched_settled(g->sched, o->domain);
	if (!o->op.err && !o->duplicate && w->message_pauses)
		gateway_pause_take(g, w->message_pauses, o->setting_value.ptr);
	json_decref(w->message_pauses);
	w->message_pauses = NULL;
}

static void on_stored(struct store_op *op)
{
	struct gateway_pool *w = CONTAINER_OF(op, struct gateway_pool, message.op);
	log_stored(w);
	take_effect(w);
	w->storing = false;
	arena_reset(&w->message_arena);
	if (w->drained)
		gateway_pool_closed(w);
	else
		pool_message_stored(w->pool, op->err == OK);
}

void gateway_message(void *arg, const struct epp_response *r)
{
	struct gateway_pool *w = arg;
	struct arena *arena = &w->message_arena;
	struct gateway_env *env = &w->gateway->env;
	struct epp_message m;
	epp_message_read(r, str_c(w->account_config->login), &m);
	struct str body = body_of(r, arena);
	bool low = is_low_balance(w, &m, body);
	if (low && w->gateway->pausing) {
		arena_reset(arena);
		pool_message_stored(w->pool, false);
		return;
	}
	w->message = (struct store_message){
	    .op = {.type = STORE_MESSAGE, .done = on_stored},
	    .account = w->account->id,
	    .id = arena_str(arena, r->msgq.id),
	    .text = words_of(r, arena),
	    .body = body,
	    .at = r->msgq.q_date.at != INSTANT_NONE ? r->msgq.q_date.at : loop_wall(env->loop),
	    .now = loop_wall(env->loop),
	    .domain = name_of(&m, arena),
	    .is_pan = m.kind == EPP_MESSAGE_PENDING && m.is_domain,
	    .cl_trid = arena_str(arena, m.trid.client),
	    .pan_approved = m.ok,
	    .gone = m.fate == EPP_FATE_GONE,
	    .expires = m.fate == EPP_FATE_EXPIRES ? m.expires : INSTANT_NONE,
	};
	if (low)
		balance(w, &m);
	w->message.kind = str_c(epp_message_kind_name(m.kind));
	w->message.attention = str_c(m.attention);
	w->storing = true;
	env->writer->submit(env->writer, &w->message.op);
}
