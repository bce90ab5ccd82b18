/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Replies of servers: XML from strangers, read with libxml2.
 *
 * 1. Nothing but the text itself is read: no DTD, no entities, no files, no network; it is UTF-8,
 *    whatever it says of itself.  Its size, its depth and the number of its elements are bounded.
 * 2. Elements are found by their local names; namespaces of elements are not looked at, those of
 *    attributes are: xsi:type may have any prefix.
 * 3. What the getters return belongs to the document.  They take NULL for an element: nothing is
 *    found there.
 * 4. libxml2's handlers and settings of the program are neither used nor changed.
 */
#ifndef VIM_XML_H
#define VIM_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vixDiskLib.h"

#define VIM_XML_MAX          (32u << 20) /* bytes of a document */
#define VIM_XML_MAX_DEPTH    200u
#define VIM_XML_MAX_ELEMENTS 1000000u /* and attributes, together */

struct vim_xml;  /* a document */
struct _xmlNode; /* an element of it */

typedef struct _xmlNode vim_node;

/**
 * vim_xml_parse() - read a document
 * @x_out: filled; vim_xml_free()
 *
 * Errors: NET_HTTP_TRANSFER  it is no XML, or passes a bound (not logged: the caller knows who sent
 *                            it); OUT_OF_MEMORY
 * Test:   unit/xml.c
 */
VixError vim_xml_parse(const char *text, size_t len, struct vim_xml **x_out);

/** vim_xml_free() - wipe and free a document and all that was found in it; NULL is fine */
void vim_xml_free(struct vim_xml *x);

/** vim_xml_size() - the bytes that it was read from */
size_t vim_xml_size(const struct vim_xml *x);

static inline void vu_auto_vim_xml(struct vim_xml **p)
{
	vim_xml_free(*p);
}

/** vim_xml_root() - its outermost element; NULL for no document */
vim_node *vim_xml_root(const struct vim_xml *x);

/** vim_xml_narrow() - @n, an element of @x, is what vim_xml_root() tells from now on */
void vim_xml_narrow(struct vim_xml *x, vim_node *n);

/** vim_xml_find() - the first element down a path of names, "returnval/about"; NULL: none, or no @n */
vim_node *vim_xml_find(vim_node *n, const char *path);

/** vim_xml_child() - the first element in @n, of any name; NULL: none */
vim_node *vim_xml_child(vim_node *n);

/** vim_xml_name() - its name without a prefix; "" for no element */
const char *vim_xml_name(vim_node *n);

/** vim_xml_next() - the next element beside @n of the same name; NULL: none */
vim_node *vim_xml_next(vim_node *n);

/**
 * vim_xml_text() - the text of the element down a path ("": of @n itself); NULL: no such element
 *
 * As it stands there, blanks included; "" where there is none, or elements come first.
 */
const char *vim_xml_text(vim_node *n, const char *path);

/** vim_xml_uint() - the number there, blanks around it or not; false: none, or no number that fits */
bool vim_xml_uint(vim_node *n, const char *path, uint64_t *value_out);

/** vim_xml_is() - is there "true" or "1"? */
bool vim_xml_is(vim_node *n, const char *path);

/** vim_xml_type() - its xsi:type without a prefix, "VirtualDisk"; "": none */
const char *vim_xml_type(vim_node *n);

/** vim_xml_ref_type() - its plain attribute type, as references have it: "Datastore"; "": none */
const char *vim_xml_ref_type(vim_node *n);

#endif
