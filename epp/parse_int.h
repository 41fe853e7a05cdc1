/*
 * How a response is read: by tables. A scope is the list of elements that may stand inside an element; a rule says what
 * becomes of one of them: a scope of its own, or a text that goes somewhere. What no rule names is skipped whole.
 * Private to epp/response.c and epp/parse_*.c.
 */
#ifndef VNEPP_EPP_PARSE_INT_H
#define VNEPP_EPP_PARSE_INT_H

#include "epp/base/arena.h"
#include "epp/base/buf.h"
#include "epp/parse_names.h"
#include "epp/response.h"
#include "epp/xml.h"

struct rule;
struct epp_parser;

struct scope {
	const struct rule *rules;
	size_t count;
	/* For an element that no rule names; false skips it whole, true means p->unknown_depth was set. May be NULL. */
	bool (*other)(struct epp_parser *p, const struct xml_elem *el);
};

enum rule_kind {
	RULE_SCOPE,     /* go into `inner` */
	RULE_TEXT,      /* struct str at `offset` of the response */
	RULE_TIME,      /* struct epp_time there */
	RULE_LIST,      /* one more in the struct epp_str_list there */
	RULE_ITEM_TEXT, /* struct str at `offset` of p->item */
	RULE_ITEM_TIME, /* struct epp_time there */
	RULE_CALL,      /* end() gets the text */
};

struct rule {
	enum epp_ns ns;
	enum parse_name name;
	enum rule_kind kind;
	size_t offset;
	const struct scope *inner;
	/* At the start tag; false skips the element whole. May be NULL. */
	bool (*start)(struct epp_parser *p, const struct xml_elem *el);
	/* At the end tag. May be NULL but for RULE_CALL. */
	void (*end)(struct epp_parser *p, struct str text);
	/* At each start tag inside a text. May be NULL. */
	void (*child)(struct epp_parser *p, const struct xml_elem *el);
};

struct level {
	const struct scope *scope;
	const struct rule *rule; /* that led here */
};

struct epp_parser {
	struct xml_parser *xml; /* owned */
	struct arena arena;     /* owned; what the response points into */
	struct buf text;        /* owned; of the element being read */
	int default_offset_s;

	/* of the document being read */
	struct epp_response *out;
	struct level stack[XML_MAX_DEPTH + 1];
	unsigned level;
	unsigned skip_depth;    /* inside an element that is skipped */
	unsigned text_depth;    /* inside a rule with text */
	unsigned unknown_depth; /* inside an extension that we do not know */
	const struct rule *text_rule;
	void *item; /* where RULE_ITEM_* go */
	struct epp_value *value;
	bool value_secret; /* the value echoes a password */
	bool bad_code;
	bool second; /* another greeting or response in the same document: whose answer would it be? */
	struct str quote_name; /* of the fee object being read */
	bool quote_avail;
};

/* What a registry lists beyond that is not kept: each takes the place of the one before, and the response is marked as
 * cut. A power of two. */
#define PARSE_LIST_MAX 2048
/* A zeroed place at the end of a list in the arena; `type *list` of `n` elements, both are updated. */
void *parse_grow(struct epp_parser *p, const void *list, size_t n, size_t size) MUST_CHECK;
#define PARSE_PUSH(p, type, list, n)                          \
	((list) = parse_grow((p), (list), (n), sizeof(type)), \
	 (type *)(uintptr_t)(list) + ((n) < PARSE_LIST_MAX ? (n)++ : PARSE_LIST_MAX - 1))

struct str parse_copy(struct epp_parser *p, struct str s) MUST_CHECK;
void parse_time(struct epp_parser *p, struct epp_time *t, struct str text);
/* The same, when it is not there yet and there are fewer than EPP_UNKNOWN_URIS. */
void parse_list_add_once(struct epp_parser *p, struct epp_str_list *l, struct str s);
/* XML Schema boolean; `absent` when the attribute is not there. */
bool parse_bool_attr(const struct xml_elem *el, const char *name, bool absent);
/* A copy of the attribute. */
struct str parse_attr(struct epp_parser *p, const struct xml_elem *el, const char *name) MUST_CHECK;
/* Claims resData for a kind; false when it has one already. */
bool parse_claim(struct epp_parser *p, enum epp_res_kind kind);
/* Names whose text is a secret whatever they stand in. */
bool parse_is_secret(struct str local);

#define SCOPE(name, table) const struct scope name = {table, ARRAY_LEN(table), NULL}

#define RES(member) offsetof(struct epp_response, member)
#define R_SCOPE(ns, nm, in, st)                                           \
	{                                                                 \
		EPP_NS_##ns, N_##nm, RULE_SCOPE, 0, &(in), st, NULL, NULL \
	}
#define R_TEXT(ns, nm, member)                                                      \
	{                                                                           \
		EPP_NS_##ns, N_##nm, RULE_TEXT, RES(member), NULL, NULL, NULL, NULL \
	}
#define R_TIME(ns, nm, member)                                                      \
	{                                                                           \
		EPP_NS_##ns, N_##nm, RULE_TIME, RES(member), NULL, NULL, NULL, NULL \
	}
#define R_LIST(ns, nm, member)                                                      \
	{                                                                           \
		EPP_NS_##ns, N_##nm, RULE_LIST, RES(member), NULL, NULL, NULL, NULL \
	}
#define R_ITEM(ns, nm, type, member)                                                                \
	{                                                                                           \
		EPP_NS_##ns, N_##nm, RULE_ITEM_TEXT, offsetof(type, member), NULL, NULL, NULL, NULL \
	}
#define R_CALL(ns, nm, st, en)                                        \
	{                                                             \
		EPP_NS_##ns, N_##nm, RULE_CALL, 0, NULL, st, en, NULL \
	}

/* The scopes that files share. */
extern const struct scope parse_scope_document;    /* parse_response.c */
extern const struct scope parse_scope_pa_trid;     /* parse_response.c: inside paTRID */
extern const struct scope parse_scope_resdata;     /* parse_resdata.c */
extern const struct scope parse_scope_extension;   /* parse_ext.c */
extern const struct scope parse_scope_domain_inf;  /* parse_domain.c */
extern const struct scope parse_scope_contact_inf; /* parse_contact.c */

/* Shared by the objects: parse_resdata.c */
bool parse_start_status(struct epp_parser *p, const struct xml_elem *el);
bool parse_start_auth(struct epp_parser *p, const struct xml_elem *el);
void parse_end_auth(struct epp_parser *p, struct str text);
bool parse_start_addr(struct epp_parser *p, const struct xml_elem *el, struct epp_addr *addr);

#endif
