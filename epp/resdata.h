/* The object part (<resData>) and the built-in extensions of a response. Plain structs; see response.h for lifetime. */
#ifndef VNEPP_EPP_RESDATA_H
#define VNEPP_EPP_RESDATA_H

#include "epp/model.h"

enum epp_res_kind {
	EPP_RES_NONE,
	EPP_RES_OTHER, /* an object or a kind of data that is not built in */
	EPP_RES_DOMAIN_CHK,
	EPP_RES_DOMAIN_INF,
	EPP_RES_DOMAIN_CRE,
	EPP_RES_DOMAIN_REN,
	EPP_RES_DOMAIN_TRN,
	EPP_RES_DOMAIN_PAN,
	EPP_RES_CONTACT_CHK,
	EPP_RES_CONTACT_INF,
	EPP_RES_CONTACT_CRE,
	EPP_RES_CONTACT_PAN,
	EPP_RES_HOST_CHK,
	EPP_RES_HOST_INF,
	EPP_RES_HOST_CRE,
	EPP_RES_HOST_PAN,
};

struct epp_chk_item {
	struct str name; /* or contact id */
	bool avail;
	struct str reason;
};

struct epp_chk {
	const struct epp_chk_item *items;
	size_t count;
};

/* create and renew: a renewal has no cr_date, a contact or host no ex_date */
struct epp_cre {
	struct str name; /* or contact id */
	struct epp_time cr_date;
	struct epp_time ex_date;
};

/* The outcome of a pending action */
struct epp_pan {
	struct str name;           /* or contact id */
	bool ok;                   /* paResult */
	struct epp_trid_pair trid; /* paTRID: of the command that it settles */
	struct epp_time date;
};

struct epp_trn {
	struct str name;
	struct str status;
	struct str re_id, ac_id;
	struct epp_time re_date, ac_date, ex_date;
};

/* What <info> tells of every object */
struct epp_inf_common {
	struct str name; /* or contact id */
	struct str roid;
	const struct epp_status *statuses;
	size_t status_count;
	struct str cl_id, cr_id, up_id;
	struct epp_time cr_date, up_date, tr_date;
	bool has_auth_info;
	struct str auth_info; /* secret: never to be logged or shown */
};

struct epp_domain_inf {
	struct epp_inf_common c;
	struct str registrant;
	const struct epp_contact_ref *contacts;
	size_t contact_count;
	const struct epp_ns_host *ns;
	size_t ns_count;
	const struct str *hosts; /* subordinate hosts */
	size_t host_count;
	struct epp_time ex_date;
};

struct epp_contact_inf {
	struct epp_inf_common c;
	struct epp_postal postal[2];
	size_t postal_count;
	struct str voice, voice_ext, fax, email;
};

struct epp_host_inf {
	struct epp_inf_common c;
	const struct epp_addr *addrs;
	size_t addr_count;
};

struct epp_resdata {
	enum epp_res_kind kind;
	union {
		struct epp_chk chk; /* *_CHK */
		struct epp_cre cre; /* *_CRE, DOMAIN_REN */
		struct epp_pan pan; /* *_PAN */
		struct epp_trn trn; /* DOMAIN_TRN */
		struct epp_domain_inf domain;
		struct epp_contact_inf contact;
		struct epp_host_inf host;
	};
};

/* secDNS infData (RFC 5910); keys without DS records are counted only */
struct epp_secdns {
	bool present;
	uint64_t max_sig_life; /* 0: not said */
	const struct epp_ds *ds;
	size_t ds_count;
	size_t key_count;
};

/* rgp infData and upData (RFC 3915) */
struct epp_rgp {
	const struct epp_status *statuses;
	size_t status_count;
};

struct epp_fee_amount {
	struct str amount; /* decimal text as sent, negative for a credit */
	struct str description;
	bool credit;
};

/* One command's price in fee chkData */
struct epp_fee_quote {
	struct str name;    /* object */
	struct str command; /* "create", "renew", … */
	bool avail;
	struct str period;      /* number */
	struct str period_unit; /* "y" or "m" */
	struct str reason;
	const struct epp_fee_amount *fees;
	size_t fee_count;
};

/* fee creData, renData, trnData, updData, delData or chkData (RFC 8748) */
struct epp_fee {
	bool present;
	struct str currency;
	const struct epp_fee_amount *fees;
	size_t fee_count;
	struct str balance, credit_limit;
	const struct epp_fee_quote *quotes; /* of chkData */
	size_t quote_count;
};

struct epp_login_event {
	struct str type, name, level, value, duration, text;
	struct epp_time ex_date;
};

/* loginSecData (RFC 8807) */
struct epp_login_sec {
	const struct epp_login_event *events;
	size_t event_count;
};

/* changeData (RFC 8590) */
struct epp_change_poll {
	bool present;
	bool before; /* state="before" */
	struct str operation, op, sv_trid, who, case_id, reason;
	struct epp_time date;
};

#endif
