/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lock directories; see lckdir.h.
 *
 * What a file of such a directory says: lckmember.h.
 * The number in a name is drawn.  E12345.lck is one that is being written; D12345.lck, a directory,
 * stands for somebody who is about to enter, and is not waited for here.
 * Source: docs/formats/locks.md
 */
#include "config.h"

#include "lckdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "../../common/path.h"
#include "holder.h"
#include "lckmember.h"

#define SUFFIX        ".lck"
#define NAME_BYTES    16 /* of "M12345.lck" */
#define TRIES         8
#define MACHINE_BYTES 12
#define INTERFACES    8

struct vd_lckdir {
	int fd;                /* of the directory */
	char name[NAME_BYTES]; /* of our file in it */
	char *self;            /* the directory's name as seen from inside: "../X.vmdk.lck" */
	pid_t owner;
};

/* Who we are, to others. */

/* The address of the first Ethernet interface of the classic names; zeros where there is none. */
static void get_address(unsigned char out[6])
{
	for (int i = 0; i < INTERFACES; i++) {
		VU_AUTO(fclose) FILE *f = NULL;
		char path[64];

		snprintf(path, sizeof(path), "/sys/class/net/eth%d/address", i);
		f = fopen(path, "re");
		if (f != NULL && fscanf(f, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &out[0], &out[1],
					&out[2], &out[3], &out[4], &out[5]) == 6)
			return;
	}
	memset(out, 0, 6);
}

static uint32_t hash(const char *s)
{
	uint32_t h = 5381;

	for (; *s != '\0'; s++)
		h = h * 33 + (unsigned char)*s;
	return h;
}

/* 16 characters and a NUL; '-' where base64 has '/'. */
static void get_machine(char out[17])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+-";
	unsigned char raw[MACHINE_BYTES] = { 0 };
	struct utsname host;
	uint32_t h = uname(&host) == 0 ? hash(host.nodename) : 0;

	for (int i = 0; i < 4; i++)
		raw[i] = (unsigned char)(h >> (8 * i));
	get_address(raw + 4);
	for (int i = 0; i < MACHINE_BYTES; i += 3, out += 4) {
		uint32_t v = (uint32_t)raw[i] << 16 | (uint32_t)raw[i + 1] << 8 | raw[i + 2];

		for (int k = 0; k < 4; k++)
			out[k] = digits[v >> (18 - 6 * k) & 63];
	}
	*out = '\0';
}

/* A name without blanks, which separate words. */
static char *get_own_name(void)
{
	char *name = vu_process_name(getpid());

	for (char *p = name; p != NULL && *p != '\0'; p++) {
		if (*p <= ' ')
			*p = '_';
	}
	return name;
}

static void describe_us(char out[VD_LCK_MEMBER_BYTES])
{
	VU_AUTO(free) char *name = get_own_name();
	char machine[17];

	get_machine(machine);
	memset(out, 0, VD_LCK_MEMBER_BYTES);
	snprintf(out, VD_LCK_MEMBER_BYTES, "%s %ld-%" PRIu64 "(%s) 1 X ", machine, (long)getpid(),
		 vd_process_start(getpid()), name != NULL ? name : "");
}

/* Who others are. */

static bool is_alive(const struct vd_lck_member *m)
{
	uint64_t start;

	if (kill(m->pid, 0) < 0 && errno == ESRCH)
		return false;
	start = vd_process_start(m->pid);
	return start == 0 || m->start == 0 || start == m->start;
}

/* 0, 1 when the file says nothing, or -errno. */
static int read_member(int dir, const char *name, struct vd_lck_member *m)
{
	char text[VD_LCK_MEMBER_BYTES];
	VU_AUTO(close) int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = vu_pread_full(fd, text, sizeof(text), 0);
	if (err == -ENODATA)
		return 1;
	return err < 0 ? err : !vd_lck_member_parse(text, m);
}

/* The directory. */

static bool is_member_name(const char *name)
{
	return name[0] == 'M' && strspn(name + 1, "0123456789") == 5 &&
	       strcmp(name + 6, SUFFIX) == 0;
}

static void remove_stale(int dir, const char *path, const char *name, const char *whose)
{
	if (unlinkat(dir, name, 0) == 0)
		VU_INFO("store", "%s: removed a stale lock, %s: %s", vu_log_quote(path), name,
			vu_log_quote(whose));
}

static VixError refuse(const char *path, const char *name, const char *whose)
{
	VU_ERR("store",
	       "%s: cannot open for writing: it is locked: %s" SUFFIX
	       "/%s belongs to %s; if that is not running any more, remove the file",
	       vu_log_quote(path), vu_log_quote(vu_path_last(path)), name, vu_log_quote(whose));
	return VIX_E_FILE_ALREADY_LOCKED;
}

static VixError check_member(int dir, const char *path, const char *name, const char *machine)
{
	struct vd_lck_member m;
	int err = read_member(dir, name, &m);

	if (err == -ENOENT) /* it was just given up */
		return VIX_OK;
	if (err < 0)
		return refuse(path, name, strerror(-err));
	if (err > 0) {
		remove_stale(dir, path, name, "it does not say whose it is");
		return VIX_OK;
	}
	if (strcmp(m.machine, machine) != 0)
		return refuse(path, name, "another machine");
	if (!is_alive(&m)) {
		remove_stale(dir, path, name, m.process);
		return VIX_OK;
	}
	return m.pid == getpid() ? VIX_OK : refuse(path, name, m.process);
}

static DIR *open_entries(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	if (d == NULL && fd >= 0)
		close(fd);
	return d;
}

static VixError check_members(int dir, const char *path)
{
	VU_AUTO(closedir) DIR *d = open_entries(dir);
	const struct dirent *e;
	char machine[17];

	if (d == NULL)
		return VIX_E_OUT_OF_MEMORY;
	get_machine(machine);
	while ((e = readdir(d)) != NULL) {
		if (is_member_name(e->d_name))
			VD_TRY(check_member(dir, path, e->d_name, machine));
	}
	return VIX_OK;
}

/* The name of a file of the directory. */
static void make_name(char out[NAME_BYTES], char letter, unsigned number)
{
	snprintf(out, NAME_BYTES, "%c%05u" SUFFIX, letter, number % 65536);
}

static int write_file(int dir, const char *name)
{
	VU_AUTO(close)
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	char text[VD_LCK_MEMBER_BYTES];

	if (fd < 0)
		return -errno;
	describe_us(text);
	return vu_pwrite_full(fd, text, sizeof(text), 0);
}

/* The file appears whole, under a name that nobody has. */
static int try_member(struct vd_lckdir *l)
{
	char entering[NAME_BYTES];
	unsigned number = 0;
	int err;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
		number = (unsigned)getpid();
	make_name(entering, 'E', number);
	make_name(l->name, 'M', number);
	err = write_file(l->fd, entering);
	if (err == -EEXIST)
		return err;
	if (err == 0 && linkat(l->fd, entering, l->fd, l->name, 0) < 0)
		err = errno == EPERM || errno == EOPNOTSUPP ? -EXDEV : -errno;
	if (err == -EXDEV) /* no hard links here */
		return renameat(l->fd, entering, l->fd, l->name) == 0 ? 0 : -errno;
	unlinkat(l->fd, entering, 0);
	return err;
}

static int add_member(struct vd_lckdir *l)
{
	int err = -EEXIST;

	for (int i = 0; i < TRIES && err == -EEXIST; i++)
		err = try_member(l);
	return err;
}

/* Somebody may remove the directory whenever it is empty. */
static int open_dir(const char *dir)
{
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		int err = mkdir(dir, 0755) < 0 ? errno : 0;

		fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		if (errno != ENOENT)
			return -errno;
		if (err != 0 && err != EEXIST)
			return -err;
	}
	return -ENOENT;
}

static VixError say_no_dir(const char *path, int err)
{
	if (err == -ENOTDIR || err == -ELOOP)
		return refuse(path, "", "another program, of old");
	VU_INFO("store", "%s: no lock directory can be made beside it: %s", vu_log_quote(path),
		strerror(-err));
	return VIX_OK;
}

/* Frees @l. */
static void discard(struct vd_lckdir *l)
{
	if (l->fd >= 0)
		close(l->fd);
	free(l->self);
	free(l);
}

/* Ours first, then a look at the others: of two that do so at once, one sees the other at least. */
static VixError enter(struct vd_lckdir *l, const char *path, bool *is_in)
{
	int err = add_member(l);

	*is_in = err == 0;
	if (err < 0)
		VU_INFO("store", "%s: no lock file can be made in its lock directory: %s",
			vu_log_quote(path), strerror(-err));
	return check_members(l->fd, path);
}

VixError vd_lckdir_enter(const char *path, struct vd_lckdir **out)
{
	struct vd_lckdir *l = calloc(1, sizeof(*l));
	VU_AUTO(free) char *dir = vu_asprintf("%s" SUFFIX, path);
	bool is_in = false;
	VixError err;

	*out = NULL;
	if (l == NULL || dir == NULL) {
		free(l);
		return VIX_E_OUT_OF_MEMORY;
	}
	l->owner = getpid();
	l->self = vu_asprintf("../%s", vu_path_last(dir));
	l->fd = open_dir(dir);
	if (l->self == NULL)
		err = VIX_E_OUT_OF_MEMORY;
	else
		err = l->fd >= 0 ? enter(l, path, &is_in) : say_no_dir(path, l->fd);
	if (err == VIX_OK && is_in)
		*out = l;
	else if (is_in)
		vd_lckdir_leave(l);
	else
		discard(l);
	return err;
}

void vd_lckdir_leave(struct vd_lckdir *l)
{
	if (l == NULL)
		return;
	if (l->owner == getpid()) {
		unlinkat(l->fd, l->name, 0);
		unlinkat(l->fd, l->self, AT_REMOVEDIR);
	}
	discard(l);
}

/* Looking. */

/* Of a process that is not there any more, or of nobody? */
static bool is_stale(int dir, const char *name, const char *machine, struct vd_lck_member *m)
{
	int err = read_member(dir, name, m);

	if (err > 0) {
		snprintf(m->process, sizeof(m->process), "it does not say whose it is");
		return true;
	}
	return err == 0 && strcmp(m->machine, machine) == 0 && !is_alive(m);
}

static void look_at_member(int dir, const char *dir_path, const char *name, bool remove,
			   vd_lckdir_stale_fn *fn, void *ctx)
{
	VU_AUTO(free) char *path = vu_asprintf("%s/%s", dir_path, name);
	struct vd_lck_member m;
	char machine[17];

	get_machine(machine);
	if (path != NULL && is_stale(dir, name, machine, &m))
		fn(ctx, path, m.process, remove && unlinkat(dir, name, 0) == 0);
}

void vd_lckdir_look(const char *path, bool remove, vd_lckdir_stale_fn *fn, void *ctx)
{
	VU_AUTO(free) char *dir_path = vu_asprintf("%s" SUFFIX, path);
	VU_AUTO(close) int dir = -1;
	VU_AUTO(closedir) DIR *d = NULL;
	const struct dirent *e;

	if (dir_path != NULL)
		dir = open(dir_path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = dir >= 0 ? open_entries(dir) : NULL;
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (is_member_name(e->d_name))
			look_at_member(dir, dir_path, e->d_name, remove, fn, ctx);
	}
	if (d != NULL && remove)
		rmdir(dir_path);
}
