/* The ledger of names: one of them, those that end soon, and those from before. */
#ifndef VNEPP_STORE_STORE_DOMAINS_H
#define VNEPP_STORE_STORE_DOMAINS_H

#include "daemon/store/store.h"

struct store_get_domain {
	struct store_op op;
	struct str domain;             /* in: borrowed */
	uint32_t partner;              /* out: owner */
	uint32_t account;              /* out */
	instant_ms_t created, expires; /* out */
	date_t grant_from, free_until; /* out */
};

/*
 * What of a partner's names ends soon: those that expire, and those whose free years end before they expire (from that day
 * on what they cost is the partner's to pay). In order of time, then name.
 */
enum store_ending { STORE_ENDING_EXPIRES, STORE_ENDING_COSTS };

struct store_domain_row {
	enum store_ending what;
	instant_ms_t at; /* expires, or the first paid day begins in Hanoi */
	struct str domain;
	uint32_t account;
	instant_ms_t created, expires;
	date_t grant_from, free_until;
};

struct store_get_domains {
	struct store_op op;
	uint32_t partner;      /* in */
	instant_ms_t after;    /* in: the last row's, with its name; or from when on, without a name */
	struct str after_name; /* in: borrowed until done */
	instant_ms_t before;   /* in: not from then on */
	uint32_t limit;        /* in: at most STORE_PAGE_MAX */
	struct arena *arena;   /* in: borrowed */
	struct store_domain_row *rows; /* out */
	size_t count;
	bool more;
};

/* A name from before this gateway's time. */
struct store_import_row {
	struct str domain;
	uint32_t partner, account;
	instant_ms_t created, expires;
	date_t grant_from;             /* DATE_NONE: paid */
	struct decide_subject subject; /* who has it; none: count and has_paid are 0 */
};

struct store_import {
	struct store_op op;
	struct store_import_row *rows; /* in: caller's; at most STORE_CHUNK_MAX */
	size_t count;
	uint64_t added, replaced; /* out */
};

#endif
