/* Plain types of the simulator's interface: options in, facts out. */
#ifndef VNEPP_REGSIM_TYPES_H
#define VNEPP_REGSIM_TYPES_H

#include "epp/base/date.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* APPROVE and REFUSE stand in the ledger for what became of a pending create; EXPIRE for a name that ran out. */
/* clang-format off */
#define REGSIM_OPS(X) \
	X(NONE, "none") \
	X(CONNECT, "connect") \
	X(HELLO, "hello") \
	X(LOGIN, "login") \
	X(LOGOUT, "logout") \
	X(POLL, "poll") \
	X(CHECK, "check") \
	X(INFO, "info") \
	X(CREATE, "create") \
	X(RENEW, "renew") \
	X(UPDATE, "update") \
	X(DELETE, "delete") \
	X(TRANSFER, "transfer") \
	X(APPROVE, "approve") \
	X(REFUSE, "refuse") \
	X(EXPIRE, "expire")
/* clang-format on */
enum regsim_op {
#define X(id, text) REGSIM_OP_##id,
	REGSIM_OPS(X)
#undef X
	    REGSIM_OP__COUNT
};
/* "create". */
const char *regsim_op_name(enum regsim_op op);

enum regsim_kind {
	REGSIM_KIND_NONE,
	REGSIM_KIND_DOMAIN,
	REGSIM_KIND_CONTACT,
	REGSIM_KIND_HOST,
	REGSIM_KIND_OTHER
};
/* "domain"; "" for none. */
const char *regsim_kind_name(enum regsim_kind kind);

struct regsim_account {
	const char *login, *password;
	const char *subject;   /* must occur in the certificate's subject; NULL: not looked at */
	uint32_t max_sessions; /* log-in beyond: 2502 and closed; 0: no limit */
	uint32_t rate_per_s;   /* commands; 0: no limit */
	uint32_t burst;        /* 0: as rate_per_s */
	int64_t balance_vnd;
};

/* What the registry does for free years; outsiders cannot know it, so tests try all. */
enum regsim_waiver {
	REGSIM_WAIVER_NONE,   /* every year is charged */
	REGSIM_WAIVER_ZERO,   /* the levy and years up to free_years after creation cost nothing */
	REGSIM_WAIVER_REBATE, /* the deposit must cover them, and gets them back at once */
};

struct regsim_zone {
	const char *name;
	int64_t levy_vnd, year_vnd; /* on create; for each year */
	enum regsim_waiver waiver;
	int free_years;
};

/* A command without this extension element is answered 2003; one in which it does not fit the glob (NULL: all do), 2306. */
struct regsim_need {
	enum regsim_op op;
	enum regsim_kind kind;
	const char *uri, *element, *glob;
};

enum regsim_over { REGSIM_OVER_2502, REGSIM_OVER_SILENT };
enum regsim_ledger_mode { REGSIM_LEDGER_ALL, REGSIM_LEDGER_TRANSFORMS, REGSIM_LEDGER_OFF };

struct regsim_options {
	uint64_t seed;
	const char *server_id;
	const struct regsim_account *accounts;
	size_t account_count;
	const struct regsim_zone *zones;
	size_t zone_count;
	const char *const *reserved; /* globs of names that nobody gets */
	size_t reserved_count;
	const char *const *ext_uris; /* extensions announced; unknown ones are taken as they come */
	size_t ext_uri_count;
	const struct regsim_need *needs;
	size_t need_count;
	const char *xsd_dir;    /* every frame is validated against epp-all.xsd in it; NULL: not */
	const char *frames_log; /* frames that are not valid are appended to this file, too; NULL: not */
	const char *grammar;    /* … and against this RELAX NG grammar; NULL: not */

	int date_offset_s;    /* of the dates in answers: 0 prints Z, 25200 prints +07:00 */
	bool expire_midnight; /* expiry at 00:00 of that zone instead of the time of creation */
	int min_years, max_years;
	int bad_exp_code;      /* 2105, 2004 or 2306 */
	int renew_days;        /* renewable so long after expiry */
	int revoke_days;       /* and gone so long after that */
	int renew_window_days; /* not renewable earlier before expiry; 0: always */
	bool registrant_optional;
	bool
	    hide_from_others; /* <info> of another's object: 2201 without authInfo; otherwise shown without it */
	bool msgq_everywhere; /* msgQ rides on every answer */
	const char *prefix;   /* of objects in answers: NULL as usual, "" a default namespace, or another */

	uint32_t delay_ms;
	uint32_t login_timeout_ms, idle_timeout_ms, max_age_ms; /* 0: none */
	uint32_t max_connections;                               /* beyond: closed at once; 0: no limit */
	uint32_t max_login_failures;                            /* 2501 and closed; 0: no limit */
	enum regsim_over over_rate;
	uint32_t max_frame_bytes, max_frame_early_bytes;

	const char *pending_glob;   /* names that are created with 1001 */
	uint16_t pending_per_mille; /* and a share of the others */
	const char *refuse_glob;    /* pending names that are refused later */
	uint16_t refuse_per_mille;
	uint32_t pending_min_ms, pending_max_ms;
	int64_t low_balance_vnd; /* a poll message when the balance first falls below; 0: none */

	enum regsim_ledger_mode ledger;
};

struct regsim_domain_view {
	struct str name, registrant;
	const char *account; /* sponsor; valid as long as the sim */
	bool exists, pending;
	instant_ms_t created, expires;
	date_t expires_on;                     /* in the registry's zone */
	unsigned times_created, times_renewed; /* by commands, over all its lives */
	uint32_t status;                       /* bits, see rs_status.h */
};

struct regsim_entry {
	uint64_t seq; /* from 1 */
	instant_ms_t at;
	const char *account; /* "" before log-in */
	enum regsim_op op;
	enum regsim_kind kind;
	const char *name, *cltrid;
	const char *ext; /* what unknown extensions said: "idNumber=…; birthDate=…"; NULL: there were none */
	uint64_t svtrid;
	int code; /* of the answer that was meant; the registry's own outcome */
	bool committed, late;
	int fault;            /* enum regsim_fault */
	instant_ms_t expires; /* INSTANT_NONE when there is none */
	int64_t fee_vnd;      /* what was taken from the balance in the end */
};

struct regsim_stats {
	uint64_t commands, by_op[REGSIM_OP__COUNT];
	uint64_t domains_created, domains_renewed, contacts_created, hosts_created;
	uint64_t connections, connections_refused, connections_now, sessions_now, sessions_most;
	uint64_t frames_bad, xsd_failed, over_rate, timeouts;
	uint64_t pending, approved, refused, late_commits;
};

#endif
