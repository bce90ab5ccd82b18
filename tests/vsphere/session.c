/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A session with a server, step by step, for session.sh:
 *
 *	session STEP..
 *
 *	open password        log in as $vs_user with what is in $vs_password_file
 *	open cookie COOKIE   in a session that somebody else has
 *	open sspi            with a ticket
 *	call                 something that needs a session
 *	calls N              from N threads at once
 *	name                 of machine $vs_moref, which is printed
 *	fault METHOD FAULT   a call of METHOD (no arguments) has to end with this fault; its code
 *	hold                 as if a disk was open, from now on
 *	run COMMAND          of the shell
 *	close
 *
 * Prints a line for each step but run: its words, and the code.  What is logged goes to standard error.
 */
#include "config.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../libvdisk/vim/properties.h"
#include "../../libvdisk/vim/session.h"
#include "log.h"

#define MAX_THREADS 64

static struct vim_session *session;

static void tell(const char *fmt, va_list args)
{
	vfprintf(stderr, fmt, args);
}

/* What the shell has exported. */
static const char *var(const char *name)
{
	const char *value = getenv(name);

	if (value == NULL) {
		fprintf(stderr, "session: $%s is not set\n", name);
		exit(2);
	}
	return value;
}

/* The first line of the password's file; static. */
static const char *password(void)
{
	static char line[256];
	FILE *f = fopen(var("vs_password_file"), "r");

	if (f == NULL || fgets(line, sizeof(line), f) == NULL)
		exit(2);
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static VixError open_by(const char *how, const char *cookie)
{
	struct vim_login login = {
		.server = { .host = var("vs_host"),
			    .port = (unsigned)atoi(var("vs_port")),
			    .trust.thumbprint = var("vs_thumbprint") },
		.keep_ms = getenv("keep_ms") == NULL ? 0 : (unsigned)atoi(getenv("keep_ms")),
	};

	if (strcmp(how, "password") == 0) {
		login.by = VIM_BY_PASSWORD;
		login.user = var("vs_user");
		login.password = password();
	} else if (strcmp(how, "cookie") == 0) {
		login.by = VIM_BY_SESSION;
		login.cookie = cookie;
	} else {
		login.by = VIM_BY_SSPI;
	}
	return vim_session_open(&login, &session);
}

static VixError call(const char *method, const char *fault)
{
	const struct vim_call c = { .method = method,
				    .of = { "ServiceInstance", "ServiceInstance" } };
	struct vim_fault f;
	struct vim_xml *x;
	VixError err = vim_session_try(session, &c, &x, &f);

	if (err == VIX_OK && strcmp(f.name, fault) != 0) {
		fprintf(stderr, "session: expected fault \"%s\", came \"%s\"\n", fault, f.name);
		exit(1);
	}
	vim_xml_free(x);
	return err == VIX_OK && f.name[0] != '\0' ? vim_fault_code(f.name) : err;
}

static void *call_in_thread(void *unused)
{
	(void)unused;
	return (void *)(uintptr_t)call("CurrentTime", "");
}

/* VIX_OK, or the first error. */
static VixError calls(int n)
{
	pthread_t threads[MAX_THREADS];
	VixError err = VIX_OK;

	for (int i = 0; i < n && i < MAX_THREADS; i++)
		if (pthread_create(&threads[i], NULL, call_in_thread, NULL) != 0)
			exit(2);
	for (int i = 0; i < n && i < MAX_THREADS; i++) {
		void *result;

		pthread_join(threads[i], &result);
		if (err == VIX_OK)
			err = (uintptr_t)result;
	}
	return err;
}

/* Asks for the name, for the line of this step. */
static VixError name(char shown[100])
{
	const char *word = "name";
	static const char *const paths[] = { "name", NULL };
	const struct vim_ref vm = { "VirtualMachine", var("vs_moref") };
	const struct vim_ask ask = { vm.type, paths, &vm, 1, NULL };
	struct vim_props *p;
	VixError err = vim_props_lookup(session, &ask, &p);

	if (err == VIX_OK)
		word = vim_props_text(p, vm.value, "name");
	snprintf(shown, 100, "%s", word);
	vim_props_free(p);
	return err;
}

/* One step.  Return: how many words it has. */
static int step(char **word)
{
	VixError err = VIX_OK;
	char shown[100] = "";
	int words = 1;

	if (strcmp(word[0], "run") == 0) {
		if (system(word[1]) != 0)
			exit(1);
		return 2;
	}
	if (strcmp(word[0], "open") == 0) {
		words = strcmp(word[1], "cookie") == 0 ? 3 : 2;
		err = open_by(word[1], word[2]);
	} else if (strcmp(word[0], "call") == 0) {
		err = call("CurrentTime", "");
	} else if (strcmp(word[0], "calls") == 0) {
		words = 2;
		err = calls(atoi(word[1]));
	} else if (strcmp(word[0], "fault") == 0) {
		words = 3;
		err = call(word[1], word[2]);
	} else if (strcmp(word[0], "name") == 0) {
		err = name(shown);
	} else if (strcmp(word[0], "hold") == 0) {
		vim_session_hold(session);
	} else {
		vim_session_close(session);
		session = NULL;
	}
	printf("%s %" PRIu64 "\n", shown[0] != '\0' ? shown : word[0], (uint64_t)err);
	fflush(stdout);
	return words;
}

int main(int argc, char **argv)
{
	static const struct vu_log_handlers handlers = { .log = tell, .warn = tell };

	vu_log_set_handlers(&handlers);
	for (int i = 1; i < argc;)
		i += step(argv + i);
	vim_session_close(session);
	return 0;
}
