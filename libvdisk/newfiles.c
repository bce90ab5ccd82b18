/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files in the making; see newfiles.h.
 *
 * A commit is a list of moves, done one after the other and undone from the last on when one fails:
 *   the old disk, and what has the names of new files   into VD_WORK_OLD, @path first
 *   the new files                                       beside @path, @path last
 * Where nothing but @path is replaced, the new one is moved over the old one at once.
 * What gets a name that nobody had is written down in VD_WORK_NEW first, unless something goes away.
 */
#include "config.h"

#include "newfiles.h"

#include <stdlib.h>
#include <string.h>

#include "../common/alloc.h"
#include "../common/array.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/path.h"
#include "store/names.h"

struct move {
	char *from, *to;
	bool is_away; /* of an old file, if there is one */
	bool is_done;
};

struct vd_newfiles {
	const struct vd_store_ops *ops;
	char *path;
	char *path_in_work;
	bool may_replace; /* @path, and all others unless @is_more */
	bool is_more;     /* the others are new */
	struct vd_workdir work;
	VU_ARRAY(char *) names;   /* of new files; that of @path, too */
	VU_ARRAY(char *) retired; /* names of old ones */
	VU_ARRAY(struct move) moves;
};

static void newfiles_free(struct vd_newfiles *nf)
{
	VU_ARRAY_FOREACH(&nf->names, name)
		free(*name);
	VU_ARRAY_FREE(&nf->names);
	VU_ARRAY_FOREACH(&nf->retired, name)
		free(*name);
	VU_ARRAY_FREE(&nf->retired);
	VU_ARRAY_FOREACH(&nf->moves, m) {
		free(m->from);
		free(m->to);
	}
	VU_ARRAY_FREE(&nf->moves);
	free(nf->path_in_work);
	free(nf->path);
	free(nf);
}

void vd_newfiles_abandon(struct vd_newfiles *nf)
{
	if (nf == NULL)
		return;
	vd_names_end_work(nf->ops, &nf->work);
	newfiles_free(nf);
}

/* Beginning. */

static VixError check_free(const struct vd_newfiles *nf, const char *path)
{
	bool is_main = nf->path == NULL || strcmp(path, nf->path) == 0;

	if ((nf->may_replace && (is_main || !nf->is_more)) || !vd_names_exists(nf->ops, path))
		return VIX_OK;
	VU_ERR("disk", "cannot make %s: it exists", vu_log_quote(path));
	return VIX_E_FILE_ALREADY_EXISTS;
}

/* What replaces a file stands where that is, not where a link to it is. */
static VixError set_path(struct vd_newfiles *nf, const char *path)
{
	if (nf->may_replace && vd_names_exists(nf->ops, path))
		return vd_names_resolve(nf->ops, path, &nf->path);
	nf->path = strdup(path);
	return nf->path != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

static VixError begin(struct vd_newfiles *nf, const char *path)
{
	VD_TRY(vd_names_check(nf->ops, path));
	VD_TRY(check_free(nf, path));
	VD_TRY(set_path(nf, path));
	if (*vu_path_last(nf->path) == '\0') {
		VU_ERR("disk", "cannot make %s: it is the name of a directory", vu_log_quote(path));
		return VIX_E_INVALID_ARG;
	}
	VD_TRY(vd_names_begin_work(nf->ops, nf->path, &nf->work));
	VD_TRY(check_free(nf, nf->path)); /* a crashed commit was just undone, perhaps */
	nf->path_in_work = vu_path_join(nf->work.path, vu_path_last(nf->path));
	return nf->path_in_work != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

static VixError begin_any(const struct vd_store_ops *ops, const char *path, bool may_replace,
			  bool is_more, struct vd_newfiles **nf_out)
{
	struct vd_newfiles *nf = calloc(1, sizeof(*nf));
	VixError err;

	*nf_out = NULL;
	if (nf == NULL)
		return VIX_E_OUT_OF_MEMORY;
	nf->ops = ops;
	nf->may_replace = may_replace;
	nf->is_more = is_more;
	err = begin(nf, path);
	if (err != VIX_OK) {
		vd_newfiles_abandon(nf);
		return err;
	}
	*nf_out = nf;
	return VIX_OK;
}

VixError vd_newfiles_begin(const struct vd_store_ops *ops, const char *path, bool may_replace,
			   struct vd_newfiles **nf_out)
{
	return begin_any(ops, path, may_replace, false, nf_out);
}

VixError vd_newfiles_begin_more(const struct vd_store_ops *ops, const char *path,
				struct vd_newfiles **nf_out)
{
	return begin_any(ops, path, true, true, nf_out);
}

const char *vd_newfiles_path(const struct vd_newfiles *nf)
{
	return nf->path_in_work;
}

const char *vd_newfiles_name(const struct vd_newfiles *nf)
{
	return vu_path_last(nf->path);
}

/* Makes @name, as @from says, and remembers it. */
static VixError add_name(struct vd_newfiles *nf, const char *name, const char *from,
			 struct vd_store **st_out)
{
	VU_AUTO(free) char *copy = strdup(name);
	VU_AUTO(free) char *path = vu_path_join(nf->work.path, name);
	VU_AUTO(free) char *final = vu_path_beside(nf->path, name);

	if (copy == NULL || path == NULL || final == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(check_free(nf, final));
	if (VU_ARRAY_RESERVE(&nf->names, nf->names.n + 1) < 0)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(from != NULL
		       ? vd_names_link(nf->ops, from, path)
		       : vd_store_open(nf->ops, path, VD_STORE_WRITE | VD_STORE_CREATE, st_out));
	nf->names.v[nf->names.n++] = VU_STEAL(copy);
	return VIX_OK;
}

VixError vd_newfiles_add(struct vd_newfiles *nf, const char *name, struct vd_store **st_out)
{
	*st_out = NULL;
	return add_name(nf, name, NULL, st_out);
}

VixError vd_newfiles_link(struct vd_newfiles *nf, const char *name, const char *file)
{
	return add_name(nf, name, file, NULL);
}

VixError vd_newfiles_retire(struct vd_newfiles *nf, const char *path)
{
	VU_AUTO(free) char *copy = strdup(vu_path_last(path));

	if (copy == NULL || VU_ARRAY_PUSH(&nf->retired, copy) < 0)
		return VIX_E_OUT_OF_MEMORY;
	VU_STEAL(copy);
	return VIX_OK;
}

/* The moves of a commit. */

/* @from and @to are consumed; NULL: memory was short. */
static VixError add_move(struct vd_newfiles *nf, char *from, char *to)
{
	struct move m = { .from = from, .to = to };

	if (from != NULL && to != NULL && VU_ARRAY_PUSH(&nf->moves, m) == 0)
		return VIX_OK;
	free(from);
	free(to);
	return VIX_E_OUT_OF_MEMORY;
}

static VixError move_away(struct vd_newfiles *nf, const char *name)
{
	VD_TRY(add_move(nf, vu_path_beside(nf->path, name),
			vu_asprintf("%s/" VD_WORK_OLD "/%s", nf->work.path, name)));
	nf->moves.v[nf->moves.n - 1].is_away = true;
	return VIX_OK;
}

static VixError move_in(struct vd_newfiles *nf, const char *name)
{
	return add_move(nf, vu_path_join(nf->work.path, name), vu_path_beside(nf->path, name));
}

static bool is_main(const struct vd_newfiles *nf, const char *name)
{
	return strcmp(name, vu_path_last(nf->path)) == 0;
}

static VixError plan_old(struct vd_newfiles *nf)
{
	VD_TRY(move_away(nf, vu_path_last(nf->path)));
	VU_ARRAY_FOREACH(&nf->names, name) {
		if (!is_main(nf, *name))
			VD_TRY(move_away(nf, *name));
	}
	VU_ARRAY_FOREACH(&nf->retired, name)
		VD_TRY(move_away(nf, *name)); /* at most once: then it is not there any more */
	return VIX_OK;
}

/* Is @path replaced, and nothing else? */
static bool replaces_one(const struct vd_newfiles *nf)
{
	return nf->may_replace && (nf->is_more || (nf->names.n == 1 && nf->retired.n == 0));
}

static VixError plan(struct vd_newfiles *nf)
{
	if (nf->may_replace && !replaces_one(nf))
		VD_TRY(plan_old(nf));
	VU_ARRAY_FOREACH(&nf->names, name) {
		if (!is_main(nf, *name))
			VD_TRY(move_in(nf, *name));
	}
	return move_in(nf, vu_path_last(nf->path));
}

/* Doing them. */

static VixError note_name(const struct vd_newfiles *nf, const char *name)
{
	VU_AUTO(free) char *path = vu_asprintf("%s/" VD_WORK_NEW "/%s", nf->work.path, name);
	struct vd_store *st;

	if (path == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vd_store_open(nf->ops, path, VD_STORE_WRITE | VD_STORE_CREATE, &st));
	vd_store_close(st);
	return VIX_OK;
}

/* So that who finds the work directory knows which names were about to be given. */
static VixError note_names(const struct vd_newfiles *nf)
{
	VU_AUTO(free) char *inside = vu_asprintf("%s/" VD_WORK_NEW "/-", nf->work.path);

	if (inside == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (nf->names.n == 1 || (nf->may_replace && !nf->is_more))
		return VIX_OK;
	VU_ARRAY_FOREACH(&nf->names, name) {
		if (!is_main(nf, *name))
			VD_TRY(note_name(nf, *name));
	}
	return vd_names_sync(nf->ops, inside);
}

static void take_after_old(const struct vd_newfiles *nf)
{
	VU_ARRAY_FOREACH(&nf->names, name) {
		VU_AUTO(free) char *new = vu_path_join(nf->work.path, *name);
		VU_AUTO(free) char *old = vu_path_beside(nf->path, *name);

		if (new != NULL && old != NULL &&vd_names_exists(nf->ops, old))
			vd_names_take_after(nf->ops, new, old);
	}
}

/* Before @path is there, what it needs must be. */
static VixError do_move(const struct vd_newfiles *nf, struct move *m, bool is_last)
{
	if (m->is_away && !vd_names_exists(nf->ops, m->from))
		return VIX_OK;
	if (is_last && nf->moves.n > 1)
		VD_TRY(vd_names_sync(nf->ops, nf->path));
	VD_TRY(vd_names_move(nf->ops, m->from, m->to, is_last && replaces_one(nf)));
	m->is_done = true;
	return VIX_OK;
}

static VixError do_moves(struct vd_newfiles *nf)
{
	VU_ARRAY_FOREACH(&nf->moves, m)
		VD_TRY(do_move(nf, m, m + 1 == nf->moves.v + nf->moves.n));
	return vd_names_sync(nf->ops, nf->path);
}

/* From the last one on: @path comes back last. */
static void undo_moves(const struct vd_newfiles *nf)
{
	for (size_t i = nf->moves.n; i > 0; i--) {
		const struct move *m = &nf->moves.v[i - 1];

		if (m->is_done)
			vd_names_move(nf->ops, m->to, m->from, false);
	}
	vd_names_sync(nf->ops, nf->path);
}

/* Moving over cannot be undone. */
static bool is_committed(const struct vd_newfiles *nf)
{
	return nf->moves.n != 0 && nf->moves.v[nf->moves.n - 1].is_done;
}

VixError vd_newfiles_commit(struct vd_newfiles *nf)
{
	VixError err = plan(nf);

	if (err == VIX_OK && nf->may_replace)
		take_after_old(nf);
	if (err == VIX_OK)
		err = note_names(nf);
	if (err == VIX_OK)
		err = do_moves(nf);
	if (err != VIX_OK && !(replaces_one(nf) && is_committed(nf)))
		undo_moves(nf);
	vd_newfiles_abandon(nf); /* what has moved is there no more */
	return err;
}

void vd_newfiles_recover(const struct vd_store_ops *ops, const char *path)
{
	if (vd_names_check(ops, path) == VIX_OK)
		vd_names_sweep(ops, path);
}
