/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asking a living holder: one JSON object on a line, one back.
 */
#include "config.h"

#include "holder.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/osutil.h"
#include "ctl.h"
#include "halt.h"
#include "session.h"
#include "source.h"

int vdt_ctl_address(const struct vdt_entry *e, struct sockaddr_un *sa)
{
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return (size_t)snprintf(sa->sun_path, sizeof(sa->sun_path), "%s/ctl.sock", e->dir) <
			       sizeof(sa->sun_path)
		       ? 0
		       : -ENAMETOOLONG;
}

void vdt_ctl_set_timeout(int fd, unsigned timeout_ms)
{
	struct timeval tv = { .tv_sec = timeout_ms / 1000, .tv_usec = (timeout_ms % 1000) * 1000L };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

int vdt_ctl_read_line(int fd, char *line, size_t size)
{
	size_t n = 0;

	while (n < size - 1) {
		ssize_t r = recv(fd, line + n, 1, 0);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r == 0 ? -ECONNRESET : -errno;
		if (line[n] == '\n')
			break;
		n++;
	}
	line[n] = '\0';
	return n < size - 1 ? 0 : -EMSGSIZE;
}

static int dial_once(const struct vdt_entry *e, unsigned timeout_ms)
{
	struct sockaddr_un sa;
	int err = vdt_ctl_address(e, &sa);
	int fd;

	if (err < 0)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	vdt_ctl_set_timeout(fd, timeout_ms);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* A holder that has just been started listens in a moment. */
static int dial(const struct vdt_entry *e, unsigned timeout_ms)
{
	uint64_t end = vu_now_ms() + timeout_ms;
	int fd = dial_once(e, timeout_ms);

	while ((fd == -ENOENT || fd == -ECONNREFUSED) && vdt_entry_is_alive(e) &&
	       vu_now_ms() < end) {
		usleep(10000);
		fd = dial_once(e, timeout_ms);
	}
	return fd;
}

int vdt_holder_ask(const struct vdt_entry *e, const char *request, unsigned timeout_ms,
		   enum vdt_exit *exit_out)
{
	VU_AUTO(close) int fd = dial(e, timeout_ms);
	char line[1024];
	json_t *answer;
	int code, err;

	if (fd < 0)
		return fd;
	err = vu_write_full(fd, request, strlen(request));
	if (err == 0)
		err = vu_write_full(fd, "\n", 1);
	if (err == 0)
		err = vdt_ctl_read_line(fd, line, sizeof(line));
	if (err < 0)
		return err == -EAGAIN ? -ETIMEDOUT : err;
	answer = json_loads(line, 0, NULL);
	err = json_unpack(answer, "{s:i}", "exit", &code) == 0 ? 0 : -EPROTO;
	json_decref(answer);
	if (err == 0)
		*exit_out = (enum vdt_exit)code;
	return err;
}

int vdt_holder_wait(const struct vdt_entry *e, unsigned timeout_ms)
{
	uint64_t end = vu_now_ms() + timeout_ms;

	while (vdt_entry_is_alive(e)) {
		if (vu_now_ms() >= end)
			return -ETIMEDOUT;
		usleep(10000);
	}
	return 0;
}

/* Its session on a server ends with it only if it does that itself. */
static bool ends_in_order(const struct vdt_entry *e)
{
	if (e->n_sources == 0 || !vdt_source_is_remote(e->sources[0]))
		return false;
	return kill(e->pid, SIGTERM) == 0 && vdt_holder_wait(e, VDT_HALT_MS + 1000) == 0;
}

void vdt_holder_kill(const struct vdt_entry *e, const char *root)
{
	if (vdt_entry_is_alive(e) && e->pid > 1 && !ends_in_order(e))
		kill(e->pid, SIGKILL);
	vdt_holder_wait(e, 5000);
	vdt_state_sweep(root, NULL, NULL);
	vdt_session_sweep();
}
