/*
 * vnepp-proof: the promises of scheduler and limiters, in virtual time.
 *
 *   vnepp-proof [--commands N] [--seed S] [--jobs J]    each part with N commands; exit 0: it holds, 1: what did not
 *   vnepp-proof --day SEED [--commands N]               one day of the scheduler's crowd again
 */
#include "tests/proof/proof.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static int one_day(uint64_t commands, uint64_t seed)
{
	struct proof_figures f;
	proof_crowd(commands, seed, &f);
	printf("%llu commands in %llu s, %llu restarts: use %.4f, Jain %.4f, weights %.4f, one line %.3f, "
	       "lowest "
	       "lane %.4f, missed %llu of %llu\n%s\n",
	       (unsigned long long)f.commands, (unsigned long long)f.virtual_s,
	       (unsigned long long)f.restarts, f.use, f.jain, f.weight_off, (double)f.single_wait / 1000,
	       f.last_lane, (unsigned long long)f.missed, (unsigned long long)f.urgent, f.why);
	return f.why[0] ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"commands", required_argument, NULL, 'n'},
	                                        {"seed", required_argument, NULL, 's'},
	                                        {"jobs", required_argument, NULL, 'j'},
	                                        {"day", required_argument, NULL, 'd'},
	                                        {NULL, 0, NULL, 0}};
	uint64_t commands = 1000000, seed = 1, day = 0;
	int opt, jobs = 2, failed;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'n': commands = strtoull(optarg, NULL, 10); break;
		case 's': seed = strtoull(optarg, NULL, 10); break;
		case 'j': jobs = atoi(optarg); break;
		case 'd': day = strtoull(optarg, NULL, 10); break;
		default: return 2;
		}
	}
	if (jobs < 1 || jobs > 16 || commands < 1000)
		return 2;
	if (day)
		return one_day(commands, day);
	failed = !proof_limits(commands, seed);
	failed += !proof_sched(commands, seed, jobs);
	printf("%d passed, %d failed\n", 2 - failed, failed);
	return failed ? 1 : 0;
}
