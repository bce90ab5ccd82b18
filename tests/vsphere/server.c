/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts serve.sh, reads DIR/info, and speaks HTTP on the front's control socket. */
#include "config.h"

#include "server.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "osutil.h"

enum { SKIPPED = 77, BROKEN = 99, POLL_MS = 20, MAX_ANSWER = 1 << 20 };

struct vserver {
	pid_t pid;
	pid_t owner; /* who started it */
	char dir[64];
	char *info; /* lines "name=value", each ended by a NUL */
	size_t info_len;
};

/* In the child: serve.sh DIR OPTION.., its output in DIR/log. */
static void run_script(const struct vserver *vs, const char *const *options)
{
	const char *args[32] = { "sh", TESTS_SRCDIR "/vsphere/serve.sh", vs->dir };
	char log[80];
	size_t n = 3;
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != vs->owner)
		_exit(BROKEN);
	for (; options && *options && n < 31; options++)
		args[n++] = *options;
	snprintf(log, sizeof(log), "%s/log", vs->dir);
	fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	setenv("builddir", TESTS_BUILDDIR, 0);
	execvp("sh", (char *const *)args);
	_exit(BROKEN);
}

/* All of DIR/@name, with a NUL behind; NULL: it is not there. */
static char *read_text(const struct vserver *vs, const char *name, size_t *len_out)
{
	char path[80], *text;
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", vs->dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	text = fstat(fd, &st) == 0 ? calloc(1, (size_t)st.st_size + 1) : NULL;
	if (text && read(fd, text, (size_t)st.st_size) != st.st_size) {
		free(text);
		text = NULL;
	}
	if (text)
		*len_out = (size_t)st.st_size;
	close(fd);
	return text;
}

/* Returns 0 when the servers are ready, or the status with which the script has ended. */
static int wait_for_info(struct vserver *vs)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };
	int status;

	for (;;) {
		vs->info = read_text(vs, "info", &vs->info_len);
		if (vs->info)
			return 0;
		if (waitpid(vs->pid, &status, WNOHANG) == vs->pid) {
			vs->pid = 0;
			return WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED ? SKIPPED
										   : BROKEN;
		}
		nanosleep(&pause, NULL);
	}
}

static void split_info(struct vserver *vs)
{
	for (char *end = vs->info; (end = strchr(end, '\n')); end++)
		*end = '\0';
}

/* Says why there is no server: the skip line of TAP is the script's own. */
static void report(const struct vserver *vs, int status)
{
	size_t len;
	char *log = read_text(vs, "log", &len);

	if (status == SKIPPED)
		printf("1..0 # %s", log ? log : "SKIP\n");
	else
		fprintf(stderr, "the test servers don't start: %s\n", log ? log : "?");
	free(log);
}

int vserver_start(struct vserver **server_out, const char *const *options)
{
	struct vserver *vs = calloc(1, sizeof(*vs));
	int status;

	if (!vs)
		return BROKEN;
	vs->owner = getpid();
	snprintf(vs->dir, sizeof(vs->dir), "/tmp/vdisk-test-%d-XXXXXX", (int)vs->owner);
	if (!mkdtemp(vs->dir) || (vs->pid = fork()) < 0) {
		free(vs);
		return BROKEN;
	}
	if (vs->pid == 0)
		run_script(vs, options);
	status = wait_for_info(vs);
	if (status) {
		report(vs, status);
		vserver_stop(vs);
		return status;
	}
	split_info(vs);
	*server_out = vs;
	return 0;
}

void vserver_stop(struct vserver *server)
{
	if (!server)
		return;
	if (server->pid > 0 && server->owner == getpid()) {
		kill(server->pid, SIGTERM);
		waitpid(server->pid, NULL, 0);
	}
	vu_rm_rf(server->dir);
	free(server->info);
	free(server);
}

int vserver_skip(int status)
{
	return status == SKIPPED ? EXIT_SUCCESS : status; /* TAP has told the rest */
}

static const char *find_info(const struct vserver *server, const char *name)
{
	size_t len = strlen(name);
	const char *line = server->info;

	for (; line < server->info + server->info_len; line += strlen(line) + 1)
		if (strncmp(line, name, len) == 0 && line[len] == '=')
			return line + len + 1;
	return NULL;
}

bool vserver_has(const struct vserver *server, const char *name)
{
	return find_info(server, name) != NULL;
}

const char *vserver_info(const struct vserver *server, const char *name)
{
	const char *value = find_info(server, name);

	if (value == NULL)
		ck_abort_msg("the servers tell no \"%s\"", name);
	return value;
}

const char *vserver_dir(const struct vserver *server)
{
	return server->dir;
}

static int connect_control(const struct vserver *server)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/ctl", server->dir);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

/* The command as it goes into a request line, to be freed. */
static char *encoded(const char *command)
{
	char *text = malloc(3 * strlen(command) + 1), *to = text;

	ck_assert_ptr_nonnull(text);
	for (; *command; command++)
		to += sprintf(to, *command == ' ' ? "%%20" : "%c", *command);
	return text;
}

static void send_command(int fd, const char *command, const char *body)
{
	char *path = encoded(command);

	ck_assert_int_gt(dprintf(fd,
				 "POST /%s HTTP/1.0\r\nContent-Type: application/json\r\n"
				 "Content-Length: %zu\r\n\r\n%s",
				 path, strlen(body), body),
			 0);
	free(path);
}

/* Reads until the other side is done. */
static char *read_answer(int fd)
{
	char *answer = calloc(1, MAX_ANSWER);
	size_t len = 0;
	ssize_t n = 1;

	ck_assert_ptr_nonnull(answer);
	while (n > 0 && len < MAX_ANSWER - 1) {
		n = read(fd, answer + len, MAX_ANSWER - 1 - len);
		ck_assert_int_ge(n, 0);
		len += (size_t)n;
	}
	return answer;
}

char *vserver_ctl_body(const struct vserver *server, const char *command, const char *body)
{
	int fd = connect_control(server);
	char *answer, *content;

	send_command(fd, command, body);
	answer = read_answer(fd);
	close(fd);
	content = strstr(answer, "\r\n\r\n");
	ck_assert_msg(content && strncmp(answer, "HTTP/1.0 200", 12) == 0, "%s: %s", command,
		      answer);
	content = strdup(content + 4);
	free(answer);
	return content;
}

char *vserver_ctl(const struct vserver *server, const char *format, ...)
{
	char *command, *answer;
	va_list ap;

	va_start(ap, format);
	ck_assert_int_ge(vasprintf(&command, format, ap), 0);
	va_end(ap);
	answer = vserver_ctl_body(server, command, "");
	free(command);
	return answer;
}

long vserver_counter(const struct vserver *server, const char *name)
{
	char *answer = vserver_ctl(server, "counter?name=%s", name);
	long n = strtol(answer, NULL, 10);

	free(answer);
	return n;
}
