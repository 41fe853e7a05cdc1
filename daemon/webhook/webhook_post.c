/*
 * libcurl behind a small interface; its codes are translated here and nowhere else.
 *
 * Happy path: an easy handle per letter, which shares connections with the others; its status line is what counts.
 * Once a whole head with a status has come, the letter has its answer, whatever becomes of the body: one that is
 * endless or slow is cut. Failure modes: no address that is allowed, no connection, a certificate that does not fit,
 * silence until the timeout, a head that is too long or no HTTP: a reply without a status.
 */
#include "daemon/webhook/webhook_post.h"
#include "daemon/webhook/webhook_address.h"
#include "epp/base/alloc.h"
#include "epp/base/buf.h"
#include "epp/base/check.h"
#include "epp/base/list.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define USER_AGENT       "vnepp-webhookd/" VNEPP_VERSION
#define OTHERS_MAX       4
#define RETRY_MAX_S      (366L * 86400) /* beyond this it is no time to wait for */
#define IDLE_CONNECTIONS 256L

struct webhook_poster {
	CURLM *multi;
	struct list trips;
};

/* One letter on its way. */
struct trip {
	struct list_node node;
	CURL *easy;                /* owned */
	struct curl_slist *fields; /* owned */
	void *owner;
	bool internal, refused; /* refused: an address that is not allowed */
	bool answered;          /* the whole head of a final answer is there */
	size_t head, body;      /* bytes of the answer */
	char error[CURL_ERROR_SIZE];
};

/* ---- what may be connected to -------------------------------------------------------------------------------------------------- */

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct trip *t = arg;
	if (purpose != CURLSOCKTYPE_IPCXN || (!t->internal && !webhook_address_is_public(&to->addr))) {
		t->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static bool text_is_public(const char *ip)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1)
		return webhook_address_is_public((const struct sockaddr *)&v4);
	return inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1 &&
	       webhook_address_is_public((const struct sockaddr *)&v6);
}

/* Before a request on any connection, one that was made for another letter among them. */
static int on_before_request(void *arg, char *ip, char *local_ip, int port, int local_port)
{
	struct trip *t = arg;
	(void)local_ip, (void)port, (void)local_port;
	if (t->internal || text_is_public(ip))
		return CURL_PREREQFUNC_OK;
	t->refused = true;
	return CURL_PREREQFUNC_ABORT;
}

/* ---- the answer ------------------------------------------------------------------------------------------------------------------ */

static size_t on_head(char *data, size_t size, size_t n, void *arg)
{
	struct trip *t = arg;
	long status = 0;
	t->head += size * n;
	if (t->head > WEBHOOK_POST_ANSWER_MAX)
		return 0;
	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (size * n <= 2 && (data[0] == '\r' || data[0] == '\n') && status >= 200)
		t->answered = true;
	return size * n;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct trip *t = arg;
	(void)data;
	t->body += size * n;
	return t->body > WEBHOOK_POST_ANSWER_MAX ? 0 : size * n;
}

/* ---- sending --------------------------------------------------------------------------------------------------------------------- */

static void add_field(struct trip *t, const char *name, const char *value)
{
	struct buf line;
	buf_init(&line, 4096);
	buf_printf(&line, "%s: %s", name, value);
	INVARIANT(buf_ok(&line));
	struct curl_slist *longer = curl_slist_append(t->fields, buf_cstr(&line));
	INVARIANT(longer);
	t->fields = longer;
	buf_fini(&line);
}

#define SET(easy, option, value) INVARIANT(curl_easy_setopt((easy), (option), (value)) == CURLE_OK)

static void set_safety(struct trip *t, const struct webhook_letter *l)
{
	CURL *c = t->easy;
	SET(c, CURLOPT_PROTOCOLS_STR, "https");
	SET(c, CURLOPT_FOLLOWLOCATION, 0L);
	SET(c, CURLOPT_PROXY, "");
	SET(c, CURLOPT_NOSIGNAL, 1L);
	SET(c, CURLOPT_SSL_VERIFYPEER, 1L);
	SET(c, CURLOPT_SSL_VERIFYHOST, 2L);
	SET(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (l->ca_file)
		SET(c, CURLOPT_CAINFO, l->ca_file);
	/* Beside a file the system's folder would count, too; and authorities are read once only without a folder. */
	if (l->ca_file || curl_version_info(CURLVERSION_NOW)->cainfo)
		SET(c, CURLOPT_CAPATH, NULL);
	SET(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(c, CURLOPT_TIMEOUT_MS, (long)l->timeout_ms);
	SET(c, CURLOPT_CONNECTTIMEOUT_MS, (long)l->timeout_ms);
	SET(c, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	SET(c, CURLOPT_OPENSOCKETDATA, t);
	SET(c, CURLOPT_PREREQFUNCTION, on_before_request);
	SET(c, CURLOPT_PREREQDATA, t);
}

static void set_content(struct trip *t, const struct webhook_letter *l)
{
	char number[24];
	CURL *c = t->easy;
	(void)snprintf(number, sizeof number, "%lld", (long long)l->timestamp_s);
	add_field(t, "Content-Type", "application/json");
	add_field(t, "webhook-id", l->id);
	add_field(t, "webhook-timestamp", number);
	add_field(t, "webhook-signature", l->signature);
	add_field(t, "Expect", ""); /* no waiting for 100 */
	SET(c, CURLOPT_URL, l->url);
	SET(c, CURLOPT_USERAGENT, USER_AGENT);
	SET(c, CURLOPT_HTTPHEADER, t->fields);
	SET(c, CURLOPT_POST, 1L);
	SET(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)l->body.len);
	SET(c, CURLOPT_POSTFIELDS, l->body.ptr);
	SET(c, CURLOPT_HEADERFUNCTION, on_head);
	SET(c, CURLOPT_HEADERDATA, t);
	SET(c, CURLOPT_WRITEFUNCTION, on_body);
	SET(c, CURLOPT_WRITEDATA, t);
	SET(c, CURLOPT_ERRORBUFFER, t->error);
	SET(c, CURLOPT_PRIVATE, t);
}

void webhook_poster_send(struct webhook_poster *p, const struct webhook_letter *l, void *owner)
{
	struct trip *t = xcalloc(1, sizeof *t);
	t->easy = curl_easy_init();
	INVARIANT(t->easy);
	t->owner = owner;
	t->internal = l->internal;
	set_safety(t, l);
	set_content(t, l);
	INVARIANT(curl_multi_add_handle(p->multi, t->easy) == CURLM_OK);
	list_push(&p->trips, &t->node);
}

/* ---- coming back ----------------------------------------------------------------------------------------------------------------- */

static void read_retry_after(const struct trip *t, struct webhook_reply *out)
{
	curl_off_t seconds = 0;
	if (curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0)
		out->retry_after_ms = (seconds > RETRY_MAX_S ? RETRY_MAX_S : (int64_t)seconds) * 1000;
}

static void say_why(const struct trip *t, CURLcode code, struct webhook_reply *out)
{
	if (t->refused && code != CURLE_OPERATION_TIMEDOUT)
		(void)snprintf(out->trouble, sizeof out->trouble, "its address is inside our own network");
	else if (out->status >= 300 && out->status < 400)
		(void)snprintf(out->trouble, sizeof out->trouble, "status %d: redirects are not followed",
		               out->status);
	else if (out->status)
		(void)snprintf(out->trouble, sizeof out->trouble, "status %d", out->status);
	else if (t->head > WEBHOOK_POST_ANSWER_MAX)
		(void)snprintf(out->trouble, sizeof out->trouble, "an answer whose head is too long");
	else
		(void)snprintf(out->trouble, sizeof out->trouble, "%s",
		               t->error[0] ? t->error : curl_easy_strerror(code));
}

static void read_reply(struct trip *t, CURLcode code, struct webhook_reply *out)
{
	long status = 0;
	curl_off_t took_us = 0;
	*out = (struct webhook_reply){.owner = t->owner, .retry_after_ms = -1};
	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &took_us);
	out->took_ms = (uint64_t)(took_us / 1000);
	if (t->answered) { /* at another address of the name than one that was refused, perhaps */
		out->status = (int)status;
		read_retry_after(t, out);
	}
	if (out->status < 200 || out->status >= 300)
		say_why(t, code, out);
}

static void end_trip(struct webhook_poster *p, struct trip *t)
{
	(void)curl_multi_remove_handle(p->multi, t->easy);
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->fields);
	list_remove(&t->node);
	free(t);
}

bool webhook_poster_next(struct webhook_poster *p, struct webhook_reply *out)
{
	CURLMsg *m;
	int left;
	while ((m = curl_multi_info_read(p->multi, &left))) {
		struct trip *t;
		if (m->msg != CURLMSG_DONE)
			continue;
		CURLcode code = m->data.result;
		INVARIANT(curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t) == CURLE_OK);
		read_reply(t, code, out);
		end_trip(p, t);
		return true;
	}
	return false;
}

void webhook_poster_wait(struct webhook_poster *p, const struct pollfd *others, size_t count,
                         uint64_t timeout_ms)
{
	struct curl_waitfd extra[OTHERS_MAX];
	unsigned used = 0;
	int running;
	REQUIRE(count <= OTHERS_MAX);
	for (size_t i = 0; i < count; i++)
		if (others[i].fd >= 0)
			extra[used++] = (struct curl_waitfd){
			    .fd = others[i].fd,
			    .events = (short)((others[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
			                      (others[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0))};
	INVARIANT(curl_multi_perform(p->multi, &running) == CURLM_OK);
	if ((size_t)running < p->trips.count) /* one is back already: nothing would wake us for it */
		timeout_ms = 0;
	INVARIANT(curl_multi_poll(p->multi, extra, used, (int)timeout_ms, NULL) == CURLM_OK);
	INVARIANT(curl_multi_perform(p->multi, &running) == CURLM_OK);
}

/* ---- life ------------------------------------------------------------------------------------------------------------------------ */

enum err webhook_poster_new(struct webhook_poster **out, struct errmsg *e)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(e, ERR_INTERNAL, "libcurl cannot be initialised");
	struct webhook_poster *p = xcalloc(1, sizeof *p);
	p->multi = curl_multi_init();
	INVARIANT(p->multi);
	list_init(&p->trips);
	INVARIANT(curl_multi_setopt(p->multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS) == CURLM_OK);
	*out = p;
	return OK;
}

void webhook_poster_break_off(struct webhook_poster *p)
{
	list_for_each_safe (n, &p->trips)
		end_trip(p, LIST_ITEM(n, struct trip, node));
}

void webhook_poster_free(struct webhook_poster *p)
{
	if (!p)
		return;
	webhook_poster_break_off(p);
	(void)curl_multi_cleanup(p->multi); /* nothing is in it any more */
	curl_global_cleanup();
	free(p);
}
