/* Shared by the files of the gateway: gateway.c (life), gateway_registry.c (accounts, pools, poll messages),
 * gateway_control.c (status and imports). */
#ifndef VNEPP_GATEWAY_INT_H
#define VNEPP_GATEWAY_INT_H

#include "certs/tls_ctx.h"
#include "daemon/core/ceiling.h"
#include "daemon/credentials.h"
#include "daemon/gateway.h"
#include "daemon/job/decide.h"
#include "daemon/job/job.h"
#include "daemon/sched/sched.h"
#include "daemon/session/pool.h"

/* One login at one registry, with its sessions. */
struct gateway_account {
	struct gateway *gateway;
	struct gateway_registry *registry;
	const struct config_account *config;     /* of the configuration at start */
	char name[STORE_NAME_MAX];               /* "registry/account" */
	uint32_t id;                             /* the store's number */
	char password[CREDENTIALS_PASSWORD_MAX]; /* secret */
	struct tls_ctx *tls;
	struct job_registry facts;
	struct pool *pool; /* owned; NULL before start */
	bool drained;
	struct sched_account *sched;
	struct meter_account *meter;  /* borrowed; NULL when nobody counts */
	struct store_message message; /* the poll message being stored */
	struct arena message_arena;
};

struct gateway_registry {
	const struct config_registry *config;
	struct ceiling ceiling;
	struct pool_endpoint *endpoints;  /* owned */
	struct gateway_account *accounts; /* owned; config->account_count of them */
};

struct gateway {
	struct gateway_env env;
	struct config *base;   /* what registries and pools were made from */
	struct config *config; /* in force: partners and limits */
	struct decider *decider;
	struct policy_ruleset *rules;        /* until the decider is made */
	struct gateway_registry *registries; /* owned; base->registry_count of them */
	struct api *api;
	struct sched *sched;
	uint32_t *partner_ids; /* owned; in the order of config->partners */
	uint32_t epoch;
	uint8_t hmac_key[32];
	instant_ms_t started_at;
	bool running, stopping, sched_stopped, stopped, store_failing;
	struct store_recover recover;
	struct store_register reg;
	const char **reg_names; /* owned while registering */
	uint32_t *reg_ids;
	struct loop_timer deadline;
	struct gateway_reload_op *reload; /* owned; under way */
};

/* gateway_registry.c */
enum err gateway_registries_new(struct gateway *g, struct errmsg *e) MUST_CHECK;
void gateway_registries_free(struct gateway *g);
/* Numbers of accounts in the order of registries and their accounts; makes pools and hands them to the scheduler. */
void gateway_registries_start(struct gateway *g, const uint32_t *ids);
size_t gateway_account_count(const struct gateway *g);
struct gateway_account *gateway_account_at(const struct gateway *g, size_t i);
/* By the configuration's names; NULL when there is none. */
struct gateway_account *gateway_account_find(const struct gateway *g, const char *registry,
                                             const char *account);
void gateway_ceilings_set(struct gateway *g, const struct config *c);
/* gateway.c: another pool has logged out. */
void gateway_pool_drained(struct gateway *g);

#endif
