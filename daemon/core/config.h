/*
 * The daemon's configuration: vneppd.yaml with the partners and limits files that it names, read into one immutable
 * snapshot that is counted by reference. All texts live in the snapshot. Times are in milliseconds.
 *
 * Loading checks everything that can be checked without side effects (syntax, types, ranges, references between
 * files, that files exist and are readable) and reports all findings at once, with places.
 */
#ifndef VNEPP_CORE_CONFIG_H
#define VNEPP_CORE_CONFIG_H

#include "daemon/core/limits.h"
#include "daemon/core/quota.h"
#include "epp/base/attr.h"
#include "epp/base/diag.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct epp_dialect;

/* Where a value stands in the main file, as in struct diag_pos; line 0: it is not given. */
struct config_place {
	int line, column, width;
};

/* One login at a registry; several partners may share one. */
struct config_account {
	const char *name;
	const char *login;
	const char *password_file;     /* first line is the password; mode 0640 or stricter */
	const char *new_password_file; /* the password that is to take its place; NULL: none */
	const char *certificate, *key; /* both or neither (NULL) */
	struct config_place password_at, new_password_at, certificate_at, key_at;
	uint32_t sessions;  /* connections held open */
	uint32_t window;    /* commands in flight on each */
	uint8_t digest[32]; /* SHA-256 of what is written about it and its registry */
};

struct config_endpoint {
	const char *host;
	uint16_t port;
};

enum config_script { CONFIG_SCRIPT_ANY, CONFIG_SCRIPT_ASCII, CONFIG_SCRIPT_IDN };
enum config_low_balance { CONFIG_LOW_BALANCE_STOP, CONFIG_LOW_BALANCE_WARN };
enum config_fee { CONFIG_FEE_OFF, CONFIG_FEE_WARN, CONFIG_FEE_ENFORCE };
enum config_hosts { CONFIG_HOSTS_ATTRIBUTES, CONFIG_HOSTS_OBJECTS };

struct config_registry {
	const char *name;
	struct config_endpoint *endpoints;
	size_t endpoint_count;
	const char **zones; /* lower-case A-labels, e.g. "id.vn"; a name belongs to the longest that fits */
	size_t zone_count;
	enum config_script script;
	int date_offset_s; /* zone of the registry's dates, seconds east of UTC */
	const char *ca_file, *server_name, *source_address; /* NULL: the system's, the endpoint's host, any */
	const char *crl_file; /* revocation lists of the authority; NULL: none */
	struct config_place ca_at, crl_at;
	const char *language;
	const char **objects, **extensions; /* URIs that we can use; the greeting decides */
	size_t object_count, extension_count;
	const char *
	    *required; /* URIs without which there is no log-in; those of the mapping are among them */
	size_t required_count;
	const struct epp_dialect *mapping; /* what goes into <extension> of which command; NULL: nothing */
	const char *mapping_file;          /* where it stands; NULL: in the main file, or nowhere */
	enum config_hosts hosts;
	bool create_contacts;      /* make the registrant contact from the item's applicant */
	enum config_fee fee_match; /* what becomes of the fee that a decision expects */
	uint32_t auth_length;      /* characters of the authInfo of new objects; 0: it is left empty */
	uint32_t check_names;      /* in one <check> */
	bool check_first;          /* <check> before <create>, where a taken name costs a penalty */
	uint64_t connect_ms, tls_ms, greeting_ms, login_ms, answer_ms, logout_ms;
	uint64_t keepalive_ms, max_age_ms;
	uint64_t backoff_min_ms, backoff_max_ms;
	enum config_low_balance low_balance; /* what a message that money runs low does to what costs money */
	const char **low_balance_marks;      /* words by which such a message is known */
	size_t low_balance_mark_count;
	uint64_t skew_warn_ms; /* difference of the registry's clock that is worth a warning; 0: none */
	uint64_t settle_ms;    /* before "does not exist" is believed, twice */
	uint64_t slow_ms;      /* an answer that takes longer says that the registry is in trouble */
	uint64_t poll_ms;      /* interval of the poll worker when the queue is empty */
	struct limit commands_per_second; /* hard ceiling (limits file) */
	struct limit class_per_second[LIMIT_CLASS__COUNT];
	struct limit class_per_day[LIMIT_CLASS__COUNT];
	struct limit taken_per_day; /* creates of names that are taken */
	/* Of each account, as the limits file has it; in force, unless in shadow, in the accounts themselves. */
	struct limit sessions, window;
	struct config_account *accounts;
	size_t account_count;
};

/* How a partner is recognised; any one that fits is enough. */
enum config_id_kind { CONFIG_ID_SAN_DNS, CONFIG_ID_SAN_URI, CONFIG_ID_PIN, CONFIG_ID_FINGERPRINT };
struct config_identity {
	enum config_id_kind kind;
	/* A DNS name in lower case; a URI as in the certificate; pin (SHA-256 of the public key) and fingerprint
	 * (SHA-256 of the certificate) as 64 lower-case hex digits. */
	const char *value;
};

struct config_partner {
	const char *name;
	struct config_identity *identities;
	size_t identity_count;
	const char **accounts; /* by registry, same order as config.registries; NULL: may not use it */
	const char **zones;    /* NULL: all that its registries serve */
	size_t zone_count;
	bool may_create, may_renew;
	/* Of the limits file. */
	struct limit lines_per_second; /* admission */
	uint32_t burst;                /* at once, after a pause; at least lines_per_second */
	struct limit max_queued;       /* lines that wait to be sent */
	struct limit uploads;          /* batches being received at a time */
	struct limit lines_per_day;    /* new lines on a day in Hanoi */
	uint32_t weight;               /* share of a registry's capacity; 1 unless given */
};

/* What whoever asks over the control socket may do; bits. Operators may see, administrators may do what operators may;
 * bringing rule sets into force is apart from all of them, and in two halves. */
enum config_role {
	CONFIG_ROLE_VIEWER,
	CONFIG_ROLE_OPERATOR,
	CONFIG_ROLE_ADMIN,
	CONFIG_ROLE_POLICY_STAGE,
	CONFIG_ROLE_POLICY_ACTIVATE,
	CONFIG_ROLE__COUNT
};
#define CONFIG_ROLE_BIT(role) (1u << (role))
#define CONFIG_ROLES_ALL      (CONFIG_ROLE_BIT(CONFIG_ROLE__COUNT) - 1)
extern const char *const config_role_names[]; /* "policy_stage"; NULL-terminated */

/* Users and groups of this machine that have a role. */
struct config_role_members {
	uint32_t *uids, *gids;
	size_t uid_count, gid_count;
};

enum config_log_format { CONFIG_LOG_AUTO, CONFIG_LOG_JSON, CONFIG_LOG_LOGFMT };

#define CONFIG_ADMIN_LISTEN_MAX 4

struct config {
	const char *path;
	const char *instance; /* which gateway this is, for logs and metrics */
	bool sandbox; /* a registry of tests: allows a shifted clock and rules that activate by themselves */
	/* Sandbox: added to the system's time, counted at loading; after a reload the shift of the start goes on. */
	int64_t clock_shift_ms;
	const char *store_path;
	const char *api_listen; /* a numeric address with a port (0: a free one) */
	const char *api_certificate, *api_key, *api_client_ca;
	const char *api_client_crl; /* NULL: none */
	struct config_place api_certificate_at, api_key_at, api_client_ca_at, api_client_crl_at;
	uint32_t api_max_connections, api_max_per_address, api_max_per_partner;
	uint64_t api_max_body_bytes;
	uint32_t api_max_line_bytes, api_max_lines;
	uint64_t notice_ms;         /* before its free years end, a name's partner is told; 0: never */
	const char *control_socket; /* NULL: none */
	const char *feed_socket;    /* where vnepp-webhookd reads changes; NULL: none */
	bool has_roles;             /* false: whoever may connect may do everything */
	struct config_role_members roles[CONFIG_ROLE__COUNT];
	/* Loopback addresses with ports, and paths of Unix sockets; at most CONFIG_ADMIN_LISTEN_MAX. */
	const char **admin_listen;
	size_t admin_listen_count;
	const char *admin_token_file; /* its first line lets in over TCP; NULL: only what needs no token */
	struct quota *quotas;         /* of the programme (limits file) */
	size_t quota_count;
	const char *rules_dir;
	bool rules_activate; /* files activate by themselves at start and reload (sandbox) */
	enum config_log_format log_format;
	int log_level;    /* enum log_level */
	uint64_t stop_ms; /* SIGTERM: how long commands in flight may take to finish */
	struct config_registry *registries;
	size_t registry_count;
	struct config_partner *partners;
	size_t partner_count;
};

/*
 * Loads and checks; NULL when `d` got an error (warnings do not count). The result has one reference; any thread may
 * read it and drop it. `wall_now_ms`: the system's time, for the sandbox's clock.
 */
struct config *config_load(const char *path, int64_t wall_now_ms, struct diag *d) MUST_CHECK;
/* The same for looking further: never NULL. Whatever `d` got an error for is missing in it: texts are NULL or "", lists
 * shorter. Not to be run with. */
struct config *config_load_anyway(const char *path, int64_t wall_now_ms, struct diag *d) MUST_CHECK;
struct config *config_ref(struct config *c);
void config_unref(struct config **c); /* NULLs *c; NULL inside is fine */

/*
 * The roles, as bits, of a process with these identifiers, and of those that follow from them. Root and the daemon's own
 * user are administrators always, or nobody could mend a mistake.
 */
unsigned config_roles_of(const struct config *c, uint32_t uid, uint32_t gid, const uint32_t *groups,
                         size_t group_count);

/* NULL when there is none of that name. */
const struct config_partner *config_partner(const struct config *c, const char *name);
/* Whose certificate has this name, pin or fingerprint; NULL: nobody's. DNS names and hex digits in any case. */
const struct config_partner *config_identify(const struct config *c, enum config_id_kind kind,
                                             struct str value);
/*
 * The registry that serves `name` (lower-case A-labels; `idn`: it has a Vietnamese label), or NULL; a name that is
 * itself a zone is nobody's. `zone` (may be NULL) gets the zone, a text of the snapshot. Allocates nothing.
 */
const struct config_registry *config_route(const struct config *c, struct str name, bool idn,
                                           struct str *zone);

#endif
