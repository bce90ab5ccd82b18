/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Replies of servers: XML from strangers, read with libxml2.
 *
 * 1. Nothing but the text itself is read: no entities, no files, no network; its size is bounded.
 * 2. Elements are found by their local names; namespaces of elements are not looked at, those of
 *    attributes are: xsi:type may have any prefix.
 * 3. What the getters return belongs to the document.
 */
#ifndef VIM_XML_H
#define VIM_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vixDiskLib.h"

struct vim_xml;  /* a document */
struct _xmlNode; /* an element of it */

typedef struct _xmlNode vim_node;

/**
 * vim_xml_parse() - read a document
 * @x_out: filled; vim_xml_free()
 *
 * Errors: NET_HTTP_TRANSFER  it is no XML (not logged: the caller knows who sent it); OUT_OF_MEMORY
 */
VixError vim_xml_parse(const char *text, size_t len, struct vim_xml **x_out);

/** vim_xml_free() - free a document and all that was found in it; NULL is fine */
void vim_xml_free(struct vim_xml *x);

/** vim_xml_root() - its outermost element */
vim_node *vim_xml_root(const struct vim_xml *x);

/** vim_xml_find() - the first element down a path of names, "returnval/about"; NULL: none, or no @n */
vim_node *vim_xml_find(vim_node *n, const char *path);

/** vim_xml_next() - the next element beside @n of the same name; NULL: none */
vim_node *vim_xml_next(vim_node *n);

/** vim_xml_text() - the text of the element down a path ("": of @n itself); NULL: no such element */
const char *vim_xml_text(vim_node *n, const char *path);

/** vim_xml_uint() - the number there; false: none, or no number that fits */
bool vim_xml_uint(vim_node *n, const char *path, uint64_t *value_out);

/** vim_xml_is() - is there "true" or "1"? */
bool vim_xml_is(vim_node *n, const char *path);

/** vim_xml_type() - its xsi:type without a prefix, "VirtualDisk"; "": none */
const char *vim_xml_type(vim_node *n);

/** vim_xml_ref_type() - its plain attribute type, as references have it: "Datastore"; "": none */
const char *vim_xml_ref_type(vim_node *n);

#endif
