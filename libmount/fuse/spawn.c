/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Running fusermount3; see spawn.h.
 */
#include "config.h"

#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"

#define PROGRAM    "fusermount3"
#define CHILD_SOCK 3 /* the descriptor behind the three standard ones */
#define COMM_VAR   "_FUSE_COMMFD=3"
#define FIRST_FD   10 /* above all that the child gets */

/* The program's environment, and the variable that names the socket. */
static char **make_env(void)
{
	size_t n = 0;
	char **env;

	while (environ[n] != NULL)
		n++;
	env = vu_calloc_array(n + 2, sizeof(*env));
	if (env == NULL)
		return NULL;
	env[0] = (char *)COMM_VAR;
	memcpy(env + 1, environ, n * sizeof(*env));
	return env;
}

static int set_files(posix_spawn_file_actions_t *fa, int out_fd, int sock_fd)
{
	int err = posix_spawn_file_actions_addopen(fa, 0, "/dev/null", O_RDONLY, 0);

	if (err == 0)
		err = posix_spawn_file_actions_adddup2(fa, out_fd, 1);
	if (err == 0)
		err = posix_spawn_file_actions_adddup2(fa, out_fd, 2);
	if (err == 0 && sock_fd >= 0)
		err = posix_spawn_file_actions_adddup2(fa, sock_fd, CHILD_SOCK);
	return err;
}

static int set_signals(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	err = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (err == 0)
		err = posix_spawnattr_setsigmask(attr, &none);
	if (err == 0)
		err = posix_spawnattr_setsigdefault(attr, &all);
	return err;
}

static int spawn(char *const argv[], int out_fd, int sock_fd, pid_t *pid_out)
{
	VU_AUTO(free) char **env = make_env();
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int err;

	if (env == NULL)
		return -ENOMEM;
	if (posix_spawn_file_actions_init(&fa) != 0)
		return -ENOMEM;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&fa);
		return -ENOMEM;
	}
	err = set_files(&fa, out_fd, sock_fd);
	if (err == 0)
		err = set_signals(&attr);
	if (err == 0)
		err = posix_spawnp(pid_out, PROGRAM, &fa, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return -err;
}

/* All that comes until the other end is closed; what does not fit is dropped. */
static void collect(int fd, char *text, size_t size)
{
	size_t len = 0;
	char drop[256];

	for (;;) {
		bool fits = len + 1 < size;
		ssize_t n = read(fd, fits ? text + len : drop,
				 fits ? size - 1 - len : sizeof(drop));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (fits)
			len += (size_t)n;
	}
	while (len > 0 && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	for (char *s = text; (s = strchr(s, '\n')) != NULL;)
		*s = ' ';
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECANCELED;
}

/* A pipe whose writing end can be given to a child, whatever descriptors the program has closed. */
static int make_pipe(int *out, int *in)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	*out = fds[0];
	*in = fcntl(fds[1], F_DUPFD_CLOEXEC, FIRST_FD);
	close(fds[1]);
	return *in >= 0 ? 0 : -errno;
}

int vmnt_spawn_fusermount(char *const argv[], int sock_fd, char *text, size_t size)
{
	VU_AUTO(close) int out = -1;
	VU_AUTO(close) int sock = -1;
	int in = -1, rc;
	pid_t pid;

	text[0] = '\0';
	rc = make_pipe(&out, &in);
	if (rc < 0)
		return rc;
	if (sock_fd >= 0)
		sock = fcntl(sock_fd, F_DUPFD_CLOEXEC, FIRST_FD);
	rc = spawn(argv, in, sock, &pid);
	close(in);
	if (rc < 0)
		return rc;
	collect(out, text, size);
	return wait_for(pid);
}
