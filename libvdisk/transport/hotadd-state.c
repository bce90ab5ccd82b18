/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records of attached disks; see hotadd-state.h.
 */
#include "config.h"

#include "hotadd-state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/dict.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "../../common/vixerr.h"

#define SUB_DIR    "hotadd"
#define LOCK       "lock"
#define NEW        "new" /* a record that is not whole yet */
#define RECORD_MAX 65536u
#define PAUSE_MS   50u

static VixError failed(const char *path, int err)
{
	VU_ERR("hotadd", "%s: cannot keep record of an attached disk: %s", path,
	       strerror(abs(err)));
	return vu_vixerr_from_errno(abs(err));
}

/* DIR/hotadd, for free(); made if @make. */
static VixError find_dir(const char *tmp_dir, bool make, char **dir_out)
{
	VU_AUTO(free) char *root = NULL;
	VU_AUTO(free) char *dir = NULL;
	int err = vu_state_root(tmp_dir, &root);

	*dir_out = NULL;
	if (err < 0)
		return failed(tmp_dir != NULL ? tmp_dir : "the directory for state", err);
	dir = vu_asprintf("%s/" SUB_DIR, root);
	if (dir == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (make && mkdir(dir, 0700) < 0 && errno != EEXIST)
		return failed(dir, errno);
	*dir_out = VU_STEAL(dir);
	return VIX_OK;
}

static VixError wait_lock(const char *path, int fd)
{
	uint64_t until = vu_now_ms() + VD_HOTADD_LOCK_MS;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return failed(path, errno);
		if (vu_now_ms() >= until) {
			VU_ERR("hotadd", "%s: another process has been attaching a disk for %u s",
			       path, VD_HOTADD_LOCK_MS / 1000);
			return VIX_E_OBJECT_IS_BUSY;
		}
		vu_sleep_ms(PAUSE_MS);
	}
	return VIX_OK;
}

VixError vd_hotadd_lock(const char *tmp_dir, char **dir_out, int *fd_out)
{
	VU_AUTO(free) char *dir = NULL;
	VU_AUTO(free) char *path = NULL;
	VU_AUTO(close) int fd = -1;

	*dir_out = NULL;
	*fd_out = -1;
	VD_TRY(find_dir(tmp_dir, true, &dir));
	path = vu_asprintf("%s/" LOCK, dir);
	if (path == NULL)
		return VIX_E_OUT_OF_MEMORY;
	fd = vu_open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
	if (fd < 0)
		return failed(path, fd);
	VD_TRY(wait_lock(path, fd));
	*dir_out = VU_STEAL(dir);
	*fd_out = fd;
	fd = -1;
	return VIX_OK;
}

/* Records. */

static void record_free(struct vd_hotadd_record *r)
{
	if (r == NULL)
		return;
	if (r->fd >= 0)
		close(r->fd);
	free(r->server);
	free(r->vm);
	free(r->file);
	free(r->path);
	free(r);
}

static inline void vu_auto_record(struct vd_hotadd_record **r)
{
	record_free(*r);
}

static VixError fill(struct vd_hotadd_record *r, const char *server, const char *vm,
		     const struct vim_attached *disk)
{
	r->fd = -1;
	r->disk = *disk;
	r->server = strdup(server);
	r->vm = strdup(vm);
	r->file = strdup(disk->file);
	r->disk.file = r->file;
	if (r->server == NULL || r->vm == NULL || r->file == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (strpbrk(disk->file, "\r\n") == NULL)
		return VIX_OK;
	VU_ERR("hotadd", "cannot attach %s: there is a line break in its name",
	       vu_log_quote(disk->file));
	return VIX_E_INVALID_ARG;
}

static char *print(const struct vd_hotadd_record *r)
{
	return vu_asprintf("server = \"%s\"\nvm = \"%s\"\nfile = \"%s\"\nwritable = \"%d\"\n"
			   "controller = \"%" PRIu32 "\"\nunit = \"%" PRIu32 "\"\n",
			   r->server, r->vm, r->file, r->disk.is_writable, r->disk.controller,
			   r->disk.unit);
}

/* A name that no record has, also none of an older process with our number. */
static int give_name(struct vd_hotadd_record *r, const char *dir, const char *new)
{
	static atomic_uint n_made;

	for (;;) {
		free(r->path);
		r->path = vu_asprintf("%s/%d-%u", dir, (int)getpid(), atomic_fetch_add(&n_made, 1));
		if (r->path == NULL)
			return -ENOMEM;
		if (renameat2(AT_FDCWD, new, AT_FDCWD, r->path, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
}

/* Under another name first: what has its own is whole.  The lock is held. */
static int write_file(struct vd_hotadd_record *r, const char *dir, const char *text)
{
	VU_AUTO(free) char *new = vu_asprintf("%s/" NEW, dir);
	int err;

	if (new == NULL)
		return -ENOMEM;
	unlink(new); /* of who was killed here */
	r->fd = vu_open(new, O_RDWR | O_CREAT | O_EXCL | O_APPEND, 0600);
	if (r->fd < 0)
		return r->fd;
	err = flock(r->fd, LOCK_EX | LOCK_NB) < 0 ? -errno
						  : vu_write_full(r->fd, text, strlen(text));
	if (err == 0)
		err = give_name(r, dir, new);
	if (err < 0)
		unlink(new);
	return err;
}

VixError vd_hotadd_record(const char *dir, const char *server, const char *vm,
			  const struct vim_attached *disk, struct vd_hotadd_record **r_out)
{
	VU_AUTO(record) struct vd_hotadd_record *r = calloc(1, sizeof(*r));
	VU_AUTO(free) char *text = NULL;
	int err;

	*r_out = NULL;
	if (r == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(fill(r, server, vm, disk));
	text = print(r);
	if (text == NULL)
		return VIX_E_OUT_OF_MEMORY;
	err = write_file(r, dir, text);
	if (err < 0)
		return failed(dir, err);
	*r_out = VU_STEAL(r);
	return VIX_OK;
}

void vd_hotadd_record_key(struct vd_hotadd_record *r, uint32_t key)
{
	char line[32];

	r->disk.key = key;
	snprintf(line, sizeof(line), "key = \"%" PRIu32 "\"\n", key);
	if (vu_write_full(r->fd, line, strlen(line)) < 0)
		VU_DBG("hotadd", "%s: cannot write the key", r->path); /* slot and file tell, too */
}

void vd_hotadd_record_close(struct vd_hotadd_record *r, bool detached)
{
	if (r != NULL && detached)
		unlink(r->path);
	record_free(r);
}

/* Those that are left. */

static bool get_number(const struct vu_dict *d, const char *key, uint32_t *v_out)
{
	const char *text = vu_dict_get(d, key);
	char *end;
	unsigned long v;

	*v_out = 0;
	if (text == NULL || text[0] < '0' || text[0] > '9')
		return false;
	v = strtoul(text, &end, 10);
	*v_out = (uint32_t)v;
	return *end == '\0' && v <= INT32_MAX;
}

/* false: it is no record, or memory is short. */
static bool read_dict(struct vd_hotadd_record *r, const struct vu_dict *d)
{
	const char *server = vu_dict_get(d, "server"), *vm = vu_dict_get(d, "vm");
	struct vim_attached disk = { .file = vu_dict_get(d, "file") };
	uint32_t writable;

	if (server == NULL || vm == NULL || disk.file == NULL ||
	    !get_number(d, "controller", &disk.controller) || !get_number(d, "unit", &disk.unit) ||
	    !get_number(d, "writable", &writable))
		return false;
	disk.is_writable = writable == 1;
	get_number(d, "key", &disk.key);
	return fill(r, server, vm, &disk) == VIX_OK;
}

static bool read_file(struct vd_hotadd_record *r, const char *path)
{
	struct vu_dict d = { 0 };
	VU_AUTO(free) char *text = NULL;
	size_t len;
	bool done;

	done = vu_read_file(path, RECORD_MAX, &text, &len) == 0 &&
	       vu_dict_parse(&d, text, len, NULL) == 0 && read_dict(r, &d);
	vu_dict_free(&d);
	return done;
}

/* A record whose process has ended, locked by us; NULL: it is none. */
static struct vd_hotadd_record *open_left(const char *path)
{
	VU_AUTO(close) int fd = vu_open(path, O_RDWR | O_NOFOLLOW | O_APPEND, 0);
	VU_AUTO(record) struct vd_hotadd_record *r = NULL;
	struct stat sb;

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return NULL;
	if (fstat(fd, &sb) < 0 || sb.st_nlink == 0) /* somebody was faster */
		return NULL;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->fd = -1;
	r->path = strdup(path);
	if (r->path == NULL || !read_file(r, path))
		return NULL;
	r->fd = fd;
	fd = -1;
	return VU_STEAL(r);
}

unsigned vd_hotadd_each_left(const char *tmp_dir, const char *server, vd_hotadd_left_fn *fn,
			     void *ctx, unsigned *left_out)
{
	VU_AUTO(free) char *path = NULL;
	VU_AUTO(closedir) DIR *dir = NULL;
	struct dirent *ent;
	unsigned n = 0;

	*left_out = 0;
	if (find_dir(tmp_dir, false, &path) == VIX_OK)
		dir = opendir(path);
	while (dir != NULL && (ent = readdir(dir)) != NULL) {
		VU_AUTO(free) char *file = NULL;
		struct vd_hotadd_record *r;
		bool done = false;

		if (ent->d_name[0] < '0' || ent->d_name[0] > '9')
			continue;
		file = vu_asprintf("%s/%s", path, ent->d_name);
		r = file != NULL ? open_left(file) : NULL;
		if (r != NULL && (server == NULL || strcmp(r->server, server) == 0)) {
			done = fn(r, ctx) == VIX_OK;
			n += done;
			*left_out += !done;
		}
		vd_hotadd_record_close(r, done);
	}
	return n;
}
