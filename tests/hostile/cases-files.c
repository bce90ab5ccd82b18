/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is no file, lies elsewhere, or changes while it is open.
 */
#include "config.h"

#include "hostile.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "../unit/mkvmdk.h"

#define TYPE    VIX_E_INCORRECT_FILE_TYPE
#define OUTSIDE VIX_E_FILE_ACCESS_ERROR
#define ALLOWED "vixDiskLib.allowExtentsOutside = 1\n"

/* Things that are no files; each returns why it can't be made, or NULL. */
typedef const char *thing_fn(const char *name);

static const char *put_fifo(const char *name)
{
	return mkfifo(name, 0600) < 0 ? "no FIFOs here" : NULL;
}

static const char *put_dir(const char *name)
{
	return mkdir(name, 0700) < 0 ? "no directories here" : NULL;
}

static const char *put_socket(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int err;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", name);
	err = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	close(fd);
	return err < 0 ? "no sockets here" : NULL;
}

static const char *put_char_device(const char *name)
{
	return mknod(name, S_IFCHR | 0600, makedev(1, 5)) < 0 ? "may not make devices" : NULL;
}

static const char *put_block_device(const char *name)
{
	return mknod(name, S_IFBLK | 0600, makedev(7, 0)) < 0 ? "may not make devices" : NULL;
}

static const char *put_proc_link(const char *name)
{
	return symlink("/proc/self/status", name) < 0 ? "no links here" : NULL;
}

static const char *put_fd_link(const char *name)
{
	return symlink("/proc/self/fd/0", name) < 0 ? "no links here" : NULL;
}

static const char *put_secret(const char *name)
{
	static const char bytes[8 * 512] = "secret";

	hostile_put(name, bytes, sizeof(bytes));
	return NULL;
}

static const char *put_link_up(const char *name)
{
	put_secret("../secret-flat.vmdk");
	return symlink("../secret-flat.vmdk", name) < 0 ? "no links here" : NULL;
}

static const char *put_absolute_link(const char *name)
{
	return symlink("/etc/passwd", name) < 0 ? "no links here" : NULL;
}

static const char *put_link_loop(const char *name)
{
	return symlink(name, name) < 0 ? "no links here" : NULL;
}

static const char *put_dangling_link(const char *name)
{
	return symlink("gone", name) < 0 ? "no links here" : NULL;
}

/* "x" leads to the directory above; what is there is named x/secret-flat.vmdk. */
static const char *put_link_to_dir(const char *name)
{
	(void)name;
	put_secret("../secret-flat.vmdk");
	return symlink("..", "x") < 0 ? "no links here" : NULL;
}

static const char *put_up(const char *name)
{
	(void)name;
	return put_secret("../secret-flat.vmdk");
}

static const char *put_nothing(const char *name)
{
	(void)name;
	return NULL;
}

struct thing {
	const char *name, *value;
	VixError code;
	const char *words;
	thing_fn *put;
	const char *file; /* as the descriptor has it; NULL: a-flat.vmdk */
	const char *config;
};

/* As extents. */
static const struct thing extents[] = {
	{ "fifo", "a FIFO", TYPE, "not a regular file", put_fifo, NULL, NULL },
	{ "socket", "a socket", TYPE, "not a regular file", put_socket, NULL, NULL },
	{ "directory", "a directory", TYPE, "not a regular file", put_dir, NULL, NULL },
	{ "char-device", "a character device", TYPE, "not a regular file", put_char_device, NULL,
	  NULL },
	{ "block-device", "a block device", TYPE, "a block device, which is not accepted here",
	  put_block_device, NULL, NULL },
	{ "fifo-allowed", "a FIFO, outside permitted", TYPE, "not a regular file", put_fifo, NULL,
	  ALLOWED },
	{ "zero-allowed", "/dev/zero, outside permitted", TYPE,
	  "/dev/zero: cannot open: it is not a regular file", put_nothing, "/dev/zero", ALLOWED },
	{ "proc-allowed", "a file of /proc, outside permitted", VIX_E_DISK_INVALIDDISK,
	  "status: an extent of 8 sectors from byte 0 on needs more than the 0 bytes", put_nothing,
	  "/proc/self/status", ALLOWED },
	{ "absolute", "an absolute name", OUTSIDE, "outside of its directory", put_nothing,
	  "/etc/passwd", NULL },
	{ "up", "..", OUTSIDE, "outside of its directory", put_up, "../secret-flat.vmdk", NULL },
	{ "up-inside", ".. in the middle", OUTSIDE, "outside of its directory", put_up,
	  "x/../../secret-flat.vmdk", NULL },
	{ "up-backslash", ".. between backslashes", OUTSIDE, "outside of its directory", put_up,
	  "..\\secret-flat.vmdk", NULL },
	{ "proc-link", "a link to /proc", OUTSIDE, "outside of its directory", put_proc_link, NULL,
	  NULL },
	{ "fd-link", "a link to a descriptor", OUTSIDE, "outside of its directory", put_fd_link,
	  NULL, NULL },
	{ "link", "a link out", OUTSIDE, "outside of its directory", put_link_up, NULL, NULL },
	{ "link-absolute", "an absolute link", OUTSIDE, "outside of its directory",
	  put_absolute_link, NULL, NULL },
	{ "link-directory", "a link to the directory above", OUTSIDE, "outside of its directory",
	  put_link_to_dir, "x/secret-flat.vmdk", NULL },
	{ "link-loop", "a link to itself", OUTSIDE, "outside of its directory", put_link_loop, NULL,
	  NULL },
	{ "link-dangling", "a link to nothing", VIX_E_FILE_NOT_FOUND,
	  "its extent a-flat.vmdk is missing", put_dangling_link, NULL, NULL },
	{ "missing", "missing", VIX_E_FILE_NOT_FOUND, "its extent a-flat.vmdk is missing",
	  put_nothing, NULL, NULL },
};

static const char *make_extent(const struct hostile_case *c)
{
	const struct thing *t = c->arg;
	const char *file = t->file != NULL ? t->file : "a-flat.vmdk";

	hostile_put_descriptor(DISK, "RW 8 FLAT \"%s\" 0\n", file);
	return t->put(file);
}

/* As the disk itself. */
static const struct thing disks[] = {
	{ "fifo", "a FIFO", TYPE, "not a regular file", put_fifo, NULL, NULL },
	{ "socket", "a socket", TYPE, "not a regular file", put_socket, NULL, NULL },
	{ "directory", "a directory", TYPE, "not a regular file", put_dir, NULL, NULL },
	{ "char-device", "a character device", TYPE, "not a regular file", put_char_device, NULL,
	  NULL },
	{ "proc", "a file of /proc", VIX_E_DISK_INVALIDDISK, "it is empty", put_proc_link, NULL,
	  NULL },
	{ "missing", "missing", VIX_E_FILE_NOT_FOUND, "No such file", put_nothing, NULL, NULL },
	{ "link-loop", "a link to itself", VIX_E_FILE_ERROR, "Too many levels of symbolic links",
	  put_link_loop, NULL, NULL },
};

static const char *make_disk(const struct hostile_case *c)
{
	const struct thing *t = c->arg;

	return t->put(DISK);
}

/* Files that become shorter while the disk is open. */

struct shrinking {
	const char *name, *value;
	VixError code;
	enum mk_layout layout;
	uint64_t capacity;
	void (*meanwhile)(void);
};

static void cut(const char *name, off_t len)
{
	if (truncate(name, len) < 0)
		abort();
}

static void cut_to_nothing(void)
{
	cut(DISK, 0);
}

static void cut_to_header(void)
{
	cut(DISK, 512);
}

static void cut_grains(void)
{
	struct stat sb;

	if (stat(DISK, &sb) < 0)
		abort();
	cut(DISK, sb.st_size / 2);
}

static void cut_flat(void)
{
	cut("a-flat.vmdk", 100);
}

static const struct shrinking shrinking[] = {
	{ "sparse-all", "to nothing", VIX_E_FILE_ERROR, MK_SPARSE, 1000, cut_to_nothing },
	{ "sparse-tables", "to the header", VIX_E_FILE_ERROR, MK_SPARSE, 1000, cut_to_header },
	{ "sparse-grains", "in the middle", VIX_E_FILE_ERROR, MK_SPARSE, 1000, cut_grains },
	{ "stream-footer", "in the middle", VIX_E_FILE_ERROR, MK_STREAM_FOOTER, 1000, cut_grains },
	{ "stream-front", "in the middle", VIX_E_FILE_ERROR, MK_STREAM_FRONT, 1000, cut_grains },
	{ "stream-qemu", "to nothing", VIX_E_FILE_ERROR, MK_STREAM_QEMU, 1000, cut_to_nothing },
};

static const char *make_shrinking(const struct hostile_case *c)
{
	const struct shrinking *s = c->arg;
	struct mk_image img = mk_build(&(struct mk_spec){
		.layout = s->layout,
		.capacity = s->capacity,
		.grain = 8,
		.descriptor = "version=1\nRW 1000 SPARSE \"" DISK "\"\n",
	});

	hostile_put(DISK, img.bytes, img.len);
	mk_free(&img);
	return NULL;
}

static const char *make_flat(const struct hostile_case *c)
{
	(void)c;
	hostile_put_descriptor(DISK, "RW 8 FLAT \"a-flat.vmdk\" 0\n");
	return put_secret("a-flat.vmdk");
}

/* Where the .vmx file would be, which is asked whether the disk is encrypted. */
static const char *make_vmx_fifo(const struct hostile_case *c)
{
	(void)c;
	hostile_put_text(DISK, "garbage");
	return put_fifo("disk.vmx");
}

static void add_things(const struct thing *things, size_t n, const char *of, const char *field,
		       const char *(*make)(const struct hostile_case *c))
{
	for (const struct thing *t = things; t < things + n; t++)
		hostile_add(&(struct hostile_case){
			.name = hostile_text("%s-%s", of, t->name),
			.field = field,
			.value = t->value,
			.code = t->code,
			.words = t->words,
			.make = make,
			.arg = t,
			.config = t->config,
		});
}

static void add_shrinking(const struct shrinking *s)
{
	hostile_add(&(struct hostile_case){
		.name = hostile_text("shrinks-%s", s->name),
		.field = "length while open",
		.value = s->value,
		.code = s->code,
		.words = "became shorter",
		.make = make_shrinking,
		.arg = s,
		.meanwhile = s->meanwhile,
	});
}

void hostile_add_files(void)
{
	hostile_add(&(struct hostile_case){
		.name = "disk-vmx-fifo",
		.field = "the .vmx file",
		.value = "a FIFO",
		.code = VIX_E_DISK_INVALIDDISK,
		.words = "is neither a descriptor nor a sparse extent",
		.make = make_vmx_fifo,
	});
	add_things(extents, sizeof(extents) / sizeof(extents[0]), "extent", "file of an extent",
		   make_extent);
	add_things(disks, sizeof(disks) / sizeof(disks[0]), "disk", "the disk", make_disk);
	for (size_t i = 0; i < sizeof(shrinking) / sizeof(shrinking[0]); i++)
		add_shrinking(&shrinking[i]);
	hostile_add(&(struct hostile_case){
		.name = "shrinks-flat",
		.field = "length while open",
		.value = "to 100 bytes",
		.code = VIX_E_FILE_ERROR,
		.words = "became shorter",
		.make = make_flat,
		.meanwhile = cut_flat,
	});
}
