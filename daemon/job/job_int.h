/* Shared by the files of job/ that make up the job's machine: job.c moves it, job_build.c and job_facts.c speak,
 * job_look.c judges what <info> shows. */
#ifndef VNEPP_JOB_INT_H
#define VNEPP_JOB_INT_H

#include "daemon/job/job.h"
#include "epp/command.h"

enum job_next job_end(struct job *j, enum item_state state, enum item_fault fault, const char *reason,
                      const char *fmt, ...) PRINTF(5, 6);
/* Goes to LOOK after the settling delay. */
enum job_next job_settle(struct job *j);
enum job_next job_look_answered(struct job *j, const struct epp_response *r);
/* The look itself failed: later, slower each time. */
enum job_next job_look_again(struct job *j, const char *why);

/*
 * job_facts.c: what the registry's mapping adds to the phase's command, from `arena`. Before anything of an item leaves,
 * its transform's elements are tried, too: a fact that is missing there must not be found when a contact was made.
 */
enum err job_facts_extend(struct job *j, struct arena *arena, struct epp_cmd *cmd,
                          struct errmsg *e) MUST_CHECK;

#endif
