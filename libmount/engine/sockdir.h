/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libguestfs makes the socket for its daemon in a directory below $XDG_RUNTIME_DIR or /tmp, not
 * where it is told to put temporary files.
 * It goes away with the handle, but stays behind when the process is killed; so we note where it
 * is, for whoever cleans up.
 *
 * 1. A note is only believed where it names a socket of the caller's, "guestfsd.sock" in a
 *    directory "libguestfs…", and only this socket and its then empty directory are removed.
 */
#ifndef VMNT_SOCKDIR_H
#define VMNT_SOCKDIR_H

#include <stddef.h>

/**
 * vmnt_sockdir_note() - write into @tmp_dir where the socket of the virtual machine @pid is
 *
 * The first note stays.
 */
void vmnt_sockdir_note(int pid, const char *tmp_dir);

/** vmnt_sockdir_forget() - drop the note: its machine has ended in order */
void vmnt_sockdir_forget(const char *tmp_dir);

/** vmnt_sockdir_sweep() - remove what a note in @tmp_dir, of a dead process, tells of */
void vmnt_sockdir_sweep(const char *tmp_dir);

/**
 * vmnt_sockdir_find() - the socket's path in a command line
 * @cmdline: @len bytes, each argument with its NUL
 *
 * Return: for the caller to free(); NULL when there is none.
 */
char *vmnt_sockdir_find(const char *cmdline, size_t len);

#endif
