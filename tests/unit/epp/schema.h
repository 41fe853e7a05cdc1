/*
 * Checks of built frames against a grammar: our own RELAX NG one always; the published XML Schemas when they are there
 * (folder in VNEPP_XSD_DIR, else ../shared/xsd beside the tree).
 */
#ifndef VNEPP_TESTS_EPP_SCHEMA_H
#define VNEPP_TESTS_EPP_SCHEMA_H

#include "epp/base/buf.h"

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xmlschemas.h>
#include <libxml/xmlschemastypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SCHEMA_GRAMMAR "tests/grammar/epp.rng"

struct schema {
	xmlRelaxNGPtr rng;
	xmlSchemaPtr xsd; /* NULL: not there */
	char why[500];    /* the first complaint of the last check */
};

static inline void schema_complain(void *arg, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline void schema_complain(void *arg, const char *fmt, ...)
{
	struct schema *s = arg;
	va_list ap;
	if (!s || s->why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
}

static inline void schema_load(struct schema *s)
{
	char path[1000];
	const char *dir = getenv("VNEPP_XSD_DIR");
	*s = (struct schema){0};
	/* libxml2 says "unimplemented" on stderr of a grammar that it then applies rightly. */
	xmlSetGenericErrorFunc(NULL, schema_complain);
	xmlRelaxNGParserCtxtPtr r = xmlRelaxNGNewParserCtxt(SCHEMA_GRAMMAR);
	s->rng = xmlRelaxNGParse(r);
	xmlRelaxNGFreeParserCtxt(r);
	snprintf(path, sizeof(path), "%s/epp-all.xsd", dir ? dir : "../shared/xsd");
	if (access(path, R_OK) != 0) {
		printf("skipped: the part with XML Schemas, there is no %s\n", path);
		return;
	}
	xmlSchemaParserCtxtPtr x = xmlSchemaNewParserCtxt(path);
	s->xsd = xmlSchemaParse(x);
	xmlSchemaFreeParserCtxt(x);
	if (!s->xsd) {
		printf("%s is there but cannot be read\n", path);
		abort();
	}
}

static inline void schema_free(struct schema *s)
{
	xmlRelaxNGFree(s->rng);
	xmlSchemaFree(s->xsd);
	xmlRelaxNGCleanupTypes();
	xmlSchemaCleanupTypes();
	xmlSetGenericErrorFunc(NULL, NULL);
}

static inline bool schema_check_rng(struct schema *s, struct str xml)
{
	s->why[0] = '\0';
	xmlDocPtr doc =
	    xmlReadMemory(xml.ptr, (int)xml.len, "frame", NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);
	xmlRelaxNGValidCtxtPtr v = xmlRelaxNGNewValidCtxt(s->rng);
	xmlRelaxNGSetValidErrors(v, schema_complain, schema_complain, s);
	int rc = doc ? xmlRelaxNGValidateDoc(v, doc) : -1;
	xmlRelaxNGFreeValidCtxt(v);
	xmlFreeDoc(doc);
	return rc == 0;
}

/* True also when the schemas are not there. */
static inline bool schema_check_xsd(struct schema *s, struct str xml)
{
	s->why[0] = '\0';
	if (!s->xsd)
		return true;
	xmlDocPtr doc =
	    xmlReadMemory(xml.ptr, (int)xml.len, "frame", NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);
	xmlSchemaValidCtxtPtr v = xmlSchemaNewValidCtxt(s->xsd);
	xmlSchemaSetValidErrors(v, schema_complain, schema_complain, s);
	int rc = doc ? xmlSchemaValidateDoc(v, doc) : -1;
	xmlSchemaFreeValidCtxt(v);
	xmlFreeDoc(doc);
	return rc == 0;
}

#endif
