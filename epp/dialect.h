/*
 * A registry's dialect: a mapping, written in YAML, that says which facts of an item, of its decision and of its evidence
 * go into which elements of which namespaces inside <extension> of which commands (design.md section 6).
 *
 *   namespaces: {vn: "urn:example:registry:contact-1.0"}
 *   commands:
 *     contact:create:
 *       - element: vn:create
 *         when: {applicant.kind: citizen}
 *         attributes: {version: "1"}
 *         content:
 *           - {element: birthDate, fact: applicant.birth_date, format: DD/MM/YYYY, required: true}
 *           - {element: sex, fact: applicant.gender, values: {male: "1", female: "2"}}
 *
 * A compiled mapping is immutable and may be used from any thread; it lives in the arena that it was read into. The
 * keys of an element are described in systemd/mapping-vn-example.yaml.
 */
#ifndef VNEPP_EPP_DIALECT_H
#define VNEPP_EPP_DIALECT_H

#include "epp/base/arena.h"
#include "epp/base/err.h"
#include "epp/base/yaml.h"
#include "epp/command.h"
#include "epp/dialect_facts.h"

#define EPP_DIALECT_MAX_ELEMENTS 1000 /* of one mapping; keeps a command far below the size of a frame */

/* The commands that a mapping may extend: of items, and of sessions, where `account.login` is all that is known. */
#define EPP_DIALECT_COMMANDS(X)             \
	X(CONTACT_CREATE, "contact:create") \
	X(CONTACT_INFO, "contact:info")     \
	X(HOST_CHECK, "host:check")         \
	X(HOST_CREATE, "host:create")       \
	X(DOMAIN_CHECK, "domain:check")     \
	X(DOMAIN_CREATE, "domain:create")   \
	X(DOMAIN_INFO, "domain:info")       \
	X(DOMAIN_RENEW, "domain:renew")     \
	X(SESSION_LOGIN, "login")           \
	X(SESSION_POLL, "poll")             \
	X(SESSION_LOGOUT, "logout")

enum epp_dialect_command {
#define X(id, name) EPP_DIALECT_##id,
	EPP_DIALECT_COMMANDS(X)
#undef X
	    EPP_DIALECT__COUNT
};
/* "contact:create" … NULL-terminated. */
extern const char *const epp_dialect_command_names[];

struct epp_dialect;

/*
 * Compiles the mapping at `map` (a YAML mapping; NULL: its error is told). Everything that is wrong is reported in `d`
 * with its place; NULL then. Texts are borrowed from the YAML nodes, which live as long as `arena`.
 */
struct epp_dialect *epp_dialect_read(struct arena *arena, struct diag *d, struct yaml_node *map) MUST_CHECK;

/*
 * Where the facts come from. A text must live until the command is built; an empty one is a fact that is missing.
 * `name` is how the mapping calls it, which tells declared ones apart; `entry`: of its list, else 0.
 */
struct epp_fact_source {
	struct str (*get)(void *arg, enum epp_fact fact, struct str name, size_t entry);
	size_t (*count)(void *arg, enum epp_fact_list list);
	void *arg;
};

/*
 * The elements for <extension> of one command, from `arena`; none when the mapping has nothing to say. Otherwise
 *   ERR_NOT_FOUND  facts are missing that the mapping demands: the message names all of them
 *   ERR_INVALID    a fact has a value that the mapping has no translation for; ERR_TOO_LONG: one is too long
 * The message names facts and elements, never a value.
 */
enum err epp_dialect_write(const struct epp_dialect *dialect, enum epp_dialect_command command,
                           const struct epp_fact_source *facts, struct arena *arena,
                           const struct epp_ext_element **out, size_t *count, struct errmsg *e) MUST_CHECK;

/* The mapping names this fact, or (EPP_FACT__COUNT) any of the decision. */
bool epp_dialect_uses(const struct epp_dialect *dialect, enum epp_fact fact);

/* The namespaces of its elements directly in <extension>, which a log-in must announce. */
size_t epp_dialect_uri_count(const struct epp_dialect *dialect);
/* i < count; `pos` (may be NULL): where it is declared. NUL-terminated. */
struct str epp_dialect_uri(const struct epp_dialect *dialect, size_t i, struct diag_pos *pos);

/* What an element or attribute is filled from, for whoever prints a frame. */
struct epp_dialect_known {
	struct str uri, element;
	struct str attr; /* empty: the element's own text */
	struct str note; /* "applicant.birth_date"; several, when mappings of one element differ: "a, b" */
	bool open;       /* nothing personal: may be shown */
};
/* One entry for each element and attribute with a value; from `arena`. */
const struct epp_dialect_known *epp_dialect_known(const struct epp_dialect *dialect, struct arena *arena,
                                                  size_t *count);

#endif
