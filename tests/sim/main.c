/*
 * vnepp-sim: runs seeds, each in a process of its own, and says which fail.
 *
 *   vnepp-sim [--seeds N] [--first SEED] [--jobs N]     N seeds; one in fifty runs twice and must do the same
 *   vnepp-sim --rush COMMANDS [--first SEED] [--jobs N] seeds in which as much goes on as the ceilings let through, until so
 *                                                       many commands have reached the registry
 *   vnepp-sim --seed SEED [--rush 1] [--verbose]        one seed again, with every event on stderr
 */
#include "epp/base/check.h"
#include "tests/sim/sim.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef VNEPP_COVER
void __gcov_dump(void); /* gcc's: writes the coverage counters */
#endif

#define TWICE_EVERY 50
#define JOBS_MAX    16
#define FAILED_MAX  10 /* after so many there is nothing to learn from more */

struct worker {
	pid_t pid;
	int from; /* reads reports */
};

struct message {
	uint64_t seed;
	struct sim_report report;
	bool repeated, differs;
};

struct totals {
	uint64_t decisions;
	unsigned passed, failed, crashes, faults, items, done, needs_human, revisions;
	uint64_t events, commands, full, full_of_class;
};

static void run_seed(const struct sim_setup *setup, uint64_t seed, bool rush, struct message *m)
{
	struct sim_report again;
	*m = (struct message){.seed = seed};
	sim_run(setup, seed, rush, false, &m->report);
	if (rush || seed % TWICE_EVERY != 0)
		return;
	m->repeated = true;
	sim_run(setup, seed, false, false, &again);
	m->differs = memcmp(again.events, m->report.events, sizeof again.events) != 0;
}

/* A seed in a process of its own: what it leaves behind goes with it, and its abort is a report too. */
static struct worker start(const struct sim_setup *setup, uint64_t seed, bool rush)
{
	int fds[2];
	struct message m;
	INVARIANT(pipe(fds) == 0);
	pid_t pid = fork();
	INVARIANT(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		run_seed(setup, seed, rush, &m);
		INVARIANT(write(fds[1], &m, sizeof m) == (ssize_t)sizeof m);
#ifdef VNEPP_COVER
		__gcov_dump();
#endif
		_exit(0); /* not exit(): what a simulated crash has leaked is no finding */
	}
	close(fds[1]);
	return (struct worker){pid, fds[0]};
}

static void collect(struct worker *w, uint64_t seed, struct totals *t)
{
	struct message m;
	int status;
	ssize_t n = read(w->from, &m, sizeof m);
	close(w->from);
	INVARIANT(waitpid(w->pid, &status, 0) == w->pid);
	w->pid = 0;
	if (n != (ssize_t)sizeof m) {
		printf("seed %llu: the process died (status %d)\n", (unsigned long long)seed, status);
		t->failed++;
	} else if (m.report.why[0]) {
		printf("seed %llu: %s\n", (unsigned long long)seed, m.report.why);
		t->failed++;
	} else if (m.differs) {
		printf("seed %llu: two runs, two histories\n", (unsigned long long)seed);
		t->failed++;
	} else {
		t->passed++;
		t->crashes += m.report.crashes;
		t->revisions += m.report.revisions;
		t->decisions += m.report.decisions;
		t->faults += m.report.faults;
		t->items += m.report.items;
		t->done += m.report.done;
		t->needs_human += m.report.needs_human;
		t->events += m.report.event_count;
		t->commands += m.report.commands;
		t->full += m.report.full;
		t->full_of_class += m.report.full_of_class;
	}
	fflush(stdout);
}

/* `count` seeds; of a rush, as many as it takes for `rush` commands. */
static void run_many(const struct sim_setup *setup, uint64_t first, uint64_t count, uint64_t rush, int jobs,
                     struct totals *t)
{
	struct worker workers[JOBS_MAX] = {{0, 0}};
	uint64_t seeds[JOBS_MAX];
	for (uint64_t i = 0; (rush ? t->commands < rush : i < count) && t->failed < FAILED_MAX; i++) {
		int slot = (int)(i % (uint64_t)jobs);
		if (workers[slot].pid)
			collect(&workers[slot], seeds[slot], t);
		seeds[slot] = first + i;
		workers[slot] = start(setup, seeds[slot], rush > 0);
	}
	for (int i = 0; i < jobs; i++)
		if (workers[i].pid)
			collect(&workers[i], seeds[i], t);
}

static int run_one(const struct sim_setup *setup, uint64_t seed, bool rush, bool verbose)
{
	struct sim_report r;
	sim_run(setup, seed, rush, verbose, &r);
	printf("seed %llu: %llu commands, %u items, %u done, %u failed, %u for a person, %u crashes, %llu "
	       "events%s%s\n",
	       (unsigned long long)seed, (unsigned long long)r.commands, r.items, r.done, r.failed,
	       r.needs_human, r.crashes, (unsigned long long)r.event_count, r.why[0] ? ": " : "", r.why);
	return r.why[0] ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"seeds", required_argument, NULL, 'n'},
	                                        {"first", required_argument, NULL, 'f'},
	                                        {"seed", required_argument, NULL, 's'},
	                                        {"jobs", required_argument, NULL, 'j'},
	                                        {"verbose", no_argument, NULL, 'v'},
	                                        {"rush", required_argument, NULL, 'r'},
	                                        {NULL, 0, NULL, 0}};
	uint64_t count = 1000, first = 1, seed = 0, rush = 0;
	int jobs = 2, opt, status = 0;
	bool verbose = false;
	struct sim_setup setup;
	struct totals t = {0};
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'n': count = strtoull(optarg, NULL, 10); break;
		case 'f': first = strtoull(optarg, NULL, 10); break;
		case 's': seed = strtoull(optarg, NULL, 10); break;
		case 'j': jobs = atoi(optarg); break;
		case 'r': rush = strtoull(optarg, NULL, 10); break;
		case 'v': verbose = true; break;
		default: return 2;
		}
	}
	if (jobs < 1 || jobs > JOBS_MAX)
		return 2;
	sim_setup_init(&setup);
	if (seed) {
		status = run_one(&setup, seed, rush > 0, verbose);
	} else {
		run_many(&setup, first, count, rush, jobs, &t);
		printf("%llu commands, %llu of them in a full second, %llu in a full second of their class, "
		       "none above the ceilings: %u items, %u "
		       "done, %u for a person, %u crashes, "
		       "%u times a failing disk, %u revisions of rules named and kept, %llu decisions again "
		       "from their "
		       "records, %llu events\n",
		       (unsigned long long)t.commands, (unsigned long long)t.full,
		       (unsigned long long)t.full_of_class, t.items, t.done, t.needs_human, t.crashes,
		       t.faults, t.revisions, (unsigned long long)t.decisions, (unsigned long long)t.events);
		if (t.failed)
			printf("replay a seed with: vnepp-sim --seed N%s --verbose\n",
			       rush ? " --rush 1" : "");
		printf("%u passed, %u failed\n", t.passed, t.failed);
		status = t.failed || !t.passed;
	}
	sim_setup_fini(&setup);
	return status;
}
