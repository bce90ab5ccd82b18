/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The threads that take the kernel's requests; see workers.h.
 */
#include "config.h"

#include "workers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../../common/cleanup.h"
#include "../../common/forks.h"
#include "../../common/log.h"
#include "../../common/thread.h"

#define RETRY_MS 10

static _Thread_local bool has_baton;

static bool take_baton(struct vmnt_workers *w)
{
	VU_LOCK(&w->lock);

	while (w->baton_taken && !w->is_over)
		pthread_cond_wait(&w->baton, &w->lock);
	if (w->is_over)
		return false;
	has_baton = w->baton_taken = true;
	return true;
}

void vmnt_workers_pass_baton(struct vmnt_workers *w)
{
	if (!has_baton)
		return;
	has_baton = false;
	VU_LOCK(&w->lock);
	w->baton_taken = false;
	pthread_cond_signal(&w->baton);
	pthread_cond_broadcast(&w->passed);
}

static void set_over_locked(struct vmnt_workers *w)
{
	w->is_over = true;
	pthread_cond_broadcast(&w->baton);
}

static void set_over(struct vmnt_workers *w)
{
	VU_LOCK(&w->lock);

	set_over_locked(w);
}

/* 1: a request is in @buf, 0: none this time, -1: there will be none. */
static int receive(struct vmnt_workers *w, struct fuse_buf *buf)
{
	struct pollfd fds[] = { { .fd = fuse_session_fd(w->se), .events = POLLIN },
				{ .fd = w->wake_fd, .events = POLLIN } };
	int rc;

	if (poll(fds, 2, -1) < 0)
		return errno == EINTR ? 0 : -1;
	if (fds[1].revents != 0)
		return -1;
	rc = fuse_session_receive_buf(w->se, buf);
	if (rc < 0 && rc != -EINTR && rc != -EAGAIN)
		poll(NULL, 0,
		     RETRY_MS); /* out of memory, perhaps: those who wait for us still do */
	return rc > 0 ? 1 : rc == 0 ? -1 : 0;
}

/* As long as the baton is ours. */
static void serve(struct vmnt_workers *w, struct fuse_buf *buf)
{
	while (has_baton) {
		int rc = receive(w, buf);

		if (rc < 0) {
			set_over(w);
			vmnt_workers_pass_baton(w);
		} else if (rc > 0) {
			fuse_session_process_buf(w->se, buf);
		}
	}
}

static void *run(void *arg)
{
	struct vmnt_workers *w = arg;
	struct fuse_buf buf = { .mem = NULL };

	while (take_baton(w))
		serve(w, &buf);
	free(buf.mem);
	VU_LOCK(&w->lock);
	w->running--;
	return NULL;
}

/* The device is read without waiting: the request may have been taken back since poll(). */
static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

static void destroy(struct vmnt_workers *w)
{
	close(w->wake_fd);
	vu_cond_destroy(&w->passed);
	vu_cond_destroy(&w->baton);
	pthread_mutex_destroy(&w->lock);
}

/* A few threads suffice where no more can be had. */
static int start_threads(struct vmnt_workers *w)
{
	int rc = 0;

	while (rc == 0 && w->n < VMNT_WORKERS) {
		pthread_mutex_lock(&w->lock);
		w->running++;
		pthread_mutex_unlock(&w->lock);
		rc = vu_thread_start(&w->threads[w->n], "vdisk-fuse", run, w);
		if (rc == 0)
			w->n++;
	}
	if (rc < 0) {
		VU_LOCK(&w->lock);
		w->running--;
	}
	return w->n > 0 ? 0 : rc;
}

int vmnt_workers_start(struct vmnt_workers *w, struct fuse_session *se)
{
	int rc = set_nonblocking(fuse_session_fd(se));

	if (rc < 0)
		return rc;
	memset(w, 0, sizeof(*w));
	w->se = se;
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->wake_fd < 0)
		return -errno;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->baton, NULL);
	pthread_cond_init(&w->passed, NULL);
	rc = start_threads(w);
	if (rc < 0)
		destroy(w);
	return rc;
}

/* Asks the kernel, which knows it before our threads do. */
bool vmnt_workers_are_connected(const struct vmnt_workers *w)
{
	struct pollfd fd = { .fd = fuse_session_fd(w->se) };

	return poll(&fd, 1, 0) == 0;
}

void vmnt_workers_end(struct vmnt_workers *w)
{
	uint64_t one = 1;
	ssize_t n = write(w->wake_fd, &one, sizeof(one));

	(void)n; /* it can only be readable already */
	VU_LOCK(&w->lock);
	set_over_locked(w);
	while (w->baton_taken)
		pthread_cond_wait(&w->passed, &w->lock);
}

bool vmnt_workers_have_ended(struct vmnt_workers *w)
{
	VU_LOCK(&w->lock);

	return w->running == 0;
}

void vmnt_workers_join(struct vmnt_workers *w)
{
	for (unsigned i = 0; i < w->n; i++)
		pthread_join(w->threads[i], NULL);
	destroy(w);
}
