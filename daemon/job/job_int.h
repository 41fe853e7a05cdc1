/* Shared by the files of job/ that make up the job's machine: job.c moves it, job_build.c speaks, job_look.c judges
 * what <info> shows. */
#ifndef VNEPP_JOB_INT_H
#define VNEPP_JOB_INT_H

#include "daemon/job/job.h"

enum job_next job_end(struct job *j, enum item_state state, enum item_fault fault, const char *reason,
                      const char *fmt, ...) PRINTF(5, 6);
/* Goes to LOOK after the settling delay. */
enum job_next job_settle(struct job *j);
enum job_next job_look_answered(struct job *j, const struct epp_response *r);
/* The look itself failed: later, slower each time. */
enum job_next job_look_again(struct job *j, const char *why);

#endif
