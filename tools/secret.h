/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Secrets: passwords and session cookies, from where users keep them.
 *
 * 1. They come from files, descriptors, programs, the environment and the terminal, and never from
 *    the command line.  No message has a word of them.
 * 2. One is one line of 1 to VDT_SECRET_MAX bytes; what follows is not looked at.
 * 3. No child sees one: descriptors are closed, and the first thing a program does is to take
 *    $VD_PASSWORD out of its environment (/proc/PID/environ shows what it was started with).
 * 4. Memory that had one is wiped.
 */
#ifndef VDT_SECRET_H
#define VDT_SECRET_H

#include <stdbool.h>

#include "exitcode.h"

#define VDT_SECRET_MAX 8192u

struct vdt_secret_options {
	const char *file;   /* --password-file, or NULL */
	int fd;             /* --password-fd; -1: none */
	bool insecure_file; /* --insecure-file: others may read the files */
};

/**
 * vdt_secret_password() - the password of somebody
 * @whose:       "root@esx07", for the question and for messages
 * @secret_out:  filled: vdt_secret_free()
 * @is_of_whose: filled: was it asked for by that name?  Others are for everybody.
 *
 * Looked for in this order: @o->file, @o->fd, $VD_PASSWORD_FILE, what $VD_PASSWORD_COMMAND prints,
 * $VD_PASSWORD, $CREDENTIALS_DIRECTORY/vdisk.password, the terminal.  The first that is given counts.
 * Return: VDT_OK, or VDT_AUTH when it has been said why there is none.
 */
enum vdt_exit vdt_secret_password(const struct vdt_secret_options *o, const char *whose,
				  char **secret_out, bool *is_of_whose);

/** vdt_secret_file() - the first line of a file that others may not read, unless @insecure */
enum vdt_exit vdt_secret_file(const char *path, bool insecure, char **secret_out);

/** vdt_secret_free() - wipe and free; NULL is fine */
void vdt_secret_free(char *secret);

/** vdt_secret_hide() - take $VD_PASSWORD out of the environment, and keep it; vdt_secret_forget() */
void vdt_secret_hide(void);

/** vdt_secret_forget() - wipe what vdt_secret_hide() has kept */
void vdt_secret_forget(void);

#endif
