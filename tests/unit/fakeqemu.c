/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stands in for qemu in tests of launching.  What libguestfs asks qemu about itself, the real one
 * answers; a virtual machine is only played:
 *
 *	FAKEQEMU_KVM, FAKEQEMU_TCG   what happens under KVM, under emulation:
 *		up      the guest answers
 *		mute    nothing ever happens
 *		hang    the guest's kernel starts, then nothing happens
 *		abort   ends with an error message
 *	FAKEQEMU_LOG                 a file that gets a line for each start
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The argument with @text in it; NULL when there is none. */
static const char *argument(char **argv, const char *text)
{
	for (; *argv != NULL; argv++)
		if (strstr(*argv, text) != NULL)
			return *argv;
	return NULL;
}

/* The first thing a guest's daemon says, in libguestfs's protocol. */
static void greet(char **argv)
{
	static const unsigned char hello[4] = { 0xf5, 0xf5, 0x5f, 0xf5 };
	const char *path = strstr(argument(argv, "guestfsd.sock"), "path=") + 5;
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%.*s", (int)strcspn(path, ","), path);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    write(fd, hello, sizeof(hello)) != sizeof(hello))
		_exit(1);
}

static void note(const char *line)
{
	const char *path = getenv("FAKEQEMU_LOG");
	FILE *f = path != NULL ? fopen(path, "a") : NULL;

	if (f == NULL)
		return;
	fprintf(f, "%s\n", line);
	fclose(f);
}

int main(int argc, char **argv)
{
	bool is_kvm = argument(argv, "accel=kvm") != NULL;
	const char *play = getenv(is_kvm ? "FAKEQEMU_KVM" : "FAKEQEMU_TCG");

	(void)argc;
	if (argument(argv, "guestfsd.sock") == NULL || play == NULL) {
		execv("/usr/bin/qemu-system-x86_64", argv);
		return 127;
	}
	note(is_kvm ? "kvm" : "emulation");
	if (strcmp(play, "abort") == 0) {
		fprintf(stderr, "qemu-system-x86_64: warning: this is a fake\n"
				"qemu-system-x86_64: error: failed to set MSR 0x10a to 0x0\n"
				"qemu-system-x86_64: kvm.c: Assertion failed.\n");
		abort();
	}
	if (strcmp(play, "hang") == 0)
		dprintf(1, "supermin: mounting /proc\n");
	if (strcmp(play, "up") == 0)
		greet(argv);
	for (;;)
		pause();
}
