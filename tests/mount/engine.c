/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The appliance engine on the disk of mkdisks.sh, with a real virtual machine, started once.
 *
 * The front-end is a stand-in, defined here: what the engine gives to it is looked at directly.
 * The tests run in one process and in this order.
 */
#include "config.h"

#include "../unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "../../libmount/engine/guestfs-fs.h"
#include "../../libmount/engine/guestfs-inspect.h"
#include "../../libmount/engine/watchdog.h"
#include "../unit/said.h"
#include "../unit/tmpdir.h"
#include "exported.h"
#include "treecmp.h"

static char disks[4096]; /* directory of mkdisks.sh */
static struct vmnt_engine *engine;
static struct vmnt_volume_info *volumes;
static size_t n_volumes;
static char *daemon_socket; /* where libguestfs made it */

/* --- the stand-in --- */

struct vmnt_frontend {
	struct vmnt_frontend_volume volume[8];
	size_t n;
	uint32_t symlinks;
	char dir[64], source[64];
};

static VixError start_result, stop_result; /* stop_result: unless forced */
static bool hangs;                         /* stop finds the guest silent, once */

VixError vmnt_frontend_start(const struct vmnt_frontend_config *cfg, struct vmnt_frontend **fe_out)
{
	struct vmnt_frontend *fe = calloc(1, sizeof(*fe));

	*fe_out = NULL;
	if (start_result != VIX_OK) {
		free(fe);
		return start_result;
	}
	ck_assert_uint_le(cfg->n, 8);
	memcpy(fe->volume, cfg->volumes, cfg->n * sizeof(fe->volume[0]));
	fe->n = cfg->n;
	fe->symlinks = cfg->symlinks;
	snprintf(fe->dir, sizeof(fe->dir), "%s", cfg->dir);
	snprintf(fe->source, sizeof(fe->source), "%s", cfg->source);
	*fe_out = fe;
	return VIX_OK;
}

VixError vmnt_frontend_stop(struct vmnt_frontend *fe, bool force)
{
	VixError err = force ? VIX_OK : stop_result;

	if (hangs) {
		hangs = false;
		return VIX_E_OBJECT_IS_BUSY;
	}
	if (err == VIX_OK)
		free(fe);
	return err;
}

bool vmnt_frontend_is_gone(const struct vmnt_frontend *fe)
{
	return fe->n == 0;
}

/* The front-end of a mount: the engine's struct begins with the base. */
static struct vmnt_frontend *frontend_of(struct vmnt_mount *mt)
{
	struct {
		struct vmnt_mount base;
		struct vmnt_frontend *fe;
	} *m = (void *)mt;

	return m->fe;
}

/* --- help --- */

static const struct vmnt_volume_info *volume(const char *name)
{
	for (size_t i = 0; i < n_volumes; i++)
		if (strcmp(volumes[i].name, name) == 0)
			return &volumes[i];
	ck_abort_msg("no volume %s", name);
}

/* Mounts one volume; the caller unmounts. */
static struct vmnt_mount *mount_one(const char *name, struct treecmp *t)
{
	struct vmnt_mount_volume mv = { .info = volume(name) };
	struct vmnt_mount_request rq = { .dir = tmpdir,
					 .source = "a disk",
					 .symlinks = 2,
					 .readonly = true,
					 .volumes = &mv,
					 .n = 1 };
	struct vmnt_mount *mt;
	const struct vmnt_frontend *fe;

	ck_assert_int_eq(engine->ops->mount(engine, &rq, &mt), VIX_OK);
	fe = frontend_of(mt);
	ck_assert_uint_eq(fe->n, 1);
	ck_assert_str_eq(fe->dir, tmpdir);
	ck_assert_str_eq(fe->source, "a disk");
	ck_assert_uint_eq(fe->symlinks, 2);
	*t = (struct treecmp){ .ops = fe->volume[0].ops, .fs = fe->volume[0].fs };
	return mt;
}

static void unmount(struct vmnt_mount *mt)
{
	ck_assert(!engine->ops->is_gone(mt));
	ck_assert_int_eq(engine->ops->unmount(mt, false), VIX_OK);
}

/* Compares a volume with the tree it was made of. */
static void compare(const char *name, const char *tree)
{
	char host[4200];
	struct treecmp t;
	struct vmnt_mount *mt = mount_one(name, &t);

	t.is_unix = strcmp(tree, "plain") != 0;
	snprintf(host, sizeof(host), "%s/%s", disks, tree);
	treecmp_tree(&t, host, "/");
	ck_assert_uint_gt(t.files, 500);
	unmount(mt);
}

/* --- tests --- */

/* A disk whose content looks like a qcow2 image on top of the first disk. */
static void make_hostile_disk(void)
{
	char command[20000];

	snprintf(command, sizeof(command),
		 "cd %s && qemu-img create -q -f qcow2 -F raw -b %s/multi.raw raw && "
		 "truncate -s 4M raw && qemu-img convert -f raw -O vmdk raw hostile.vmdk",
		 tmpdir, disks);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(machine_starts)
{
	char file[4200];

	tmpdir_make();
	said_start();
	make_hostile_disk();
	exported_start();
	snprintf(file, sizeof(file), "%s/multi.vmdk", disks);
	exported_add(file, tmpdir);
	exported_add(in_tmpdir("hostile.vmdk"), tmpdir);
	ck_assert_msg(vmnt_engine_guestfs.open(exported.addrs, exported.n, tmpdir, &engine) ==
			      VIX_OK,
		      "%s", said_text);
	ck_assert_int_eq(vu_read_file(in_tmpdir("guestfs-socket"), 256, &daemon_socket, NULL), 0);
	ck_assert(exists(daemon_socket));
}
END_TEST

static void machine_runs(void)
{
	ck_assert_ptr_nonnull(engine);
}

START_TEST(every_volume_is_listed_in_order)
{
	static const char *const wanted[] = {
		"disk0 p1|/dev/sda1|partition|ext4|e4|ok|2",
		"disk0 p2|/dev/sda2|partition|xfs|x|ok|2",
		"disk0 p3|/dev/sda3|partition|btrfs|b|ok|2",
		"disk0 p4|/dev/sda4|partition|vfat|FAT|ok|2",
		"disk0 p5|/dev/sda5|partition|ntfs|nt|ok|2",
		"disk0 p6|/dev/sda6|partition|swap|swap|not mountable|2",
		"disk0 p7|/dev/sda7|partition|LVM2_member||not mountable|2",
		"vg0/data|/dev/vg0/data|lv|xfs|data|ok|4",
		"vg0/root|/dev/vg0/root|lv|ext4|root|ok|4",
		"disk1|/dev/sdb|whole-disk|unknown||not mountable|0",
	};

	ck_assert_int_eq(engine->ops->volumes(engine, &volumes, &n_volumes), VIX_OK);
	for (size_t i = 0; i < n_volumes && i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const struct vmnt_volume_info *v = &volumes[i];
		char got[256];

		snprintf(got, sizeof(got), "%s|%s|%s|%s|%s|%s|%d", v->name, v->device, v->kind,
			 v->filesystem, v->label != NULL ? v->label : "", v->state, (int)v->type);
		ck_assert_msg(strcmp(got, wanted[i]) == 0, "%s instead of %s; %s", got, wanted[i],
			      said_text);
		ck_assert_int_eq(v->mountable, strcmp(v->state, "ok") == 0);
	}
	ck_assert_uint_eq(n_volumes, sizeof(wanted) / sizeof(wanted[0]));
	ck_assert_uint_eq(volumes[1].offset, UINT64_C(65) << 20);
	ck_assert_uint_eq(volumes[1].bytes, UINT64_C(320) << 20);
	ck_assert_uint_eq(strlen(volumes[0].uuid), 36);
}
END_TEST

/* The second disk begins like a qcow2 image of another file: a guest may write that. */
START_TEST(format_of_a_disk_is_never_guessed)
{
	ck_assert_uint_eq(volume("disk1")->bytes, exported.disks[1].sectors * 512);
}
END_TEST

START_TEST(ext4_holds_what_was_put_in)
{
	compare("disk0 p1", "unix");
}
END_TEST

START_TEST(xfs_holds_what_was_put_in)
{
	compare("disk0 p2", "unix");
}
END_TEST

START_TEST(btrfs_holds_what_was_put_in)
{
	compare("disk0 p3", "unix");
}
END_TEST

START_TEST(vfat_holds_what_was_put_in)
{
	compare("disk0 p4", "plain");
}
END_TEST

START_TEST(ntfs_holds_what_was_put_in)
{
	compare("disk0 p5", "plain");
}
END_TEST

START_TEST(logical_volumes_hold_what_was_put_in)
{
	compare("vg0/root", "linux");
	compare("vg0/data", "unix");
}
END_TEST

START_TEST(reads_end_where_the_file_ends)
{
	struct treecmp t;
	struct vmnt_mount *mt = mount_one("disk0 p1", &t);
	char buf[64];

	ck_assert_int_eq(t.ops->read(t.fs, "/hello.txt", buf, 5, 7), 5);
	ck_assert_mem_eq(buf, "world", 5);
	ck_assert_int_eq(t.ops->read(t.fs, "/hello.txt", buf, 64, 7), 6);
	ck_assert_int_eq(t.ops->read(t.fs, "/hello.txt", buf, 64, 13), 0);
	ck_assert_int_eq(t.ops->read(t.fs, "/hello.txt", buf, 64, UINT64_C(1) << 40), 0);
	ck_assert_int_eq(t.ops->read(t.fs, "/hello.txt", buf, 64, UINT64_MAX), -EINVAL);
	ck_assert_int_eq(t.ops->read(t.fs, "/hello.txt", buf, 0, 0), 0);
	unmount(mt);
}
END_TEST

START_TEST(errors_are_the_guests_own)
{
	struct treecmp t;
	struct vmnt_mount *mt = mount_one("disk0 p1", &t);
	struct treecmp_dir *d = calloc(1, sizeof(*d));
	struct stat st;
	char buf[8];

	ck_assert_int_eq(t.ops->stat(t.fs, "/nothing", &st), -ENOENT);
	ck_assert_int_eq(t.ops->stat(t.fs, "/hello.txt/x", &st), -ENOTDIR);
	ck_assert_int_eq(t.ops->load_dir(t.fs, "/nothing", treecmp_collect, d), -ENOENT);
	ck_assert_int_eq(t.ops->load_dir(t.fs, "/hello.txt", treecmp_collect, d), -ENOTDIR);
	ck_assert_int_eq(t.ops->read(t.fs, "/many", buf, 8, 0), -EISDIR);
	ck_assert_int_eq(t.ops->read(t.fs, "/nothing", buf, 8, 0), -ENOENT);
	treecmp_free(d);
	unmount(mt);
}
END_TEST

static int stop_at_third(const struct vmnt_dir_entry *e, void *ctx)
{
	(void)e;
	return ++*(int *)ctx == 3 ? 42 : 0;
}

START_TEST(listing_stops_when_told)
{
	struct treecmp t;
	struct vmnt_mount *mt = mount_one("disk0 p1", &t);
	int seen = 0;

	ck_assert_int_eq(t.ops->load_dir(t.fs, "/many", stop_at_third, &seen), 42);
	ck_assert_int_eq(seen, 3);
	unmount(mt);
}
END_TEST

START_TEST(extended_attributes_are_read)
{
	const char *const names[] = { "empty", "hello.txt", "many" };
	struct treecmp t;
	struct vmnt_mount *mt = mount_one("disk0 p2", &t);
	bool has[3] = { true, false, true };
	char *list;
	void *value;

	ck_assert_int_eq(t.ops->listxattr(t.fs, "/hello.txt", &list), 14);
	ck_assert_str_eq(list, "user.greeting");
	free(list);
	ck_assert_int_eq(t.ops->listxattr(t.fs, "/empty", &list), 0);
	free(list);
	ck_assert_int_eq(t.ops->getxattr(t.fs, "/hello.txt", "user.greeting", &value), 5);
	ck_assert_mem_eq(value, "hello", 5);
	free(value);
	ck_assert_int_eq(t.ops->getxattr(t.fs, "/hello.txt", "user.no", &value), -ENODATA);
	ck_assert_int_eq(t.ops->has_xattrs(t.fs, "/", names, 3, has), 0);
	ck_assert(!has[0] && has[1] && !has[2]);
	unmount(mt);
}
END_TEST

START_TEST(file_system_without_attributes_says_so)
{
	struct treecmp t;
	struct vmnt_mount *mt = mount_one("disk0 p4", &t);
	void *value;

	ck_assert_int_eq(t.ops->getxattr(t.fs, "/hello.txt", "user.x", &value), -EOPNOTSUPP);
	unmount(mt);
}
END_TEST

START_TEST(sizes_of_the_file_system_are_told)
{
	struct treecmp t;
	struct vmnt_mount *mt = mount_one("vg0/data", &t);
	struct statvfs sv;

	ck_assert_int_eq(t.ops->statfs(t.fs, &sv), 0);
	ck_assert_uint_gt(sv.f_blocks * sv.f_frsize, UINT64_C(250) << 20);
	ck_assert_uint_lt(sv.f_blocks * sv.f_frsize, UINT64_C(320) << 20);
	ck_assert_uint_gt(sv.f_bfree, 0);
	ck_assert_uint_eq(sv.f_namemax, 255);
	unmount(mt);
}
END_TEST

START_TEST(several_volumes_make_one_mount)
{
	struct vmnt_mount_volume mv[] = { { volume("disk0 p1"), "one" },
					  { volume("vg0/root"), "two" } };
	struct vmnt_mount_request rq = { .dir = tmpdir, .readonly = true, .volumes = mv, .n = 2 };
	struct vmnt_mount *mt;
	const struct vmnt_frontend *fe;
	struct stat st;

	rq.source = "both";
	ck_assert_int_eq(engine->ops->mount(engine, &rq, &mt), VIX_OK);
	fe = frontend_of(mt);
	ck_assert_str_eq(fe->volume[1].subdir, "two");
	ck_assert_int_eq(fe->volume[0].ops->stat(fe->volume[0].fs, "/etc", &st), -ENOENT);
	ck_assert_int_eq(fe->volume[1].ops->stat(fe->volume[1].fs, "/etc", &st), 0);
	stop_result = VIX_E_MNTAPI_OPEN_HANDLES;
	ck_assert_int_eq(engine->ops->unmount(mt, false), VIX_E_MNTAPI_OPEN_HANDLES);
	ck_assert_int_eq(engine->ops->unmount(mt, true), VIX_OK);
	stop_result = VIX_OK;
}
END_TEST

START_TEST(mount_that_fails_leaves_nothing)
{
	struct vmnt_mount_volume mv = { .info = volume("disk0 p1") };
	struct vmnt_mount_request rq = { .dir = tmpdir, .source = "", .volumes = &mv, .n = 1 };
	struct vmnt_mount *mt;

	ck_assert_int_eq(engine->ops->mount(engine, &rq, &mt), VIX_E_NOT_SUPPORTED);
	rq.readonly = true;
	start_result = VIX_E_MNTAPI_MOUNTPT_IN_USE;
	ck_assert_int_eq(engine->ops->mount(engine, &rq, &mt), VIX_E_MNTAPI_MOUNTPT_IN_USE);
	ck_assert_ptr_null(mt);
	start_result = VIX_OK;
	mv.info = volume("disk0 p6"); /* swap */
	said_start();
	ck_assert_int_eq(engine->ops->mount(engine, &rq, &mt), VIX_E_MNTAPI_FORMAT_FAILURE);
	ck_assert(said("disk0 p6 (swap) cannot be mounted: "));
}
END_TEST

/* The guest path of @device; NULL: it is mounted nowhere. */
static const char *guest_path(const struct vmnt_os *os, const char *device)
{
	for (size_t i = 0; i < os->n; i++)
		if (strcmp(os->mounts[i].device, device) == 0)
			return os->mounts[i].path;
	return NULL;
}

static void expect_guest_mounts(const struct vmnt_os *os)
{
	ck_assert_str_eq(guest_path(os, "/dev/vg0/root"), "/");
	ck_assert_str_eq(guest_path(os, "/dev/vg0/data"), "/home");
	ck_assert_str_eq(guest_path(os, "/dev/sda1"), "/srv");
	ck_assert_ptr_null(guest_path(os, "/dev/sda2"));
}

START_TEST(operating_system_is_recognised)
{
	struct vmnt_os os;

	ck_assert_int_eq(engine->ops->os(engine, &os), VIX_OK);
	ck_assert_int_eq(os.family, VIXMNTAPI_OTHER);
	ck_assert_uint_eq(os.major, 12);
	ck_assert_uint_eq(os.minor, 4);
	ck_assert_int_eq(os.is_64bit, sizeof(void *) == 8);
	ck_assert_str_eq(os.vendor, "Debian");
	ck_assert_str_eq(os.edition, "Debian GNU/Linux 12 (bookworm)");
	ck_assert_str_eq(os.folder, "/");
	expect_guest_mounts(&os);
	vmnt_os_free(&os);
}
END_TEST

/* The way for what is no Linux of today; it has to agree, and mounts live on. */
START_TEST(slow_inspection_agrees_and_keeps_mounts)
{
	struct vmnt_guestfs *en = (struct vmnt_guestfs *)engine;
	struct treecmp t;
	struct vmnt_mount *mt = mount_one("disk0 p1", &t);
	struct vmnt_os os = { .family = VIXMNTAPI_NO_OS };
	struct stat st;

	ck_assert_int_eq(vmnt_guestfs_inspect(en, &os), VIX_OK);
	ck_assert_int_lt(t.ops->stat(t.fs, "/hello.txt", &st), 0);
	ck_assert_int_eq(vmnt_guestfs_fs_remount_all(en), VIX_OK);
	ck_assert_int_eq(t.ops->stat(t.fs, "/hello.txt", &st), 0);
	ck_assert_int_eq(os.family, VIXMNTAPI_OTHER);
	ck_assert_uint_eq(os.major, 12);
	ck_assert_int_eq(os.is_64bit, sizeof(void *) == 8);
	ck_assert_str_eq(os.vendor, "Debian");
	ck_assert_str_eq(os.folder, "/");
	expect_guest_mounts(&os);
	vmnt_os_free(&os);
	unmount(mt);
}
END_TEST

/* Our children that run our own program: libguestfs's recovery process. */
static void check_forks_hold_nothing(void)
{
	glob_t g;
	unsigned forks = 0;

	ck_assert_int_eq(glob("/proc/[0-9]*/stat", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		char path[300], text[512] = "", comm[64];
		int pid, ppid;
		FILE *f = fopen(g.gl_pathv[i], "r");

		if (f == NULL)
			continue;
		ck_assert_uint_gt(fread(text, 1, sizeof(text) - 1, f) + 1, 0);
		fclose(f);
		if (sscanf(text, "%d (%63[^)]) %*c %d", &pid, comm, &ppid) != 3 ||
		    ppid != getpid() || strstr(comm, "qemu") != NULL)
			continue;
		forks++;
		snprintf(path, sizeof(path), "/proc/%d/fd", pid);
		DIR *d = opendir(path);
		const struct dirent *de;

		while (d != NULL && (de = readdir(d)) != NULL)
			ck_assert_msg(atoi(de->d_name) < 1 && de->d_name[0] != '1',
				      "a fork holds descriptor %s", de->d_name);
		closedir(d);
	}
	globfree(&g);
	ck_assert_uint_ge(forks, 1);
}

START_TEST(forks_hold_no_descriptors)
{
	check_forks_hold_nothing();
}
END_TEST

/* A mount that hangs in the guest can only be taken away with the machine. */
START_TEST(force_ends_a_machine_that_hangs)
{
	struct treecmp t, t2;
	struct vmnt_mount *mt = mount_one("disk0 p2", &t), *mt2 = mount_one("disk0 p1", &t2);
	struct stat st;

	ck_assert_str_ne(engine->ops->describe(engine), "guestfs (stopped)");
	hangs = true;
	ck_assert_int_eq(engine->ops->unmount(mt, false), VIX_E_OBJECT_IS_BUSY);
	ck_assert_int_ne(vmnt_child_find(tmpdir), 0);
	hangs = true;
	ck_assert_int_eq(engine->ops->unmount(mt, true), VIX_OK);
	signal(SIGPIPE, SIG_DFL);
	ck_assert_int_eq(t2.ops->stat(t2.fs, "/", &st), -EIO);
	ck_assert_int_eq(t2.ops->stat(t2.fs, "/", &st), -EIO);
	ck_assert_str_eq(engine->ops->describe(engine), "guestfs (stopped)");
	unmount(mt2);
}
END_TEST

START_TEST(death_of_the_machine_is_an_error)
{
	struct vmnt_mount_volume mv = { .info = volume("disk0 p1") };
	struct vmnt_mount_request rq = {
		.dir = tmpdir, .source = "", .readonly = true, .volumes = &mv, .n = 1
	};
	struct vmnt_mount *mt;
	struct vmnt_volume_info *v;
	struct vmnt_os os;
	size_t n;

	said_start();
	ck_assert_int_eq(engine->ops->os(engine, &os), VIX_E_MNTAPI_OS_ERROR);
	ck_assert(said("the virtual machine that reads the disks has stopped"));
	ck_assert_int_eq(engine->ops->mount(engine, &rq, &mt), VIX_E_MNTAPI_OS_ERROR);
	ck_assert_int_eq(engine->ops->volumes(engine, &v, &n), VIX_E_MNTAPI_OS_ERROR);
}
END_TEST

START_TEST(close_leaves_nothing)
{
	glob_t g;

	vmnt_volume_info_free_all(volumes, n_volumes);
	engine->ops->close(engine);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(glob(in_tmpdir("libguestfs*"), 0, NULL, &g), GLOB_NOMATCH);
	*strrchr(daemon_socket, '/') = '\0';
	ck_assert(!exists(daemon_socket));
	free(daemon_socket);
	exported_stop();
	tmpdir_remove();
}
END_TEST

/* Exit status of mkdisks.sh. */
static int make_disks(void)
{
	const char *dir = getenv("VDISK_TEST_DISKS");
	char command[10000];
	int status;

	snprintf(disks, sizeof(disks), "%s", dir != NULL ? dir : TESTS_BUILDDIR "/disks");
	snprintf(command, sizeof(command), "sh %s/mount/mkdisks.sh '%s' >&2", TESTS_SRCDIR, disks);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(void)
{
	Suite *s = suite_create("engine");
	TCase *start = unit_tcase(s, "start"), *tc = unit_tcase(s, "guestfs");

	if (getenv("VDISK_TEST_QUICK") != NULL || make_disks() == 77) {
		puts("1..0 # SKIP no virtual machine, or VDISK_TEST_QUICK is set");
		return EXIT_SUCCESS;
	}
	alarm(900); /* in one process the tests have no time limit of their own */
	setenv("CK_FORK", "no", 1);
	tcase_add_test(start, machine_starts);
	tcase_add_checked_fixture(tc, machine_runs, NULL);
	tcase_add_test(tc, every_volume_is_listed_in_order);
	tcase_add_test(tc, format_of_a_disk_is_never_guessed);
	tcase_add_test(tc, ext4_holds_what_was_put_in);
	tcase_add_test(tc, xfs_holds_what_was_put_in);
	tcase_add_test(tc, btrfs_holds_what_was_put_in);
	tcase_add_test(tc, vfat_holds_what_was_put_in);
	tcase_add_test(tc, ntfs_holds_what_was_put_in);
	tcase_add_test(tc, logical_volumes_hold_what_was_put_in);
	tcase_add_test(tc, reads_end_where_the_file_ends);
	tcase_add_test(tc, errors_are_the_guests_own);
	tcase_add_test(tc, listing_stops_when_told);
	tcase_add_test(tc, extended_attributes_are_read);
	tcase_add_test(tc, file_system_without_attributes_says_so);
	tcase_add_test(tc, sizes_of_the_file_system_are_told);
	tcase_add_test(tc, several_volumes_make_one_mount);
	tcase_add_test(tc, mount_that_fails_leaves_nothing);
	tcase_add_test(tc, operating_system_is_recognised);
	tcase_add_test(tc, slow_inspection_agrees_and_keeps_mounts);
	tcase_add_test(tc, forks_hold_no_descriptors);
	tcase_add_test(tc, force_ends_a_machine_that_hangs);
	tcase_add_test(tc, death_of_the_machine_is_an_error);
	tcase_add_test(tc, close_leaves_nothing);
	return unit_run(s);
}
