/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Replies of servers; see xml.h.
 *
 * 1. libxml2 is initialised once, by the first document, and never cleaned up: the program may use it.
 * 2. Comments and processing instructions are passed over, and CDATA is text: what an element has
 *    for text is one node.
 */
#include "config.h"

#include "xml.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#define XSI "http://www.w3.org/2001/XMLSchema-instance"

struct vim_xml {
	xmlDocPtr doc;  /* has a root */
	vim_node *root; /* that one, or one below it */
	size_t size;    /* of the text */
};

/* While a document is read. */
struct bounds {
	size_t elements; /* and attributes, so far */
	bool passed;
};

static void stop(xmlParserCtxtPtr p)
{
	struct bounds *b = p->_private;

	b->passed = true;
	xmlStopParser(p);
}

/* A document type: nobody we talk with sends one, and all that is dangerous in XML needs it. */
static void refuse_doctype(void *ctx, const xmlChar *name, const xmlChar *id, const xmlChar *uri)
{
	(void)name;
	(void)id;
	(void)uri;
	stop(ctx);
}

static void start_element(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
			  int namespaces_n, const xmlChar **namespaces, int attributes_n,
			  int defaulted_n, const xmlChar **attributes)
{
	xmlParserCtxtPtr p = ctx;
	struct bounds *b = p->_private;

	b->elements += 1 + (size_t)namespaces_n + (size_t)attributes_n;
	if (b->elements > VIM_XML_MAX_ELEMENTS || p->nodeNr >= (int)VIM_XML_MAX_DEPTH)
		stop(p);
	else
		xmlSAX2StartElementNs(ctx, name, prefix, uri, namespaces_n, namespaces,
				      attributes_n, defaulted_n, attributes);
}

/* Errors are not said: not to the program's handler either, which would be next. */
static void say_nothing(void *ctx, const xmlError *error)
{
	(void)ctx;
	(void)error;
}

static void begin(void)
{
	xmlInitParser();
}

static xmlParserCtxtPtr new_parser(struct bounds *b)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	xmlParserCtxtPtr p;

	pthread_once(&once, begin);
	p = xmlNewParserCtxt();
	if (p == NULL)
		return NULL;
	p->_private = b;
	p->sax->internalSubset = refuse_doctype;
	p->sax->startElementNs = start_element;
	p->sax->serror = (xmlStructuredErrorFunc)say_nothing;
	p->sax->comment = NULL;
	p->sax->processingInstruction = NULL;
	return p;
}

VixError vim_xml_parse(const char *text, size_t len, struct vim_xml **x_out)
{
	const int options = XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_NOERROR |
			    XML_PARSE_NOWARNING | XML_PARSE_COMPACT | XML_PARSE_IGNORE_ENC;
	struct bounds b = { 0 };
	struct vim_xml *x;
	xmlParserCtxtPtr p;
	VixError err = VIX_E_NET_HTTP_TRANSFER;

	*x_out = NULL;
	if (text == NULL || len == 0 || len > VIM_XML_MAX)
		return err;
	x = calloc(1, sizeof(*x));
	p = new_parser(&b);
	if (x == NULL || p == NULL) {
		xmlFreeParserCtxt(p);
		free(x);
		return VIX_E_OUT_OF_MEMORY;
	}
	x->doc = xmlCtxtReadMemory(p, text, (int)len, NULL, "UTF-8", options);
	if (p->errNo == XML_ERR_NO_MEMORY)
		err = VIX_E_OUT_OF_MEMORY;
	else if (!b.passed && x->doc != NULL && xmlDocGetRootElement(x->doc) != NULL)
		err = VIX_OK;
	xmlFreeParserCtxt(p);
	if (err != VIX_OK) {
		vim_xml_free(x);
		return err;
	}
	x->root = xmlDocGetRootElement(x->doc);
	x->size = len;
	*x_out = x;
	return VIX_OK;
}

/* The node after @n in the order of the text; NULL behind the last one. */
static xmlNodePtr following(xmlNodePtr n)
{
	if (n->type == XML_ELEMENT_NODE && n->children != NULL)
		return n->children;
	while (n != NULL && n->next == NULL)
		n = n->parent;
	return n == NULL ? NULL : n->next;
}

void vim_xml_free(struct vim_xml *x)
{
	if (x == NULL)
		return;
	/* keys of sessions, tickets */
	for (xmlNodePtr n = xmlDocGetRootElement(x->doc); n != NULL; n = following(n))
		if (n->type == XML_TEXT_NODE && n->content != NULL)
			explicit_bzero(n->content, strlen((char *)n->content));
	xmlFreeDoc(x->doc);
	free(x);
}

size_t vim_xml_size(const struct vim_xml *x)
{
	return x->size;
}

vim_node *vim_xml_root(const struct vim_xml *x)
{
	return x == NULL ? NULL : x->root;
}

void vim_xml_narrow(struct vim_xml *x, vim_node *n)
{
	x->root = n;
}

/* @n, or the first element beside and behind it that has this name; NULL @name: any. */
static vim_node *element_from(xmlNodePtr n, const char *name, size_t len)
{
	for (; n != NULL; n = n->next)
		if (n->type == XML_ELEMENT_NODE &&
		    (name == NULL ||
		     (strncmp((const char *)n->name, name, len) == 0 && n->name[len] == '\0')))
			return n;
	return NULL;
}

vim_node *vim_xml_find(vim_node *n, const char *path)
{
	while (n != NULL && *path != '\0') {
		size_t len = strcspn(path, "/");

		n = element_from(n->children, path, len);
		path += len;
		path += *path == '/';
	}
	return n;
}

vim_node *vim_xml_child(vim_node *n)
{
	return n == NULL ? NULL : element_from(n->children, NULL, 0);
}

const char *vim_xml_name(vim_node *n)
{
	return n == NULL ? "" : (const char *)n->name;
}

vim_node *vim_xml_next(vim_node *n)
{
	return n == NULL ? NULL
			 : element_from(n->next, (const char *)n->name,
					strlen((const char *)n->name));
}

const char *vim_xml_text(vim_node *n, const char *path)
{
	const xmlNode *text;

	n = vim_xml_find(n, path);
	if (n == NULL)
		return NULL;
	text = n->children;
	if (text == NULL || text->type != XML_TEXT_NODE || text->content == NULL)
		return "";
	return (const char *)text->content;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The text there without blanks around it; its length in @len_out. */
static const char *trimmed(vim_node *n, const char *path, size_t *len_out)
{
	const char *s = vim_xml_text(n, path);
	size_t len;

	if (s == NULL)
		s = "";
	while (is_space(*s))
		s++;
	len = strlen(s);
	while (len > 0 && is_space(s[len - 1]))
		len--;
	*len_out = len;
	return s;
}

bool vim_xml_uint(vim_node *n, const char *path, uint64_t *value_out)
{
	uint64_t value = 0;
	size_t len;
	const char *s = trimmed(n, path, &len);

	if (len == 0)
		return false;
	for (; len > 0; len--, s++) {
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
			return false;
	}
	*value_out = value;
	return true;
}

bool vim_xml_is(vim_node *n, const char *path)
{
	size_t len;
	const char *s = trimmed(n, path, &len);

	return (len == 4 && memcmp(s, "true", 4) == 0) || (len == 1 && *s == '1');
}

/* The value of the attribute "type" of a namespace, or of none; "": there is none. */
static const char *type_attribute(vim_node *n, const char *ns)
{
	const xmlAttr *a = n == NULL ? NULL : n->properties;

	for (; a != NULL; a = a->next) {
		if (strcmp((const char *)a->name, "type") != 0 || (a->ns == NULL) != (ns == NULL) ||
		    (ns != NULL && strcmp((const char *)a->ns->href, ns) != 0))
			continue;
		if (a->children == NULL || a->children->content == NULL)
			return "";
		return (const char *)a->children->content;
	}
	return "";
}

const char *vim_xml_type(vim_node *n)
{
	const char *type = type_attribute(n, XSI);
	const char *colon = strrchr(type, ':');

	return colon == NULL ? type : colon + 1;
}

const char *vim_xml_ref_type(vim_node *n)
{
	return type_attribute(n, NULL);
}
