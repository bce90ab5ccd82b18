/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/store/lock.c and holder.c: who may write a file that is open for writing.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>

#include "../../libvdisk/disk-chain.h"
#include "../../libvdisk/store/holder.h"
#include "../../libvdisk/store/lock.h"
#include "cleanup.h"
#include "said.h"
#include "tmpdir.h"

#define ROUNDS 200

static bool has_no_locks; /* the file system */

int __real_fcntl(int fd, int cmd, ...);
int __wrap_fcntl(int fd, int cmd, ...);

int __wrap_fcntl(int fd, int cmd, ...)
{
	va_list args;
	void *arg;

	va_start(args, cmd);
	arg = va_arg(args, void *);
	va_end(args);
	if (has_no_locks && (cmd == F_OFD_SETLK || cmd == F_OFD_GETLK)) {
		errno = EINVAL;
		return -1;
	}
	return __real_fcntl(fd, cmd, arg);
}

static char *path;

static void setup(void)
{
	tmpdir_make();
	path = strdup(in_tmpdir("file"));
	put_text(path, "content");
	said_start();
}

static void teardown(void)
{
	said_stop();
	free(path);
	tmpdir_remove();
}

static VixError open_store(unsigned mode, struct vd_store **st_out)
{
	return vd_store_open(&vd_store_local, path, mode, st_out);
}

static struct vd_store *open_ok(unsigned mode)
{
	struct vd_store *st;

	ck_assert_uint_eq(open_store(mode, &st), VIX_OK);
	return st;
}

/* Another process that does something, and then waits to be ended. */
struct other {
	pid_t pid;
	int end; /* closing it ends the process */
};

static struct other start_other(bool (*what)(void))
{
	struct other o;
	int ready[2], end[2];
	char ok = 0;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(end, O_CLOEXEC), 0);
	o.pid = fork();
	ck_assert_int_ge(o.pid, 0);
	if (o.pid == 0) {
		close(end[1]);
		ok = what() ? 'y' : 'n';
		if (write(ready[1], &ok, 1) != 1 || read(end[0], &ok, 1) != 0)
			_exit(1);
		_exit(0);
	}
	close(ready[1]);
	close(end[0]);
	ck_assert_int_eq(read(ready[0], &ok, 1), 1);
	ck_assert_int_eq(ok, 'y');
	close(ready[0]);
	o.end = end[1];
	return o;
}

static void end_other(const struct other *o)
{
	close(o->end);
	ck_assert_int_eq(waitpid(o->pid, NULL, 0), o->pid);
}

static void kill_other(const struct other *o)
{
	kill(o->pid, SIGKILL);
	end_other(o);
}

static bool write_it(void)
{
	struct vd_store *st;

	return open_store(VD_STORE_WRITE, &st) == VIX_OK;
}

static bool is_refused_to_write(void)
{
	struct vd_store *st;

	return open_store(VD_STORE_WRITE, &st) == VIX_E_FILE_ALREADY_LOCKED;
}

static bool read_it(void)
{
	struct vd_store *st;
	char byte;

	return open_store(0, &st) == VIX_OK && vd_store_pread(st, &byte, 1, 0) == VIX_OK;
}

/* Whether another process can do that now. */
static void other_can(bool (*what)(void))
{
	struct other o = start_other(what);

	end_other(&o);
}

static void refuses_us(pid_t holder)
{
	char who[32];

	snprintf(who, sizeof(who), "process %ld (", (long)holder);
	ck_assert(is_refused_to_write());
	ck_assert(said(path));
	ck_assert_msg(said(who), "%s", said_text);
}

START_TEST(a_second_process_is_refused_and_told_who_it_is)
{
	struct other o = start_other(write_it);

	refuses_us(o.pid);
	end_other(&o);
	vd_store_close(open_ok(VD_STORE_WRITE));
}
END_TEST

START_TEST(a_killed_process_leaves_no_lock)
{
	struct other o = start_other(write_it);

	kill_other(&o);
	vd_store_close(open_ok(VD_STORE_WRITE));
}
END_TEST

START_TEST(one_process_shares_its_lock_until_the_last_one_closes)
{
	struct vd_store *a = open_ok(VD_STORE_WRITE);
	struct vd_store *b = open_ok(VD_STORE_WRITE | VD_STORE_UNBUFFERED);
	struct vd_store *c = open_ok(VD_STORE_WRITE);

	vd_store_close(a);
	ck_assert_uint_eq(vd_store_pwrite(b, "C", 1, 0), VIX_OK);
	other_can(is_refused_to_write);
	vd_store_close(c);
	other_can(is_refused_to_write);
	ck_assert_uint_eq(vd_store_pwrite(b, "D", 1, 0), VIX_OK);
	vd_store_close(b);
	other_can(write_it);
}
END_TEST

/* A directory in /dev would be the host's. */
START_TEST(a_device_has_no_lock_directory)
{
	struct vd_store st = { .path = path, .mode = VD_STORE_WRITE | VD_STORE_CLAIM };
	struct vd_lock *l;
	struct stat sb;

	ck_assert_int_eq(stat(path, &sb), 0);
	st.id = vd_file_id_of(&sb);
	for (int is_device = 0; is_device < 2; is_device++) {
		int fd = open(path, O_RDWR | O_CLOEXEC);

		st.is_device = is_device;
		ck_assert_uint_eq(vd_lock_take(&st, &fd, &l), VIX_OK);
		ck_assert_int_eq(access(in_tmpdir("file.lck"), F_OK), is_device ? -1 : 0);
		vd_lock_close(l, fd);
	}
}
END_TEST

START_TEST(readers_neither_lock_nor_are_kept_out)
{
	struct vd_store *reader = open_ok(0);
	struct other o;

	other_can(write_it);
	vd_store_close(reader);
	o = start_other(write_it);
	vd_store_close(open_ok(0));
	end_other(&o);
}
END_TEST

static struct vd_store *inherited;

static bool close_inherited(void)
{
	vd_store_close(inherited);
	return true;
}

START_TEST(a_child_neither_drops_nor_shares_the_lock_of_its_parent)
{
	inherited = open_ok(VD_STORE_WRITE);
	other_can(close_inherited);
	other_can(is_refused_to_write);
	vd_store_close(inherited);
	other_can(write_it);
}
END_TEST

static bool lock_as_others_do(void)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd >= 0 && fcntl(fd, F_SETLK, &fl) == 0;
}

START_TEST(a_lock_on_the_whole_file_is_respected)
{
	struct other o = start_other(lock_as_others_do);

	refuses_us(o.pid);
	end_other(&o);
	vd_store_close(open_ok(VD_STORE_WRITE));
}
END_TEST

START_TEST(a_file_system_without_locks_is_told_of_and_used)
{
	struct vd_store *st;

	has_no_locks = true;
	st = open_ok(VD_STORE_WRITE);
	ck_assert_uint_eq(vd_store_pwrite(st, "C", 1, 0), VIX_OK);
	ck_assert_uint_eq(said_lines(), 1);
	ck_assert(said("has no locks"));
	vd_store_close(st);
}
END_TEST

static void *open_and_close(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		struct vd_store *st;

		if (open_store(VD_STORE_WRITE | VD_STORE_CLAIM, &st) != VIX_OK)
			return (void *)"open failed";
		if (vd_store_pwrite(st, "C", 1, 0) != VIX_OK)
			return (void *)"write failed";
		vd_store_close(st);
	}
	return NULL;
}

static void open_and_close_in_threads(void)
{
	pthread_t threads[4];
	void *wrong;

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, open_and_close, NULL), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &wrong);
		ck_assert_msg(wrong == NULL, "%s", (char *)wrong);
	}
}

START_TEST(many_threads_share_the_lock)
{
	struct vd_store *st = open_ok(VD_STORE_WRITE);

	open_and_close_in_threads();
	other_can(is_refused_to_write);
	vd_store_close(st);
	other_can(write_it);
}
END_TEST

START_TEST(who_closes_last_is_not_in_the_way_of_who_opens_next)
{
	open_and_close_in_threads();
	other_can(write_it);
}
END_TEST

/* Disks: every file of them. */

static const char *const part_names[] = { "disk.vmdk", "a.flat", "b.flat" };

static void make_disk(void)
{
	static const char zeros[1024];

	put_file(in_tmpdir("a.flat"), zeros, 512);
	put_file(in_tmpdir("b.flat"), zeros, 1024);
	put_text(in_tmpdir("disk.vmdk"), "# Disk DescriptorFile\nversion=1\nCID=12345678\n"
					 "parentCID=ffffffff\ncreateType=\"twoGbMaxExtentFlat\"\n"
					 "RW 1 FLAT \"a.flat\" 0\nRW 2 FLAT \"b.flat\" 0\n");
}

static VixError open_disk(unsigned flags, struct vd_disk **d_out)
{
	return vd_chain_open(&vd_store_local, in_tmpdir("disk.vmdk"), flags, d_out);
}

static bool write_disk(void)
{
	struct vd_disk *d;

	return open_disk(VD_CHAIN_WRITE, &d) == VIX_OK;
}

static void all_parts_can(bool (*what)(void))
{
	for (int i = 0; i < 3; i++) {
		free(path);
		path = strdup(in_tmpdir(part_names[i]));
		other_can(what);
	}
}

START_TEST(every_file_of_a_disk_is_locked_while_it_is_open)
{
	struct vd_disk *d, *second;

	make_disk();
	ck_assert_uint_eq(open_disk(VD_CHAIN_WRITE, &d), VIX_OK);
	ck_assert_uint_eq(open_disk(VD_CHAIN_WRITE, &second), VIX_OK);
	ck_assert(exists(in_tmpdir("disk.vmdk.lck")));
	vd_disk_close(d);
	all_parts_can(is_refused_to_write);
	all_parts_can(read_it);
	vd_disk_close(second);
	ck_assert(!exists(in_tmpdir("disk.vmdk.lck")));
	all_parts_can(write_it);
}
END_TEST

START_TEST(a_disk_with_one_locked_extent_is_refused_and_nothing_stays_locked)
{
	struct other o;
	struct vd_disk *d;

	make_disk();
	free(path);
	path = strdup(in_tmpdir("b.flat"));
	o = start_other(write_it);
	ck_assert_uint_eq(open_disk(VD_CHAIN_WRITE, &d), VIX_E_FILE_ALREADY_LOCKED);
	ck_assert(said("b.flat"));
	ck_assert(!exists(in_tmpdir("disk.vmdk.lck")));
	end_other(&o);
	other_can(write_disk);
}
END_TEST

START_TEST(a_disk_open_for_reading_locks_and_writes_nothing)
{
	struct vd_disk *d;

	make_disk();
	ck_assert_uint_eq(open_disk(0, &d), VIX_OK);
	ck_assert(!exists(in_tmpdir("disk.vmdk.lck")));
	all_parts_can(write_it);
	vd_disk_close(d);
}
END_TEST

/* qemu. */

static bool run(const char *command)
{
	char line[512];

	snprintf(line, sizeof(line), "%s '%s' >'%s.out' 2>&1", command, path, path);
	return system(line) == 0;
}

static void make_raw(void)
{
	static const char zeros[4096];

	put_file(path, zeros, sizeof(zeros));
}

START_TEST(qemu_may_read_what_we_write_but_not_write_it)
{
	struct vd_store *st;

	make_raw();
	st = open_ok(VD_STORE_WRITE);
	ck_assert(!run("qemu-io -f raw -c 'write 0 512'"));
	ck_assert(run("qemu-io -r -f raw -c 'read 0 512'"));
	ck_assert(run("qemu-img info -f raw"));
	vd_store_close(st);
	ck_assert(run("qemu-io -f raw -c 'write 0 512'"));
}
END_TEST

/* Opens the file as the options say and waits. */
static pid_t start_qemu(const char *option, const char *format)
{
	struct vd_store *st = open_ok(0);
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		execlp("qemu-io", "qemu-io", option, "-f", format, "-c", "sleep 60000", path,
		       (char *)NULL);
		_exit(1);
	}
	while (vd_find_lock_holder(&st->id) != pid) {
		ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
		sched_yield();
	}
	vd_store_close(st);
	return pid;
}

static void end_qemu(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	vd_store_close(open_ok(VD_STORE_WRITE));
}

START_TEST(we_do_not_write_what_qemu_writes)
{
	pid_t pid;

	make_raw();
	pid = start_qemu("-n", "raw");
	refuses_us(pid);
	vd_store_close(open_ok(0));
	end_qemu(pid);
}
END_TEST

/* It reads tables, which must not change under its feet. */
START_TEST(we_do_not_write_what_qemu_reads_and_protects)
{
	pid_t pid;

	ck_assert_int_eq(unlink(path), 0);
	ck_assert(run("qemu-img create -f vmdk -o size=1M"));
	pid = start_qemu("-r", "vmdk");
	refuses_us(pid);
	end_qemu(pid);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lock");
	TCase *tc = unit_tcase(s, "lock");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_second_process_is_refused_and_told_who_it_is);
	tcase_add_test(tc, a_killed_process_leaves_no_lock);
	tcase_add_test(tc, one_process_shares_its_lock_until_the_last_one_closes);
	tcase_add_test(tc, a_device_has_no_lock_directory);
	tcase_add_test(tc, readers_neither_lock_nor_are_kept_out);
	tcase_add_test(tc, a_child_neither_drops_nor_shares_the_lock_of_its_parent);
	tcase_add_test(tc, a_lock_on_the_whole_file_is_respected);
	tcase_add_test(tc, a_file_system_without_locks_is_told_of_and_used);
	tcase_add_test(tc, many_threads_share_the_lock);
	tcase_add_test(tc, who_closes_last_is_not_in_the_way_of_who_opens_next);
	tcase_add_test(tc, every_file_of_a_disk_is_locked_while_it_is_open);
	tcase_add_test(tc, a_disk_with_one_locked_extent_is_refused_and_nothing_stays_locked);
	tcase_add_test(tc, a_disk_open_for_reading_locks_and_writes_nothing);
	if (system("command -v qemu-io >/dev/null") == 0) {
		tcase_add_test(tc, qemu_may_read_what_we_write_but_not_write_it);
		tcase_add_test(tc, we_do_not_write_what_qemu_writes);
		tcase_add_test(tc, we_do_not_write_what_qemu_reads_and_protects);
	}
	return unit_run(s);
}
