/* Secrets stay as texts; their bytes exist for as long as it takes to sign with them. */
#include "daemon/webhook/webhook_sign.h"
#include "daemon/core/config_webhook.h"
#include "epp/base/base64.h"
#include "epp/base/check.h"
#include "epp/base/hash.h"

#include <stdio.h>
#include <string.h>

#define CONTENT_MAX (1u << 20) /* a change is some hundred bytes */
#define ID_DIGEST   16         /* bytes of the digest in an id: no two of a lifetime are the same */

static void sign_with(struct buf *out, const struct secret_box *secret, struct str content)
{
	uint8_t key[CONFIG_WEBHOOK_KEY_MAX];
	size_t len;
	struct sha256 mac;
	INVARIANT(config_webhook_is_secret(secret_in(secret), key, &len));
	hash_hmac_sha256(str_make((const char *)key, len), content, &mac);
	explicit_bzero(key, sizeof key);
	buf_lit(out, "v1,");
	base64_add(out, mac.bytes, sizeof mac.bytes);
}

void webhook_sign(struct buf *out, const struct secret_box *secrets, size_t count, const char *id,
                  int64_t timestamp_s, struct str body)
{
	struct buf content;
	buf_init(&content, CONTENT_MAX);
	buf_printf(&content, "%s.%lld.", id, (long long)timestamp_s);
	buf_add(&content, body);
	INVARIANT(buf_ok(&content));
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_byte(out, ' ');
		sign_with(out, &secrets[i], buf_str(&content));
	}
	buf_fini(&content);
}

void webhook_sign_id(char out[WEBHOOK_ID_MAX], struct str partner, struct str cursor, struct str body)
{
	struct sha256 digest;
	char hex[2 * ID_DIGEST + 1];
	struct sha256_stream *s = sha256_stream_new();
	sha256_stream_add(s, partner);
	sha256_stream_add(s, STR("\n"));
	sha256_stream_add(s, cursor);
	sha256_stream_add(s, STR("\n"));
	sha256_stream_add(s, body);
	sha256_stream_finish(s, &digest);
	hash_hex(hex, digest.bytes, ID_DIGEST);
	(void)snprintf(out, WEBHOOK_ID_MAX, "msg_%s", hex);
}
