/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where passwords come from; see secret.h.
 */
#include "config.h"

#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/osutil.h"
#include "message.h"
#include "prompt.h"

#define ENV_PASSWORD   "VD_PASSWORD"
#define ENV_FILE       "VD_PASSWORD_FILE"
#define ENV_COMMAND    "VD_PASSWORD_COMMAND"
#define ENV_DIRECTORY  "CREDENTIALS_DIRECTORY" /* of systemd */
#define FILE_OF_SYSTEM "vdisk.password"

#define OTHERS (S_IRWXG | S_IRWXO)

void vdt_secret_free(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

static char *hidden; /* what the environment had, or NULL */

void vdt_secret_forget(void)
{
	vdt_secret_free(VU_STEAL(hidden));
}

/* All there are: nobody keeps a caller from giving one name twice. */
static void wipe_environment(void)
{
	const size_t len = strlen(ENV_PASSWORD "=");

	for (char **var = environ; var != NULL && *var != NULL; var++)
		if (strncmp(*var, ENV_PASSWORD "=", len) == 0)
			explicit_bzero(*var + len, strlen(*var + len));
	unsetenv(ENV_PASSWORD);
}

void vdt_secret_hide(void)
{
	const char *value = getenv(ENV_PASSWORD);

	if (value == NULL)
		return;
	vdt_secret_forget();
	if (value[0] != '\0')
		hidden = strdup(value);
	wipe_environment();
}

/* The environment's, where it says something. */
static const char *given(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

/* Reading a line. */

/* One byte at a time: what follows may be for somebody else.  0 or -errno. */
static int read_bytes(int fd, char *buf, size_t *len_out)
{
	size_t len = 0;

	for (;;) {
		ssize_t n = read(fd, buf + len, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0 || buf[len] == '\n')
			break;
		if (buf[len] == '\0')
			return -EILSEQ;
		if (++len > VDT_SECRET_MAX)
			return -EMSGSIZE;
	}
	if (len > 0 && buf[len - 1] == '\r')
		len--;
	*len_out = len;
	return len > 0 ? 0 : -ENODATA;
}

/* @secret_out: vdt_secret_free() */
static int read_line(int fd, char **secret_out)
{
	VU_AUTO(free) char *buf = malloc(VDT_SECRET_MAX + 1);
	size_t len = 0;
	int err;

	*secret_out = NULL;
	if (buf == NULL)
		return -ENOMEM;
	err = read_bytes(fd, buf, &len);
	if (err == 0)
		*secret_out = strndup(buf, len);
	if (err == 0 && *secret_out == NULL)
		err = -ENOMEM;
	explicit_bzero(buf, VDT_SECRET_MAX + 1);
	return err;
}

static enum vdt_exit tell(const char *where, int err)
{
	const char *why = strerror(-err);

	if (err == -ENODATA)
		why = "there is none, the first line is empty";
	else if (err == -EILSEQ)
		why = "there is a NUL in it";
	else if (err == -EMSGSIZE)
		why = "it is too long";
	vdt_error(VDT_AUTH, "cannot read the password from %s: %s", where, why);
	return VDT_AUTH;
}

static enum vdt_exit take_line(int fd, const char *where, char **secret_out)
{
	int err = read_line(fd, secret_out);

	return err == 0 ? VDT_OK : tell(where, err);
}

/* Files and descriptors. */

static enum vdt_exit tell_readable(const char *path, mode_t mode)
{
	vdt_error(VDT_AUTH, "cannot use %s: others may read or change it (mode %04o)",
		  vu_log_quote(path), (unsigned)(mode & 07777));
	vdt_hint("`chmod 600` keeps it private; --insecure-file takes it as it is");
	return VDT_AUTH;
}

enum vdt_exit vdt_secret_file(const char *path, bool insecure, char **secret_out)
{
	VU_AUTO(close) int fd = vu_open(path, O_RDONLY | O_NOCTTY, 0);
	struct stat st;

	*secret_out = NULL;
	if (fd < 0)
		return tell(vu_log_quote(path), fd);
	if (fstat(fd, &st) < 0)
		return tell(vu_log_quote(path), -errno);
	if (!insecure && (st.st_mode & OTHERS) != 0)
		return tell_readable(path, st.st_mode);
	return take_line(fd, vu_log_quote(path), secret_out);
}

/* The standard streams stay open: others count on them. */
static enum vdt_exit from_fd(int fd, char **secret_out)
{
	enum vdt_exit code = take_line(fd, "the descriptor of --password-fd", secret_out);

	if (fd > STDERR_FILENO)
		close(fd);
	return code;
}

/* systemd keeps them private in its own way, which modes do not tell.  NULL: there is none. */
static char *file_of_system(void)
{
	const char *dir = given(ENV_DIRECTORY);
	VU_AUTO(free) char *path = dir != NULL ? vu_asprintf("%s/" FILE_OF_SYSTEM, dir) : NULL;

	return path != NULL && access(path, F_OK) == 0 ? VU_STEAL(path) : NULL;
}

/* A program. */

__attribute__((noreturn)) static void be_command(const char *command, int out)
{
	int null = vu_open("/dev/null", O_RDONLY, 0);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(127);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

/* It may have more to say, and shall not be killed for it. */
static void drain(int fd)
{
	char buf[512];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
	explicit_bzero(buf, sizeof(buf));
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static enum vdt_exit take_output(pid_t pid, int fd, char **secret_out)
{
	int err = read_line(fd, secret_out);
	int status;

	drain(fd);
	status = wait_for(pid);
	if (status == 0)
		return err == 0 ? VDT_OK : tell("$" ENV_COMMAND, err);
	vdt_secret_free(*secret_out);
	*secret_out = NULL;
	if (status > 0)
		vdt_error(VDT_AUTH, "$" ENV_COMMAND " failed: exit status %d", status);
	else
		vdt_error(VDT_AUTH, "$" ENV_COMMAND " failed: it was killed");
	return VDT_AUTH;
}

static enum vdt_exit from_command(const char *command, char **secret_out)
{
	enum vdt_exit code;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return tell("$" ENV_COMMAND, -errno);
	pid = fork();
	if (pid == 0)
		be_command(command, fds[1]);
	close(fds[1]);
	code = pid > 0 ? take_output(pid, fds[0], secret_out) : tell("$" ENV_COMMAND, -errno);
	close(fds[0]);
	return code;
}

/* The environment, the terminal. */

static enum vdt_exit from_environment(char **secret_out)
{
	*secret_out = strdup(hidden);
	return *secret_out != NULL ? VDT_OK : tell("$" ENV_PASSWORD, -ENOMEM);
}

static enum vdt_exit tell_no_answer(const char *whose, int err)
{
	if (err == -ENODATA || err == -EMSGSIZE || err == -EINTR)
		vdt_error(VDT_AUTH, "no password was given for %s", vu_log_quote(whose));
	else
		vdt_error(VDT_AUTH, "a password is needed for %s, and there is no terminal to ask",
			  vu_log_quote(whose));
	vdt_hint("--password-file, --password-fd, $" ENV_FILE " and $" ENV_COMMAND
		 " say where it is");
	return VDT_AUTH;
}

static enum vdt_exit from_terminal(const char *whose, char **secret_out)
{
	VU_AUTO(free) char *question = vu_asprintf("Password of %s: ", vu_log_quote(whose));
	char answer[VDT_SECRET_MAX];
	int err = question != NULL ? vdt_prompt(question, answer, sizeof(answer)) : -ENOMEM;

	if (err == 0)
		*secret_out = strdup(answer);
	explicit_bzero(answer, sizeof(answer));
	if (err == 0 && *secret_out == NULL)
		err = -ENOMEM;
	return err == 0 ? VDT_OK : tell_no_answer(whose, err);
}

enum vdt_exit vdt_secret_password(const struct vdt_secret_options *o, const char *whose,
				  char **secret_out, bool *is_of_whose)
{
	VU_AUTO(free) char *system_file = file_of_system();
	const char *value;

	*secret_out = NULL;
	*is_of_whose = false;
	if (o->file != NULL)
		return vdt_secret_file(o->file, o->insecure_file, secret_out);
	if (o->fd >= 0)
		return from_fd(o->fd, secret_out);
	if ((value = given(ENV_FILE)) != NULL)
		return vdt_secret_file(value, o->insecure_file, secret_out);
	if ((value = given(ENV_COMMAND)) != NULL)
		return from_command(value, secret_out);
	if (hidden != NULL)
		return from_environment(secret_out);
	if (system_file != NULL)
		return vdt_secret_file(system_file, true, secret_out);
	*is_of_whose = true;
	return from_terminal(whose, secret_out);
}
