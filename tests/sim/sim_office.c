/*
 * What happens in the registry's office: a deposit that runs out and is filled up, and messages of all kinds in the
 * poll queues. Whatever they say, no message may block the queue, and nothing that is free may wait for money. And in ours: an
 * operator pauses this and that and resumes it, over crashes, too; in the end nothing that was held is forgotten.
 */
#include "epp/base/check.h"
#include "tests/sim/sim.h"

#include <stdio.h>

#define NS_DOMAIN   "urn:ietf:params:xml:ns:domain-1.0"
#define LETTER_MS   60000
#define DEPOSIT_MS  200000
#define DEPOSIT_VND 1500000 /* some names' worth */
#define PAUSE_MS    40000
#define PLENTY_VND  (INT64_MAX / 4)

static const char *const logins[] = {"gateway1", "gateway2"};

/* ---- messages ---------------------------------------------------------------------------------------------------------- */

static void transfer_of(char *out, size_t size, const char *status, const char *who, unsigned n)
{
	snprintf(out, size,
	         "<d:trnData xmlns:d=\"" NS_DOMAIN "\"><d:name>la%u.id.vn</d:name><d:trStatus>%s</d:trStatus>"
	         "<d:reID>%s</d:reID><d:reDate>2026-11-20T00:00:00Z</d:reDate><d:acID>x</d:acID>"
	         "<d:acDate>2026-11-25T00:00:00Z</d:acDate></d:trnData>",
	         n, status, who);
}

static void pending_of_nobody(char *out, size_t size, unsigned n)
{
	snprintf(
	    out, size,
	    "<d:panData xmlns:d=\"" NS_DOMAIN "\"><d:name paResult=\"%u\">la%u.id.vn</d:name><d:paTRID>"
	    "<clTRID>la-%u</clTRID><svTRID>SV-%u</svTRID></d:paTRID><d:paDate>2026-11-20T00:00:00Z</d:paDate>"
	    "</d:panData>",
	    n % 2, n, n, n);
}

static void on_letter(struct loop_timer *t)
{
	struct sim_world *w = CONTAINER_OF(t, struct sim_world, next_letter);
	char data[1024] = "";
	unsigned n = ++w->letters;
	switch (rng_below(&w->rng, 6)) {
	case 0: transfer_of(data, sizeof data, "pending", "stranger", n); break;
	case 1: transfer_of(data, sizeof data, "serverApproved", "stranger", n); break;
	case 2: transfer_of(data, sizeof data, "clientApproved", "gateway1", n); break;
	case 3: pending_of_nobody(data, sizeof data, n); break;
	case 4: snprintf(data, sizeof data, "<x:y xmlns:x=\"urn:nobody:knows\">%u</x:y>", n); break;
	default: break; /* words only */
	}
	INVARIANT(
	    regsim_poll_push(w->registry, logins[rng_below(&w->rng, 2)], STR("Thông báo"), str_c(data)));
	loop_timer_set(&w->v.loop, &w->next_letter, 1 + rng_below(&w->rng, LETTER_MS));
}

/* ---- money ------------------------------------------------------------------------------------------------------------- */

static void set_deposit(struct sim_world *w, int64_t vnd)
{
	for (size_t i = 0; i < ARRAY_LEN(logins); i++)
		*regsim_balance(w->registry, logins[i]) = vnd;
}

static void on_deposit(struct loop_timer *t)
{
	struct sim_world *w = CONTAINER_OF(t, struct sim_world, next_deposit);
	set_deposit(w, (int64_t)rng_below(&w->rng, DEPOSIT_VND));
	loop_timer_set(&w->v.loop, &w->next_deposit, 1 + rng_below(&w->rng, DEPOSIT_MS));
}

static void on_resumed(void *arg, const char *why, json_t *pauses)
{
	(void)arg, (void)why, (void)pauses; /* tried again for as long as anything is paused */
}

/* The operator's look: what a message has paused goes on. */
static void on_look(struct loop_timer *t)
{
	struct sim_world *w = CONTAINER_OF(t, struct sim_world, next_deposit);
	json_t *status = w->ready ? gateway_status(w->gateway) : NULL;
	if (status && json_array_size(json_object_get(status, "pauses"))) {
		json_t *everything = json_object();
		gateway_pause(w->gateway, everything, false, on_resumed, w);
		json_decref(everything);
	}
	json_decref(status);
	loop_timer_set(&w->v.loop, &w->next_deposit, 30000);
}

/* In the midst of it: something is paused, or resumed, or all of it is. */
static void on_whim(struct loop_timer *t)
{
	static const struct {
		const char *key, *value;
	} scopes[] = {{"zone", "id.vn"},     {"zone", "biz.vn"},
	              {"grant", "youth-id"}, {"grant", "new-enterprise"},
	              {"lane", "create"},    {"zone", "com.vn"},
	              {"only", "paid"}};
	struct sim_world *w = CONTAINER_OF(t, struct sim_world, next_pause);
	size_t n = rng_below(&w->rng, ARRAY_LEN(scopes));
	bool on = rng_below(&w->rng, 3) < 2, all = rng_below(&w->rng, 4) == 0;
	if (w->ready) {
		json_t *scope =
		    on || !all ? json_pack("{s:s}", scopes[n].key, scopes[n].value) : json_object();
		gateway_pause(w->gateway, scope, on, on_resumed, w);
		json_decref(scope);
	}
	loop_timer_set(&w->v.loop, &w->next_pause, 1 + rng_below(&w->rng, PAUSE_MS));
}

void sim_office_init(struct sim_world *w)
{
	w->next_pause.fire = on_whim;
	if (rng_below(&w->rng, 3) == 0)
		loop_timer_set(&w->v.loop, &w->next_pause, 1 + rng_below(&w->rng, PAUSE_MS));
	w->next_letter.fire = on_letter;
	w->next_deposit.fire = on_deposit;
	if (rng_below(&w->rng, 2))
		loop_timer_set(&w->v.loop, &w->next_letter, 1 + rng_below(&w->rng, LETTER_MS));
	if (rng_below(&w->rng, 2))
		loop_timer_set(&w->v.loop, &w->next_deposit, 1 + rng_below(&w->rng, DEPOSIT_MS));
}

void sim_office_calm(struct sim_world *w)
{
	loop_timer_cancel(&w->v.loop, &w->next_letter);
	loop_timer_cancel(&w->v.loop, &w->next_pause);
	set_deposit(w, PLENTY_VND);
	w->next_deposit.fire = on_look;
	loop_timer_set(&w->v.loop, &w->next_deposit, 1000);
}
