/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts as the system sees them: /proc/self/mountinfo, detaching, and who keeps one busy.
 */
#ifndef VDT_SYSMOUNT_H
#define VDT_SYSMOUNT_H

#include <stdbool.h>
#include <stddef.h>

/** vdt_sysmount_type() - the type of what is on top at @dir, for the caller to free(); NULL: nothing */
char *vdt_sysmount_type(const char *dir);

/** vdt_sysmount_source() - how the mount of an entry is called; for the caller to free() */
char *vdt_sysmount_source(const char *id);

/** vdt_sysmount_is_ours() - is the mount of the entry @id on top at @dir? */
bool vdt_sysmount_is_ours(const char *dir, const char *id);

/** vdt_sysmount_detach() - take the mount on @dir away, busy or not.  0 or -errno */
int vdt_sysmount_detach(const char *dir);

/**
 * vdt_sysmount_users() - who has files or directories below @dir open
 * @fn: gets the process, its name and what it holds ("cwd /mnt/a", "open /mnt/a/file")
 *
 * Each process is told of once.  Other users' processes are seen by root only.
 * Return: how many
 */
unsigned vdt_sysmount_users(const char *dir,
			    void (*fn)(int pid, const char *name, const char *what, void *ctx),
			    void *ctx);

#endif
