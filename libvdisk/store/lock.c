/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Locks on files that this process writes; see lock.h.
 *
 * 1. The registry has one entry for each file that this process has locked, or would have if its
 *    file system had locks.  An entry has a user at least.
 * 2. All descriptors of an entry belong to one open file description, which has the lock: so there
 *    is no descriptor that is open for the lock alone.
 * 3. What a parent locked before a fork() stays its own: the child only closes its descriptors.
 *
 * Bytes of the file that are locked:
 *   0          exclusive: one process of ours
 *   201, 203   shared: to qemu, "others may not write", "others may not resize"
 * and looked at, as qemu does:
 *   101, 103   somebody writes, may resize
 *   201        somebody does not permit writing
 * Byte 101, "I write", is left alone: it would keep qemu's readers out.
 */
#include "config.h"

#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/array.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "holder.h"
#include "lckdir.h"

#define OUR_BYTE              0
#define QEMU_WRITES           101
#define QEMU_RESIZES          103
#define QEMU_FORBIDS_WRITES   201
#define QEMU_FORBIDS_RESIZING 203

struct vd_lock {
	struct vd_file_id id;
	VU_ARRAY(int) fds;        /* one for each user */
	struct vd_lckdir *lckdir; /* NULL: none, or none yet */
	pid_t owner;
	struct vd_lock *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* rank 7: guards the registry */
static struct vd_lock *registry;

/* What stands in the way, while a file is locked. */
enum obstacle { NO_OBSTACLE, NO_LOCKS_HERE, LOCKED };

static struct flock one_byte(short type, off_t at)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };
}

static enum obstacle set_byte(int fd, short type, off_t at)
{
	struct flock fl = one_byte(type, at);

	if (fcntl(fd, F_OFD_SETLK, &fl) == 0)
		return NO_OBSTACLE;
	return errno == EAGAIN || errno == EACCES ? LOCKED : NO_LOCKS_HERE;
}

static enum obstacle look_at_byte(int fd, off_t at)
{
	struct flock fl = one_byte(F_WRLCK, at);

	return fcntl(fd, F_OFD_GETLK, &fl) == 0 && fl.l_type != F_UNLCK ? LOCKED : NO_OBSTACLE;
}

/* First set, then look: of two that do so at once, one sees the other at least. */
static enum obstacle set_all(int fd)
{
	static const off_t looked_at[] = { QEMU_WRITES, QEMU_RESIZES, QEMU_FORBIDS_WRITES };
	enum obstacle o = set_byte(fd, F_WRLCK, OUR_BYTE);

	if (o == NO_OBSTACLE)
		o = set_byte(fd, F_RDLCK, QEMU_FORBIDS_WRITES);
	if (o == NO_OBSTACLE)
		o = set_byte(fd, F_RDLCK, QEMU_FORBIDS_RESIZING);
	for (size_t i = 0; i < sizeof(looked_at) / sizeof(looked_at[0]); i++) {
		if (o == NO_OBSTACLE)
			o = look_at_byte(fd, looked_at[i]);
	}
	return o;
}

/* @what could not be done; @pid: 0 where it is not known. */
static VixError refuse(const char *path, const char *what, pid_t pid)
{
	VU_AUTO(free) char *name = pid > 0 ? vu_process_name(pid) : NULL;

	if (pid > 0)
		VU_ERR("store", "%s: cannot %s: process %ld (%s) has it locked", vu_log_quote(path),
		       what, (long)pid, name != NULL ? vu_log_quote(name) : "?");
	else
		VU_ERR("store", "%s: cannot %s: another process has it locked", vu_log_quote(path),
		       what);
	return VIX_E_FILE_ALREADY_LOCKED;
}

static VixError lock_file(const struct vd_store *st, int fd)
{
	switch (set_all(fd)) {
	case LOCKED:
		return refuse(st->path, "open for writing", vd_find_lock_holder(&st->id));
	case NO_LOCKS_HERE:
		VU_INFO("store", "%s: its file system has no locks: nobody else may write to it",
			vu_log_quote(st->path));
		return VIX_OK;
	default:
		return VIX_OK;
	}
}

/* The registry; lock held. */

static struct vd_lock *find_entry(const struct vd_file_id *id)
{
	for (struct vd_lock *l = registry; l != NULL; l = l->next) {
		if (vd_file_id_equal(&l->id, id))
			return l;
	}
	return NULL;
}

static struct vd_lock *add_entry(const struct vd_store *st, int fd)
{
	struct vd_lock *l = calloc(1, sizeof(*l));

	if (l == NULL || VU_ARRAY_PUSH(&l->fds, fd) < 0) {
		free(l);
		return NULL;
	}
	l->id = st->id;
	l->owner = getpid();
	l->next = registry;
	registry = l;
	return l;
}

static void remove_entry(struct vd_lock *l)
{
	struct vd_lock **at = &registry;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	VU_ARRAY_FREE(&l->fds);
	free(l);
}

/* A descriptor of the description that has the lock takes the place of *@fd. */
static VixError join(struct vd_lock *l, const struct vd_store *st, int *fd)
{
	int other;

	if (l->owner != getpid())
		return refuse(st->path, "open for writing", l->owner);
	other = fcntl(l->fds.v[0], F_DUPFD_CLOEXEC, 0);
	if (other < 0)
		return VIX_E_DISK_TOOMANYOPENFILES;
	if (VU_ARRAY_PUSH(&l->fds, other) < 0) {
		close(other);
		return VIX_E_OUT_OF_MEMORY;
	}
	close(*fd);
	*fd = other;
	return VIX_OK;
}

static VixError take(const struct vd_store *st, int *fd, struct vd_lock **lock_out)
{
	VU_LOCK(&lock);
	struct vd_lock *l = find_entry(&st->id);

	if (l != NULL) {
		VD_TRY(join(l, st, fd));
	} else {
		VD_TRY(lock_file(st, *fd));
		l = add_entry(st, *fd);
		if (l == NULL)
			return VIX_E_OUT_OF_MEMORY;
	}
	*lock_out = l;
	return VIX_OK;
}

static void forget_fd(struct vd_lock *l, int fd)
{
	VU_ARRAY_FOREACH(&l->fds, it) {
		if (*it == fd) {
			*it = l->fds.v[--l->fds.n];
			return;
		}
	}
}

/* The last descriptor has the lock: as long as it is open, others of this process must find the
 * entry. */
void vd_lock_close(struct vd_lock *l, int fd)
{
	VU_LOCK(&lock);
	if (fd >= 0)
		close(fd);
	if (l == NULL)
		return;
	forget_fd(l, fd);
	if (l->fds.n > 0)
		return;
	vd_lckdir_leave(l->lckdir);
	remove_entry(l);
}

static VixError enter_lckdir(struct vd_lock *l, const struct vd_store *st)
{
	VU_LOCK(&lock);

	return l->lckdir == NULL ? vd_lckdir_enter(st->path, &l->lckdir) : VIX_OK;
}

VixError vd_lock_take(const struct vd_store *st, int *fd, struct vd_lock **lock_out)
{
	struct vd_lock *l;
	VixError err = VIX_OK;

	*lock_out = NULL;
	VD_TRY(take(st, fd, &l));
	if ((st->mode & VD_STORE_CLAIM) && !st->is_device)
		err = enter_lckdir(l, st);
	if (err == VIX_OK) {
		*lock_out = l;
		return VIX_OK;
	}
	vd_lock_close(l, *fd);
	*fd = -1;
	return err;
}

/* A look at a lock needs no right to write. */
static bool is_written(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool yes;

	if (fd < 0)
		return false;
	yes = look_at_byte(fd, OUR_BYTE) == LOCKED || look_at_byte(fd, QEMU_WRITES) == LOCKED;
	close(fd);
	return yes;
}

VixError vd_lock_look(const char *path, const char *what)
{
	struct stat sb;
	struct vd_file_id id;

	if (stat(path, &sb) < 0 || !S_ISREG(sb.st_mode) || !is_written(path))
		return VIX_OK;
	id = vd_file_id_of(&sb);
	return refuse(path, what, vd_find_lock_holder(&id));
}
