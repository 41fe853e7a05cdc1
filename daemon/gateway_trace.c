/*
 * A wire trace: the EPP frames of a registry's sessions, for a while, to somebody who looks, with secrets removed
 * (epp/redact.h). Nothing of it is written anywhere.
 *
 * Happy path: asked for ─▶ each frame of the registry's accounts is printed and handed over as it goes by ─▶ the time is up
 * ─▶ answered with how many there were.
 *
 * Failure modes: who looks is too slow: frames are left out and counted, sending goes on undisturbed. They go away: over
 * within a second. The gateway stops: answered at once.
 */
#include "daemon/gateway_int.h"
#include "epp/base/alloc.h"
#include "epp/dialect.h"
#include "epp/redact.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define TRACES_MAX  4   /* each prints every frame once more */
#define SECONDS_MAX 600 /* whoever forgets it does not slow the gateway down for ever */
#define SECONDS     30
#define TICK_MS     1000
#define TEXT_MAX    (256u << 10) /* a list of thousands of names is no longer read by anybody */

struct gateway_trace {
	struct list_node node;
	struct gateway *gateway;
	struct gateway_registry *registry;
	struct gateway_trace_events ev;
	void *arg;
	struct loop_timer tick;
	uint64_t until, frames, left_out;
	struct buf text;
	struct arena arena; /* of `known` */
	struct epp_redact_opts how;
};

static void finish(struct gateway_trace *t)
{
	struct gateway *g = t->gateway;
	list_remove(&t->node);
	loop_timer_cancel(g->env.loop, &t->tick);
	LOG(g->env.log, LOG_NOTICE, "trace.ended", "a wire trace is over",
	    F_C("registry", t->registry->config->name), F_U64("frames", t->frames),
	    F_U64("left_out", t->left_out));
	t->ev.done(t->arg, NULL,
	           json_pack("{s:s, s:I, s:I}", "registry", t->registry->config->name, "frames",
	                     (json_int_t)t->frames, "left_out", (json_int_t)t->left_out));
	buf_fini(&t->text);
	arena_fini(&t->arena);
	free(t);
}

static void on_tick(struct loop_timer *timer)
{
	struct gateway_trace *t = CONTAINER_OF(timer, struct gateway_trace, tick);
	if (loop_now(t->gateway->env.loop) >= t->until || t->ev.is_gone(t->arg)) {
		finish(t);
		return;
	}
	/* That nobody reads any more shows when something is written. */
	(void)t->ev.on_frame(t->arg, json_pack("{s:s}", "event", "alive"));
	loop_timer_set(t->gateway->env.loop, timer, TICK_MS);
}

static void show(struct gateway_trace *t, const struct gateway_account *a, uint64_t session, bool sent,
                 struct str frame)
{
	char at[TIME_TEXT_MAX];
	buf_consume(&t->text, buf_len(&t->text));
	enum err err = epp_redact_print_opts(frame, &t->how, &t->text);
	struct str text = buf_str(&t->text);
	json_t *words = json_stringn(text.ptr ? text.ptr : "", text.len);
	json_t *event =
	    json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:I, s:b, s:o}", "event", "frame", "at",
	              instant_format(at, loop_wall(t->gateway->env.loop), HANOI_OFFSET_S, true), "registry",
	              t->registry->config->name, "account", a->config->name, "session", (json_int_t)session,
	              "direction", sent ? "sent" : "received", "bytes", (json_int_t)frame.len, "cut",
	              err != OK, "text", words ? words : json_string("[it cannot be printed]"));
	t->frames++;
	if (!t->ev.on_frame(t->arg, event))
		t->left_out++;
}

/* The sessions call it; nothing here may end a trace, for its answer may free what called. */
static void on_frame(void *arg, uint64_t session, bool sent, struct str frame)
{
	const struct gateway_account *a = arg;
	list_for_each (n, &a->gateway->traces) {
		struct gateway_trace *t = LIST_ITEM(n, struct gateway_trace, node);
		if (t->registry == a->registry)
			show(t, a, session, sent, frame);
	}
}

static void tap(struct gateway_account *a)
{
	a->tap = (struct session_tap){.arg = a};
	list_for_each (n, &a->gateway->traces)
		if (LIST_ITEM(n, struct gateway_trace, node)->registry == a->registry)
			a->tap.frame = on_frame;
}

static void set_taps(struct gateway *g)
{
	for (size_t i = 0; i < gateway_account_count(g); i++)
		tap(gateway_account_at(g, i));
}

static struct gateway_registry *find(struct gateway *g, const char *name)
{
	for (size_t i = 0; name && i < g->base->registry_count; i++)
		if (strcmp(g->base->registries[i].name, name) == 0)
			return &g->registries[i];
	return NULL;
}

static void begin(struct gateway *g, struct gateway_registry *r, uint64_t seconds,
                  const struct gateway_trace_events *ev, void *arg)
{
	struct gateway_trace *t = xcalloc(1, sizeof *t);
	const struct epp_dialect *mapping = r->config->mapping;
	*t = (struct gateway_trace){.gateway = g, .registry = r, .ev = *ev, .arg = arg};
	t->until = loop_now(g->env.loop) + seconds * 1000;
	buf_init(&t->text, TEXT_MAX);
	arena_init(&t->arena);
	if (mapping)
		t->how.known = epp_dialect_known(mapping, &t->arena, &t->how.known_count);
	t->tick.fire = on_tick;
	loop_timer_set(g->env.loop, &t->tick, seconds * 1000 < TICK_MS ? seconds * 1000 : TICK_MS);
	list_push(&g->traces, &t->node);
	set_taps(g);
}

void gateway_trace(struct gateway *g, const json_t *args, const struct gateway_asker *who,
                   const struct gateway_trace_events *ev, void *arg)
{
	struct gateway_registry *r = find(g, json_string_value(json_object_get(args, "registry")));
	const json_t *given = json_object_get(args, "seconds");
	json_int_t seconds = given ? json_integer_value(given) : SECONDS;
	if (!g->running || g->stopping) {
		ev->done(arg, "the gateway is starting or stopping", NULL);
	} else if (!r) {
		ev->done(arg, "no such registry; 'vnepp sessions' has their names", NULL);
	} else if (seconds < 1 || seconds > SECONDS_MAX) {
		ev->done(arg, "a trace takes 1 to 600 seconds", NULL);
	} else if (g->traces.count >= TRACES_MAX) {
		ev->done(arg, "four traces are under way: wait for one of them to end", NULL);
	} else {
		LOG(g->env.log, LOG_NOTICE, "trace.begun", "somebody looks at the frames of a registry",
		    F_C("registry", r->config->name), F_I64("seconds", seconds),
		    F_C("login", who->login ? who->login : "unknown"));
		begin(g, r, (uint64_t)seconds, ev, arg);
	}
}

void gateway_trace_stop(struct gateway *g)
{
	list_for_each_safe (n, &g->traces)
		finish(LIST_ITEM(n, struct gateway_trace, node));
}
