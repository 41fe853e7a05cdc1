/*
 * webhooks.yaml, the configuration of vnepp-webhookd: which partner is told of its changes, where, and how that is
 * signed. All texts live in it. Times are in milliseconds.
 */
#ifndef VNEPP_CORE_CONFIG_WEBHOOK_H
#define VNEPP_CORE_CONFIG_WEBHOOK_H

#include "daemon/core/config.h"
#include "epp/base/diag.h"
#include "epp/base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_WEBHOOK_SECRETS_MAX   4 /* the one in use, the next one, and room for a mistake */
#define CONFIG_WEBHOOK_RECEIVERS_MAX 200
#define CONFIG_WEBHOOK_PARALLEL_MAX  16
/* Bytes of a key; the specification's bounds. */
#define CONFIG_WEBHOOK_KEY_MIN 24
#define CONFIG_WEBHOOK_KEY_MAX 64

struct config_webhook_receiver {
	const char *partner, *url;
	const char *ca_file;                                   /* NULL: the system's authorities */
	struct secret_box secrets[CONFIG_WEBHOOK_SECRETS_MAX]; /* each one config_webhook_is_secret() */
	size_t secret_count;
	bool internal; /* addresses inside our own network are allowed */
	bool
	    beginning; /* one that is new here is told everything that ever was, else what comes from now on */
};

struct config_webhook {
	const char *feed, *database; /* paths */
	enum config_log_format log_format;
	int log_level;       /* enum log_level */
	uint64_t timeout_ms; /* of one attempt */
	uint32_t parallel;   /* attempts to one receiver at a time */
	/* The wait after a first failure, and the longest; with nothing delivered for so long a receiver is switched off. */
	uint64_t retry_first_ms, retry_longest_ms, give_up_ms;
	struct config_webhook_receiver *receivers;
	size_t count;
};

/* Loads and checks; NULL when `d` got an error. */
struct config_webhook *config_webhook_load(const char *path, struct diag *d) MUST_CHECK;
/* Wipes the secrets. NULL is fine. */
void config_webhook_free(struct config_webhook *c);

/* "whsec_" and base64 of a key, which it writes to `out` of CONFIG_WEBHOOK_KEY_MAX bytes. */
bool config_webhook_is_secret(struct secret s, uint8_t *out, size_t *len) MUST_CHECK;

#endif
