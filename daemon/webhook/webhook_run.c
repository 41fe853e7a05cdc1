/*
 * The loop of vnepp-webhookd: one thread, which waits for receivers, the daemon's socket and signals together.
 * SQLite runs on it, too: its transactions are short, and nobody waits for this process but receivers.
 *
 * A stop or a reload lets what is on its way come back first, for as long as an attempt may take at most; what does
 * not is delivered once more after the next start, under the same id.
 */
#include "daemon/webhook/webhook_run.h"
#include "daemon/core/log.h"
#include "daemon/core/sdnotify.h"
#include "daemon/webhook/webhook_int.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATUS_MS 5000 /* between two lines for `systemctl status` */

struct process {
	struct webhook_run run;
	const char *path;
	char *database; /* owned; the one that is open: a reload keeps it */
	struct log_sink log;
	struct sdnotify notify;
	int signals;                 /* owned */
	struct config_webhook *next; /* owned; a new one waits for what is on its way; NULL: none */
	bool stopping;
	uint64_t deadline_ms, watchdog_ms, status_ms, log_ms, look_ms; /* what is next when */
};

void webhook_run_stuck(struct webhook_run *w, const struct errmsg *e)
{
	w->stuck_until_ms = webhook_run_now(w) + WEBHOOK_STUCK_MS;
	LOG(w->log, LOG_ERROR, "webhook.store_failed", "nothing is read or sent until it can be used",
	    F_C("error", e->text), F_C("file", w->config->database));
}

bool webhook_run_is_stuck(struct webhook_run *w)
{
	return !w->loaded || webhook_run_now(w) < w->stuck_until_ms;
}

/* ---- parts ------------------------------------------------------------------------------------------------------------------------ */

static enum err open_parts(struct webhook_run *w, struct errmsg *e)
{
	enum err err = webhook_queue_open(w->config->database, &w->queue, e);
	return err ? err : webhook_poster_new(&w->poster, e);
}

/* Cannot fail: when the queue cannot be read, that is tried until it can. */
static void take_up(struct webhook_run *w, struct config_webhook *c)
{
	struct errmsg e;
	w->config = c;
	w->feed = webhook_feed_new(c->feed);
	w->receivers = xcalloc(c->count + 1, sizeof *w->receivers);
	for (size_t i = 0; i < c->count; i++)
		w->receivers[i].config = &c->receivers[i];
	w->loaded = webhook_deliver_load(w, &e) == OK;
	if (!w->loaded)
		webhook_run_stuck(w, &e);
}

/* No letter is on its way. */
static void put_down(struct webhook_run *w)
{
	webhook_feed_free(w->feed);
	for (size_t i = 0; w->receivers && i < w->config->count; i++)
		for (size_t k = 0; k < ARRAY_LEN(w->receivers[i].slots); k++)
			if (w->receivers[i].slots[k].state != WEBHOOK_SLOT_FREE)
				arena_fini(&w->receivers[i].slots[k].arena);
	free(w->receivers);
	config_webhook_free(w->config);
	w->feed = NULL;
	w->receivers = NULL;
	w->config = NULL;
	w->asked = NULL;
	w->turn = 0;
}

/* ---- signals ---------------------------------------------------------------------------------------------------------------------- */

static int open_signals(void)
{
	sigset_t set;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	INVARIANT(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is a full disk, and no end */
	int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	INVARIANT(fd >= 0);
	return fd;
}

static void begin_halt(struct process *p)
{
	p->run.halting = true;
	p->deadline_ms = webhook_run_now(&p->run) + p->run.config->timeout_ms;
}

static void print_findings(const struct diag *d)
{
	struct buf text;
	buf_init(&text, 1u << 20);
	diag_print(d, &text);
	(void)fwrite(buf_data(&text), 1, buf_len(&text), stderr); /* nothing is left to do without a stderr */
	buf_fini(&text);
}

static void reload(struct process *p)
{
	struct diag d;
	sdnotify_reloading(&p->notify, &p->run.clock);
	diag_init(&d);
	struct config_webhook *c = config_webhook_load(p->path, &d);
	if (c) {
		config_webhook_free(p->next);
		p->next = c;
		begin_halt(p);
	} else {
		print_findings(&d);
		LOG(p->run.log, LOG_ERROR, "config.refused", "the configuration stays as it was",
		    F_C("file", p->path));
		sdnotify_ready(&p->notify);
	}
	diag_fini(&d);
}

static void read_signals(struct process *p)
{
	struct signalfd_siginfo s;
	while (read(p->signals, &s, sizeof s) == (ssize_t)sizeof s) {
		LOG(p->run.log, LOG_NOTICE, "signal", strsignal((int)s.ssi_signo),
		    F_I64("signal", s.ssi_signo));
		if (p->stopping)
			continue;
		if (s.ssi_signo == SIGHUP) {
			reload(p);
			continue;
		}
		p->stopping = true;
		sdnotify_stopping(&p->notify);
		begin_halt(p);
	}
}

/* ---- turns ------------------------------------------------------------------------------------------------------------------------ */

/* Nothing is under way any more, or for too long: then it is delivered once more. */
static void switch_over(struct process *p)
{
	struct webhook_run *w = &p->run;
	if (strcmp(p->next->database, p->database) != 0)
		LOG(w->log, LOG_WARNING, "config.restart_needed",
		    "another database is taken up at the next start", F_C("file", p->next->database));
	webhook_poster_break_off(w->poster);
	put_down(w);
	take_up(w, p->next);
	p->next = NULL;
	w->halting = false;
	log_set_level(&p->log, (enum log_level)w->config->log_level);
	LOG(w->log, LOG_NOTICE, "config.reloaded", "the new configuration is in force", F_C("file", p->path));
	sdnotify_ready(&p->notify);
}

static bool is_time(uint64_t *at_ms, uint64_t now, uint64_t every_ms)
{
	if (every_ms == 0 || now < *at_ms)
		return false;
	*at_ms = now + every_ms;
	return true;
}

static void tell_status(struct process *p)
{
	const struct webhook_run *w = &p->run;
	int64_t waiting = 0;
	size_t off = 0;
	for (size_t i = 0; i < w->config->count; i++) {
		waiting += w->receivers[i].waiting;
		off += w->receivers[i].off;
	}
	sdnotify_status(&p->notify, "%zu receivers (%zu switched off), %lld messages wait, the feed is %s",
	                w->config->count, off, (long long)waiting, w->feed_is_there ? "there" : "not there");
}

static void look_around(struct process *p, uint64_t now)
{
	struct webhook_run *w = &p->run;
	struct errmsg e;
	if (is_time(&p->watchdog_ms, now, sdnotify_watchdog_ms(&p->notify)))
		sdnotify_watchdog(&p->notify);
	if (is_time(&p->status_ms, now, STATUS_MS))
		tell_status(p);
	if (is_time(&p->log_ms, now, LOG_TICK_MS))
		log_tick(&p->log);
	if (!is_time(&p->look_ms, now, WEBHOOK_TICK_MS) || now < w->stuck_until_ms)
		return;
	if (webhook_queue_was_touched(w->queue) || !w->loaded) {
		w->loaded = webhook_deliver_load(w, &e) == OK;
		if (!w->loaded)
			webhook_run_stuck(w, &e);
	}
}

/* How long nothing can happen by itself. */
static uint64_t idle_ms(struct webhook_run *w)
{
	uint64_t now = webhook_run_now(w), next = now + WEBHOOK_TICK_MS;
	bool can_ask = webhook_feed_is_free(w->feed) && !webhook_run_is_stuck(w) && !w->halting;
	for (size_t i = 0; i < w->config->count; i++) {
		const struct webhook_receiver *r = &w->receivers[i];
		if (r->off || w->halting)
			continue;
		if (r->look_ms < next)
			next = r->look_ms;
		if (can_ask && r->waiting < WEBHOOK_WAITING_MAX && r->ask_ms < next)
			next = r->ask_ms;
	}
	return next > now ? next - now : 0;
}

static void wait_for_something(struct process *p)
{
	struct webhook_run *w = &p->run;
	struct pollfd others[2] = {{.fd = p->signals, .events = POLLIN}};
	uint64_t wait = webhook_run_is_stuck(w) ? WEBHOOK_TICK_MS : idle_ms(w);
	uint64_t watchdog = sdnotify_watchdog_ms(&p->notify);
	others[1].fd = webhook_feed_fd(w->feed, &others[1].events);
	webhook_poster_wait(w->poster, others, ARRAY_LEN(others),
	                    watchdog && watchdog < wait ? watchdog : wait);
}

/* False: it is over. */
static bool turn(struct process *p)
{
	struct webhook_run *w = &p->run;
	wait_for_something(p);
	read_signals(p);
	webhook_read_turn(w);
	webhook_deliver_turn(w);
	look_around(p, webhook_run_now(w));
	if (!w->halting || (webhook_deliver_under_way(w) > 0 && webhook_run_now(w) < p->deadline_ms))
		return true;
	if (!p->stopping)
		switch_over(p);
	return !p->stopping;
}

static void run_turns(struct process *p, struct config_webhook *c)
{
	p->database = xstrdup(c->database);
	take_up(&p->run, c);
	LOG(p->run.log, LOG_NOTICE, "ready", "webhooks", F_C("version", VNEPP_VERSION));
	sdnotify_ready(&p->notify);
	while (turn(p))
		;
	LOG(p->run.log, LOG_NOTICE, "stopped", "what was not delivered waits", F_C("version", VNEPP_VERSION));
}

bool webhook_run(const char *path, struct config_webhook *c)
{
	struct process p = {.path = path, .run.config = c};
	struct errmsg e;
	(void)umask(0077);               /* what the queue holds is the partners' */
	(void)prctl(PR_SET_DUMPABLE, 0); /* no core file with secrets in it; cannot fail with this value */
	clock_init_system(&p.run.clock, 0);
	rng_init_kernel(&p.run.rng);
	log_open(&p.log, c->log_format, (enum log_level)c->log_level, STDERR_FILENO, &p.run.clock);
	p.log.program = "vnepp-webhookd";
	p.run.log = &p.log.log;
	sdnotify_init(&p.notify);
	p.signals = open_signals();
	bool fine = open_parts(&p.run, &e) == OK;
	if (fine)
		run_turns(&p, c);
	else
		LOG(p.run.log, LOG_ERROR, "start.failed", e.text, F_C("file", path));
	webhook_poster_free(p.run.poster);
	put_down(&p.run);
	webhook_queue_close(p.run.queue);
	config_webhook_free(p.next);
	free(p.database);
	(void)close(p.signals); /* nothing is buffered */
	sdnotify_fini(&p.notify);
	log_close(&p.log);
	return fine;
}
