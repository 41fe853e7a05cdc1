/* A BIO of OpenSSL's over a view and a buffer. An empty view is "come again"; writing fails only without a buffer. */
#include "daemon/net/tls_wire.h"
#include "epp/base/check.h"

#include <openssl/ssl.h>

static int bio_write(BIO *b, const char *data, int len)
{
	struct tls_wire *w = BIO_get_data(b);
	BIO_clear_retry_flags(b);
	if (!w->said || len <= 0)
		return -1;
	buf_append(w->said, data, (size_t)len);
	return len;
}

static int bio_read(BIO *b, char *out, int len)
{
	struct tls_wire *w = BIO_get_data(b);
	BIO_clear_retry_flags(b);
	if (w->feed.len == 0) {
		BIO_set_retry_read(b);
		return -1;
	}
	size_t n = w->feed.len < (size_t)len ? w->feed.len : (size_t)len;
	memcpy(out, w->feed.ptr, n);
	w->feed = str_make(w->feed.ptr + n, w->feed.len - n);
	return (int)n;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	(void)b;
	(void)num;
	(void)ptr;
	return cmd == BIO_CTRL_FLUSH;
}

static BIO_METHOD *method;
static CRYPTO_ONCE method_once = CRYPTO_ONCE_STATIC_INIT;

static void make_method(void)
{
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
	INVARIANT(method);
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_ctrl(method, bio_ctrl);
}

void tls_wire_attach(struct tls_wire *w, SSL *ssl)
{
	INVARIANT(CRYPTO_THREAD_run_once(&method_once, make_method) == 1);
	BIO *b = BIO_new(method);
	INVARIANT(b);
	BIO_set_data(b, w);
	BIO_set_init(b, 1);
	SSL_set_bio(ssl, b, b);
}
