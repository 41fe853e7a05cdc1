/* The ledger: chunks of entries that never move, strings in the pool. */
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "tests/regsim/rs_int.h"

#include <stdio.h>
#include <stdlib.h>

#define CHUNK 4096u

const char *rs_ledger_ext(struct regsim *sim, const struct rs_command *c)
{
	if (c->ext_values.count == 0)
		return NULL;
	buf_clear(&sim->record);
	for (const struct rs_item *i = c->ext_values.first; i; i = i->next)
		buf_printf(&sim->record, "%s%s=%.*s", buf_len(&sim->record) ? "; " : "", i->local,
		           STR_ARG(i->text));
	return rs_pool_str(&sim->pool, buf_str(&sim->record));
}

void rs_ledger_add(struct regsim *sim, const struct regsim_entry *e, struct str name, struct str cltrid)
{
	if (sim->entry_count % CHUNK == 0) {
		size_t chunks = sim->entry_count / CHUNK;
		if (chunks == sim->entry_chunks) {
			sim->entry_chunks = chunks ? chunks * 2 : 16;
			sim->entries = xrealloc(sim->entries, sim->entry_chunks, sizeof *sim->entries);
		}
		sim->entries[chunks] = xcalloc(CHUNK, sizeof **sim->entries);
	}
	struct regsim_entry *to = &sim->entries[sim->entry_count / CHUNK][sim->entry_count % CHUNK];
	*to = *e;
	to->name = rs_pool_str(&sim->pool, name);
	to->cltrid = rs_pool_str(&sim->pool, cltrid);
	to->seq = ++sim->entry_count;
}

void rs_ledger_fini(struct regsim *sim)
{
	for (size_t i = 0; i * CHUNK < sim->entry_count; i++)
		free(sim->entries[i]);
	free(sim->entries);
}

size_t regsim_ledger_count(const struct regsim *sim)
{
	return sim->entry_count;
}

const struct regsim_entry *regsim_ledger_at(const struct regsim *sim, size_t i)
{
	REQUIRE(i < sim->entry_count);
	return &sim->entries[i / CHUNK][i % CHUNK];
}

const char *regsim_svtrid(char *out, uint64_t number)
{
	memcpy(out, "SIM-000000000000", 17);
	for (int at = 15; number && at > 3; at--, number /= 10)
		out[at] = (char)('0' + number % 10);
	return out;
}

static void json_text(struct buf *out, const char *key, struct str s)
{
	buf_printf(out, "\"%s\":", key);
	buf_json(out, s);
}

static void json_time(struct buf *out, const char *key, instant_ms_t t, bool with_ms)
{
	char text[TIME_TEXT_MAX];
	if (t == INSTANT_NONE)
		buf_printf(out, "\"%s\":null", key);
	else
		buf_printf(out, "\"%s\":\"%s\"", key, instant_format(text, t, 0, with_ms));
}

void regsim_entry_json(const struct regsim_entry *e, struct buf *out)
{
	char sv[24];
	buf_printf(out, "{\"seq\":%llu,", (unsigned long long)e->seq);
	json_time(out, "at", e->at, true);
	buf_byte(out, ',');
	json_text(out, "account", str_c(e->account));
	buf_printf(out, ",\"op\":\"%s\",\"kind\":\"%s\",", regsim_op_name(e->op), regsim_kind_name(e->kind));
	json_text(out, "name", str_c(e->name));
	buf_byte(out, ',');
	json_text(out, "cltrid", str_c(e->cltrid));
	buf_printf(out, ",\"svtrid\":\"%s\",\"code\":%d,\"committed\":%s,\"late\":%s,\"fault\":\"%s\",",
	           regsim_svtrid(sv, e->svtrid), e->code, e->committed ? "true" : "false",
	           e->late ? "true" : "false", regsim_fault_name((enum regsim_fault)e->fault));
	json_time(out, "expires", e->expires, false);
	buf_printf(out, ",\"fee_vnd\":%lld", (long long)e->fee_vnd);
	if (e->ext) {
		buf_byte(out, ',');
		json_text(out, "ext", str_c(e->ext));
	}
	buf_lit(out, "}\n");
}

void regsim_domain_json(const struct regsim_domain_view *d, struct buf *out)
{
	char day[DATE_TEXT_MAX];
	buf_byte(out, '{');
	json_text(out, "domain", d->name);
	buf_byte(out, ',');
	json_text(out, "account", str_c(d->account));
	buf_byte(out, ',');
	json_text(out, "registrant", d->registrant);
	buf_printf(out, ",\"exists\":%s,\"pending\":%s,", d->exists ? "true" : "false",
	           d->pending ? "true" : "false");
	json_time(out, "created", d->created, false);
	buf_byte(out, ',');
	json_time(out, "expires", d->expires, false);
	buf_printf(out, ",\"expires_on\":\"%s\",\"times_created\":%u,\"times_renewed\":%u}\n",
	           date_format(day, d->expires_on), d->times_created, d->times_renewed);
}
