/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Properties; see properties.h.
 *
 * 1. Pages belong to a session, which may be renewed between two of them: when one does not come, the
 *    question is asked anew, once.
 * 2. What is kept of a reply is bounded, and so is the number of pages: each has an object, or is the
 *    last one.
 */
#include "config.h"

#include "properties.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/array.h"
#include "../../common/log.h"
#include "fault.h"

#define PAGE_OBJECTS 100u /* wanted; servers may give fewer */
#define MAX_PAGES    1024u
#define MAX_BYTES    (64u << 20) /* of all pages */

struct object {
	struct vim_ref ref;
	vim_node *node; /* <objects> */
};

struct vim_props {
	struct vim_session *session; /* for messages; shared */
	VU_ARRAY(struct vim_xml *) pages;
	VU_ARRAY(struct object) objects;  /* as they came */
	VU_ARRAY(struct object *) sorted; /* by their values */
	size_t bytes;
};

/* One step, named by its number; @again: and all steps from there, by their names. */
static void add_step(struct vu_strbuf *b, const struct vim_step *steps, size_t i)
{
	vu_strbuf_puts(b, "<selectSet xsi:type=\"TraversalSpec\">");
	vim_arg_uint(b, "name", i);
	vim_arg_text(b, "type", steps[i].type);
	vim_arg_text(b, "path", steps[i].path);
	vim_arg_bool(b, "skip", false);
	for (size_t k = 0; steps[i].again && steps[k].type != NULL; k++) {
		vu_strbuf_puts(b, "<selectSet>");
		vim_arg_uint(b, "name", k);
		vu_strbuf_puts(b, "</selectSet>");
	}
	vu_strbuf_puts(b, "</selectSet>");
}

static void add_object(struct vu_strbuf *b, struct vim_ref ref, const struct vim_step *steps)
{
	vu_strbuf_puts(b, "<objectSet>");
	vim_arg_ref(b, "obj", ref);
	vim_arg_bool(b, "skip", false);
	for (size_t i = 0; steps != NULL && steps[i].type != NULL; i++)
		add_step(b, steps, i);
	vu_strbuf_puts(b, "</objectSet>");
}

/* The arguments of RetrievePropertiesEx; NULL: no memory. */
static char *ask_args(const struct vim_ask *ask)
{
	struct vu_strbuf b = { 0 };

	vu_strbuf_puts(&b, "<specSet><propSet>");
	vim_arg_text(&b, "type", ask->type);
	for (size_t i = 0; ask->paths[i] != NULL; i++)
		vim_arg_text(&b, "pathSet", ask->paths[i]);
	vu_strbuf_puts(&b, "</propSet>");
	for (size_t i = 0; i < ask->from_count; i++)
		add_object(&b, ask->from[i], ask->steps);
	vu_strbuf_puts(&b, "</specSet><options>");
	vim_arg_uint(&b, "maxObjects", PAGE_OBJECTS);
	vu_strbuf_puts(&b, "</options>");
	return vu_strbuf_take(&b);
}

static VixError add_objects(struct vim_props *p, vim_node *page)
{
	vim_node *n = vim_xml_find(page, "objects");

	for (; n != NULL; n = vim_xml_next(n)) {
		vim_node *ref = vim_xml_find(n, "obj");
		struct object o = { .ref = { vim_xml_ref_type(ref), vim_xml_text(ref, "") },
				    .node = n };

		if (o.ref.value != NULL && VU_ARRAY_PUSH(&p->objects, o) < 0)
			return VIX_E_OUT_OF_MEMORY;
	}
	return VIX_OK;
}

/* Takes a page, which is consumed; @token_out is the arguments for the next one, or NULL. */
static VixError add_page(struct vim_props *p, struct vim_xml *x, char **token_out)
{
	vim_node *page = vim_xml_find(vim_xml_root(x), "returnval");
	const char *token = vim_xml_text(page, "token");
	size_t before = p->objects.n;
	struct vu_strbuf b = { 0 };

	if (VU_ARRAY_PUSH(&p->pages, x) < 0) {
		vim_xml_free(x);
		return VIX_E_OUT_OF_MEMORY;
	}
	p->bytes += vim_xml_size(x);
	VD_TRY(add_objects(p, page));
	if (token == NULL)
		return VIX_OK;
	if (p->objects.n == before || p->pages.n >= MAX_PAGES || p->bytes > MAX_BYTES) {
		VU_ERR("vim",
		       "%s: expected the end of a list of properties, came more after %zu objects",
		       vim_http_name(vim_session_http(p->session)), p->objects.n);
		return VIX_E_NET_HTTP_TRANSFER;
	}
	vim_arg_text(&b, "token", token);
	*token_out = vu_strbuf_take(&b);
	return *token_out == NULL ? VIX_E_OUT_OF_MEMORY : VIX_OK;
}

static void forget_pages(struct vim_props *p)
{
	VU_ARRAY_FOREACH(&p->pages, it)
		vim_xml_free(*it);
	VU_ARRAY_FREE(&p->pages);
	VU_ARRAY_FREE(&p->objects);
	p->bytes = 0;
}

/* The first page, or the one of a token. */
static VixError ask_page(struct vim_session *s, const char *args, const char *token,
			 struct vim_xml **x_out)
{
	const struct vim_call call = {
		.method = token == NULL ? "RetrievePropertiesEx" : "ContinueRetrievePropertiesEx",
		.of = { "PropertyCollector", vim_session_content(s)->property_collector },
		.args = token == NULL ? args : token,
	};

	return vim_session_call(s, &call, x_out);
}

/* All pages.  With @quiet, nothing is said of pages behind the first one that don't come. */
static VixError ask_all(struct vim_session *s, const char *args, bool quiet, struct vim_props *p)
{
	VU_AUTO(free) char *token = NULL;

	do {
		struct vim_xml *x;
		VixError err;

		if (quiet && token != NULL)
			vu_log_hush();
		err = ask_page(s, args, token, &x);
		if (quiet && token != NULL)
			vu_log_unhush();
		free(VU_STEAL(token));
		VD_TRY(err);
		VD_TRY(add_page(p, x, &token));
	} while (token != NULL);
	return VIX_OK;
}

static int by_value(const void *a, const void *b)
{
	const struct object *const *oa = a, *const *ob = b;

	return strcmp((*oa)->ref.value, (*ob)->ref.value);
}

static VixError sort(struct vim_props *p)
{
	if (VU_ARRAY_RESERVE(&p->sorted, p->objects.n) < 0)
		return VIX_E_OUT_OF_MEMORY;
	VU_ARRAY_FOREACH(&p->objects, it)
		p->sorted.v[p->sorted.n++] = it;
	if (p->sorted.n > 0)
		qsort(p->sorted.v, p->sorted.n, sizeof(p->sorted.v[0]), by_value);
	return VIX_OK;
}

VixError vim_props_lookup(struct vim_session *s, const struct vim_ask *ask,
			  struct vim_props **p_out)
{
	VU_AUTO(free) char *args = ask_args(ask);
	struct vim_props *p = calloc(1, sizeof(*p));
	VixError err = VIX_E_OUT_OF_MEMORY;

	*p_out = NULL;
	if (args != NULL && p != NULL) {
		p->session = vim_session_share(s);
		err = ask_all(s, args, true, p);
	}
	if (err != VIX_OK && p != NULL && p->pages.n > 0) {
		forget_pages(p); /* the session of the first ones may be gone */
		err = ask_all(s, args, false, p);
	}
	if (err == VIX_OK)
		err = sort(p);
	if (err != VIX_OK) {
		vim_props_free(p);
		return err;
	}
	*p_out = p;
	return VIX_OK;
}

void vim_props_free(struct vim_props *p)
{
	if (p == NULL)
		return;
	forget_pages(p);
	VU_ARRAY_FREE(&p->sorted);
	vim_session_close(p->session);
	free(p);
}

size_t vim_props_count(const struct vim_props *p)
{
	return p->objects.n;
}

struct vim_ref vim_props_object(const struct vim_props *p, size_t i)
{
	return p->objects.v[i].ref;
}

/* The element of an object; NULL: it is not in the reply. */
static vim_node *object_node(const struct vim_props *p, const char *object)
{
	const struct object wanted = { .ref.value = object }, *key = &wanted;
	struct object **found = NULL;

	if (p->sorted.n > 0)
		found = bsearch(&key, p->sorted.v, p->sorted.n, sizeof(p->sorted.v[0]), by_value);
	return found == NULL ? NULL : (*found)->node;
}

/* Of the elements of a name in an object, the one in which @part is the text @path. */
static vim_node *part_of(vim_node *object, const char *name, const char *part, const char *path)
{
	vim_node *n = vim_xml_find(object, name);

	for (; n != NULL; n = vim_xml_next(n)) {
		const char *text = vim_xml_text(n, part);

		if (text != NULL && strcmp(text, path) == 0)
			return n;
	}
	return NULL;
}

vim_node *vim_props_find(const struct vim_props *p, const char *object, const char *path)
{
	return vim_xml_find(part_of(object_node(p, object), "propSet", "name", path), "val");
}

const char *vim_props_text(const struct vim_props *p, const char *object, const char *path)
{
	return vim_xml_text(vim_props_find(p, object, path), "");
}

VixError vim_props_need(const struct vim_props *p, const char *object, const char *path,
			vim_node **node_out)
{
	const char *server = vim_http_name(vim_session_http(p->session));
	vim_node *o = object_node(p, object);
	vim_node *missing = part_of(o, "missingSet", "path", path);
	VU_AUTO(free) char *doing = NULL;
	struct vim_fault fault;

	*node_out = vim_props_find(p, object, path);
	if (*node_out != NULL)
		return VIX_OK;
	if (missing == NULL) {
		VU_ERR("vim", "%s: expected %s with property %s, came %s", server,
		       vu_log_quote(object), path, o == NULL ? "no such object" : "none of it");
		return VIX_E_OBJECT_NOT_FOUND;
	}
	vim_fault_localized(vim_xml_find(missing, "fault"), &fault);
	doing = vu_asprintf("property %s of %s", path, vu_log_quote(object));
	return vim_fault_log(server, doing == NULL ? path : doing, &fault);
}
