/*
 * The store's thread: takes whatever has gathered and runs it as one group, so that many operations share one sync.
 *
 * Happy path: submit puts the operation into the inbox and wakes the thread; the thread takes the whole inbox, runs
 * the group, and posts each operation back to the loop, where its done is called.
 * Failure modes are the back end's. Stopping runs what was handed in before.
 */
#include "daemon/store/store.h"
#include "daemon/core/meter.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

/* Operations in one transaction: a long one delays the first, a short one wastes a sync. */
#define GROUP_MAX 256

struct store_thread {
	struct store_executor executor;
	struct loop *loop;
	struct store_backend *backend; /* owned */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct store_op *first, *last; /* under lock */
	bool stopping;                 /* under lock */
	bool joined;
	size_t pending;            /* the loop's thread only */
	struct meter_store *meter; /* borrowed, or NULL */
};

static struct store_thread *self_of(struct store_executor *x)
{
	return CONTAINER_OF(x, struct store_thread, executor);
}

/* On the loop's thread. */
static void on_back(struct loop_msg *m)
{
	struct store_op *op = CONTAINER_OF(m, struct store_op, msg);
	self_of(op->executor)->pending--;
	op->done(op);
}

static size_t take_group(struct store_thread *t, struct store_op **ops)
{
	size_t n = 0;
	pthread_mutex_lock(&t->lock);
	while (!t->first && !t->stopping)
		pthread_cond_wait(&t->wake, &t->lock);
	while (t->first && n < GROUP_MAX) {
		ops[n++] = t->first;
		t->first = t->first->next;
	}
	if (!t->first)
		t->last = NULL;
	pthread_mutex_unlock(&t->lock);
	return n;
}

/* Of the store itself; what an operation says of its data is an answer. */
static bool is_failure(enum err e)
{
	return e == ERR_DISK || e == ERR_CORRUPT || e == ERR_IO || e == ERR_INTERNAL;
}

static void run_group(struct store_thread *t, struct store_op **ops, size_t n)
{
	struct clock *c = t->loop->clock;
	uint64_t began = t->meter ? c->mono_us(c) : 0;
	size_t failures = 0;
	t->backend->ops->run(t->backend, ops, n);
	for (size_t i = 0; t->meter && i < n; i++)
		failures += is_failure(ops[i]->err);
	if (t->meter)
		meter_group(t->meter, began, c->mono_us(c), n, failures);
}

static void *run(void *arg)
{
	struct store_thread *t = arg;
	struct store_op *ops[GROUP_MAX];
	size_t n;
	while ((n = take_group(t, ops)) > 0) {
		run_group(t, ops, n);
		for (size_t i = 0; i < n; i++) {
			ops[i]->msg.run = on_back;
			loop_post(t->loop, &ops[i]->msg);
		}
	}
	return NULL;
}

static void submit(struct store_executor *x, struct store_op *op)
{
	struct store_thread *t = self_of(x);
	REQUIRE(!t->joined && op->done);
	t->pending++;
	op->executor = x;
	op->next = NULL;
	op->err = OK;
	pthread_mutex_lock(&t->lock);
	*(t->last ? &t->last->next : &t->first) = op;
	t->last = op;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
}

static size_t pending(const struct store_executor *x)
{
	return CONTAINER_OF(x, const struct store_thread, executor)->pending;
}

struct store_executor *store_thread_new(struct loop *loop, struct store_backend *b, const char *name)
{
	struct store_thread *t = xcalloc(1, sizeof *t);
	sigset_t all, before;
	t->executor = (struct store_executor){submit, pending};
	t->loop = loop;
	t->backend = b;
	INVARIANT(pthread_mutex_init(&t->lock, NULL) == 0 && pthread_cond_init(&t->wake, NULL) == 0);
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	INVARIANT(pthread_create(&t->thread, NULL, run, t) == 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_setname_np(t->thread, name);
	return &t->executor;
}

void store_thread_meter(struct store_executor *x, struct meter_store *m)
{
	self_of(x)->meter = m;
}

void store_thread_stop(struct store_executor *x)
{
	struct store_thread *t = self_of(x);
	pthread_mutex_lock(&t->lock);
	t->stopping = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	t->joined = true;
	t->backend->ops->close(t->backend);
	t->backend = NULL;
}

void store_thread_free(struct store_executor *x)
{
	struct store_thread *t = self_of(x);
	REQUIRE(t->joined && t->pending == 0);
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	free(t);
}
