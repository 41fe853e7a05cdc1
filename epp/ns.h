/* The XML namespaces of EPP that are built in: their URIs, our usual prefixes, and what each is for. */
#ifndef VNEPP_EPP_NS_H
#define VNEPP_EPP_NS_H

#include "epp/base/str.h"

enum epp_ns_kind {
	EPP_NS_PROTOCOL,  /* EPP itself */
	EPP_NS_OBJECT,    /* goes into <objURI> at log-in */
	EPP_NS_EXTENSION, /* goes into <extURI> at log-in */
};

/* name, kind, usual prefix, URI */
#define EPP_NAMESPACES(X)                                                               \
	X(EPP, PROTOCOL, "epp", "urn:ietf:params:xml:ns:epp-1.0")                       \
	X(DOMAIN, OBJECT, "domain", "urn:ietf:params:xml:ns:domain-1.0")                \
	X(CONTACT, OBJECT, "contact", "urn:ietf:params:xml:ns:contact-1.0")             \
	X(HOST, OBJECT, "host", "urn:ietf:params:xml:ns:host-1.0")                      \
	X(SECDNS, EXTENSION, "secDNS", "urn:ietf:params:xml:ns:secDNS-1.1")             \
	X(RGP, EXTENSION, "rgp", "urn:ietf:params:xml:ns:rgp-1.0")                      \
	X(FEE, EXTENSION, "fee", "urn:ietf:params:xml:ns:epp:fee-1.0")                  \
	X(LOGINSEC, EXTENSION, "loginSec", "urn:ietf:params:xml:ns:epp:loginSec-1.0")   \
	X(CHANGEPOLL, EXTENSION, "changePoll", "urn:ietf:params:xml:ns:changePoll-1.0") \
	X(UNHANDLED, EXTENSION, "unhandled", "urn:ietf:params:xml:ns:epp:unhandled-namespaces-1.0")

enum epp_ns {
	EPP_NS_NONE,  /* no namespace (or a prefix that nobody declared) */
	EPP_NS_OTHER, /* a namespace that is not in the table */
#define X(name, kind, prefix, uri) EPP_NS_##name,
	EPP_NAMESPACES(X)
#undef X
	    EPP_NS__COUNT
};

/* The URI as a constant: "xmlns=\"" EPP_URI_DOMAIN "\"" in a builder's text. */
#define EPP_URI_EPP      "urn:ietf:params:xml:ns:epp-1.0"
#define EPP_URI_DOMAIN   "urn:ietf:params:xml:ns:domain-1.0"
#define EPP_URI_CONTACT  "urn:ietf:params:xml:ns:contact-1.0"
#define EPP_URI_HOST     "urn:ietf:params:xml:ns:host-1.0"
#define EPP_URI_SECDNS   "urn:ietf:params:xml:ns:secDNS-1.1"
#define EPP_URI_FEE      "urn:ietf:params:xml:ns:epp:fee-1.0"
#define EPP_URI_LOGINSEC "urn:ietf:params:xml:ns:epp:loginSec-1.0"

/* EPP_NS_NONE for the empty URI, EPP_NS_OTHER for one that is not in the table. Compares the URI exactly. */
enum epp_ns epp_ns_find(struct str uri);
/* Empty for NONE and OTHER; NUL-terminated. */
struct str epp_ns_uri(enum epp_ns ns);
struct str epp_ns_prefix(enum epp_ns ns);
/* OBJECT for NONE and OTHER. */
enum epp_ns_kind epp_ns_kind(enum epp_ns ns);

#endif
