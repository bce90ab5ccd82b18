/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which disks this host's processes have attached to its machine: a file for each, so that what a
 * process leaves when it is killed can be found.
 *
 *	DIR/hotadd/lock     held while a disk is attached
 *	DIR/hotadd/PID-N    a disk; locked as long as its process lives
 *
 * 1. A disk is recorded before it is attached, and forgotten after it was detached.
 * 2. Locks are flock()s: they go with the process, however it ends.
 */
#ifndef VD_HOTADD_STATE_H
#define VD_HOTADD_STATE_H

#include "../vim/hotadd.h"

#define VD_HOTADD_LOCK_MS 120000u /* how long others may take to attach a disk */

/**
 * vd_hotadd_lock() - be the only one who attaches
 * @tmp_dir: tmpDirectory of the configuration, or NULL: DIR is made of it
 * @dir_out: filled: DIR/hotadd, for free()
 * @fd_out:  filled: for close(), which ends it
 *
 * Errors: OBJECT_IS_BUSY  others take too long (logged); FILE_ACCESS_ERROR and others, as the system says
 *         (logged); OUT_OF_MEMORY
 */
VixError vd_hotadd_lock(const char *tmp_dir, char **dir_out, int *fd_out);

/* A disk that a process has attached, or was about to. */
struct vd_hotadd_record {
	char *server; /* "host:port" */
	char *vm;     /* the machine that it was attached to */
	char *file;   /* that of @disk */
	struct vim_attached disk;
	char *path; /* of the file */
	int fd;     /* of it, locked */
};

/**
 * vd_hotadd_record() - remember a disk that is going to be attached
 * @dir:   of vd_hotadd_lock()
 * @r_out: filled; vd_hotadd_record_close()
 *
 * Errors: INVALID_ARG  a name with a line break (logged); as the system says (logged); OUT_OF_MEMORY
 */
VixError vd_hotadd_record(const char *dir, const char *server, const char *vm,
			  const struct vim_attached *disk, struct vd_hotadd_record **r_out);

/** vd_hotadd_record_key() - its device has a key now */
void vd_hotadd_record_key(struct vd_hotadd_record *r, uint32_t key);

/** vd_hotadd_record_close() - @detached: forget it, else others may detach it; NULL is fine */
void vd_hotadd_record_close(struct vd_hotadd_record *r, bool detached);

/**
 * vd_hotadd_each_left() - disks whose processes have ended without detaching them
 * @server: of this server only; NULL: of any
 * @fn:     gets each; VIX_OK: it is detached now
 * @left_out: filled: how many are not
 *
 * Return: how many are.
 */
typedef VixError vd_hotadd_left_fn(const struct vd_hotadd_record *r, void *ctx);
unsigned vd_hotadd_each_left(const char *tmp_dir, const char *server, vd_hotadd_left_fn *fn,
			     void *ctx, unsigned *left_out);

#endif
