/* The figures and their names. */
#include "daemon/core/meter.h"
#include "epp/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const commands[] = {"check", "contact_create", "create", "renew", "info"};
static const char *const answers[] = {"done", "pending", "refused", "closed", "lost"};
static const char *const routes[] = {"route=\"submit\"", "route=\"cancel\"",   "route=\"batch\"",
                                     "route=\"items\"",  "route=\"item\"",     "route=\"domain\"",
                                     "route=\"limits\"", "route=\"decision\"", "route=\"changes\"",
                                     "route=\"events\"", "route=\"other\""};
static const char *const classes[METER_CLASSES] = {"class=\"1xx\"", "class=\"2xx\"", "class=\"3xx\"",
                                                   "class=\"4xx\"", "class=\"5xx\""};
static const char *const items[] = {"state=\"done\"",    "state=\"failed\"",      "state=\"pending\"",
                                    "state=\"unknown\"", "state=\"needs_human\"", "state=\"queued\""};
static const char *const lines[] = {"new", "repeated", "bad"};

static void init_store(struct stats *s, struct meter_store *m, const char *labels)
{
	stats_register_histogram(s, &m->group, "vnepp_store_group_seconds",
	                         "Time of one transaction of the store, with its sync.", labels);
	stats_register(s, &m->operations, STATS_COUNTER, "vnepp_store_operations_total",
	               "Operations of the store.", labels);
	stats_register(s, &m->failures, STATS_COUNTER, "vnepp_store_failures_total",
	               "Operations that the store could not carry out.", labels);
	atomic_init(&m->last_us, 0);
}

static void init_api(struct meter *m)
{
	for (int i = 0; i < METER_ROUTE__COUNT; i++)
		stats_register_histogram(&m->stats, &m->route[i], "vnepp_api_request_seconds",
		                         "Time from a request's head to the end of its answer.", routes[i]);
	for (int i = 0; i < METER_CLASSES; i++)
		stats_register(&m->stats, &m->responses[i], STATS_COUNTER, "vnepp_api_responses_total",
		               "Answers of the partners' API by class of status.", classes[i]);
}

void meter_init(struct meter *m)
{
	stats_init(&m->stats);
	list_init(&m->accounts);
	list_init(&m->partners);
	init_store(&m->stats, &m->writer, "thread=\"writer\"");
	init_store(&m->stats, &m->reader, "thread=\"reader\"");
	init_api(m);
	for (int i = 0; i < METER_ITEM__COUNT; i++)
		stats_register(&m->stats, &m->items[i], STATS_COUNTER, "vnepp_items_total",
		               "Items by where sending brought them.", items[i]);
	stats_register(&m->stats, &m->reloads, STATS_COUNTER, "vnepp_reloads_total",
	               "Reloads of the configuration by result.", "result=\"done\"");
	stats_register(&m->stats, &m->reloads_refused, STATS_COUNTER, "vnepp_reloads_total",
	               "Reloads of the configuration by result.", "result=\"refused\"");
}

static void account_free(struct meter_account *a)
{
	for (int i = 0; i < METER_COMMAND__COUNT; i++)
		stats_unregister(&a->command[i].entry);
	for (int i = 0; i < METER_ANSWER__COUNT; i++)
		stats_unregister(&a->answers[i].entry);
	free(a);
}

static void partner_free(struct meter_partner *p)
{
	for (int i = 0; i < METER_LINE__COUNT; i++)
		stats_unregister(&p->lines[i].entry);
	free(p);
}

static void store_fini(struct meter_store *s)
{
	stats_unregister(&s->group.entry);
	stats_unregister(&s->operations.entry);
	stats_unregister(&s->failures.entry);
}

void meter_fini(struct meter *m)
{
	struct list_node *n;
	while ((n = list_pop(&m->accounts)))
		account_free(LIST_ITEM(n, struct meter_account, node));
	while ((n = list_pop(&m->partners)))
		partner_free(LIST_ITEM(n, struct meter_partner, node));
	store_fini(&m->writer);
	store_fini(&m->reader);
	for (int i = 0; i < METER_ROUTE__COUNT; i++)
		stats_unregister(&m->route[i].entry);
	for (int i = 0; i < METER_CLASSES; i++)
		stats_unregister(&m->responses[i].entry);
	for (int i = 0; i < METER_ITEM__COUNT; i++)
		stats_unregister(&m->items[i].entry);
	stats_unregister(&m->reloads.entry);
	stats_unregister(&m->reloads_refused.entry);
	stats_fini(&m->stats);
}

struct meter_account *meter_account_add(struct meter *m, const char *registry, const char *account)
{
	struct meter_account *a = xcalloc(1, sizeof *a);
	for (int i = 0; i < METER_COMMAND__COUNT; i++) {
		snprintf(a->labels[i], METER_LABELS_MAX, "registry=\"%s\",account=\"%s\",command=\"%s\"",
		         registry, account, commands[i]);
		stats_register_histogram(&m->stats, &a->command[i], "vnepp_registry_command_seconds",
		                         "Time from sending a command to its answer.", a->labels[i]);
	}
	for (int i = 0; i < METER_ANSWER__COUNT; i++) {
		snprintf(a->answer_labels[i], METER_LABELS_MAX,
		         "registry=\"%s\",account=\"%s\",outcome=\"%s\"", registry, account, answers[i]);
		stats_register(&m->stats, &a->answers[i], STATS_COUNTER, "vnepp_registry_answers_total",
		               "Commands by what the registry answered; lost: nobody knows.",
		               a->answer_labels[i]);
	}
	list_push(&m->accounts, &a->node);
	return a;
}

struct meter_partner *meter_partner_of(struct meter *m, const char *name)
{
	list_for_each (n, &m->partners) {
		struct meter_partner *p = LIST_ITEM(n, struct meter_partner, node);
		if (strcmp(p->name, name) == 0)
			return p;
	}
	struct meter_partner *p = xcalloc(1, sizeof *p);
	snprintf(p->name, sizeof p->name, "%s", name);
	for (int i = 0; i < METER_LINE__COUNT; i++) {
		snprintf(p->labels[i], METER_LABELS_MAX, "partner=\"%s\",outcome=\"%s\"", p->name, lines[i]);
		stats_register(&m->stats, &p->lines[i], STATS_COUNTER, "vnepp_lines_total",
		               "Lines that a partner handed in.", p->labels[i]);
	}
	list_push(&m->partners, &p->node);
	return p;
}

static enum meter_answer answer_of(int code)
{
	return code == 1001   ? METER_PENDING
	       : code < 2000  ? METER_DONE
	       : code >= 2500 ? METER_CLOSED
	                      : METER_REFUSED;
}

void meter_command(struct meter_account *a, enum meter_command c, int code, uint64_t us, uint64_t now_ms)
{
	enum meter_answer answer = answer_of(code);
	if (!a)
		return;
	stats_observe(&a->command[c], us);
	stats_add(&a->answers[answer], 1);
	if (answer <= METER_REFUSED) /* a refusal, too, shows that the registry works */
		atomic_store_explicit(&a->last_ms, (int64_t)now_ms, memory_order_relaxed);
}

void meter_command_lost(struct meter_account *a, enum meter_command c, uint64_t us)
{
	if (!a)
		return;
	stats_observe(&a->command[c], us);
	stats_add(&a->answers[METER_LOST], 1);
}

void meter_item(struct meter *m, enum meter_item i)
{
	if (m)
		stats_add(&m->items[i], 1);
}

void meter_lines(struct meter *m, const char *partner, uint64_t fresh, uint64_t repeated, uint64_t bad,
                 uint64_t now_ms)
{
	if (!m)
		return;
	struct meter_partner *p = meter_partner_of(m, partner);
	stats_add(&p->lines[METER_LINE_NEW], (int64_t)fresh);
	stats_add(&p->lines[METER_LINE_REPEATED], (int64_t)repeated);
	stats_add(&p->lines[METER_LINE_BAD], (int64_t)bad);
	if (now_ms)
		m->admitted_ms = now_ms;
}

void meter_request(struct meter *m, enum meter_route r, int status, uint64_t us)
{
	if (!m)
		return;
	stats_observe(&m->route[r], us);
	if (status >= 100 && status < 600)
		stats_add(&m->responses[status / 100 - 1], 1);
}

void meter_group(struct meter_store *s, uint64_t began_us, uint64_t ended_us, size_t operations,
                 size_t failures)
{
	if (!s)
		return;
	stats_observe(&s->group, ended_us - began_us);
	stats_add(&s->operations, (int64_t)operations);
	stats_add(&s->failures, (int64_t)failures);
	if (failures == 0)
		atomic_store_explicit(&s->last_us, (int64_t)ended_us, memory_order_relaxed);
}
