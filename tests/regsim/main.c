/*
 * vnepp-regsim: the simulated registry on a TLS port.
 *
 * Happy path: settings, certificates, seeds, listener; one line on stdout says where it listens; SIGTERM drops
 * all connections, writes the ledger and the state, and ends. Failure modes: a setting, file or port that cannot be used
 * ends it with status 2 and a message before anything is served; a file that cannot be written at the end, status 1.
 */
#include "certs/tls_ctx.h"
#include "daemon/core/loop_uv.h"
#include "daemon/net/listener.h"
#include "epp/base/buf.h"
#include "tests/regsim/regsim.h"
#include "tests/regsim/regsim_args.h"
#include "tests/regsim/regsim_stream.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES  1024
#define WRITE_BYTES     (1u << 20)
#define CONNECTIONS_MAX 100000 /* the simulator's own limit is the one that counts */
#define END_POLL_MS     5
#define END_POLLS       200 /* a second for connections to go; a handshake under way may take longer */

struct program {
	struct regsim_args args;
	struct clock clock;
	struct loop_uv loop;
	struct regsim *sim;
	struct listener *listener;
	struct tls_ctx *tls;
	struct loop_timer ending;
	int polls_left;
	bool faults, failed, clean;
};

static bool flush(FILE *f, struct buf *b)
{
	bool ok = buf_ok(b) && fwrite(buf_data(b), 1, buf_len(b), f) == buf_len(b);
	buf_clear(b);
	return ok;
}

static bool put_ledger(struct program *p, FILE *f, struct buf *b)
{
	bool ok = true;
	for (size_t i = 0; ok && i < regsim_ledger_count(p->sim); i++) {
		regsim_entry_json(regsim_ledger_at(p->sim, i), b);
		if (buf_len(b) >= WRITE_BYTES)
			ok = flush(f, b);
	}
	return ok;
}

static bool put_state(struct program *p, FILE *f, struct buf *b)
{
	struct regsim_domain_view d;
	bool ok = true;
	for (size_t at = 0; ok && regsim_domain_next(p->sim, &at, &d);) {
		regsim_domain_json(&d, b);
		if (buf_len(b) >= WRITE_BYTES)
			ok = flush(f, b);
	}
	return ok;
}

static bool put_port(struct program *p, FILE *f, struct buf *b)
{
	(void)f;
	buf_printf(b, "%u\n", listener_port(p->listener));
	return true;
}

/* Written beside and moved into place, so that whoever waits for the file sees all of it. */
static void write_file(struct program *p, const char *path,
                       bool (*put)(struct program *, FILE *, struct buf *))
{
	char temp[4096];
	struct buf b;
	if (!path)
		return;
	snprintf(temp, sizeof temp, "%s.new", path);
	FILE *f = fopen(temp, "we");
	buf_init(&b, 2 * WRITE_BYTES);
	bool ok = f && put(p, f, &b) && flush(f, &b);
	ok = f && fclose(f) == 0 && ok;
	if (!ok || rename(temp, path) != 0) {
		fprintf(stderr, "vnepp-regsim: %s: %s\n", path, strerror(errno));
		p->failed = true;
	}
	buf_fini(&b);
}

static void write_files(struct program *p)
{
	write_file(p, p->args.ledger_file, put_ledger);
	write_file(p, p->args.state_file, put_state);
}

static void on_ending(struct loop_timer *t)
{
	struct program *p = CONTAINER_OF(t, struct program, ending);
	struct listener_stats s = {0};
	if (p->listener)
		listener_stats(p->listener, &s);
	regsim_drop_all(p->sim); /* those that have opened since */
	p->clean = s.open == 0 && regsim_stats(p->sim)->connections_now == 0;
	if (!p->clean && p->polls_left-- > 0)
		return loop_timer_set(&p->loop.loop, t, END_POLL_MS);
	write_files(p); /* nobody is left who could change anything */
	if (p->clean)
		listener_close(&p->listener);
	loop_uv_stop(&p->loop);
}

static void on_signal(void *arg, int signum)
{
	struct program *p = arg;
	if (signum == SIGUSR2) {
		p->faults = !p->faults;
		return regsim_faults_switch(p->sim, p->faults);
	}
	if (signum == SIGUSR1)
		return write_files(p);
	if (loop_timer_is_set(&p->ending))
		return;
	listener_set_limits(p->listener, 1, 1); /* 0 would mean the default */
	p->polls_left = END_POLLS;
	p->ending.fire = on_ending;
	loop_timer_set(&p->loop.loop, &p->ending, 0);
}

static void on_stream(void *arg, struct stream *s)
{
	regsim_serve_stream(((struct program *)arg)->sim, s);
}

static enum err seed_contacts(struct program *p, struct errmsg *m)
{
	for (size_t i = 0; i < p->args.contact_count; i++) {
		char line[LINE_MAX_BYTES];
		snprintf(line, sizeof line, "%s", p->args.contacts[i]);
		char *comma = strchr(line, ',');
		if (comma)
			*comma = '\0';
		if (!comma || !regsim_seed_contact(p->sim, line, comma + 1))
			return err_set(m, ERR_INVALID, "--contact %s: taken, or no such account",
			               p->args.contacts[i]);
	}
	return OK;
}

/* NAME,ACCOUNT,REGISTRANT,CREATED,EXPIRES with dates (midnight of the registry's zone) or times. */
static bool seed_line(struct program *p, struct str line)
{
	char account[64], registrant[64];
	struct str name = str_split(&line, ','), acc = str_split(&line, ','), reg = str_split(&line, ',');
	struct str when[2] = {str_split(&line, ','), str_trim(line)};
	instant_ms_t t[2];
	int offset = p->args.o.date_offset_s;
	for (int i = 0; i < 2; i++) {
		date_t day;
		if (date_parse(when[i], &day))
			t[i] = instant_of_date(day, offset);
		else if (!instant_parse(when[i], offset, &t[i]))
			return false;
	}
	return str_copy(account, sizeof account, acc) && str_copy(registrant, sizeof registrant, reg) &&
	       regsim_seed_domain(p->sim, name, account, reg.len ? registrant : NULL, t[0], t[1]);
}

static enum err seed_domains(struct program *p, const char *path, struct errmsg *m)
{
	char line[LINE_MAX_BYTES];
	FILE *f = fopen(path, "re");
	int number = 0;
	enum err e = OK;
	if (!f)
		return err_set(m, ERR_INVALID, "%s: %s", path, strerror(errno));
	while (e == OK && fgets(line, sizeof line, f)) {
		struct str s = str_trim(str_c(line));
		number++;
		if (s.len && s.ptr[0] != '#' && !seed_line(p, s))
			e = err_set(m, ERR_INVALID,
			            "%s:%d: want NAME,ACCOUNT,REGISTRANT,CREATED,EXPIRES of a new name", path,
			            number);
	}
	fclose(f);
	return e;
}

static const char *environment(const char *name)
{
	const char *text = getenv(name);
	return text && *text ? text : NULL;
}

static enum err open_registry(struct program *p, struct errmsg *m)
{
	if (!p->args.o.xsd_dir)
		p->args.o.xsd_dir = environment("VNEPP_XSD_DIR");
	p->args.o.frames_log = environment("VNEPP_FRAMES_LOG");
	if (!p->args.o.grammar)
		p->args.o.grammar = environment("VNEPP_GRAMMAR");
	if (p->args.o.account_count == 0)
		return err_set(m, ERR_INVALID, "at least one --account is needed");
	p->sim = regsim_new(&p->args.o, &p->loop.loop);
	if (!p->sim)
		return err_set(m, ERR_INVALID, "--xsd %s, --grammar %s: no schema that can be read",
		               p->args.o.xsd_dir ? p->args.o.xsd_dir : "(none)",
		               p->args.o.grammar ? p->args.o.grammar : "(none)");
	regsim_faults_set(p->sim, &p->args.faults);
	for (size_t i = 0; i < p->args.rule_count; i++)
		regsim_rule_add(p->sim, &p->args.rules[i]);
	enum err e = seed_contacts(p, m);
	for (size_t i = 0; e == OK && i < p->args.domain_file_count; i++)
		e = seed_domains(p, p->args.domain_files[i], m);
	return e;
}

/* Without a certificate it is plain TCP. */
static enum err open_port(struct program *p, struct errmsg *m)
{
	if (p->args.cert) {
		const struct tls_profile profile = {.role = TLS_SERVER,
		                                    .ca_file = p->args.ca,
		                                    .cert_file = p->args.cert,
		                                    .key_file = p->args.key,
		                                    .peer_cert = TLS_PEER_REQUIRED};
		enum err e = tls_ctx_load(&p->tls, &profile, m);
		if (e)
			return e;
	}
	const struct listener_config config = {.address = p->args.listen,
	                                       .tls = p->tls,
	                                       .max_connections = CONNECTIONS_MAX,
	                                       .on_stream = on_stream,
	                                       .arg = p};
	return listener_open(&p->listener, &p->loop.loop, &config, m);
}

static void summary(const struct program *p)
{
	const struct regsim_stats *s = regsim_stats(p->sim);
	if (!p->args.quiet)
		printf("commands %llu, created %llu, renewed %llu, contacts %llu, most sessions %llu, "
		       "invalid frames %llu\n",
		       (unsigned long long)s->commands, (unsigned long long)s->domains_created,
		       (unsigned long long)s->domains_renewed, (unsigned long long)s->contacts_created,
		       (unsigned long long)s->sessions_most,
		       (unsigned long long)(s->xsd_failed + s->frames_bad));
}

static int serve(struct program *p)
{
	static const int signums[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2};
	write_file(p, p->args.port_file, put_port);
	printf("listening %s\n", listener_address(p->listener));
	fflush(stdout);
	loop_uv_signals(&p->loop, signums, ARRAY_LEN(signums), on_signal, p);
	loop_uv_run(&p->loop);
	summary(p);
	fflush(stdout);
	return p->failed ? 1 : 0;
}

static int run(struct program *p, int argc, char **argv)
{
	struct errmsg m = {.text = ""};
	enum err e = regsim_args_parse(&p->args, argc, argv, &m);
	if (e == OK && p->args.help) {
		fputs(regsim_args_usage(), stdout);
		return 0;
	}
	clock_init_system(&p->clock, p->args.clock_shift_ms);
	loop_uv_init(&p->loop, &p->clock);
	if (e == OK)
		e = open_registry(p, &m);
	if (e == OK)
		e = open_port(p, &m);
	int status = 2;
	p->clean = true;
	if (e == OK)
		status = serve(p);
	else
		fprintf(stderr, "vnepp-regsim: %s\n", m.text[0] ? m.text : err_text(e));
	if (!p->clean)
		_exit(status); /* a peer that hangs in its handshake keeps nobody waiting */
	regsim_free(p->sim);
	tls_ctx_unref(&p->tls);
	loop_uv_fini(&p->loop);
	return status;
}

int main(int argc, char **argv)
{
	static struct program p;
	signal(SIGPIPE, SIG_IGN);
	regsim_args_init(&p.args);
	p.faults = true;
	int status = run(&p, argc, argv);
	regsim_args_fini(&p.args);
	return status;
}
