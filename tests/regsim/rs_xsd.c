/* Validation of what arrives, with libxml2's schema engine. Slow; not for benchmarks. */
#include "epp/base/alloc.h"
#include "tests/regsim/rs_grammar.h"
#include "tests/regsim/rs_int.h"

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>
#include <stdlib.h>

struct rs_xsd {
	xmlSchemaPtr schema;         /* owned */
	xmlSchemaValidCtxtPtr valid; /* owned */
	xmlRelaxNGPtr grammar;       /* owned */
	xmlRelaxNGValidCtxtPtr own;  /* owned */
	char *why;                   /* borrowed during a check */
	size_t why_size;
};

static void on_message(struct rs_xsd *x, xmlErrorPtr e)
{
	if (!x->why || x->why[0])
		return;
	struct str text = str_trim(str_c(e->message));
	snprintf(x->why, x->why_size, "%.*s", STR_ARG(text));
}

static void on_error(void *arg, xmlErrorPtr e)
{
	on_message(arg, e);
}

static bool load_schema(struct rs_xsd *x, const char *dir)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/epp-all.xsd", dir);
	xmlSchemaParserCtxtPtr parser = xmlSchemaNewParserCtxt(path);
	xmlSchemaSetParserStructuredErrors(parser, (xmlStructuredErrorFunc)on_error, x);
	x->schema = parser ? xmlSchemaParse(parser) : NULL;
	xmlSchemaFreeParserCtxt(parser);
	if (!x->schema)
		return false;
	x->valid = xmlSchemaNewValidCtxt(x->schema);
	xmlSchemaSetValidStructuredErrors(x->valid, (xmlStructuredErrorFunc)on_error, x);
	return true;
}

/* libxml2 says through here only that it leaves out an optimisation of its own for a grammar like ours. */
static void say_nothing(void *arg, const char *format, ...)
{
	(void)arg;
	(void)format;
}

static bool load_grammar(struct rs_xsd *x, const char *path)
{
	xmlRelaxNGParserCtxtPtr parser = xmlRelaxNGNewParserCtxt(path);
	xmlRelaxNGSetParserStructuredErrors(parser, (xmlStructuredErrorFunc)on_error, x);
	xmlSetGenericErrorFunc(NULL, say_nothing);
	x->grammar = parser ? xmlRelaxNGParse(parser) : NULL;
	xmlSetGenericErrorFunc(NULL, NULL);
	xmlRelaxNGFreeParserCtxt(parser);
	if (!x->grammar)
		return false;
	x->own = xmlRelaxNGNewValidCtxt(x->grammar);
	xmlRelaxNGSetValidStructuredErrors(x->own, (xmlStructuredErrorFunc)on_error, x);
	return true;
}

struct rs_xsd *rs_xsd_new(const char *dir, const char *grammar)
{
	struct rs_xsd *x = xcalloc(1, sizeof *x);
	if ((!dir || load_schema(x, dir)) && (!grammar || load_grammar(x, grammar)))
		return x;
	rs_xsd_free(x);
	return NULL;
}

void rs_xsd_free(struct rs_xsd *x)
{
	if (!x)
		return;
	xmlSchemaFreeValidCtxt(x->valid);
	xmlSchemaFree(x->schema);
	xmlRelaxNGFreeValidCtxt(x->own);
	xmlRelaxNGFree(x->grammar);
	free(x);
}

static bool is_named(const xmlNode *n, const char *local)
{
	return n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, local) == 0;
}

static bool has_schema(const xmlNode *n)
{
	static const char *const known[] = {RS_NS_SECDNS, RS_NS_FEE, RS_NS_LOGINSEC};
	for (size_t i = 0; n->ns && i < ARRAY_LEN(known); i++)
		if (strcmp((const char *)n->ns->href, known[i]) == 0)
			return true;
	return false;
}

static bool is_lax(const xmlNode *n, const char *const *lax, size_t count)
{
	for (size_t i = 0; n->ns && i < count; i++)
		if (strcmp((const char *)n->ns->href, lax[i]) == 0)
			return !has_schema(n);
	return false;
}

/* Takes out of <extension> what was announced and has no schema, and <extension> itself when nothing is left. */
static void take_out(xmlNode *command, const char *const *lax, size_t count)
{
	for (xmlNode *e = command ? command->children : NULL, *next; e; e = next) {
		next = e->next;
		if (!is_named(e, "extension"))
			continue;
		size_t left = 0;
		for (xmlNode *n = e->children, *after; n; n = after) {
			after = n->next;
			if (n->type == XML_ELEMENT_NODE && is_lax(n, lax, count)) {
				xmlUnlinkNode(n);
				xmlFreeNode(n);
			} else {
				left += n->type == XML_ELEMENT_NODE;
			}
		}
		if (left == 0) {
			xmlUnlinkNode(e);
			xmlFreeNode(e);
		}
	}
}

bool rs_xsd_check(struct rs_xsd *x, struct str frame, const char *const *lax, size_t n, char *why,
                  size_t size)
{
	why[0] = '\0';
	xmlDocPtr doc = xmlReadMemory(frame.ptr, (int)frame.len, NULL, NULL,
	                              XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (!doc) {
		snprintf(why, size, "not well-formed");
		return false;
	}
	x->why = why;
	x->why_size = size;
	bool ok = !x->own || xmlRelaxNGValidateDoc(x->own, doc) == 0;
	xmlNode *root = xmlDocGetRootElement(doc);
	for (xmlNode *c = root ? root->children : NULL; c; c = c->next)
		if (is_named(c, "command"))
			take_out(c, lax, n);
	ok = ok && (!x->valid || xmlSchemaValidateDoc(x->valid, doc) == 0);
	x->why = NULL;
	if (!ok && !why[0])
		snprintf(why, size, "not valid");
	xmlFreeDoc(doc);
	return ok;
}
