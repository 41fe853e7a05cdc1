/*
 * One EPP command as the registry reads it: a SAX2 handler over a reused libxml2 push parser walks a grammar table
 * (rs_grammar.h) and fills this struct with strings in an arena.
 */
#ifndef VNEPP_RS_COMMAND_H
#define VNEPP_RS_COMMAND_H

#include "epp/base/arena.h"
#include "epp/base/str.h"
#include "tests/regsim/regsim_types.h"

#include <stdbool.h>

struct rs_item {
	struct rs_item *next;
	struct str text;
	struct str attr;         /* the attribute that matters: type, unit, ip, s */
	const char *uri, *local; /* of extension values; valid until the next parse */
	char tag;                /* which element (see rs_grammar.c) */
	char change;             /* '+', '-' inside add and rem */
};

struct rs_list {
	struct rs_item *first, *last;
	size_t count;
};

struct rs_command {
	enum regsim_op op;
	enum regsim_kind kind;
	int code; /* what the reader itself found wrong: 2000, 2001, 2003, 2005, 2101, 2307; 0: nothing */
	struct str reason;
	struct str cltrid;
	bool has_cltrid;

	struct str clid, pw, new_pw, version, lang; /* login */
	bool has_pw, has_new_pw;
	struct rs_list obj_uris, ext_uris;
	struct str sec_pw, sec_new_pw; /* loginSec */
	struct str poll_op, msg_id;

	struct rs_list names; /* object names or ids; most commands have one */
	struct str period, period_unit, cur_exp, registrant, auth_pw;
	bool has_period, has_registrant, has_auth, has_ns, has_fields;
	struct rs_list
	    ns; /* tags N hostObj, H hostName, 4 and 6 addresses after their H; host addresses as well */
	struct rs_list contacts; /* attr: type */
	struct rs_list fields;   /* of a contact */
	struct rs_list statuses;

	const char *extensions[8]; /* namespaces inside <extension> */
	size_t extension_count;
	struct rs_list ds; /* tags d, k open one; the rest belongs to it */
	struct rs_list ext_values;
	struct str fee_currency;
	struct rs_list fees, fee_commands;
	bool has_fee;
};

struct rs_parser;

struct rs_parser *rs_parser_new(void) MUST_CHECK;
void rs_parser_free(struct rs_parser *p);
/*
 * Reads one frame. Never fails: what is wrong is in cmd->code and cmd->reason, and the clTRID is there when it could
 * be read. Strings live in `arena`; uri and local pointers until the next parse.
 */
void rs_parser_read(struct rs_parser *p, struct arena *arena, struct str frame, struct rs_command *cmd);

/* An item whose fields the caller fills, at the end of `l`. */
struct rs_item *rs_list_add(struct arena *a, struct rs_list *l, struct str text);

#endif
