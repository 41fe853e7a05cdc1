/* The memory back end's poll messages. */
#include "daemon/store/store_mem_int.h"
#include "epp/base/check.h"

static void settle(struct mem *m, struct store_message *o, struct mem_item *i)
{
	struct item_result r = store_settled_result(o, i->op, i->grant_from, i->due, i->last->r);
	o->settled = i->id;
	mem_result_add(m, i, &r, true, NULL);
	if (r.state == ITEM_DONE) {
		mem_domain_made(m, i, &r);
		mem_paid_note(m, i);
	}
	if (!o->pan_approved)
		mem_grant_release(m, i);
}

static void settle_pending(struct mem *m, struct store_message *o)
{
	for (size_t n = 0; n < m->item_count && !o->settled; n++) {
		struct mem_item *i = m->items[n];
		if (i && i->state == ITEM_PENDING && i->account == o->account && str_eq(i->domain, o->domain))
			settle(m, o, i);
	}
}

static void change_domain(struct mem *m, struct store_message *o)
{
	struct mem_domain *d = map_get(&m->domains, o->domain);
	o->known = d && d->account == o->account && d->partner != 0;
	if (!o->known)
		return;
	if (o->gone) {
		d->partner = 0;
	} else if (o->expires != INSTANT_NONE && d->expires != INSTANT_NONE && d->expires < o->expires) {
		d->expires = o->expires;
		d->renewed_by = 0;
	}
}

static void keep(struct mem *m, const struct store_message *o, struct str attention)
{
	struct arena *a = &m->arena;
	m->messages = mem_grow(m->messages, m->message_count, sizeof *m->messages);
	m->messages[m->message_count] = (struct store_message_row){.message = m->message_count + 1,
	                                                           .account = o->account,
	                                                           .id = arena_str(a, o->id),
	                                                           .kind = arena_str(a, o->kind),
	                                                           .text = arena_str(a, o->text),
	                                                           .domain = arena_str(a, o->domain),
	                                                           .attention = arena_str(a, attention),
	                                                           .body = arena_str(a, o->body),
	                                                           .item = o->settled,
	                                                           .at = o->at,
	                                                           .stored = o->now,
	                                                           .done_at = INSTANT_NONE,
	                                                           .waits = o->waits};
	m->message_count++;
	m->messages_waiting += o->waits;
}

enum err mem_message(struct mem *m, struct store_message *o)
{
	o->settled = 0;
	o->look = o->known = o->waits = o->past_boundary = false;
	o->duplicate = map_put(&m->message_ids, mem_key(m, o->account, (uint64_t)o->at, o->id), m);
	if (o->duplicate)
		return OK;
	if (o->is_pan)
		settle_pending(m, o);
	else if (o->domain.len)
		change_domain(m, o);
	if (o->setting) {
		struct store_setting set = {.name = o->setting, .value = o->setting_value};
		(void)mem_setting(m, &set); /* writing cannot fail */
	}
	struct str why = o->attention;
	if (!why.len && o->is_pan && o->settled == 0)
		why = STR("a pending action is over that no item waits for");
	o->waits = why.len > 0;
	keep(m, o, why);
	return OK;
}

enum err mem_message_done(struct mem *m, struct store_message_done *o)
{
	struct store_message_row *r =
	    o->message > 0 && o->message <= m->message_count ? &m->messages[o->message - 1] : NULL;
	if (!r || !r->waits)
		return err_set(&o->op.errmsg, ERR_NOT_FOUND, "no message of this number waits for a person");
	r->waits = false;
	r->done_at = o->now;
	r->done_why = arena_str(&m->arena, o->why);
	m->messages_waiting--;
	return OK;
}

enum err mem_get_messages(struct mem *m, struct store_get_messages *o)
{
	REQUIRE(o->message || (o->limit > 0 && o->limit <= STORE_MESSAGES_MAX));
	uint32_t limit = o->message ? 1 : o->limit;
	o->rows = arena_alloc(o->arena, (limit + 1) * sizeof *o->rows);
	o->count = 0;
	o->more = false;
	for (size_t i = m->message_count; i > 0; i--) {
		struct store_message_row r = m->messages[i - 1];
		if ((o->message && r.message != o->message) || (!o->message && o->waiting && !r.waits))
			continue;
		if (o->count == limit) {
			o->more = true;
			break;
		}
		struct str *texts[] = {&r.id,        &r.kind,     &r.text, &r.domain,
		                       &r.attention, &r.done_why, &r.body};
		for (size_t k = 0; k < ARRAY_LEN(texts); k++)
			*texts[k] = arena_str(o->arena, *texts[k]);
		r.body = o->message ? r.body : STR_NONE;
		o->rows[o->count++] = r;
	}
	return o->message && o->count == 0 ? err_set(&o->op.errmsg, ERR_NOT_FOUND, "no such message") : OK;
}
