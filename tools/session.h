/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The libraries, as the tools use them: a disk set opened read-only, its volumes, their choice.
 *
 * Functions that fail have said why on stderr and return the exit code.
 */
#ifndef VDT_SESSION_H
#define VDT_SESSION_H

#include <stdbool.h>

#include "disklib.h"
#include "exitcode.h"
#include "login.h"
#include "vixMntapi.h"
#include "vixMntapiExt.h"

struct vdt_session {
	struct vdt_disklib lib;
	bool mount_lib; /* initialised */
	VixDiskSetHandle set;
	VixVolumeDetails *volumes; /* n_volumes of them, vdt_session_volume() */
	size_t n_volumes;
	VixVolumeHandle *handles; /* of the mountable ones, by number - 1 */
	size_t n_handles;
};

/** vdt_session_start() - the libraries only, which also clean up after dead processes
 * @login: for disks of servers, borrowed; NULL: they are refused */
enum vdt_exit vdt_session_start(struct vdt_session *s, struct vdt_login *login);

/** vdt_session_sweep() - have the libraries clean up after dead processes, and that only */
enum vdt_exit vdt_session_sweep(void);

/**
 * vdt_session_open() - and open @n disks as one set; nothing boots yet
 * @disks: files of this host, or disks of one VM on a server; a VM alone stands for all of its disks
 * @login: how to connect to that; what is secret in it is wiped when this returns
 */
enum vdt_exit vdt_session_open(struct vdt_session *s, char *const *disks, size_t n,
			       struct vdt_login *login);

/** vdt_session_scan() - and find the volumes; starts the engine, which takes its time */
enum vdt_exit vdt_session_scan(struct vdt_session *s);

/** vdt_session_refresh() - get the volumes' details anew: a mount has learnt about them */
enum vdt_exit vdt_session_refresh(struct vdt_session *s);

/** vdt_session_look() - have the file systems looked at: what is used, what is damaged */
enum vdt_exit vdt_session_look(struct vdt_session *s);

/** vdt_session_problem() - why a volume that should be can't be mounted: VDT_LOCKED,
 * VDT_UNSUPPORTED, VDT_CORRUPT; VDT_OK for all others */
enum vdt_exit vdt_session_problem(const VixVolumeDetails *v);

/** vdt_session_close() - undo it all, in order; an empty session is fine */
void vdt_session_close(struct vdt_session *s);

/** vdt_session_volume() - the @i-th volume, borrowed */
const VixVolumeDetails *vdt_session_volume(const struct vdt_session *s, size_t i);

/**
 * vdt_session_find() - the volume that a user means
 * @spec: N, DISK.PARTITION, VG/LV, uuid=…, label=…, /dev/…
 *
 * Return: borrowed; NULL when there is none, or more than one (said on stderr)
 */
const VixVolumeDetails *vdt_session_find(const struct vdt_session *s, const char *spec);

#endif
