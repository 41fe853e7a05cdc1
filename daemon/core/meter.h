/*
 * What the gateway counts and times while it works: one struct with every figure that its parts add to, handed to them
 * as a pointer (NULL: nobody counts). Registering is for the loop's thread, adding for any; an event costs some tens of
 * nanoseconds. Figures that are looked up only when somebody asks are not here but in daemon/gateway_observe*.c.
 */
#ifndef VNEPP_CORE_METER_H
#define VNEPP_CORE_METER_H

#include "daemon/core/stats.h"

enum meter_command {
	METER_CHECK,
	METER_CONTACT,
	METER_CREATE,
	METER_RENEW,
	METER_INFO,
	METER_COMMAND__COUNT
};

/* What became of a command. */
enum meter_answer {
	METER_DONE,    /* 1xxx but 1001 */
	METER_PENDING, /* 1001 */
	METER_REFUSED, /* 2xxx */
	METER_CLOSED,  /* 25xx: the registry ends the session */
	METER_LOST,    /* no answer: what happened is not known */
	METER_ANSWER__COUNT
};

/* Where an item has come to, as an outcome of sending; by the state's name. */
enum meter_item {
	METER_ITEM_DONE,
	METER_ITEM_FAILED,
	METER_ITEM_PENDING,
	METER_ITEM_UNKNOWN,
	METER_ITEM_NEEDS_HUMAN,
	METER_ITEM_QUEUED, /* put back */
	METER_ITEM__COUNT
};

enum meter_line { METER_LINE_NEW, METER_LINE_REPEATED, METER_LINE_BAD, METER_LINE__COUNT };
/* Routes of the partners' API; OTHER: a path that is none. */
enum meter_route {
	METER_SUBMIT,
	METER_CANCEL,
	METER_BATCH,
	METER_ITEMS,
	METER_ITEM,
	METER_DOMAIN,
	METER_LIMITS,
	METER_DECISION,
	METER_CHANGES,
	METER_EVENTS,
	METER_OTHER,
	METER_ROUTE__COUNT
};

#define METER_LABELS_MAX 256
#define METER_CLASSES    5 /* 1xx to 5xx */

/* An account at a registry. */
struct meter_account {
	struct list_node node;
	char labels[METER_COMMAND__COUNT][METER_LABELS_MAX],
	    answer_labels[METER_ANSWER__COUNT][METER_LABELS_MAX];
	struct stats_histogram command[METER_COMMAND__COUNT];
	struct stats_value answers[METER_ANSWER__COUNT];
	atomic_int_least64_t last_ms; /* loop time of the last command that was carried out; 0: none yet */
};

struct meter_partner {
	struct list_node node;
	char name[64], labels[METER_LINE__COUNT][METER_LABELS_MAX];
	struct stats_value lines[METER_LINE__COUNT];
};

struct meter_store {
	struct stats_histogram group;
	struct stats_value operations, failures;
	atomic_int_least64_t last_us; /* monotonic, of the last group that was committed; 0: none yet */
};

struct meter {
	struct stats stats;
	struct list accounts, partners; /* owned */
	struct meter_store writer, reader;
	struct stats_histogram route[METER_ROUTE__COUNT];
	struct stats_value responses[METER_CLASSES];
	struct stats_value items[METER_ITEM__COUNT];
	struct stats_value reloads, reloads_refused;
	uint64_t admitted_ms; /* loop time of the last batch that was taken; 0: none yet */
};

void meter_init(struct meter *m);
void meter_fini(struct meter *m);
/* Names as in the configuration. Lives as long as the meter. */
struct meter_account *meter_account_add(struct meter *m, const char *registry, const char *account);
/* The partner's, made when it is new; it stays, so that counters do not go back over a reload. */
struct meter_partner *meter_partner_of(struct meter *m, const char *name);

/* All take NULL for the first argument. */
void meter_command(struct meter_account *a, enum meter_command c, int code, uint64_t us, uint64_t now_ms);
void meter_command_lost(struct meter_account *a, enum meter_command c, uint64_t us);
void meter_item(struct meter *m, enum meter_item i);
/* `now_ms`: a batch was taken at this loop time; 0: it was refused. */
void meter_lines(struct meter *m, const char *partner, uint64_t fresh, uint64_t repeated, uint64_t bad,
                 uint64_t now_ms);
void meter_request(struct meter *m, enum meter_route r, int status, uint64_t us);
/* From the store's thread. */
void meter_group(struct meter_store *s, uint64_t began_us, uint64_t ended_us, size_t operations,
                 size_t failures);

#endif
