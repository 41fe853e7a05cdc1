/* Reading /v1/batches/{id} and its items. */
#include "daemon/cli/batches.h"

#include "daemon/cli/interrupt.h"
#include "epp/base/buf.h"
#include "epp/base/str.h"

#include <stdio.h>
#include <string.h>

#define PATH_BYTES   512
#define PAGE_LINES   1000
#define RETRIES      10   /* of one page */
#define RETRY_MS     1000 /* when the gateway does not say how long */
#define MOVING_NAMES "admitted", "queued", "sending", "pending", "unknown", "reconciling"

bool batches_id_valid(const char *id)
{
	size_t len = strlen(id);
	if (!len || len >= BATCHES_ID_MAX)
		return false;
	return strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == len;
}

bool batches_id_of_location(const char *location, char out[BATCHES_ID_MAX])
{
	const char *slash = strrchr(location, '/');
	return slash && batches_id_valid(slash + 1) && str_copy(out, BATCHES_ID_MAX, str_c(slash + 1));
}

enum err batches_refused(const struct http_client_response *r, struct errmsg *e)
{
	struct str body = buf_str(&r->body);
	json_t *problem = json_loadb(body.ptr, body.len, 0, NULL);
	const char *title = json_string_value(json_object_get(problem, "title"));
	const char *detail = json_string_value(json_object_get(problem, "detail"));
	enum err err = r->status == 404                       ? ERR_NOT_FOUND
	               : r->status == 429 || r->status == 503 ? ERR_BUSY
	                                                      : ERR_DENIED;
	err = err_set(e, err, "the gateway answers %d%s%s%s%s", r->status, title ? " " : "",
	              title ? title : "", detail ? ": " : "", detail ? detail : "");
	json_decref(problem);
	return err;
}

static bool moves(const char *state)
{
	static const char *const names[] = {MOVING_NAMES};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], state) == 0)
			return true;
	return false;
}

static uint64_t count_of(const json_t *value)
{
	json_int_t n = json_integer_value(value);
	return n > 0 ? (uint64_t)n : 0;
}

static enum err read_counts(json_t *counts, struct batches_status *s, struct errmsg *e)
{
	const char *name;
	json_t *value;
	s->state_count = 0;
	json_object_foreach(counts, name, value)
	{
		if (s->state_count == BATCHES_STATES)
			return err_set(e, ERR_PROTOCOL, "the gateway knows more states than we do");
		if (!count_of(value))
			continue;
		if (!str_copy(s->states[s->state_count].name, sizeof s->states[0].name, str_c(name)))
			return err_set(e, ERR_PROTOCOL, "the gateway names a state too long");
		s->states[s->state_count++].lines = count_of(value);
	}
	return OK;
}

enum err batches_read_status(struct str body, struct batches_status *s, struct errmsg *e)
{
	uint64_t sum = 0, moving = 0;
	json_t *doc = json_loadb(body.ptr, body.len, 0, NULL);
	json_t *counts = json_object_get(doc, "counts");
	if (!json_is_object(counts)) {
		json_decref(doc);
		return err_set(e, ERR_PROTOCOL, "the gateway's answer is no batch status");
	}
	enum err err = read_counts(counts, s, e);
	for (size_t i = 0; i < s->state_count; i++) {
		sum += s->states[i].lines;
		moving += moves(s->states[i].name) ? s->states[i].lines : 0;
	}
	json_t *given = json_object_get(doc, "moving"), *lines = json_object_get(doc, "lines");
	s->moving = json_is_integer(given) ? count_of(given) : moving;
	s->lines = json_is_integer(lines) ? count_of(lines) : sum;
	json_decref(doc);
	return err;
}

enum err batches_get(struct http_client *h, const char *id, struct batches_status *s, int64_t *wait_ms,
                     struct errmsg *e)
{
	char path[BATCHES_ID_MAX + 32];
	struct http_client_response r;
	(void)snprintf(path, sizeof path, "/v1/batches/%s", id); /* ids are checked to be shorter */
	struct http_client_request q = {.method = "GET", .path = path, .etag = s->etag[0] ? s->etag : NULL};
	http_client_response_init(&r);
	enum err err = http_client_send(h, &q, &r, e);
	*wait_ms = r.retry_after_ms;
	if (!err && r.status == 200) {
		err = batches_read_status(buf_str(&r.body), s, e);
		memcpy(s->etag, r.etag, sizeof s->etag);
	} else if (!err && r.status != 304) {
		err = batches_refused(&r, e);
	}
	http_client_response_fini(&r);
	return err;
}

/* ---- results, page by page ---- */

struct paging {
	struct http_client *http;
	const char *id, *state, *accept;
	/* Takes one page's answer (200) and sets `path` to the next, or `more` to false. */
	enum err (*read)(struct paging *p, const struct http_client_response *r, struct errmsg *e);
	batches_item_cb cb;
	void *arg;
	FILE *out;
	char path[PATH_BYTES];
	bool more, first;
};

static void set_path(struct paging *p, const char *after)
{
	(void)snprintf(p->path, sizeof p->path, "/v1/batches/%s/items?limit=%d%s%s%s%s", p->id, PAGE_LINES,
	               *after ? "&after=" : "", after, p->state ? "&state=" : "", p->state ? p->state : "");
}

static enum err next_page(struct paging *p, const char *before, struct errmsg *e)
{
	if (p->more && strcmp(before, p->path) == 0)
		return err_set(e, ERR_PROTOCOL, "the gateway's cursor stands still");
	return OK;
}

/* The cursor is opaque: a number or a text that can stand in a URL. */
static enum err read_cursor(struct paging *p, const json_t *next, struct errmsg *e)
{
	char number[32], before[PATH_BYTES];
	const char *after = json_string_value(next);
	memcpy(before, p->path, sizeof before);
	if (json_is_integer(next)) {
		(void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(next));
		after = number;
	}
	p->more = next && !json_is_null(next);
	if (p->more && (!after || !batches_id_valid(after)))
		return err_set(e, ERR_PROTOCOL, "the gateway's cursor cannot be read");
	if (p->more)
		set_path(p, after);
	return next_page(p, before, e);
}

static enum err read_json_page(struct paging *p, const struct http_client_response *r, struct errmsg *e)
{
	enum err err = OK;
	size_t i;
	struct str body = buf_str(&r->body);
	json_t *item, *doc = json_loadb(body.ptr, body.len, 0, NULL);
	json_t *items = json_object_get(doc, "items");
	if (!json_is_array(items))
		err = err_set(e, ERR_PROTOCOL, "the gateway's answer is no page of results");
	json_array_foreach(items, i, item) if (!err && !p->cb(p->arg, item)) err =
	    err_set(e, ERR_CANCELED, "stopped");
	if (!err)
		err = read_cursor(p, json_object_get(doc, "next"), e);
	json_decref(doc);
	return err;
}

/* Every page begins with the same title line; it is kept once. The next page is in the Link header. */
static enum err read_csv_page(struct paging *p, const struct http_client_response *r, struct errmsg *e)
{
	char before[PATH_BYTES];
	struct str link = str_c(r->link), rest = buf_str(&r->body);
	memcpy(before, p->path, sizeof before);
	if (!str_starts(str_c(r->content_type), STR("text/csv")))
		return err_set(e, ERR_PROTOCOL, "the gateway does not answer in CSV");
	if (!p->first)
		(void)str_split(&rest, '\n');
	p->first = false;
	if (fwrite(rest.ptr, 1, rest.len, p->out) != rest.len)
		return err_set(e, ERR_IO, "the results cannot be written");
	p->more = str_starts(link, STR("</")) && memmem(link.ptr, link.len, "rel=\"next\"", 10);
	if (!p->more)
		return OK;
	link = str_split(&link, '>');
	if (!str_copy(p->path, sizeof p->path, str_make(link.ptr + 1, link.len - 1)))
		return err_set(e, ERR_PROTOCOL, "the gateway's next page has too long an address");
	return next_page(p, before, e);
}

static enum err get_page(struct paging *p, int64_t *wait_ms, struct errmsg *e)
{
	struct http_client_response r;
	http_client_response_init(&r);
	struct http_client_request q = {.method = "GET", .path = p->path, .accept = p->accept};
	enum err err = http_client_send(p->http, &q, &r, e);
	*wait_ms = r.retry_after_ms >= 0 ? r.retry_after_ms : RETRY_MS;
	if (!err)
		err = r.status == 200 ? p->read(p, &r, e) : batches_refused(&r, e);
	http_client_response_fini(&r);
	return err;
}

/* A busy gateway, or one that is being started again. */
static bool may_pass(enum err err)
{
	return err == ERR_BUSY || err == ERR_CLOSED || err == ERR_CONNECT || err == ERR_TIMEOUT;
}

static enum err get_pages(struct paging *p, struct errmsg *e)
{
	int tries = 0;
	p->more = p->first = true;
	set_path(p, "");
	while (p->more) {
		int64_t wait_ms;
		enum err err = get_page(p, &wait_ms, e);
		if (may_pass(err) && tries++ < RETRIES) {
			(void)fprintf(stderr, "vnepp: %s; asking again\n", e->text);
			if (!interrupt_sleep_ms((uint64_t)wait_ms))
				return err_set(e, ERR_CANCELED, "interrupted");
			continue;
		}
		if (err)
			return err;
		tries = 0;
	}
	return OK;
}

enum err batches_each_item(struct http_client *h, const char *id, const char *state, batches_item_cb cb,
                           void *arg, struct errmsg *e)
{
	struct paging p = {.http = h, .id = id, .state = state, .read = read_json_page, .cb = cb, .arg = arg};
	return get_pages(&p, e);
}

enum err batches_write_csv(struct http_client *h, const char *id, const char *state, FILE *out,
                           struct errmsg *e)
{
	struct paging p = {
	    .http = h, .id = id, .state = state, .accept = "text/csv", .read = read_csv_page, .out = out};
	return get_pages(&p, e);
}
