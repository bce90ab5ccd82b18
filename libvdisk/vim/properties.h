/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Properties of managed objects: RetrievePropertiesEx, all pages of its reply.
 *
 * 1. What is asked for in one call was true at one time, as far as the server's reply had one page.
 * 2. A property that an object does not have (unset), that its type does not know, or that we may not
 *    see is no error of the call: vim_props_find() tells nothing, vim_props_need() why.
 * 3. What the getters return belongs to the reply.
 */
#ifndef VIM_PROPERTIES_H
#define VIM_PROPERTIES_H

#include "session.h"

/* From object to object: over the property @path of those of @type. */
struct vim_step {
	const char *type; /* "Folder"; base types do: "ManagedEntity" */
	const char *path; /* "childEntity": one reference, or an array of them */
	bool again;       /* and from what was found there, over all steps */
};

/*
 * What to ask for: properties @paths of objects of @type, which are @from, and that are reached over
 * @steps.  Arrays end with NULL, or with a step without a type; strings are borrowed for the call.
 *
 *	the disks of two machines:   { "VirtualMachine", paths, two machines, 2 }
 *	all that is above a machine: { "ManagedEntity", name and parent, the machine, 1,
 *	                               { { "ManagedEntity", "parent", true } } }
 *	all machines of a view:      { "VirtualMachine", name, the view, 1, { { "ContainerView", "view" } } }
 */
struct vim_ask {
	const char *type;
	const char *const *paths;
	const struct vim_ref *from;
	size_t from_count;
	const struct vim_step *steps; /* NULL: none */
};

struct vim_props;

/**
 * vim_props_lookup() - ask the server
 * @p_out: filled; vim_props_free()
 *
 * Errors: those of vim_session_call(): OBJECT_NOT_FOUND  an object of @from is not there
 *                                      NOT_SUPPORTED  the server knows none such property (logged)
 *         NET_HTTP_TRANSFER  a reply that is none, or has no end
 */
VixError vim_props_lookup(struct vim_session *s, const struct vim_ask *ask,
			  struct vim_props **p_out);

/** vim_props_free() - NULL is fine */
void vim_props_free(struct vim_props *p);

static inline void vu_auto_vim_props(struct vim_props **p)
{
	vim_props_free(*p);
}

/** vim_props_count() - the number of objects that were found, each once */
size_t vim_props_count(const struct vim_props *p);

/** vim_props_object() - object @i below vim_props_count(), in the order of the server */
struct vim_ref vim_props_object(const struct vim_props *p, size_t i);

/**
 * vim_props_find() - a property of an object
 * @object: its reference: "vm-57"
 * @path:   as it was asked for
 *
 * Return: the element of the value; NULL: there is none.
 */
vim_node *vim_props_find(const struct vim_props *p, const char *object, const char *path);

/** vim_props_text() - the text of a simple one; NULL: there is none */
const char *vim_props_text(const struct vim_props *p, const char *object, const char *path);

/**
 * vim_props_need() - as vim_props_find(), for a property that has to be there
 * @node_out: filled on success
 *
 * Errors: as vim_fault_code() of what the server said: FILE_ACCESS_ERROR  we may not see it
 *         OBJECT_NOT_FOUND  the object is not in the reply, or the property is unset
 *         (all logged, naming server, object and path)
 */
VixError vim_props_need(const struct vim_props *p, const char *object, const char *path,
			vim_node **node_out);

#endif
