/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The NBD export with a hostile client: the input is all that the client ever sends.
 *
 * What must hold: the export answers, or hangs up; it never reads outside the disk.
 */
#include "config.h"

#include "fuzz.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/osutil.h"
#include "../../libmount/export/nbd-conn.h"
#include "../mount/memdisk.h"

/* A client that reads whatever comes, so that the export is never blocked. */
static void *drain(void *arg)
{
	char waste[65536];
	int fd = *(int *)arg;

	while (read(fd, waste, sizeof(waste)) > 0)
		;
	return NULL;
}

static void serve(int fd, bool readonly)
{
	static struct vmnt_disk disk = { .name = (char *)"mem", .sectors = MEMDISK_SECTORS };
	_Atomic VixError lost = VIX_OK;
	struct vmnt_nbd_conn c = {
		.fd = fd,
		.disk = &disk,
		.bytes = (uint64_t)MEMDISK_SECTORS * VIXDISKLIB_SECTOR_SIZE,
		.first_error = &lost,
	};

	disk.readonly = readonly;
	if (vmnt_nbd_negotiate(&c) == 0)
		while (vmnt_nbd_serve_request(&c) == 0)
			;
	FUZZ_CHECK(!readonly || memdisk.writes == 0);
	free(c.buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	pthread_t client;
	int fds[2];

	if (size < 1 || size > 32768 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		return 0;
	memset(&memdisk, 0, sizeof(memdisk));
	memdisk.allocated[0] = true;
	memdisk.allocated[7] = true;
	if (pthread_create(&client, NULL, drain, &fds[1]) != 0)
		abort();
	/* fits into the socket's buffer: nobody has to read yet */
	vu_write_full(fds[1], data + 1, size - 1);
	shutdown(fds[1], SHUT_WR);
	serve(fds[0], data[0] & 1);
	close(fds[0]);
	pthread_join(client, NULL);
	close(fds[1]);
	return 0;
}
