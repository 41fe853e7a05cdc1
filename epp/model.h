/*
 * The plain objects of EPP that commands and responses share (RFC 5731, 5732, 5733, 5910). No functions. A text that is
 * absent is the empty string; all texts and lists are borrowed from whoever made the struct.
 */
#ifndef VNEPP_EPP_MODEL_H
#define VNEPP_EPP_MODEL_H

#include "epp/base/date.h"
#include "epp/base/str.h"

/* A date and time as the registry wrote it, and the instant it names. */
struct epp_time {
	instant_ms_t at; /* INSTANT_NONE when absent or not readable */
	struct str raw;  /* empty when absent */
};

struct epp_trid_pair {
	struct str client; /* may be absent even in good answers */
	struct str server;
};

struct epp_status {
	struct str value; /* "ok", "pendingCreate", … */
	struct str text;
};

struct epp_addr {
	bool v6;
	struct str text;
};

/* A name server: as an object (a name only) or as attributes of the domain (with addresses). */
struct epp_ns_host {
	struct str name;
	const struct epp_addr *addrs;
	size_t addr_count;
};

struct epp_contact_ref {
	struct str type; /* "admin", "tech", "billing" */
	struct str id;
};

/* secDNS dsData */
struct epp_ds {
	unsigned key_tag;     /* 0..65535 */
	unsigned alg;         /* 0..255 */
	unsigned digest_type; /* 0..255 */
	struct str digest;    /* hexadecimal */
};

#define EPP_STREETS 3

/* contact postalInfo */
struct epp_postal {
	struct str type; /* "loc" or "int" */
	struct str name;
	struct str org;
	struct str street[EPP_STREETS];
	size_t street_count;
	struct str city;
	struct str sp; /* province */
	struct str pc;
	struct str cc; /* two letters */
};

#endif
