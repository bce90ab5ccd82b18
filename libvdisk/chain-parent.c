/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The search for a parent: where its child's hint may lead, and what will do there; see
 * chain-parent.h.
 */
#include "config.h"

#include "chain-parent.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/path.h"
#include "../common/strbuf.h"
#include "writers.h"

#define CANDIDATES 6u

/* Why something that was there would not do as a parent; what is worth more to tell comes later. */
enum reject { REJECT_NONE, REJECT_LOOP, REJECT_RAW, REJECT_CID };

/* The search for one parent. */
struct search {
	struct vd_chain *chain; /* its last link is the child */
	const struct vd_link *child;
	const struct vd_chain_source *src;
	unsigned flags;             /* of the parent */
	const char *hint;           /* as the child has it, or NULL */
	bool hint_has_dir;          /* it does not speak of a file beside the child */
	bool hint_outside;          /* it leads out of the child's directory, and may not */
	char *paths[CANDIDATES];    /* where to look, NULL behind the last */
	size_t dir_len[CANDIDATES]; /* bytes of each that name the directory to stay in */
	enum reject reject;
	const char *reject_path;
	uint32_t reject_cid;
	struct vd_link *changed; /* with VD_CHAIN_ANY_CID: what has another content ID; owned */
};

/* @path is consumed; its first @dir_len bytes name the directory that it must not leave. */
static VixError search_add(struct search *s, char *path, size_t dir_len)
{
	size_t i = 0;

	if (path == NULL)
		return VIX_E_OUT_OF_MEMORY;
	while (s->paths[i] != NULL) {
		if (strcmp(s->paths[i++], path) == 0) {
			free(path);
			return VIX_OK;
		}
	}
	s->paths[i] = path;
	s->dir_len[i] = dir_len;
	return VIX_OK;
}

static void search_free(struct search *s)
{
	for (size_t i = 0; i < CANDIDATES; i++)
		free(s->paths[i]);
	vd_link_close(s->changed);
}

/* Hints made on Windows separate with backslashes; elsewhere they may be part of a name. */
static char *portable_hint(const char *hint)
{
	char *copy = strdup(hint);

	if (copy == NULL || strchr(copy, '/') != NULL)
		return copy;
	for (char *p = copy; *p != '\0'; p++) {
		if (*p == '\\')
			*p = '/';
	}
	return copy;
}

/* What @name means beside the child. */
static VixError add_beside(struct search *s, const char *name)
{
	const char *slash = strrchr(s->child->path, '/');
	size_t dir_len = slash != NULL ? (size_t)(slash + 1 - s->child->path) : 0;

	return search_add(s, vu_path_beside(s->child->path, name), dir_len);
}

static VixError add_hint(struct search *s, const char *hint)
{
	if (!(s->flags & VD_CHAIN_EXTENTS_ANYWHERE) && vu_path_escapes(hint)) {
		s->hint_outside = true;
		return VIX_OK;
	}
	return add_beside(s, hint);
}

/* DIR/../B/C for a child in DIR and a hint "/A/B/C"; nothing for a hint without a directory. */
static VixError add_sibling(struct search *s, const char *hint)
{
	VU_AUTO(free) char *child_dir = vu_path_dirname(s->child->path);
	VU_AUTO(free) char *hint_dir = vu_path_dirname(hint);
	const char *last;

	if (child_dir == NULL || hint_dir == NULL)
		return VIX_E_OUT_OF_MEMORY;
	last = vu_path_basename(hint_dir);
	if (*last == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		return VIX_OK;
	return search_add(s, vu_asprintf("%s/../%s/%s", child_dir, last, vu_path_basename(hint)),
			  strlen(child_dir) + strlen("/../"));
}

/* Who copied the parent here may have kept the bytes of its name. */
static VixError add_hint_as_written(struct search *s)
{
	const char *hint = vd_descriptor_parent_hint_as_written(s->child->desc);
	const char *slash;

	if (hint == NULL)
		return VIX_OK;
	slash = strrchr(hint, '/');
	VD_TRY(add_beside(s, slash != NULL ? slash + 1 : hint));
	return add_hint(s, hint);
}

static VixError list_candidates(struct search *s)
{
	VU_AUTO(free) char *hint = portable_hint(s->hint);
	const char *name;

	if (hint == NULL)
		return VIX_E_OUT_OF_MEMORY;
	name = vu_path_basename(hint);
	s->hint_has_dir = name != hint;
	VD_TRY(add_beside(s, name));
	VD_TRY(add_hint(s, hint));
	VD_TRY(add_sibling(s, hint));
	if (strcmp(hint, s->hint) != 0)
		VD_TRY(add_hint(s, s->hint));
	return add_hint_as_written(s);
}

/* Messages of a search that failed. */

static char *places(const struct search *s)
{
	struct vu_strbuf b = { 0 };

	for (size_t i = 0; i < CANDIDATES && s->paths[i] != NULL; i++)
		vu_strbuf_printf(&b, "%s%s", i == 0 ? "" : ", ", vu_log_quote(s->paths[i]));
	return vu_strbuf_take(&b);
}

static VixError say_missing(const struct search *s)
{
	VU_AUTO(free) char *looked = places(s);

	VU_ERR("disk",
	       "cannot open %s: its parent %s is missing; looked for %s (hint \"%s\"%s); the child "
	       "expects a parent with CID %08" PRIx32,
	       vu_log_quote(s->child->path), vu_log_quote(vu_path_basename(s->paths[0])),
	       looked != NULL ? looked : "it", s->hint != NULL ? vu_log_quote(s->hint) : "",
	       s->hint_outside ? ", which only " VD_CONFIG_EXTENTS_OUTSIDE " = 1 lets lead there"
			       : "",
	       s->child->desc->parent_cid);
	return VIX_E_DISK_OPENPARENT;
}

static VixError say_rejected(const struct search *s)
{
	const char *child = vu_log_quote(s->child->path);
	const char *parent = vu_log_quote(s->reject_path);

	switch (s->reject) {
	case REJECT_LOOP:
		VU_ERR("disk", "cannot open %s: the chain is cyclic: %s comes twice", child,
		       parent);
		return VIX_E_DISK_INVALIDCHAIN;
	case REJECT_RAW:
		VU_ERR("disk", "cannot open %s: its parent %s is no VMDK", child, parent);
		return VIX_E_DISK_INVALIDCHAIN;
	case REJECT_CID:
		VU_ERR("disk",
		       "cannot open %s: its parent %s was changed: it has CID %08" PRIx32
		       ", the child expects %08" PRIx32,
		       child, parent, s->reject_cid, s->child->desc->parent_cid);
		return VIX_E_DISK_CID_MISMATCH;
	default:
		return say_missing(s);
	}
}

/* The search. */

static bool is_link(const struct vd_link *ln, const struct vd_store *file)
{
	return vd_file_id_equal(&ln->id, &file->id) || strcmp(ln->path, file->path) == 0;
}

static bool in_chain(const struct vd_chain *chain, const struct vd_store *file)
{
	VU_ARRAY_FOREACH(&chain->links, ln) {
		if (is_link(*ln, file))
			return true;
	}
	return false;
}

static void reject(struct search *s, enum reject why, const char *path)
{
	if (why < s->reject)
		return;
	s->reject = why;
	s->reject_path = path;
}

/*
 * A parent in another directory may have the name of its child: then what lies beside the child
 * is the child, and the search goes on.  Any other file of the chain makes a loop.
 */
static void reject_link(struct search *s, const struct vd_store *file, const char *path)
{
	if (!s->hint_has_dir || !is_link(s->child, file))
		reject(s, REJECT_LOOP, path);
}

/* Is @ln, found at @path, what the child expects? */
static bool accept_parent(struct search *s, const struct vd_link *ln, const char *path)
{
	if (ln->desc != NULL && ln->desc->cid == s->child->desc->parent_cid)
		return true;
	reject(s, ln->desc == NULL ? REJECT_RAW : REJECT_CID, path);
	if (ln->desc != NULL)
		s->reject_cid = ln->desc->cid;
	return false;
}

unsigned vd_chain_store_mode(unsigned flags)
{
	return VD_STORE_MAY_BE_ABSENT | (flags & VD_CHAIN_WRITE ? VD_STORE_WRITE : 0) |
	       (flags & VD_CHAIN_UNBUFFERED ? VD_STORE_UNBUFFERED : 0);
}

/* Links that lead out would show somebody else's disk as the parent. */
static VixError open_candidate(const struct search *s, size_t i, struct vd_store **st_out)
{
	const struct vd_store_ops *store = s->src->store;
	unsigned mode = vd_chain_store_mode(s->flags);

	if (s->src->listed != NULL || (s->flags & VD_CHAIN_EXTENTS_ANYWHERE))
		return vd_store_open(store, s->paths[i], mode, st_out);
	return vd_store_open_inside(store, s->paths[i], s->dir_len[i], mode, st_out);
}

/* *@ln_out stays NULL when there is nothing at the @i-th place that would do. */
static VixError try_candidate(struct search *s, size_t i, struct vd_link **ln_out)
{
	const char *path = s->paths[i];
	VU_AUTO(writer) struct vd_writer *reader = NULL;
	struct vd_store *file;
	struct vd_link *ln;
	VixError err;

	VD_TRY(vd_writers_begin_reading(s->src->store, path, true, &reader));
	err = open_candidate(s, i, &file);
	if (err != VIX_OK)
		return err == VIX_E_FILE_NOT_FOUND ? VIX_OK : err;
	if (in_chain(s->chain, file)) {
		reject_link(s, file, path);
		vd_store_close(file);
		return VIX_OK;
	}
	err = vd_link_open(file, s->flags, s->chain->cache, &ln);
	if (err != VIX_OK) /* what it is that is missing has been told */
		return err == VIX_E_FILE_NOT_FOUND ? VIX_E_DISK_OPENPARENT : err;
	ln->reader = VU_STEAL(reader);
	if (accept_parent(s, ln, path))
		*ln_out = ln;
	else if ((s->flags & VD_CHAIN_ANY_CID) && ln->desc != NULL && s->changed == NULL)
		s->changed = ln;
	else
		vd_link_close(ln);
	return VIX_OK;
}

static VixError search_parent(struct search *s, struct vd_link **ln_out)
{
	for (size_t i = 0; i < CANDIDATES && s->paths[i] != NULL; i++) {
		VD_TRY(try_candidate(s, i, ln_out));
		if (*ln_out != NULL)
			return VIX_OK;
	}
	if (s->changed == NULL)
		return say_rejected(s);
	*ln_out = VU_STEAL(s->changed);
	return VIX_OK;
}

static VixError say_unnamed(const struct search *s, const char *who)
{
	VU_ERR("disk",
	       "cannot open %s: it needs a parent with CID %08" PRIx32 " but %s no file for it",
	       vu_log_quote(s->child->path), s->child->desc->parent_cid, who);
	return VIX_E_DISK_OPENPARENT;
}

/* Whoever made the list has seen the files: there is no other place to look. */
static VixError list_listed(struct search *s)
{
	size_t n = s->chain->links.n;

	if (n >= s->src->n_listed)
		return say_unnamed(s, "the list of its chain has");
	return search_add(s, strdup(s->src->listed[n]), 0);
}

static bool names_file(const char *hint)
{
	return hint != NULL && *vu_path_basename(hint) != '\0';
}

static VixError list_by_hint(struct search *s)
{
	return names_file(s->hint) ? list_candidates(s) : say_unnamed(s, "names");
}

VixError vd_chain_find_parent(struct vd_chain *chain, const struct vd_chain_source *src,
			      struct vd_link **ln_out)
{
	const struct vd_link *child = chain->links.v[chain->links.n - 1];
	struct search s = {
		.chain = chain,
		.child = child,
		.src = src,
		.flags = src->flags & ~(unsigned)VD_CHAIN_WRITE,
		.hint = vd_descriptor_parent_hint(child->desc),
	};
	VixError err = src->listed != NULL ? list_listed(&s) : list_by_hint(&s);

	*ln_out = NULL;
	if (err == VIX_OK)
		err = search_parent(&s, ln_out);
	search_free(&s);
	return err;
}

VixError vd_chain_parent_places(const struct vd_link *child, const struct vd_chain_source *src,
				char **places_out, size_t *len_out)
{
	struct search s = {
		.child = child,
		.flags = src->flags,
		.hint = vd_descriptor_parent_hint(child->desc),
	};
	struct vu_strbuf b = { 0 };
	VixError err = names_file(s.hint) ? list_candidates(&s) : VIX_OK;

	for (size_t i = 0; i < CANDIDATES && s.paths[i] != NULL; i++)
		vu_strbuf_add(&b, s.paths[i], strlen(s.paths[i]) + 1);
	vu_strbuf_putc(&b, '\0');
	search_free(&s);
	*len_out = b.len;
	*places_out = vu_strbuf_take(&b);
	return err == VIX_OK && *places_out == NULL ? VIX_E_OUT_OF_MEMORY : err;
}
