/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Local disks that are open; see writers.h.
 *
 * States (functions that move them):
 *   OPENING -vd_writers_open-> OPEN -vd_writer_leave, of the last owner-> CLOSING -vd_writer_end->
 * gone; also from OPENING, when opening failed.  OPEN -vd_writer_attach-> ATTACHED, which ends as OPEN
 * does, and which nobody shares.  READING and PARENT begin and end by themselves: such a disk is nobody
 * else's.
 */
#include "config.h"

#include "writers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/cleanup.h"
#include "../common/log.h"
#include "disk-chain.h"

struct vd_writer {
	enum { OPENING, OPEN, ATTACHED, CLOSING, READING, PARENT } state;
	char *path; /* without symbolic links; NULL: there is no such file */
	struct vd_file_id id;
	bool is_single_link;
	unsigned owners;
	unsigned moving;      /* operations that move its grains, when OPEN */
	struct vd_disk *disk; /* when OPEN */
	pid_t process;        /* a child has none of its parent's */
	struct vd_writer *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* rank 3: guards all */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct vd_writer *writers;

static void writer_free(struct vd_writer *w)
{
	if (w != NULL)
		free(w->path);
	free(w);
}

static struct vd_writer *writer_new(const char *path, unsigned flags)
{
	struct vd_writer *w = calloc(1, sizeof(*w));
	struct stat sb;

	if (w == NULL)
		return NULL;
	w->path = realpath(path, NULL);
	if (stat(path, &sb) == 0)
		w->id = vd_file_id_of(&sb);
	w->is_single_link = (flags & VD_CHAIN_SINGLE_LINK) != 0;
	w->process = getpid();
	return w;
}

/* The list; lock held. */

static bool is_same(const struct vd_writer *a, const struct vd_writer *b)
{
	return a->process == b->process &&
	       (vd_file_id_equal(&a->id, &b->id) ||
		(a->path != NULL && b->path != NULL && strcmp(a->path, b->path) == 0));
}

static bool is_reader(const struct vd_writer *w)
{
	return w->state == READING || w->state == PARENT;
}

static struct vd_writer *find_same(const struct vd_writer *as)
{
	struct vd_writer *w = writers;

	while (w != NULL && (is_reader(w) || !is_same(w, as)))
		w = w->next;
	return w;
}

static void add_writer(struct vd_writer *w)
{
	w->next = writers;
	writers = w;
}

static void remove_writer(struct vd_writer *gone)
{
	struct vd_writer **at = &writers;

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	pthread_cond_broadcast(&changed);
}

/* Waits for those who open or close.  Return: who has it open; NULL: nobody, @w is on the list. */
static struct vd_writer *enter(struct vd_writer *w)
{
	struct vd_writer *other;

	while ((other = find_same(w)) != NULL && other->state != OPEN && other->state != ATTACHED)
		pthread_cond_wait(&changed, &lock);
	if (other == NULL)
		add_writer(w);
	return other;
}

static VixError share(struct vd_writer *w, const struct vd_writer *as, const char *path,
		      struct vd_disk **d_out)
{
	if (w->state == ATTACHED) {
		VU_ERR("disk",
		       "cannot open %s for writing: it is attached to a child that this process "
		       "has "
		       "open",
		       vu_log_quote(path));
		return VIX_E_FILE_ALREADY_LOCKED;
	}
	if (w->is_single_link != as->is_single_link) {
		VU_ERR("disk",
		       "cannot open %s for writing: this process has it open %s its parents",
		       vu_log_quote(path), w->is_single_link ? "without" : "with");
		return VIX_E_FILE_ALREADY_LOCKED;
	}
	w->owners++;
	*d_out = w->disk;
	return VIX_OK;
}

/* Opening. */

/* *@is_first: the caller opens it, for all. */
static VixError share_if_open(struct vd_writer *w, const char *path, struct vd_disk **d_out,
			      bool *is_first)
{
	VU_LOCK(&lock);
	struct vd_writer *other = enter(w);

	*is_first = other == NULL;
	return other != NULL ? share(other, w, path, d_out) : VIX_OK;
}

static void publish(struct vd_writer *w, struct vd_disk *d)
{
	VU_LOCK(&lock);

	d->writer = w;
	w->disk = d;
	w->owners = 1;
	w->state = OPEN;
	pthread_cond_broadcast(&changed);
}

VixError vd_writers_open(const struct vd_store_ops *store, const char *path, unsigned flags,
			 struct vd_disk **d_out)
{
	struct vd_writer *w = writer_new(path, flags);
	bool is_first;
	VixError err;

	*d_out = NULL;
	if (w == NULL)
		return VIX_E_OUT_OF_MEMORY;
	err = share_if_open(w, path, d_out, &is_first);
	if (!is_first) {
		writer_free(w);
		return err;
	}
	err = vd_chain_open(store, path, flags, d_out);
	if (err == VIX_OK)
		publish(w, *d_out);
	else
		vd_writer_end(w);
	return err;
}

/* With one owner more. */
static struct vd_disk *own_if_open(const struct vd_writer *as)
{
	VU_LOCK(&lock);
	struct vd_writer *w = find_same(as);

	if (w == NULL || w->state != OPEN)
		return NULL;
	w->owners++;
	return w->disk;
}

/* What this process has written gets into the files, for who opens them next. */
static VixError flush_same(const struct vd_writer *as)
{
	struct vd_disk *d = own_if_open(as);
	VixError err;

	if (d == NULL)
		return VIX_OK;
	err = vd_disk_flush(d);
	vd_disk_close(d);
	return err;
}

VixError vd_writers_keep_out(const char *path, struct vd_writer **w_out)
{
	struct vd_writer *w = writer_new(path, 0);

	*w_out = NULL;
	if (w == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VU_LOCK(&lock);
	if (enter(w) == NULL) {
		*w_out = w;
		return VIX_OK;
	}
	writer_free(w);
	VU_ERR("disk", "%s: this process has it open for writing: close it first",
	       vu_log_quote(path));
	return VIX_E_FILE_ALREADY_LOCKED;
}

/* Closing. */

bool vd_writer_attach(struct vd_writer *w)
{
	if (w == NULL)
		return true;
	VU_LOCK(&lock);
	if (w->owners > 1)
		return false;
	if (w->state == OPEN)
		w->state = ATTACHED;
	return true;
}

/* Readers. */

/* Its tables would tell where grains were. */
static VixError enter_reader(struct vd_writer *w, const char *path)
{
	VU_LOCK(&lock);
	const struct vd_writer *other = find_same(w);

	if (other == NULL || other->moving == 0) {
		add_writer(w);
		return VIX_OK;
	}
	VU_ERR("disk", "cannot open %s: this process is shrinking or defragmenting it",
	       vu_log_quote(path));
	return VIX_E_FILE_ALREADY_LOCKED;
}

VixError vd_writers_begin_reading(const struct vd_store_ops *store, const char *path,
				  bool is_parent, struct vd_writer **w_out)
{
	struct vd_writer *w;
	VixError err;

	*w_out = NULL;
	if (store->pwrite == NULL)
		return VIX_OK;
	w = writer_new(path, 0);
	if (w == NULL)
		return VIX_E_OUT_OF_MEMORY;
	w->state = is_parent ? PARENT : READING;
	w->owners = 1;
	err = enter_reader(w, path);
	if (err != VIX_OK) {
		writer_free(w);
		return err;
	}
	err = flush_same(w);
	if (err == VIX_OK)
		*w_out = w;
	else
		vd_writer_end(w);
	return err;
}

static bool find_reader(const struct vd_writer *as)
{
	VU_LOCK(&lock);

	for (const struct vd_writer *w = writers; w != NULL; w = w->next) {
		if (w->state == READING && is_same(w, as))
			return true;
	}
	return false;
}

bool vd_writers_is_read(const char *path)
{
	struct vd_writer *as = writer_new(path, 0);
	bool is_read = as != NULL && find_reader(as);

	writer_free(as);
	return is_read;
}

/* Moving. */

VixError vd_writer_begin_moving(struct vd_writer *w)
{
	if (w == NULL)
		return VIX_OK;
	VU_LOCK(&lock);
	for (const struct vd_writer *r = writers; r != NULL; r = r->next) {
		if (is_reader(r) && is_same(r, w)) {
			VU_ERR("disk",
			       "%s: this process has it open for reading, too, %s: its grains "
			       "can't be "
			       "moved",
			       vu_log_quote(w->path != NULL ? w->path : "the disk"),
			       r->state == PARENT ? "as the parent of another disk"
						  : "by another handle");
			return VIX_E_FILE_ALREADY_LOCKED;
		}
	}
	w->moving++;
	return VIX_OK;
}

void vd_writer_end_moving(struct vd_writer *w)
{
	if (w == NULL)
		return;
	VU_LOCK(&lock);

	w->moving--;
}

/* The end. */

bool vd_writer_leave(struct vd_writer *w)
{
	if (w == NULL)
		return true;
	VU_LOCK(&lock);
	if (--w->owners > 0)
		return false;
	if (!is_reader(w)) /* who would write need not wait for it */
		w->state = CLOSING;
	return true;
}

static void take_off_list(struct vd_writer *w)
{
	VU_LOCK(&lock);

	remove_writer(w);
}

void vd_writer_end(struct vd_writer *w)
{
	if (w == NULL)
		return;
	take_off_list(w);
	writer_free(w);
}
