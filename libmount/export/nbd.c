/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The NBD export: a disk served on a private Unix socket, in this process.
 *
 * One thread accepts, one thread serves each connection.
 *
 * 1. Threads run between start and stop only, block every signal and touch the disk through the
 *    public API.
 * 2. stop wakes every thread by shutting its socket down; it returns after the last one is joined
 *    and the disk is flushed.
 * 3. At most MAX_CONNECTIONS at once; more are turned away.
 * 4. Nobody waits busily, also not for descriptors that the program has used up.
 */
#include "config.h"

#include "export.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/forks.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "../../common/thread.h"
#include "../../common/vixerr.h"
#include "nbd-conn.h"

#define MAX_CONNECTIONS 16
#define RETRY_MS        100 /* before accepting again when the process has run out of something */

struct slot {
	pthread_t thread;
	int fd;    /* -1: free; guarded by lock */
	bool used; /* thread is to be joined; guarded by lock */
	struct vmnt_export *ex;
};

struct vmnt_export {
	const struct vmnt_disk *disk; /* borrowed until stop */
	char *path;                   /* of the socket */
	int listen_fd;
	pthread_t acceptor;
	pthread_mutex_t lock; /* rank 4; guards slots and stopping */
	pthread_cond_t stop;  /* stopping is set */
	bool stopping;
	struct slot slots[MAX_CONNECTIONS];
	_Atomic VixError first_error;
};

static void serve_connection(struct vmnt_export *ex, int fd)
{
	struct vmnt_nbd_conn c = {
		.fd = fd,
		.disk = ex->disk,
		.bytes = ex->disk->sectors * VIXDISKLIB_SECTOR_SIZE,
		.first_error = &ex->first_error,
	};

	if (vmnt_nbd_negotiate(&c) == 0)
		while (vmnt_nbd_serve_request(&c) == 0)
			;
	free(c.buf);
}

static void *connection_main(void *arg)
{
	struct slot *s = arg;
	int fd = s->fd;

	serve_connection(s->ex, fd);
	VU_LOCK(&s->ex->lock);
	s->fd = -1;
	close(fd);
	return NULL;
}

/* A slot nobody uses, its former thread joined; NULL when all are in use.  Lock held. */
static struct slot *free_slot(struct vmnt_export *ex)
{
	for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
		struct slot *s = &ex->slots[i];

		if (s->fd >= 0)
			continue;
		if (s->used)
			pthread_join(s->thread, NULL);
		s->used = false;
		return s;
	}
	return NULL;
}

/* Consumes @fd.  Return: false when the export is stopping. */
static bool add_connection(struct vmnt_export *ex, int fd)
{
	VU_LOCK(&ex->lock);
	struct slot *s = ex->stopping ? NULL : free_slot(ex);

	if (s == NULL) {
		close(fd);
		return !ex->stopping;
	}
	s->ex = ex;
	s->fd = fd;
	if (vu_thread_start(&s->thread, "vdisk-nbd", connection_main, s) == 0) {
		s->used = true;
		return true;
	}
	s->fd = -1;
	close(fd);
	return true;
}

/* What others may give back: until then the connection stays in the queue. */
static bool is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* Return: false when the export is stopping. */
static bool wait_a_little(struct vmnt_export *ex)
{
	uint64_t deadline = vu_now_ms() + RETRY_MS;
	VU_LOCK(&ex->lock);

	while (!ex->stopping && vu_cond_wait_until(&ex->stop, &ex->lock, deadline) != ETIMEDOUT)
		;
	return !ex->stopping;
}

/* After accept4() has failed: is it to be tried again? */
static bool may_go_on(struct vmnt_export *ex, int error)
{
	if (error == EINTR || error == ECONNABORTED)
		return true;
	return is_shortage(error) && wait_a_little(ex); /* else: shut down by stop */
}

static void *acceptor_main(void *arg)
{
	struct vmnt_export *ex = arg;
	bool goes_on = true;

	while (goes_on) {
		int fd = accept4(ex->listen_fd, NULL, NULL, SOCK_CLOEXEC);

		goes_on = fd >= 0 ? add_connection(ex, fd) : may_go_on(ex, errno);
	}
	return NULL;
}

static VixError listen_on(struct vmnt_export *ex)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	if (strlen(ex->path) >= sizeof(sa.sun_path)) {
		VU_ERR("export",
		       "cannot make the socket %s: its path is longer than %zu bytes; "
		       "choose a shorter tmpDirectory",
		       ex->path, sizeof(sa.sun_path) - 1);
		return VIX_E_FILE_NAME_INVALID;
	}
	strcpy(sa.sun_path, ex->path);
	ex->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ex->listen_fd >= 0 && bind(ex->listen_fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
	    listen(ex->listen_fd, MAX_CONNECTIONS) == 0)
		return VIX_OK;
	VU_ERR("export", "cannot listen on %s: %s", ex->path, strerror(errno));
	return vu_vixerr_from_errno(errno);
}

static void free_export(struct vmnt_export *ex)
{
	if (ex->listen_fd >= 0) {
		close(ex->listen_fd);
		unlink(ex->path);
	}
	vu_cond_destroy(&ex->stop);
	pthread_mutex_destroy(&ex->lock);
	free(ex->path);
	free(ex);
}

static struct vmnt_export *new_export(const struct vmnt_disk *disk, const char *dir, unsigned index)
{
	struct vmnt_export *ex = calloc(1, sizeof(*ex));

	if (ex == NULL)
		return NULL;
	ex->disk = disk;
	ex->listen_fd = -1;
	ex->path = vu_asprintf("%s/nbd%u.sock", dir, index);
	for (size_t i = 0; i < MAX_CONNECTIONS; i++)
		ex->slots[i].fd = -1;
	pthread_mutex_init(&ex->lock, NULL);
	vu_cond_init_monotonic(&ex->stop);
	if (ex->path != NULL)
		return ex;
	free_export(ex);
	return NULL;
}

static VixError nbd_start(const struct vmnt_disk *disk, const char *dir, unsigned index,
			  struct vmnt_export **ex_out, struct vmnt_addr *addr_out)
{
	struct vmnt_export *ex = new_export(disk, dir, index);
	VixError err;

	*ex_out = NULL;
	if (ex == NULL)
		return VIX_E_OUT_OF_MEMORY;
	err = listen_on(ex);
	if (err == VIX_OK && vu_thread_start(&ex->acceptor, "vdisk-accept", acceptor_main, ex) != 0)
		err = VIX_E_OUT_OF_MEMORY;
	if (err != VIX_OK) {
		free_export(ex);
		return err;
	}
	*addr_out = (struct vmnt_addr){
		.kind = VMNT_ADDR_NBD_UNIX,
		.path = ex->path,
		.readonly = disk->readonly,
		.logical_sector_size = disk->logical_sector_size,
	};
	*ex_out = ex;
	return VIX_OK;
}

static void stop_threads(struct vmnt_export *ex)
{
	{
		VU_LOCK(&ex->lock);
		ex->stopping = true;
		pthread_cond_signal(&ex->stop);
		for (size_t i = 0; i < MAX_CONNECTIONS; i++)
			if (ex->slots[i].fd >= 0)
				shutdown(ex->slots[i].fd, SHUT_RDWR);
	}
	shutdown(ex->listen_fd, SHUT_RDWR);
	pthread_join(ex->acceptor, NULL);
	for (size_t i = 0; i < MAX_CONNECTIONS; i++)
		if (ex->slots[i].used)
			pthread_join(ex->slots[i].thread, NULL);
}

static VixError nbd_stop(struct vmnt_export *ex)
{
	VixError err, lost;

	stop_threads(ex);
	err = ex->disk->readonly ? VIX_OK : VixDiskLib_Flush(ex->disk->handle);
	lost = atomic_load(&ex->first_error);
	if (lost != VIX_OK)
		VU_ERR("export", "%s: a write failed and was lost: %s", ex->disk->name,
		       vu_vixerr_text(lost));
	free_export(ex);
	return lost != VIX_OK ? lost : err;
}

const struct vmnt_export_ops vmnt_export_nbd = {
	.name = "nbd",
	.provides = VMNT_ADDR_NBD_UNIX,
	.start = nbd_start,
	.stop = nbd_stop,
};
