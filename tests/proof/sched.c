/* Days of the crowd, each in a process of its own, until so many commands were sent. */
#include "epp/base/check.h"
#include "tests/proof/proof.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAY_COMMANDS 1000000
#define JOBS_MAX     16

struct worker {
	pid_t pid;
	int from;
	uint64_t seed;
};

static struct worker start(uint64_t commands, uint64_t seed)
{
	int fds[2];
	struct proof_figures f;
	INVARIANT(pipe(fds) == 0);
	pid_t pid = fork();
	INVARIANT(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		proof_crowd(commands, seed, &f);
		INVARIANT(write(fds[1], &f, sizeof f) == (ssize_t)sizeof f);
		_exit(0); /* not exit(): what a simulated crash has left behind is no finding */
	}
	close(fds[1]);
	return (struct worker){pid, fds[0], seed};
}

static void add(struct proof_figures *sum, const struct proof_figures *f)
{
	sum->commands += f->commands;
	sum->virtual_s += f->virtual_s;
	sum->urgent += f->urgent;
	sum->missed += f->missed;
	sum->restarts += f->restarts;
	sum->reloads += f->reloads;
	for (int i = 0; i < PROOF_CLASSES; i++)
		sum->full[i] += f->full[i];
	sum->use = f->use < sum->use ? f->use : sum->use;
	sum->jain = f->jain < sum->jain ? f->jain : sum->jain;
	sum->weight_off = f->weight_off > sum->weight_off ? f->weight_off : sum->weight_off;
	sum->last_lane = f->last_lane < sum->last_lane ? f->last_lane : sum->last_lane;
	sum->single_wait = f->single_wait > sum->single_wait ? f->single_wait : sum->single_wait;
}

/* False: that day broke a promise. */
static bool collect(struct worker *w, struct proof_figures *sum)
{
	struct proof_figures f;
	int status;
	ssize_t n = read(w->from, &f, sizeof f);
	close(w->from);
	INVARIANT(waitpid(w->pid, &status, 0) == w->pid);
	w->pid = 0;
	if (n != (ssize_t)sizeof f)
		printf("seed %llu: the process died (status %d)\n", (unsigned long long)w->seed, status);
	else if (f.why[0])
		printf("seed %llu: %s\n", (unsigned long long)w->seed, f.why);
	else
		add(sum, &f);
	fflush(stdout);
	return n == (ssize_t)sizeof f && !f.why[0];
}

bool proof_sched(uint64_t commands, uint64_t seed, int jobs)
{
	struct worker workers[JOBS_MAX] = {{0, 0, 0}};
	struct proof_figures sum = {.use = 1, .jain = 1, .last_lane = 1};
	uint64_t day = commands / 4 < DAY_COMMANDS ? commands / 4 : DAY_COMMANDS;
	uint64_t days = (commands + day - 1) / day;
	bool ok = true;
	for (uint64_t i = 0; i < days && ok; i++) {
		struct worker *w = &workers[i % (uint64_t)jobs];
		ok = !w->pid || collect(w, &sum);
		*w = start(day, seed + i);
	}
	for (int i = 0; i < jobs; i++)
		if (workers[i].pid)
			ok &= collect(&workers[i], &sum);
	printf("the scheduler: %llu commands in %llu h of virtual time, %llu restarts, %llu reloads of "
	       "limits: no "
	       "second above a ceiling, nor above that of a class (used up by %llu checks, %llu infos, %llu "
	       "contacts, %llu creates, %llu renewals); use of the ceiling at least "
	       "%.4f, Jain's index at least %.4f, weights within %.2f %%, one line waited for at most %.2f "
	       "rounds, the lowest lane got at least %.3f, %llu of %llu urgent lines missed their deadline, "
	       "none "
	       "behind what was not urgent\n",
	       (unsigned long long)sum.commands, (unsigned long long)sum.virtual_s / 3600,
	       (unsigned long long)sum.restarts, (unsigned long long)sum.reloads,
	       (unsigned long long)sum.full[PROOF_CHECK], (unsigned long long)sum.full[PROOF_INFO],
	       (unsigned long long)sum.full[PROOF_CONTACT], (unsigned long long)sum.full[PROOF_CREATE],
	       (unsigned long long)sum.full[PROOF_RENEW], sum.use, sum.jain, sum.weight_off * 100,
	       (double)sum.single_wait / 1000, sum.last_lane, (unsigned long long)sum.missed,
	       (unsigned long long)sum.urgent);
	return ok;
}
