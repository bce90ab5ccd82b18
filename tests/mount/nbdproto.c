/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmount/export/nbd*.c, as a client of its own sees them: the negotiation, every command, and
 * what a hostile client may send.  The disk is in memory.
 */
#include "config.h"

#include "../unit/unit.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../common/bytes.h"
#include "../../common/osutil.h"
#include "../../libmount/export/nbd-conn.h"
#include "memdisk.h"

static atomic_uint accepts, shortages; /* calls of accept4(); how many more will fail */

int __real_accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags);

/* A program may have used up its descriptors. */
int __wrap_accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags)
{
	atomic_fetch_add(&accepts, 1);
	if (atomic_load(&shortages) == 0)
		return __real_accept4(fd, sa, len, flags);
	atomic_fetch_sub(&shortages, 1);
	errno = EMFILE;
	return -1;
}

static char dir[64];
static struct vmnt_disk disk;
static struct vmnt_export *ex;
static struct vmnt_addr addr;

static void start_export(bool readonly)
{
	memset(&memdisk, 0, sizeof(memdisk));
	for (size_t i = 0; i < sizeof(memdisk.bytes); i++)
		memdisk.bytes[i] = (uint8)(i * 7 + i / 512);
	disk = (struct vmnt_disk){ .name = (char *)"mem",
				   .sectors = MEMDISK_SECTORS,
				   .logical_sector_size = 512,
				   .readonly = readonly };
	ck_assert_uint_eq(vmnt_export_nbd.start(&disk, dir, 0, &ex, &addr), VIX_OK);
}

static void start_readonly(void)
{
	snprintf(dir, sizeof(dir), "/tmp/vdisk-test-%d-XXXXXX", (int)getpid());
	ck_assert_ptr_nonnull(mkdtemp(dir));
	start_export(true);
}

static void start_writable(void)
{
	snprintf(dir, sizeof(dir), "/tmp/vdisk-test-%d-XXXXXX", (int)getpid());
	ck_assert_ptr_nonnull(mkdtemp(dir));
	start_export(false);
}

static void stop(void)
{
	if (ex != NULL)
		vmnt_export_nbd.stop(ex);
	ck_assert_int_eq(rmdir(dir), 0);
}

static void put(int fd, const void *p, size_t len)
{
	ck_assert_int_eq(vu_write_full(fd, p, len), 0);
}

static void get(int fd, void *p, size_t len)
{
	ck_assert_int_eq(vu_read_full(fd, p, len), 0);
}

/* Connects and answers the greeting. */
static int dial(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	unsigned char hello[18], flags[4];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", addr.path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	get(fd, hello, sizeof(hello));
	ck_assert(vu_be64(hello) == NBD_MAGIC && vu_be64(hello + 8) == NBD_OPTION_MAGIC);
	vu_put_be32(flags, NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES);
	put(fd, flags, sizeof(flags));
	return fd;
}

static void send_option(int fd, uint32_t id, const void *data, uint32_t len)
{
	unsigned char head[16];

	vu_put_be64(head, NBD_OPTION_MAGIC);
	vu_put_be32(head + 8, id);
	vu_put_be32(head + 12, len);
	put(fd, head, sizeof(head));
	put(fd, data, len);
}

/* Return: the type of the reply; its data in @data. */
static uint32_t get_option_reply(int fd, unsigned char *data, uint32_t *len_out)
{
	unsigned char head[20];

	get(fd, head, sizeof(head));
	ck_assert(vu_be64(head) == NBD_OPTION_REPLY_MAGIC);
	*len_out = vu_be32(head + 16);
	ck_assert_uint_le(*len_out, 4096);
	get(fd, data, *len_out);
	return vu_be32(head + 12);
}

static uint32_t simple_option(int fd, uint32_t id, const void *data, uint32_t len)
{
	unsigned char answer[4096];
	uint32_t n, type;

	send_option(fd, id, data, len);
	do
		type = get_option_reply(fd, answer, &n);
	while (type == NBD_REP_INFO || type == NBD_REP_META_CONTEXT || type == NBD_REP_SERVER);
	return type;
}

#define GO_DATA   "\0\0\0\0\0\0"
#define META_DATA "\0\0\0\0\0\0\0\1\0\0\0\17base:allocation"

/* A connection ready for requests. */
static int connect_ready(bool structured)
{
	int fd = dial();

	if (structured) {
		ck_assert_uint_eq(simple_option(fd, NBD_OPT_STRUCTURED_REPLY, "", 0), NBD_REP_ACK);
		ck_assert_uint_eq(simple_option(fd, NBD_OPT_SET_META_CONTEXT, META_DATA,
						sizeof(META_DATA) - 1),
				  NBD_REP_ACK);
	}
	ck_assert_uint_eq(simple_option(fd, NBD_OPT_GO, GO_DATA, 6), NBD_REP_ACK);
	return fd;
}

static void request(int fd, uint16_t flags, uint16_t command, uint64_t off, uint32_t len)
{
	unsigned char head[28];

	vu_put_be32(head, NBD_REQUEST_MAGIC);
	vu_put_be16(head + 4, flags);
	vu_put_be16(head + 6, command);
	vu_put_be64(head + 8, off ^ len);
	vu_put_be64(head + 16, off);
	vu_put_be32(head + 24, len);
	put(fd, head, sizeof(head));
}

static uint32_t simple_reply(int fd)
{
	unsigned char head[16];

	get(fd, head, sizeof(head));
	ck_assert_uint_eq(vu_be32(head), NBD_SIMPLE_MAGIC);
	return vu_be32(head + 4);
}

/* One chunk: its type, flags and payload. */
static uint16_t get_chunk(int fd, uint16_t *flags, unsigned char *p, size_t room, uint32_t *len)
{
	unsigned char head[20];

	get(fd, head, sizeof(head));
	ck_assert_uint_eq(vu_be32(head), NBD_STRUCTURED_MAGIC);
	*flags = vu_be16(head + 4);
	*len = vu_be32(head + 16);
	ck_assert_uint_le(*len, room);
	get(fd, p, *len);
	return vu_be16(head + 6);
}

static unsigned char big[sizeof(memdisk.bytes) + 8];

START_TEST(simple_read_returns_the_disk)
{
	int fd = connect_ready(false);

	request(fd, 0, NBD_CMD_READ, 512, 8192);
	ck_assert_uint_eq(simple_reply(fd), 0);
	get(fd, big, 8192);
	ck_assert_mem_eq(big, memdisk.bytes + 512, 8192);
	close(fd);
}
END_TEST

START_TEST(structured_read_arrives_in_pieces)
{
	int fd = connect_ready(true);
	uint64_t pos = 0;
	unsigned pieces = 0;
	uint16_t flags;
	uint32_t len;

	request(fd, 0, NBD_CMD_READ, 0, sizeof(memdisk.bytes));
	do {
		ck_assert_uint_eq(get_chunk(fd, &flags, big, sizeof(big), &len),
				  NBD_REPLY_TYPE_OFFSET_DATA);
		ck_assert_uint_eq(vu_be64(big), pos);
		ck_assert_mem_eq(big + 8, memdisk.bytes + pos, len - 8);
		pos += len - 8;
		pieces++;
	} while (!(flags & NBD_REPLY_FLAG_DONE));
	ck_assert_uint_eq(pos, sizeof(memdisk.bytes));
	ck_assert_uint_gt(pieces, 1);
	close(fd);
}
END_TEST

START_TEST(read_outside_is_refused_and_the_connection_lives)
{
	int fd = connect_ready(false);

	request(fd, 0, NBD_CMD_READ, sizeof(memdisk.bytes), 512);
	ck_assert_uint_eq(simple_reply(fd), NBD_EINVAL);
	request(fd, 0, NBD_CMD_READ, UINT64_MAX - 511, 1024);
	ck_assert_uint_eq(simple_reply(fd), NBD_EINVAL);
	request(fd, 0, NBD_CMD_READ, 0, UINT32_MAX - 511);
	ck_assert_uint_eq(simple_reply(fd), NBD_EINVAL);
	request(fd, 0, NBD_CMD_READ, 1, 512);
	ck_assert_uint_eq(simple_reply(fd), NBD_EINVAL);
	ck_assert_uint_eq(memdisk.reads, 0);
	request(fd, 0, NBD_CMD_READ, 0, 512);
	ck_assert_uint_eq(simple_reply(fd), 0);
	get(fd, big, 512);
	close(fd);
}
END_TEST

START_TEST(failing_read_is_an_error_to_the_client)
{
	int fd = connect_ready(true);
	uint16_t flags;
	uint32_t len;

	memdisk.fail_read = VIX_E_FILE_ERROR;
	request(fd, 0, NBD_CMD_READ, 0, 4096);
	ck_assert_uint_eq(get_chunk(fd, &flags, big, sizeof(big), &len), NBD_REPLY_TYPE_ERROR);
	ck_assert_uint_eq(vu_be32(big), NBD_EIO);
	ck_assert(flags & NBD_REPLY_FLAG_DONE);
	close(fd);
}
END_TEST

START_TEST(holes_are_told)
{
	int fd = connect_ready(true);
	uint16_t flags;
	uint32_t len;

	memdisk.allocated[1] = memdisk.allocated[2] = true;
	request(fd, 0, NBD_CMD_BLOCK_STATUS, 0, sizeof(memdisk.bytes));
	ck_assert_uint_eq(get_chunk(fd, &flags, big, sizeof(big), &len),
			  NBD_REPLY_TYPE_BLOCK_STATUS);
	ck_assert_uint_eq(vu_be32(big), NBD_CONTEXT_ALLOCATION);
	ck_assert_uint_eq(len, 4 + 4 * 8);
	ck_assert_uint_eq(vu_be32(big + 4), 65536);
	ck_assert_uint_eq(vu_be32(big + 8), NBD_STATE_HOLE | NBD_STATE_ZERO);
	ck_assert_uint_eq(vu_be32(big + 12), 131072);
	ck_assert_uint_eq(vu_be32(big + 16), 0);
	/* the tail that is no whole chunk counts as data */
	ck_assert_uint_eq(vu_be32(big + 28), MEMDISK_SECTORS % 128 * 512);
	ck_assert_uint_eq(vu_be32(big + 32), 0);
	close(fd);
}
END_TEST

START_TEST(status_from_the_middle_of_a_chunk_is_exact)
{
	int fd = connect_ready(true);
	uint16_t flags;
	uint32_t len;

	memdisk.allocated[1] = true;
	request(fd, 0, NBD_CMD_BLOCK_STATUS, 65536 + 512, 131072);
	get_chunk(fd, &flags, big, sizeof(big), &len);
	ck_assert_uint_eq(len, 4 + 2 * 8);
	ck_assert_uint_eq(vu_be32(big + 4), 65536 - 512);
	ck_assert_uint_eq(vu_be32(big + 8), 0);
	ck_assert_uint_eq(vu_be32(big + 12), 65536 + 512);
	close(fd);
}
END_TEST

START_TEST(write_to_a_readonly_disk_is_refused)
{
	int fd = connect_ready(false);

	request(fd, 0, NBD_CMD_WRITE, 0, 512);
	put(fd, big, 512);
	ck_assert_uint_eq(simple_reply(fd), NBD_EPERM);
	ck_assert_uint_eq(memdisk.writes, 0);
	close(fd);
}
END_TEST

START_TEST(write_and_flush_reach_the_disk)
{
	int fd = connect_ready(true);

	memset(big, 0xa5, 1024);
	request(fd, NBD_CMD_FLAG_FUA, NBD_CMD_WRITE, 1024, 1024);
	put(fd, big, 1024);
	ck_assert_uint_eq(simple_reply(fd), 0);
	ck_assert_mem_eq(memdisk.bytes + 1024, big, 1024);
	ck_assert_uint_eq(memdisk.flushes, 1);
	request(fd, 0, NBD_CMD_FLUSH, 0, 0);
	ck_assert_uint_eq(simple_reply(fd), 0);
	ck_assert_uint_eq(memdisk.flushes, 2);
	close(fd);
}
END_TEST

START_TEST(stop_returns_the_first_lost_write)
{
	int fd = connect_ready(false);

	memdisk.fail_write = VIX_E_DISK_FULL;
	request(fd, 0, NBD_CMD_WRITE, 0, 512);
	put(fd, big, 512);
	ck_assert_uint_eq(simple_reply(fd), NBD_ENOSPC);
	ck_assert_uint_eq(vmnt_export_nbd.stop(ex), VIX_E_DISK_FULL);
	ex = NULL;
	close(fd);
}
END_TEST

START_TEST(stop_ends_connections_that_say_nothing)
{
	int silent = dial();
	int ready = connect_ready(true);

	ck_assert_uint_eq(vmnt_export_nbd.stop(ex), VIX_OK);
	ex = NULL;
	ck_assert_int_eq((int)read(ready, big, 1), 0);
	close(silent);
	close(ready);
}
END_TEST

START_TEST(too_many_connections_are_turned_away_and_room_is_reused)
{
	int fds[16], extra = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	for (size_t i = 0; i < 16; i++)
		fds[i] = connect_ready(false);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", addr.path);
	ck_assert_int_eq(connect(extra, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq((int)read(extra, big, 1), 0);
	close(extra);
	for (size_t i = 0; i < 16; i++)
		close(fds[i]);
	/* a thread frees its slot a moment after its client is gone */
	for (int tries = 0; tries < 1000; tries++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
		ssize_t n = read(fd, big, 1);

		close(fd);
		if (n == 1)
			return;
	}
	ck_abort_msg("no connection after all others were closed");
}
END_TEST

START_TEST(unknown_options_and_bad_lengths_are_answered)
{
	int fd = dial();
	static const unsigned char bad_go[] = { 0, 0, 1, 0, 'x', 0, 0 };
	static const unsigned char bad_meta[] = { 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };

	ck_assert_uint_eq(simple_option(fd, 77, "abc", 3), NBD_REP_ERR_UNSUP);
	ck_assert_uint_eq(simple_option(fd, NBD_OPT_GO, bad_go, sizeof(bad_go)),
			  NBD_REP_ERR_INVALID);
	ck_assert_uint_eq(simple_option(fd, NBD_OPT_GO, "", 0), NBD_REP_ERR_INVALID);
	ck_assert_uint_eq(simple_option(fd, NBD_OPT_STRUCTURED_REPLY, "", 0), NBD_REP_ACK);
	ck_assert_uint_eq(simple_option(fd, NBD_OPT_SET_META_CONTEXT, bad_meta, sizeof(bad_meta)),
			  NBD_REP_ERR_INVALID);
	ck_assert_uint_eq(simple_option(fd, NBD_OPT_INFO, big, 8192), NBD_REP_ERR_TOO_BIG);
	ck_assert_uint_eq(simple_option(fd, NBD_OPT_LIST, "", 0), NBD_REP_ACK);
	ck_assert_uint_eq(simple_option(fd, NBD_OPT_GO, GO_DATA, 6), NBD_REP_ACK);
	close(fd);
}
END_TEST

START_TEST(garbage_closes_the_connection_only)
{
	int fd = connect_ready(false), again;

	memset(big, 'x', 64);
	put(fd, big, 64);
	ck_assert_int_le((int)read(fd, big, 1), 0);
	close(fd);
	again = connect_ready(false);
	request(again, 0, NBD_CMD_READ, 0, 512);
	ck_assert_uint_eq(simple_reply(again), 0);
	close(again);
}
END_TEST

START_TEST(shortage_of_descriptors_is_waited_for)
{
	uint64_t begin = vu_now_ms();
	int fd;

	atomic_store(&shortages, 3);
	close(dial()); /* the thread is in accept4() already: the next one meets the shortage */
	fd = connect_ready(false);
	request(fd, 0, NBD_CMD_READ, 0, 512);
	ck_assert_uint_eq(simple_reply(fd), 0);
	ck_assert_uint_eq(atomic_load(&shortages), 0);
	ck_assert_uint_ge(vu_now_ms() - begin, 3 * 90); /* it was not tried again at once */
	close(fd);
}
END_TEST

START_TEST(stop_ends_the_wait_for_descriptors)
{
	unsigned before;

	close(dial());
	before = atomic_load(&accepts);
	atomic_store(&shortages, 1000000);
	close(dial());
	ck_assert_uint_eq(vmnt_export_nbd.stop(ex), VIX_OK);
	ex = NULL;
	ck_assert_uint_le(atomic_load(&accepts) - before, 100);
}
END_TEST

START_TEST(too_long_a_socket_path_is_named)
{
	char longdir[200];
	struct vmnt_export *none;
	struct vmnt_addr a;

	memset(longdir, 'd', sizeof(longdir) - 1);
	longdir[sizeof(longdir) - 1] = '\0';
	ck_assert_uint_eq(vmnt_export_nbd.start(&disk, longdir, 0, &none, &a),
			  VIX_E_FILE_NAME_INVALID);
	ck_assert_ptr_null(none);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("nbdproto");
	TCase *ro = unit_tcase(s, "readonly");
	TCase *rw = unit_tcase(s, "writable");

	tcase_add_checked_fixture(ro, start_readonly, stop);
	tcase_add_test(ro, simple_read_returns_the_disk);
	tcase_add_test(ro, structured_read_arrives_in_pieces);
	tcase_add_test(ro, read_outside_is_refused_and_the_connection_lives);
	tcase_add_test(ro, failing_read_is_an_error_to_the_client);
	tcase_add_test(ro, holes_are_told);
	tcase_add_test(ro, status_from_the_middle_of_a_chunk_is_exact);
	tcase_add_test(ro, write_to_a_readonly_disk_is_refused);
	tcase_add_test(ro, stop_ends_connections_that_say_nothing);
	tcase_add_test(ro, too_many_connections_are_turned_away_and_room_is_reused);
	tcase_add_test(ro, unknown_options_and_bad_lengths_are_answered);
	tcase_add_test(ro, garbage_closes_the_connection_only);
	tcase_add_test(ro, too_long_a_socket_path_is_named);
	tcase_add_test(ro, shortage_of_descriptors_is_waited_for);
	tcase_add_test(ro, stop_ends_the_wait_for_descriptors);
	tcase_add_checked_fixture(rw, start_writable, stop);
	tcase_add_test(rw, write_and_flush_reach_the_disk);
	tcase_add_test(rw, stop_returns_the_first_lost_write);
	return unit_run(s);
}
