/*
 * Requests to the administration listener.
 *
 * Happy path: Host and Origin are of this machine, the path is known, whoever asks may see it; the answer is made at
 * once, or (history) when the store has answered.
 * Failure modes: 421 and 403 for foreign pages, 401 with the form where a token is missing, 429 after many wrong ones,
 * 503 while too many streams are open. Nothing here changes the gateway.
 */
#include "daemon/admin/http_int.h"
#include "daemon/core/stats.h"
#include "daemon/net/stream.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/base/logapi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METRICS_MAX (16u << 20)
#define LOGIN_MAX   1024
#define TOKEN_MAX   512

/* Nothing from elsewhere, nothing inline, in nobody's frame. */
#define POLICY                                                                                         \
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " \
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/* ---- answers --------------------------------------------------------------------------------------------------------- */

size_t http_admin_fields(struct http_field f[HTTP_ADMIN_FIELDS], const char *type)
{
	f[0] = HTTP_FIELD("Content-Type", str_c(type));
	f[1] = HTTP_FIELD("Cache-Control", STR("no-store"));
	f[2] = HTTP_FIELD("X-Content-Type-Options", STR("nosniff"));
	f[3] = HTTP_FIELD("Referrer-Policy",
	                  STR("same-origin")); /* with "no-referrer" a form says Origin: null */
	f[4] = HTTP_FIELD("Content-Security-Policy", STR(POLICY));
	f[5] = HTTP_FIELD("X-Frame-Options", STR("DENY"));
	f[6] = HTTP_FIELD("Cross-Origin-Resource-Policy", STR("same-origin"));
	return HTTP_ADMIN_FIELDS;
}

void http_admin_answer(struct http_request *r, int status, const char *type, struct str body)
{
	struct http_field f[HTTP_ADMIN_FIELDS];
	http_respond(r, status, f, http_admin_fields(f, type), body);
}

static struct str page_body(const char *path)
{
	for (const struct http_page_file *f = http_page_files; f->path; f++)
		if (strcmp(f->path, path) == 0)
			return str_make((const char *)f->data, f->len);
	check_abort("INVARIANT", "a file of the page", __FILE__, __LINE__);
}

static void send_file(struct http_admin *a, struct http_request *r)
{
	(void)a;
	for (const struct http_page_file *f = http_page_files; f->path; f++)
		if (str_eq_c(r->path, f->path))
			http_admin_answer(r, 200, f->type, str_make((const char *)f->data, f->len));
}

/* ---- health ---------------------------------------------------------------------------------------------------------- */

static void send_livez(struct http_admin *a, struct http_request *r)
{
	(void)a;
	http_admin_answer(r, 200, "text/plain; charset=utf-8", STR("ok\n"));
}

static bool is_verbose(const struct http_request *r)
{
	struct str rest = r->query;
	while (rest.len) {
		struct str pair = str_split(&rest, '&'), name = str_split(&pair, '=');
		if (str_eq(name, STR("verbose")))
			return true;
	}
	return false;
}

static void send_readyz(struct http_admin *a, struct http_request *r)
{
	static const char *const marks[] = {"[+]", "[!]", "[-]"};
	struct http_admin_check checks[HTTP_ADMIN_CHECKS_MAX];
	size_t n = a->d.checks(a->d.arg, checks, ARRAY_LEN(checks));
	bool ready = true, verbose = is_verbose(r);
	struct buf b;
	buf_init(&b, 64u << 10);
	for (size_t i = 0; i < n; i++) {
		bool fails = checks[i].health == HTTP_ADMIN_FAILS;
		ready &= !fails;
		if (verbose || fails)
			buf_printf(&b, "%s %s: %s\n", marks[checks[i].health], checks[i].name,
			           checks[i].text);
	}
	buf_printf(&b, "%s\n", ready ? "ready" : "not ready");
	http_admin_answer(r, ready ? 200 : 503, "text/plain; charset=utf-8", buf_str(&b));
	buf_fini(&b);
}

static void send_metrics(struct http_admin *a, struct http_request *r)
{
	struct str accept = http_header(r, "accept");
	bool open = accept.len && memmem(accept.ptr, accept.len, "application/openmetrics-text", 28);
	enum stats_format format = open ? STATS_OPENMETRICS : STATS_PROMETHEUS;
	struct buf b;
	buf_init(&b, METRICS_MAX);
	a->d.refresh(a->d.arg);
	stats_write(a->d.stats, format, &b);
	http_admin_answer(r, 200, stats_media_types[format], buf_str(&b));
	buf_fini(&b);
}

static void send_status(struct http_admin *a, struct http_request *r)
{
	struct buf b;
	buf_init(&b, HTTP_ADMIN_STATUS_MAX);
	a->d.status(a->d.arg, &b);
	buf_byte(&b, '\n');
	http_admin_answer(r, 200, "application/json", buf_str(&b));
	buf_fini(&b);
}

/* ---- the token's form ------------------------------------------------------------------------------------------------ */

struct login {
	struct http_admin *admin;
	struct buf body; /* at most LOGIN_MAX; its memory ends with the request */
};

static void answer_login(struct http_request *r, int status, const char *cookie)
{
	struct http_field f[HTTP_ADMIN_FIELDS + 2];
	size_t n = http_admin_fields(f, "text/html; charset=utf-8");
	struct str body = STR("");
	if (cookie)
		f[n++] = HTTP_FIELD("Set-Cookie", str_c(cookie));
	if (status == 303)
		f[n++] = HTTP_FIELD("Location", STR("/"));
	else if (status == 429)
		f[n++] = HTTP_FIELD("Retry-After", STR("60"));
	if (status != 303)
		body = page_body("/login.html");
	http_respond(r, status, f, n, body);
}

static void log_wrong(struct http_admin *a, const struct http_request *r)
{
	LOG(a->d.log, LOG_WARNING, "admin.denied", "a wrong token for the administration listener",
	    F_C("address", http_peer(r)->address));
}

static void finish_login(struct http_admin *a, struct http_request *r, struct str body)
{
	struct str rest = body, token = STR_NONE;
	char value[HTTP_ACCESS_COOKIE_MAX], cookie[HTTP_ACCESS_COOKIE_MAX + 96];
	while (rest.len && !token.len) {
		struct str pair = str_split(&rest, '&'), name = str_split(&pair, '=');
		if (str_eq(name, STR("token")) && !http_decode(r->arena, pair, &token))
			token = STR_NONE;
	}
	switch (http_access_check_token(&a->access, str_trim(token), loop_now(a->d.loop))) {
	case HTTP_ACCESS_YES:
		http_access_cookie(&a->access, loop_wall(a->d.loop) / 1000, value);
		snprintf(cookie, sizeof cookie, "vnepp=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict",
		         value, HTTP_ACCESS_COOKIE_S);
		answer_login(r, 303, cookie);
		break;
	case HTTP_ACCESS_LATER: answer_login(r, 429, NULL); break;
	case HTTP_ACCESS_NOBODY: http_problem(r, 403, "Forbidden", STR("admin.token_file is not set")); break;
	default: log_wrong(a, r); answer_login(r, 401, NULL);
	}
}

static void on_login_body(struct http_request *r, struct str data)
{
	buf_add(&((struct login *)r->arg)->body, data);
}

static void on_login_end(struct http_request *r)
{
	struct login *l = r->arg;
	struct http_admin *a = l->admin;
	struct str body = buf_ok(&l->body) ? arena_str(r->arena, buf_str(&l->body)) : STR_NONE;
	buf_fini(&l->body);
	finish_login(a, r, body);
}

static void on_login_abort(struct http_request *r, enum err why)
{
	(void)why; /* nobody is there to be told */
	buf_fini(&((struct login *)r->arg)->body);
}

static void begin_login(struct http_admin *a, struct http_request *r)
{
	static const struct http_events ev = {.on_body = on_login_body,
	                                      .on_body_end = on_login_end,
	                                      .on_abort = on_login_abort};
	struct login *l = arena_calloc(r->arena, 1, sizeof *l);
	l->admin = a;
	buf_init(&l->body, LOGIN_MAX);
	r->ev = &ev;
	r->arg = l;
}

static void log_out(struct http_admin *a, struct http_request *r)
{
	(void)a;
	answer_login(r, 303, "vnepp=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
}

/* ---- routes ---------------------------------------------------------------------------------------------------------- */

static const struct route {
	const char *method, *path;
	bool open; /* without a token */
	void (*handle)(struct http_admin *a, struct http_request *r);
} routes[] = {
    {"GET", "/livez", true, send_livez},
    {"GET", "/readyz", true, send_readyz},
    {"GET", "/metrics", true, send_metrics},
    {"GET", "/style.css", true, send_file},
    {"POST", "/login", true, begin_login},
    {"POST", "/logout", true, log_out},
    {"GET", "/", false, send_file},
    {"GET", "/words.js", false, send_file},
    {"GET", "/plot.js", false, send_file},
    {"GET", "/status.js", false, send_file},
    {"GET", "/status.json", false, send_status},
    {"GET", "/history.json", false, http_history_begin},
    {"GET", "/events", false, http_events_begin},
};

static bool method_fits(struct str method, const char *want)
{
	return str_eq_c(method, want) || (str_eq(method, STR("HEAD")) && strcmp(want, "GET") == 0);
}

/* NULL: answered with 404 or 405. */
static const struct route *find(struct http_request *r)
{
	const char *allow = NULL;
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if (!str_eq_c(r->path, routes[i].path))
			continue;
		if (method_fits(r->method, routes[i].method))
			return &routes[i];
		allow = strcmp(routes[i].method, "GET") == 0 ? "GET, HEAD" : routes[i].method;
	}
	if (!allow) {
		http_problem(r, 404, "Not Found", r->path);
		return NULL;
	}
	struct http_field f[HTTP_ADMIN_FIELDS + 1];
	size_t n = http_admin_fields(f, "text/plain; charset=utf-8");
	f[n++] = HTTP_FIELD("Allow", str_c(allow));
	http_respond(r, 405, f, n, STR("method not allowed\n"));
	return NULL;
}

/* A browser gets the form, a program a problem. */
static void ask_for_token(struct http_request *r)
{
	struct http_field f[HTTP_ADMIN_FIELDS + 1];
	if (str_eq(r->path, STR("/"))) {
		answer_login(r, 401, NULL);
		return;
	}
	size_t n = http_admin_fields(f, "text/plain; charset=utf-8");
	f[n++] = HTTP_FIELD("WWW-Authenticate", STR("Bearer realm=\"vnepp\""));
	http_respond(r, 401, f, n,
	             STR("a token is needed: Authorization: Bearer TOKEN (admin.token_file)\n"));
}

static bool may_see(struct http_admin *a, struct http_request *r)
{
	switch (http_access_check(&a->access, r, loop_now(a->d.loop), loop_wall(a->d.loop) / 1000)) {
	case HTTP_ACCESS_YES: return true;
	case HTTP_ACCESS_LATER: answer_login(r, 429, NULL); return false;
	case HTTP_ACCESS_NOBODY:
		http_problem(r, 403, "Forbidden",
		             http_peer(r)->local
		                 ? STR("only root, the daemon's user and members of its group")
		                 : STR("admin.token_file is not set: over TCP nobody can be recognised"));
		return false;
	case HTTP_ACCESS_WRONG: log_wrong(a, r); break;
	case HTTP_ACCESS_NO: break;
	}
	ask_for_token(r);
	return false;
}

static void on_request(void *arg, struct http_request *r)
{
	struct http_admin *a = arg;
	const char *detail;
	int status = http_access_check_source(r, &detail);
	if (status) {
		http_problem(r, status, http_reason(status), str_c(detail));
		return;
	}
	const struct route *route = find(r);
	if (route && (route->open || may_see(a, r)))
		route->handle(a, r);
}

/* ---- life ------------------------------------------------------------------------------------------------------------- */

struct http_admin *http_admin_new(const struct http_admin_deps *deps)
{
	struct http_admin *a = xcalloc(1, sizeof *a);
	a->d = *deps;
	buf_init(&a->status, HTTP_ADMIN_STATUS_MAX + 64);
	http_server_init(&a->server, deps->loop, on_request, a);
	return a;
}

void http_admin_free(struct http_admin *a)
{
	REQUIRE(list_empty(&a->server.conns));
	loop_timer_cancel(a->d.loop, &a->tick);
	http_history_free(a);
	buf_fini(&a->status);
	explicit_bzero(&a->access, sizeof a->access);
	free(a);
}

struct http_server *http_admin_server(struct http_admin *a)
{
	return &a->server;
}

bool http_admin_load_token(struct http_admin *a, const char *file)
{
	char line[TOKEN_MAX] = "";
	if (!file) {
		http_access_set_token(&a->access, STR_NONE);
		return true;
	}
	FILE *f = fopen(file, "re");
	bool fine = f && fgets(line, sizeof line, f);
	if (f)
		fclose(f);
	struct str token = str_trim(str_c(line));
	fine = fine && token.len > 0;
	if (fine)
		http_access_set_token(&a->access, token);
	explicit_bzero(line, sizeof line);
	return fine;
}

void http_admin_drain(struct http_admin *a)
{
	a->draining = true;
	http_events_end(a);
	http_server_drain(&a->server);
}
