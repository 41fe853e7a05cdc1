/*
 * Signatures as in the Standard Webhooks specification, version 1 (symmetric): HMAC-SHA-256 over "id.timestamp.body"
 * under each of the receiver's secrets.
 */
#ifndef VNEPP_WEBHOOK_SIGN_H
#define VNEPP_WEBHOOK_SIGN_H

#include "epp/base/buf.h"
#include "epp/base/secret.h"
#include "epp/base/str.h"

#include <stddef.h>
#include <stdint.h>

#define WEBHOOK_ID_MAX 64 /* with NUL */

/* Appends "v1,BASE64" for each secret (as config_webhook_is_secret() takes them), separated by spaces. */
void webhook_sign(struct buf *out, const struct secret_box *secrets, size_t count, const char *id,
                  int64_t timestamp_s, struct str body);
/* The id of a message: the same for the same change of the same partner, whoever makes it and however often. */
void webhook_sign_id(char out[WEBHOOK_ID_MAX], struct str partner, struct str cursor, struct str body);

#endif
