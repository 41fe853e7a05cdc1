/* libcurl behind a small interface; its codes are translated here and nowhere else. */
#include "daemon/cli/http_client.h"

#include "daemon/cli/conn.h"
#include "daemon/cli/interrupt.h"
#include "epp/base/alloc.h"
#include "epp/base/str.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define CONNECT_S    15L
#define STALL_S      60L /* without a byte either way */
#define RETRY_MAX_MS (24 * 3600 * 1000LL)
#define USER_AGENT   "vnepp/" VNEPP_VERSION

struct http_client {
	CURL *curl;
	const struct conn *conn; /* borrowed */
	char curl_text[CURL_ERROR_SIZE];
};

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct http_client_response *r = arg;
	buf_append(&r->body, data, size * n);
	return buf_ok(&r->body) ? size * n : 0;
}

static bool header_is(struct str line, const char *name, struct str *value)
{
	*value = line;
	struct str head = str_split(value, ':');
	if (!str_eq_nocase(head, str_c(name)))
		return false;
	*value = str_trim(*value);
	return true;
}

static void keep(char *out, size_t size, struct str value)
{
	if (!str_copy(out, size, value))
		out[0] = 0; /* longer than any that we make: as if it were not there */
}

static void read_retry_after(struct http_client_response *r, struct str value)
{
	char text[32];
	keep(text, sizeof text, value);
	char *end;
	double s = strtod(text, &end);
	if (end != text && !*end && s >= 0 && s * 1000 <= (double)RETRY_MAX_MS)
		r->retry_after_ms = (int64_t)(s * 1000);
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct http_client_response *r = arg;
	struct str line = str_make(data, size * n), value;
	if (header_is(line, "location", &value))
		keep(r->location, sizeof r->location, value);
	else if (header_is(line, "etag", &value))
		keep(r->etag, sizeof r->etag, value);
	else if (header_is(line, "content-type", &value))
		keep(r->content_type, sizeof r->content_type, value);
	else if (header_is(line, "link", &value))
		keep(r->link, sizeof r->link, value);
	else if (header_is(line, "retry-after", &value))
		read_retry_after(r, value);
	return size * n;
}

static size_t on_read(char *data, size_t size, size_t n, void *arg)
{
	FILE *f = arg;
	size_t got = fread(data, 1, size * n, f);
	return ferror(f) ? CURL_READFUNC_ABORT : got;
}

/* libcurl rewinds when it has to send again on a fresh connection. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
	return fseeko(arg, (off_t)offset, origin) == 0 ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

static int on_progress(void *arg, curl_off_t dt, curl_off_t dn, curl_off_t ut, curl_off_t un)
{
	(void)arg, (void)dt, (void)dn, (void)ut, (void)un;
	return interrupt_seen(); /* not 0 ends the transfer */
}

static enum err check_file(const char *path, const char *what, struct errmsg *e)
{
	if (path && access(path, R_OK) != 0)
		return err_set(e, ERR_CONFIG, "the %s %s cannot be read", what, path);
	return OK;
}

static enum err check_conn(const struct conn *c, struct errmsg *e)
{
	if (!c->url)
		return err_set(e, ERR_CONFIG,
		               "no gateway given: use --url https://host:port, VNEPP_URL or a profile");
	if (strncasecmp(c->url, "https://", 8) != 0)
		return err_set(e, ERR_CONFIG, "the gateway's URL must begin with https://: %s", c->url);
	if (!c->cert != !c->key)
		return err_set(e, ERR_CONFIG, "a certificate and its key belong together: %s is missing",
		               c->cert ? "--key" : "--cert");
	enum err err = check_file(c->cert, "certificate", e);
	if (!err)
		err = check_file(c->key, "key", e);
	if (!err)
		err = check_file(c->ca, "authority", e);
	return err;
}

enum err http_client_new(const struct conn *c, struct http_client **out, struct errmsg *e)
{
	enum err err = check_conn(c, e);
	if (err)
		return err;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(e, ERR_INTERNAL, "libcurl cannot be initialised");
	struct http_client *h = xcalloc(1, sizeof *h);
	h->conn = c;
	h->curl = curl_easy_init();
	if (!h->curl) {
		free(h);
		return err_set(e, ERR_INTERNAL, "libcurl gives no handle");
	}
	*out = h;
	return OK;
}

void http_client_free(struct http_client *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->curl);
	curl_global_cleanup();
	free(h);
}

void http_client_response_init(struct http_client_response *r)
{
	*r = (struct http_client_response){.retry_after_ms = -1};
	buf_init(&r->body, HTTP_CLIENT_BODY_MAX);
}

void http_client_response_fini(struct http_client_response *r)
{
	buf_fini(&r->body);
}

/* A gateway that dies under us in the middle of the handshake is no matter of TLS. */
static bool lost_in_handshake(CURLcode code, const char *text)
{
	return code == CURLE_SSL_CONNECT_ERROR &&
	       (strstr(text, "Connection reset") || strstr(text, "Broken pipe") || strstr(text, "SYSCALL") ||
	        strstr(text, "unexpected eof"));
}

/* What the gateway says of our certificate, as a TLS alert; NULL: nothing. With TLS 1.3 it comes with the first answer. */
static const char *refused_certificate(const char *text)
{
	static const char *const alerts[][2] = {
	    {"alert certificate revoked",
	     "the gateway refuses our certificate: it is revoked; ask its operator for a new one"},
	    {"alert certificate expired", "the gateway refuses our certificate: it has expired"},
	    {"alert certificate required", "the gateway wants a certificate of ours: give --cert and --key"},
	    {"alert unknown ca", "the gateway refuses our certificate: it is of no authority that it knows"},
	    {"alert bad certificate", "the gateway refuses our certificate"},
	    {"alert unsupported certificate",
	     "the gateway refuses our certificate: it is of a kind for something else"},
	    {"alert certificate unknown", "the gateway refuses our certificate"},
	    {"alert access denied", "the gateway refuses our certificate"}};
	for (size_t i = 0; i < ARRAY_LEN(alerts); i++)
		if (strstr(text, alerts[i][0]))
			return alerts[i][1];
	return NULL;
}

static enum err translate(CURLcode code)
{
	switch (code) {
	case CURLE_OK: return OK;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY: return ERR_RESOLVE;
	case CURLE_COULDNT_CONNECT: return ERR_CONNECT;
	case CURLE_OPERATION_TIMEDOUT: return ERR_TIMEOUT;
	case CURLE_ABORTED_BY_CALLBACK: return interrupt_seen() ? ERR_CANCELED : ERR_IO;
	case CURLE_READ_ERROR: return ERR_IO;
	case CURLE_WRITE_ERROR: return ERR_TOO_LONG;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR: return ERR_CERT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ENGINE_NOTFOUND: return ERR_TLS;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL: return ERR_CONFIG;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_FAIL_REWIND: return ERR_CLOSED;
	case CURLE_OUT_OF_MEMORY: abort();
	default: return ERR_PROTOCOL;
	}
}

static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value)
{
	struct buf line;
	if (!value)
		return list;
	buf_init(&line, 4096);
	buf_printf(&line, "%s: %s", name, value);
	struct curl_slist *next = curl_slist_append(list, buf_cstr(&line));
	buf_fini(&line);
	return next ? next : list;
}

static struct curl_slist *make_headers(const struct http_client_request *q)
{
	struct curl_slist *list = add_header(NULL, "Accept", q->accept ? q->accept : "application/json");
	list = add_header(list, "Content-Type", q->content_type);
	list = add_header(list, "Idempotency-Key", q->idempotency_key);
	list = add_header(list, "If-None-Match", q->etag);
	/* libcurl would wait a second for "100 Continue" before a large body. */
	struct curl_slist *next = curl_slist_append(list, "Expect:");
	return next ? next : list;
}

static void set_tls(CURL *curl, const struct conn *c)
{
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (c->cert)
		curl_easy_setopt(curl, CURLOPT_SSLCERT, c->cert);
	if (c->key)
		curl_easy_setopt(curl, CURLOPT_SSLKEY, c->key);
	if (c->ca) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, c->ca);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL); /* this authority and no other */
	}
}

static void set_body(CURL *curl, const struct http_client_request *q)
{
	if (strcmp(q->method, "GET") == 0) {
		curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
		return;
	}
	curl_easy_setopt(curl, CURLOPT_POST, 1L);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(q->body ? q->body_len : 0));
	if (!q->body) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
		return;
	}
	rewind(q->body);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(curl, CURLOPT_READDATA, q->body);
	curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
	curl_easy_setopt(curl, CURLOPT_SEEKDATA, q->body);
}

static void set_common(struct http_client *h, const char *url, struct curl_slist *headers,
                       struct http_client_response *r)
{
	CURL *curl = h->curl;
	curl_easy_reset(curl); /* keeps the connection */
	h->curl_text[0] = 0;
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, USER_AGENT);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, h->curl_text);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, STALL_S);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, r);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

static void clear_response(struct http_client_response *r)
{
	struct buf body = r->body;
	*r = (struct http_client_response){.retry_after_ms = -1, .body = body};
	buf_clear(&r->body);
}

enum err http_client_send(struct http_client *h, const struct http_client_request *q,
                          struct http_client_response *r, struct errmsg *e)
{
	struct buf url;
	struct str base = str_c(h->conn->url);
	long status = 0;
	while (base.len && base.ptr[base.len - 1] == '/')
		base.len--;
	buf_init(&url, 8192);
	buf_printf(&url, "%.*s%s", STR_ARG(base), q->path);
	struct curl_slist *headers = make_headers(q);
	clear_response(r);
	set_common(h, buf_cstr(&url), headers, r);
	set_tls(h->curl, h->conn);
	set_body(h->curl, q);
	CURLcode code = curl_easy_perform(h->curl);
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	r->status = (int)status;
	curl_slist_free_all(headers);
	buf_fini(&url);
	/* A gateway that refuses before it has read the whole file may close on us: its answer is what counts. */
	if ((code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR) && status >= 400 && buf_len(&r->body))
		return OK;
	if (code == CURLE_OK)
		return OK;
	const char *refused = refused_certificate(h->curl_text);
	if (refused)
		return err_set(e, ERR_CERT, "%s: %s", h->conn->url, refused);
	enum err err = lost_in_handshake(code, h->curl_text) ? ERR_CLOSED : translate(code);
	return err_set(e, err, "%s: %s", h->conn->url,
	               h->curl_text[0] ? h->curl_text : curl_easy_strerror(code));
}
