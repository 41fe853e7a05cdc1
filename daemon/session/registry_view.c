/* What a registry says of itself, compared with what it said before. */
#include "daemon/session/registry_view.h"
#include "epp/base/buf.h"

#include <stdlib.h>

#define DIFFERENCE_MAX 2048 /* what a log line shows of a changed greeting */

void registry_view_init(struct registry_view *v, struct log *log, const char *registry, const char *account,
                        uint64_t skew_warn_ms)
{
	*v = (struct registry_view){.log = log,
	                            .registry = registry,
	                            .account = account,
	                            .skew_warn_ms = skew_warn_ms,
	                            .password_expires = INSTANT_NONE,
	                            .certificate_expires = INSTANT_NONE};
}

void registry_view_fini(struct registry_view *v)
{
	arena_fini(&v->uris_arena);
}

/* ---- the greeting ---------------------------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Sorted and each once, because some servers list them in another order each time. */
static size_t sorted_uris(struct arena *a, const struct epp_greeting *g, struct str **out)
{
	size_t n = 0, kept = 0, all = g->obj_uris.count + g->ext_uris.count;
	struct str *list = arena_calloc(a, all + 1, sizeof *list);
	for (size_t i = 0; i < g->obj_uris.count; i++)
		list[n++] = arena_str(a, g->obj_uris.items[i]);
	for (size_t i = 0; i < g->ext_uris.count; i++)
		list[n++] = arena_str(a, g->ext_uris.items[i]);
	qsort(list, n, sizeof *list, by_text);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || !str_eq(list[i], list[i - 1]))
			list[kept++] = list[i];
	*out = list;
	return kept;
}

/* What `a` has and `b` lacks, with spaces between. */
static void put_missing(struct buf *out, const struct str *a, size_t na, const struct str *b, size_t nb)
{
	for (size_t i = 0, k = 0; i < na; i++) {
		while (k < nb && str_cmp(b[k], a[i]) < 0)
			k++;
		if (k < nb && str_eq(b[k], a[i]))
			continue;
		if (buf_len(out))
			buf_byte(out, ' ');
		buf_add(out, a[i]);
	}
}

static void compare_uris(struct registry_view *v, const struct epp_greeting *g)
{
	struct arena arena;
	struct str *uris;
	struct buf added, removed;
	arena_init(&arena);
	buf_init(&added, DIFFERENCE_MAX);
	buf_init(&removed, DIFFERENCE_MAX);
	size_t n = sorted_uris(&arena, g, &uris);
	if (v->greeted) {
		put_missing(&added, uris, n, v->uris, v->uri_count);
		put_missing(&removed, v->uris, v->uri_count, uris, n);
	}
	if (buf_len(&added) || buf_len(&removed)) {
		v->changes++;
		LOG(v->log, LOG_WARNING, "registry.greeting_changed",
		    "the registry offers other objects or extensions than before",
		    F_C("registry", v->registry), F_C("account", v->account), F_STR("added", buf_str(&added)),
		    F_STR("removed", buf_str(&removed)), F_U64("changes", v->changes));
	}
	buf_fini(&added);
	buf_fini(&removed);
	arena_fini(&v->uris_arena);
	v->uris_arena = arena;
	v->uris = uris;
	v->uri_count = n;
	v->greeted = true;
}

/* A clock that is off makes a wrong "today" for renewals and free years, on one side or the other. */
static void compare_clocks(struct registry_view *v, const struct epp_greeting *g, instant_ms_t now)
{
	if (g->sv_date.at == INSTANT_NONE)
		return;
	v->skew_ms = g->sv_date.at - now;
	uint64_t off = (uint64_t)(v->skew_ms < 0 ? -v->skew_ms : v->skew_ms);
	bool bad = v->skew_warn_ms > 0 && off > v->skew_warn_ms;
	if (bad != v->skew_told)
		LOG(v->log, bad ? LOG_WARNING : LOG_NOTICE, "registry.clock_skew",
		    bad ? "the registry's clock and ours differ"
		        : "the registry's clock and ours agree again",
		    F_C("registry", v->registry), F_C("account", v->account), F_I64("ahead_ms", v->skew_ms),
		    F_STR("svdate", g->sv_date.raw));
	v->skew_told = bad;
}

void registry_view_greeting(struct registry_view *v, const struct epp_greeting *g, instant_ms_t now)
{
	v->greetings++;
	compare_uris(v, g);
	compare_clocks(v, g, now);
}

/* ---- log-in events (RFC 8807, section 4.2) --------------------------------------------------------------------------- */

static uint64_t mix(uint64_t h, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3u;
	return (h ^ 0xff) * 0x100000001b3u;
}

static uint64_t hash_events(const struct epp_login_sec *l)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < l->event_count; i++) {
		const struct epp_login_event *e = &l->events[i];
		h = mix(mix(mix(mix(h, e->type), e->name), e->level), e->ex_date.raw);
	}
	return h;
}

void registry_view_login_events(struct registry_view *v, const struct epp_login_sec *l)
{
	uint64_t hash = hash_events(l);
	if (hash == v->events_known)
		return;
	v->events_known = hash;
	v->password_expires = v->certificate_expires = INSTANT_NONE;
	for (size_t i = 0; i < l->event_count; i++) {
		const struct epp_login_event *e = &l->events[i];
		bool bad = str_eq_c(e->level, "warning") || str_eq_c(e->level, "error");
		if (str_eq_c(e->type, "password"))
			v->password_expires = e->ex_date.at;
		else if (str_eq_c(e->type, "certificate"))
			v->certificate_expires = e->ex_date.at;
		LOG(v->log, bad ? LOG_WARNING : LOG_INFO, "registry.login_event",
		    "the registry says of the log-in", F_C("registry", v->registry),
		    F_C("account", v->account), F_STR("type", e->type), F_STR("name", e->name),
		    F_STR("severity", e->level), F_STR("expires", e->ex_date.raw), F_STR("value", e->value),
		    F_STR("duration", e->duration), F_STR("text", e->text));
	}
}
