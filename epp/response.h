/*
 * What a registry sends: a greeting or a response (RFC 5730, section 2.4 and 2.6) as plain structs.
 *
 * Everything in a struct epp_response points into the parser's arena and lives until the parser's next parse; copy out
 * what must live longer. Elements that are not known are skipped, never fatal. One parser per thread.
 */
#ifndef VNEPP_EPP_RESPONSE_H
#define VNEPP_EPP_RESPONSE_H

#include "epp/base/err.h"
#include "epp/model.h"
#include "epp/resdata.h"

enum epp_kind { EPP_KIND_NONE, EPP_KIND_GREETING, EPP_KIND_RESPONSE };

struct epp_str_list {
	const struct str *items;
	size_t count;
};

struct epp_greeting {
	struct str sv_id;
	struct epp_time sv_date;
	struct epp_str_list versions;
	struct epp_str_list langs;
	struct epp_str_list obj_uris;
	struct epp_str_list ext_uris;
};

/* One <value> or <extValue> of a result: the element in it and its text. A password is never kept ("[removed]"). */
struct epp_value {
	struct str uri;    /* namespace of the element inside <value>; empty when there is none */
	struct str name;   /* its local name; empty for a bare text */
	struct str text;   /* the echoed text; may be personal data */
	struct str reason; /* of <extValue> */
};

struct epp_result {
	int code; /* 1000..2502; see rescode.h */
	struct str msg;
	struct str lang; /* empty: English */
	const struct epp_value *values;
	size_t value_count;
};

/* The state of the poll queue, which rides on any response. */
struct epp_msgq {
	bool present;
	uint64_t count; /* UINT64_MAX when the number does not fit or is none */
	struct str id;
	struct epp_time q_date;
	struct str msg; /* all text in it, elements' too */
};

/* A text in an extension that we do not know: the true reason of a refusal is sometimes only there. */
struct epp_unknown_text {
	struct str uri;
	struct str name;
	struct str text;
};

struct epp_extensions {
	struct epp_secdns secdns;
	struct epp_rgp rgp;
	struct epp_fee fee;
	struct epp_login_sec login_sec;
	struct epp_change_poll change_poll;
	struct epp_str_list unhandled; /* namespaces that we did not log in with (RFC 9038) */
	struct epp_str_list
	    unknown_uris; /* namespaces inside <extension> that are not built in, each once, at most EPP_UNKNOWN_URIS */
	const struct epp_unknown_text *unknown_texts; /* at most EPP_UNKNOWN_TEXTS of them */
	size_t unknown_text_count;
};

#define EPP_UNKNOWN_TEXTS 64
#define EPP_UNKNOWN_URIS  64

struct epp_response {
	enum epp_kind kind;
	struct str frame; /* as it was given to epp_parse(): borrowed from there; may have secrets */
	bool cut;         /* a list has more entries than are kept (2,048) */
	struct epp_greeting greeting; /* of a greeting */

	/* of a response */
	const struct epp_result *results; /* at least one */
	size_t result_count;
	struct epp_msgq msgq;
	struct epp_trid_pair trid;
	struct epp_resdata data;
	struct epp_extensions ext;
};

struct epp_parser;

struct epp_parser *epp_parser_new(void) MUST_CHECK;
void epp_parser_free(struct epp_parser *p);
/* The registry's zone, in seconds east of UTC, for times without one; 0 until set. */
void epp_parser_set_offset(struct epp_parser *p, int default_offset_s);

/*
 * Parses the XML of one frame. ERR_XML: not well-formed, or over a limit. ERR_PROTOCOL: well-formed, but neither a
 * greeting nor a response with a result code. `*out` is empty then. The message never has text of the frame.
 */
enum err epp_parse(struct epp_parser *p, struct str xml, struct epp_response *out,
                   struct errmsg *e) MUST_CHECK;

/* The code of the first result; 0 for a greeting. */
int epp_response_code(const struct epp_response *r);
bool epp_list_has(const struct epp_str_list *l, struct str s);

#endif
