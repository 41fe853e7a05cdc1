/* What the files of the domain commands share. */
#ifndef VNEPP_RS_DOMAIN_H
#define VNEPP_RS_DOMAIN_H

#include "tests/regsim/rs_int.h"

/* The command's first name in lower case, in the scratch arena. */
struct str rs_domain_name(struct rs_exec *x);
/* False: answered. Default one year. */
bool rs_domain_period(struct rs_exec *x, int *years);
/* Covers and takes the price; false: answered with 2104 or 2004 (the fee extension disagrees). */
bool rs_domain_charge(struct rs_exec *x, const struct regsim_zone *z, bool create, int years_held, int years);
int rs_domain_years_held(const struct regsim *sim, const struct rs_object *d);
void rs_domain_create(struct rs_exec *x);
void rs_domain_info(struct rs_exec *x);
void rs_domain_check(struct rs_exec *x);
void rs_domain_update(struct rs_exec *x);
/* <fee:creData> or <fee:renData> when the command asked for it. */
void rs_domain_fee_answer(struct rs_exec *x, const char *local, int years);

/* One record at the end of sim->record. */
void rs_record_put(struct regsim *sim, char tag, struct str text);
/* Makes sim->record the object's extra. */
void rs_record_store(struct regsim *sim, struct rs_object *o);

#endif
