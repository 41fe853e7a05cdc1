/* Random batches, and partners who send them until they are answered, follow them, and fetch their results. */
#include "epp/base/check.h"
#include "tests/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>

#define NAMES 120 /* few enough that lines, batches and partners collide */
/* The wall clock's day in the simulation; every applicant is 20 years old on it. */
#define TODAY "2026-11-20"

bool sim_history_name(int i, char out[64], int *partner, date_t *created, date_t *expires)
{
	if (i >= SIM_HISTORY)
		return false;
	snprintf(out, 64, "cu%02d.id.vn", i);
	*partner = i % SIM_PARTNERS;
	*created = date_make(2025, 12, 1 + i % 28);
	*expires = date_make(2026, 12, 1 + i % 28);
	return true;
}

/* One in eight is a name that costs. */
static void add_create(struct sim_batch *b, struct rng *r, int line)
{
	bool rush = b->world->rush; /* mostly names and people of their own */
	int own = b->number * SIM_RUSH_LINES + line;
	int name = rush && own % 50 ? 1000 + own : (int)rng_below(r, NAMES);
	int person = rush ? 1000 + own : (int)rng_below(r, 400);
	bool adult = rng_below(r, 20) > 0, paid = rng_below(r, 8) == 0;
	buf_printf(
	    &b->lines,
	    "{\"ref\":\"p%d-b%d-%d\",\"op\":\"create\",\"domain\":\"ten%d.%s.vn\",\"period\":%d,"
	    "\"applicant\":{\"kind\":\"citizen\",\"name\":\"Trần Thị %d\",\"citizenship\":\"VN\","
	    "\"birth_date\":\"%s\",\"gender\":\"male\",\"id_number\":\"0682%s%06d\","
	    "\"phone\":\"+84.912345678\",\"email\":\"a%d@example.vn\",\"address\":{\"street\":\"%d Hùng "
	    "Vương\","
	    "\"ward\":\"Xuân "
	    "Hương\",\"province\":\"68\",\"province_list\":\"2025-07-01\",\"country\":\"VN\"}},"
	    "\"evidence\":[{\"type\":\"ekyc\",\"issuer\":\"sim\",\"reference\":\"K-%d\",\"date\":\"" TODAY
	    "\",\"result\":\"confirmed\"}],"
	    "\"ns\":[{\"name\":\"ns%d.example.net\"},{\"name\":\"ns%d.example.net\"}],"
	    "\"if_not_free\":\"%s}\n",
	    b->partner, b->number, line, name, paid ? "com" : "id", 1 + (int)rng_below(r, 2), person,
	    adult ? "2006-03-15" : "2010-03-15", adult ? "06" : "10", person, person, person, line,
	    1 + name % 3, 4 + name % 4, paid ? "charge\",\"max_fee_vnd\":10000000" : "refuse\"");
}

static void add_renew(struct sim_batch *b, struct rng *r, int line)
{
	char name[64], text[DATE_TEXT_MAX];
	int partner;
	date_t created, expires;
	INVARIANT(sim_history_name((int)rng_below(r, SIM_HISTORY), name, &partner, &created, &expires));
	buf_printf(
	    &b->lines,
	    "{\"ref\":\"p%d-b%d-%d\",\"op\":\"renew\",\"domain\":\"%s\",\"cur_exp_date\":\"%s\",\"period\":1,"
	    "\"if_not_free\":\"charge\",\"max_fee_vnd\":1000000}\n",
	    b->partner, b->number, line, name, date_format(text, expires));
}

void sim_batch_make(struct sim_batch *b, struct sim_world *w, int partner, int number)
{
	*b = (struct sim_batch){.world = w, .partner = partner, .number = number};
	sim_http_init(&b->http, w, partner);
	buf_init(&b->lines, 16u << 20);
	b->line_count = 1 + rng_below(&w->rng, w->rush ? SIM_RUSH_LINES : SIM_LINES_MAX);
	for (size_t i = 0; i < b->line_count; i++) {
		if (sim_desk_line(b, (int)i))
			continue;
		if (rng_below(&w->rng, w->rush ? 200 : 4) > 0)
			add_create(b, &w->rng, (int)i);
		else
			add_renew(b, &w->rng, (int)i);
	}
	b->results = json_array();
}

/* ---- sending until answered ----------------------------------------------------------------------------------------- */

static void again(struct sim_batch *b, uint64_t in_ms)
{
	loop_timer_set(&b->world->v.loop, &b->timer, in_ms);
}

static void on_sent(void *arg, int status, struct str head, struct str body)
{
	struct sim_batch *b = arg;
	const char *at = head.len ? memmem(head.ptr, head.len, "Location: /v1/batches/", 22) : NULL;
	if (status == 202 && at) {
		size_t n = strcspn(at + 22, "\r\n");
		INVARIANT(str_copy(b->id, sizeof b->id, str_make(at + 22, n)));
		b->state = SIM_FOLLOWING;
		again(b, 5000);
	} else if (status == 0 || status == 409 || status == 429 || status == 503) {
		again(b, 1000 + rng_below(&b->world->rng, 3000));
	} else {
		sim_wrong(b->world, "batch p%d-b%d answered %d: %.*s", b->partner, b->number, status,
		          STR_ARG(body));
	}
}

static void on_counts(void *arg, int status, struct str head, struct str body)
{
	struct sim_batch *b = arg;
	(void)head;
	json_t *o = status == 200 ? json_loadb(body.ptr, body.len, 0, NULL) : NULL;
	json_t *moving = json_object_get(o, "moving");
	if (status == 404)
		sim_wrong(b->world, "batch %s was acknowledged and is gone", b->id);
	if (json_is_integer(moving) && json_integer_value(moving) == 0 && !b->world->desk.busy) {
		b->state = SIM_FETCHING;
		again(b, 1);
	} else {
		again(b, 30000);
	}
	json_decref(o);
}

static void on_page(void *arg, int status, struct str head, struct str body)
{
	struct sim_batch *b = arg;
	(void)head;
	json_t *o = status == 200 ? json_loadb(body.ptr, body.len, 0, NULL) : NULL;
	if (!o) {
		again(b, 1000);
		return;
	}
	json_array_extend(b->results, json_object_get(o, "items"));
	if (json_is_null(json_object_get(o, "next")) || !json_object_get(o, "next"))
		b->state = SIM_FETCHED;
	else
		again(b, 1);
	json_decref(o);
}

static void on_timer(struct loop_timer *t)
{
	struct sim_batch *b = CONTAINER_OF(t, struct sim_batch, timer);
	char path[160], headers[160];
	if (b->http.busy) {
		again(b, 100);
		return;
	}
	switch (b->state) {
	case SIM_SENDING:
		b->tries++;
		snprintf(headers, sizeof headers,
		         "Content-Type: application/x-ndjson\r\nIdempotency-Key: p%d-b%d\r\n", b->partner,
		         b->number);
		sim_http_send(&b->http, "POST", "/v1/batches", headers, buf_str(&b->lines), on_sent, b);
		break;
	case SIM_FOLLOWING:
		snprintf(path, sizeof path, "/v1/batches/%s", b->id);
		sim_http_send(&b->http, "GET", path, "", STR_NONE, on_counts, b);
		break;
	case SIM_FETCHING: {
		size_t n = json_array_size(b->results);
		json_int_t after =
		    n ? json_integer_value(json_object_get(json_array_get(b->results, n - 1), "line")) : 0;
		snprintf(path, sizeof path, "/v1/batches/%s/items?after=%lld&limit=%d", b->id,
		         (long long)after, b->world->rush ? 1000 : 25);
		sim_http_send(&b->http, "GET", path, "Accept: application/json\r\n", STR_NONE, on_page, b);
		break;
	}
	case SIM_FETCHED: break;
	}
}

void sim_batch_start(struct sim_batch *b, uint64_t in_ms)
{
	b->timer.fire = on_timer;
	again(b, in_ms);
}
