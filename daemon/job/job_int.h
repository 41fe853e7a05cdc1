/* Shared by the files of job/ that make up the job's machine: job.c moves it, job_build.c and job_facts.c speak,
 * job_answer.c hears, job_look.c judges what <info> shows, job_mend.c makes what a new name refers to. */
#ifndef VNEPP_JOB_INT_H
#define VNEPP_JOB_INT_H

#include "daemon/job/job.h"
#include "epp/command.h"

enum job_next job_end(struct job *j, enum item_state state, enum item_fault fault, const char *reason,
                      const char *fmt, ...) PRINTF(5, 6);
/* A step that the machine allows. */
void job_move(struct job *j, enum job_phase to);
/* To the transform, by way of what comes before it. */
enum job_next job_to_transform(struct job *j);
/* A refusal that says nothing about doubt. */
enum job_next job_refused(struct job *j, const struct epp_response *r);

/* job_mend.c */
bool job_can_mend(const struct job *j);
enum job_next job_mend(struct job *j);
/* Name servers are objects, and which of them there are was not asked yet. */
bool job_hosts_wanted(const struct job *j);
/* The next one to create. */
const struct item_ns *job_host(const struct job *j);
enum job_next job_host_check_answered(struct job *j, const struct epp_response *r, int code);
enum job_next job_host_answered(struct job *j, const struct epp_response *r, int code);

/* The transform's outcome is not known: recorded, and to LOOK after the settling delay. */
enum job_next job_doubt(struct job *j, const char *text);
/* Goes to LOOK after the settling delay. */
enum job_next job_settle(struct job *j);
enum job_next job_look_answered(struct job *j, const struct epp_response *r);
/* job_read.c */
enum job_next job_read_answered(struct job *j, const struct epp_response *r);
/* The look itself failed: later, slower each time. */
enum job_next job_look_again(struct job *j, const char *why);

/*
 * job_facts.c: what the registry's mapping adds to the phase's command, from `arena`. Before anything of an item leaves,
 * its transform's elements are tried, too: a fact that is missing there must not be found when a contact was made.
 */
enum err job_facts_extend(struct job *j, struct arena *arena, struct epp_cmd *cmd,
                          struct errmsg *e) MUST_CHECK;

#endif
