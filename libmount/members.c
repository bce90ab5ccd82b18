/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which disks belong to which sets; see members.h.
 *
 * A few dozen disks at most: a plain array.
 */
#include "config.h"

#include "members.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../common/array.h"
#include "../common/cleanup.h"
#include "../common/log.h"

struct entry {
	VixDiskSetHandle set;
	VixDiskLibHandle disk;
	VixDiskLibConnection connection;
	char *name; /* as the kernel names it where it is a path of this host */
	bool is_path;
	bool writing;
	bool told; /* by vmnt_members_find_on() */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* taken last, held briefly */
static VU_ARRAY(struct entry) entries;                   /* guarded by lock */

static void clear(struct entry *e)
{
	free(e->name);
	memset(e, 0, sizeof(*e));
}

static VixError fill(struct entry *e, VixDiskSetHandle set, const struct vmnt_member *m,
		     bool writing)
{
	*e = (struct entry){ .set = set, .disk = m->disk, .writing = writing };
	if (m->name == NULL)
		return VIX_OK;
	e->connection = m->connection;
	e->name = realpath(m->name, NULL);
	e->is_path = e->name != NULL;
	if (!e->is_path)
		e->name = strdup(m->name);
	return e->name != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

static bool is_same_disk(const struct entry *a, const struct entry *b)
{
	if (a->name == NULL || b->name == NULL)
		return a->disk != NULL && a->disk == b->disk;
	if (a->is_path != b->is_path || strcmp(a->name, b->name) != 0)
		return false;
	return a->is_path || a->connection == b->connection;
}

static bool clashes(const struct entry *e)
{
	VU_ARRAY_FOREACH(&entries, it) {
		bool excludes = it->set == e->set || it->writing || e->writing;

		if (excludes && is_same_disk(it, e))
			return true;
	}
	return false;
}

static void drop(VixDiskSetHandle set)
{
	size_t kept = 0;

	for (size_t i = 0; i < entries.n; i++) {
		if (entries.v[i].set == set)
			clear(&entries.v[i]);
		else
			entries.v[kept++] = entries.v[i];
	}
	entries.n = kept;
	if (kept == 0)
		VU_ARRAY_FREE(&entries);
}

/* Appends all of @e or none; *@clash_out says which one is taken. */
static VixError enter_all(const struct entry *e, size_t n, size_t *clash_out)
{
	VU_LOCK(&lock);
	size_t before = entries.n;

	for (size_t i = 0; i < n; i++) {
		bool taken = clashes(&e[i]);

		if (!taken && VU_ARRAY_PUSH(&entries, e[i]) == 0)
			continue;
		entries.n = before;
		*clash_out = i;
		return taken ? VIX_E_MNTAPI_ALREADY_OPENED : VIX_E_OUT_OF_MEMORY;
	}
	return VIX_OK;
}

static void free_all(struct entry *e, size_t n)
{
	for (size_t i = 0; i < n; i++)
		clear(&e[i]);
	free(e);
}

VixError vmnt_members_add(VixDiskSetHandle set, const struct vmnt_member *m, size_t n, bool writing)
{
	struct entry *e = vu_calloc_array(n, sizeof(*e));
	VixError err = e != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
	size_t clash = 0;

	for (size_t i = 0; i < n && err == VIX_OK; i++)
		err = fill(&e[i], set, &m[i], writing);
	if (err == VIX_OK)
		err = enter_all(e, n, &clash);
	if (err == VIX_OK) {
		free(e); /* what it owns is in the table */
		return VIX_OK;
	}
	if (err == VIX_E_MNTAPI_ALREADY_OPENED)
		VU_ERR("mount", "disk %s is open already",
		       m[clash].name != NULL ? m[clash].name : "(of a handle)");
	if (e != NULL)
		free_all(e, n);
	return err;
}

void vmnt_members_drop(VixDiskSetHandle set)
{
	VU_LOCK(&lock);
	drop(set);
}

bool vmnt_members_has(VixDiskLibHandle disk)
{
	VU_LOCK(&lock);
	VU_ARRAY_FOREACH(&entries, it)
		if (it->disk == disk)
			return true;
	return false;
}

static bool stands_on(const struct entry *e, VixDiskLibConnection connection,
		      const VixDiskLibHandle *disks, size_t n)
{
	if (e->name != NULL)
		return e->connection == connection;
	for (size_t i = 0; i < n; i++)
		if (e->disk == disks[i])
			return true;
	return false;
}

static void mark_told(VixDiskSetHandle set)
{
	VU_ARRAY_FOREACH(&entries, it)
		if (it->set == set)
			it->told = true;
}

VixDiskSetHandle vmnt_members_find_on(VixDiskLibConnection connection,
				      const VixDiskLibHandle *disks, size_t n)
{
	VU_LOCK(&lock);
	VU_ARRAY_FOREACH(&entries, it) {
		if (it->told || !stands_on(it, connection, disks, n))
			continue;
		mark_told(it->set);
		return it->set;
	}
	return NULL;
}
