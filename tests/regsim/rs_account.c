/* Accounts: rate, deposit, poll queue. */
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "tests/regsim/rs_int.h"

#include <stdlib.h>
#include <string.h>

struct rs_account *rs_account_find(struct regsim *sim, struct str login)
{
	for (size_t i = 0; i < sim->o.account_count; i++)
		if (str_eq_c(login, sim->accounts[i].login))
			return &sim->accounts[i];
	return NULL;
}

bool rs_account_over_rate(struct regsim *sim, struct rs_account *a)
{
	if (!a->limits.rate_per_s)
		return false;
	uint64_t now = sim->loop->clock->mono_us(sim->loop->clock);
	uint64_t step = 1000000u / a->limits.rate_per_s;
	uint64_t burst = a->limits.burst ? a->limits.burst : a->limits.rate_per_s;
	uint64_t due = a->rate_tat_us > now ? a->rate_tat_us : now;
	if (due - now > step * (burst - 1))
		return true;
	a->rate_tat_us = due + step;
	return false;
}

void rs_account_price(const struct regsim_zone *z, bool create, int years_held, int years, int64_t *cover,
                      int64_t *take)
{
	int free_left = z->waiver == REGSIM_WAIVER_NONE ? 0 : z->free_years - years_held;
	int paid = free_left <= 0 ? years : years > free_left ? years - free_left : 0;
	bool levy_free = z->waiver != REGSIM_WAIVER_NONE && z->free_years > 0;
	*take = paid * z->year_vnd + (create && !levy_free ? z->levy_vnd : 0);
	*cover = z->waiver == REGSIM_WAIVER_REBATE ? years * z->year_vnd + (create ? z->levy_vnd : 0) : *take;
}

void rs_account_message(struct regsim *sim, struct rs_account *a, struct str text, struct str res_data)
{
	struct rs_message *m = xcalloc(1, sizeof *m);
	m->id = ++sim->last_message;
	m->at = loop_wall(sim->loop);
	m->text = xmemdup0(text.ptr, text.len);
	m->res_data = xmemdup0(res_data.ptr, res_data.len);
	list_push(&a->queue, &m->node);
}

void rs_account_take(struct regsim *sim, struct rs_account *a, int64_t vnd)
{
	a->limits.balance_vnd -= vnd;
	if (a->limits.balance_vnd >= sim->o.low_balance_vnd)
		a->told_low = false;
	else if (!a->told_low) {
		a->told_low = true;
		rs_account_message(sim, a, STR("Low account balance"), STR_NONE);
	}
}
