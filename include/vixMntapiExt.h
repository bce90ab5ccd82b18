/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vixMntapiExt.h - what VDDK's mount interface lacks: details of volumes, one mount for a disk set
 *
 * Functions of libvixMntapi that VMware's library does not have. A program that must also run on
 * VMware's looks for them with dlsym. Our own command line tools are built on them.
 *
 * Invariants:
 *  1. Compiles as C90 (-pedantic) and as C++98 and later, alone or after any other header.
 *  2. Structures grow at their end only, and structSize, their first member, tells how far they
 *     go. In one that the program fills, it sets structSize to sizeof; in one that the library
 *     fills, the library sets it, and it is the distance between elements of a list.
 *  3. No string that the library fills in is NULL: what is not known is "".
 *
 * The rules at the top of vixDiskLib.h, and "engine errors" in vixMntapi.h, hold here too.
 */
#ifndef VIXMNTAPI_EXT_H
#define VIXMNTAPI_EXT_H

#include "vixMntapi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* VixVolumeDetails.usedBytes where the file system does not tell. */
#define VIXMNTAPI_SIZE_UNKNOWN (~(uint64)0)

/* One thing found on the disks of a set: a file system, swap space, a physical volume .. */
typedef struct VixVolumeDetails {
	size_t structSize; /* bytes in this structure */
	uint32 number;     /* 1 and up, the order of GetVolumeHandles; 0 where not mountable */
	uint32 disk;      /* index of the disk in the set, of the first disk where there are more */
	char *name;       /* for people: "disk0 p2", "vg/lv" */
	char *kind;       /* "partition", "lv", "md", "dynamic" or "whole-disk" */
	char *fileSystem; /* "ext4", "ntfs", "swap", "LVM2_member", .. "unknown" */
	char *label;      /* of the file system, bytes as the guest wrote them */
	char *uuid;       /* of the file system */
	char *state;  /* "ok", "not mountable", "locked: WHY", "unsupported: WHY", "damaged: WHY" */
	char *device; /* the engine's name, "/dev/sda1" */
	uint64 sizeBytes; /* of the volume */
	uint64 usedBytes; /* by files, or VIXMNTAPI_SIZE_UNKNOWN; GetVolumeDetails finds out */
	Bool mountable;   /* TRUE where it has a handle and a number */
} VixVolumeDetails;

/* What an absolute or escaping symbolic link of the guest becomes in the mount. */
#define VIXMNTAPI_SYMLINKS_GUEST 0 /* rewritten to lead to the same file inside the mount */
#define VIXMNTAPI_SYMLINKS_RAW   1 /* as stored: may lead to files of this host */
#define VIXMNTAPI_SYMLINKS_DENY \
	2 /* not followed: root's mounts show them as stored, others' none */

/* VixMountOptions.flags: the one volume's root directory is the mount point itself. */
#define VIXMNTAPI_MOUNT_SINGLE 1

/* Volumes whose file system can't be mounted are left out, unless that is all of them. */
#define VIXMNTAPI_MOUNT_PARTIAL 2

/* Nothing is mounted or started: is there anything wrong with the options and the mount point? */
#define VIXMNTAPI_MOUNT_CHECK 4

/* How VixMntapi_MountDiskSet() mounts. Zeros but for structSize and mountPoint are fine. */
typedef struct VixMountOptions {
	size_t structSize;       /* set to sizeof(VixMountOptions) */
	const char *mountPoint;  /* an empty directory on this host */
	const char *fuseOptions; /* "allow_other,uid=1000", in addition to ours; optional */
	const char *sourceName;  /* shown as the device of the mount; optional: the disk's name */
	uint32 symlinks;         /* one of VIXMNTAPI_SYMLINKS_* */
	uint32 flags;            /* bits of VIXMNTAPI_MOUNT_* */
} VixMountOptions;

/**
 * VixMntapi_ListVolumes() - everything that was found on a disk set
 * @set:     borrowed
 * @volumes: filled: @n elements, freed with FreeVolumeList
 * @n:       filled: how many; 0 is an answer too
 *
 * What can be mounted comes in the order of GetVolumeHandles; in between, by place, stands what
 * can not: swap space, physical volumes, locked and unsupported volumes. That a file system is
 * damaged, and how much of it is used, is told when it has been looked at: by GetVolumeDetails, or
 * by MountDiskSet with VIXMNTAPI_MOUNT_PARTIAL.
 *
 * Errors:  INVALID_ARG             @volumes or @n is NULL
 *          INVALID_HANDLE          @set is not a disk set
 *          MNTAPI_CANT_READ_PARTS  a partition table is damaged
 *          DISK_NOINIT             before Init
 *          OUT_OF_MEMORY           memory ran out
 *          engine errors
 * Source:  here
 */
VixError VixMntapi_ListVolumes(VixDiskSetHandle set, VixVolumeDetails **volumes, size_t *n);

/**
 * VixMntapi_FreeVolumeList() - free a list of ListVolumes
 * @volumes: consumed; may be NULL
 *
 * Source:  here
 */
void VixMntapi_FreeVolumeList(VixVolumeDetails *volumes);

/**
 * VixMntapi_GetVolumeDetails() - the details of one volume
 * @volume:  borrowed
 * @details: filled: freed with FreeVolumeDetails
 *
 * Looks into its file system, which ListVolumes does not: usedBytes is filled where the file system
 * tells; a damaged one has the state "damaged: WHY", which is no error.
 *
 * Errors:  INVALID_ARG     @details is NULL
 *          INVALID_HANDLE  @volume is not a volume, or its set is closed
 *          DISK_NOINIT     before Init
 *          OUT_OF_MEMORY   memory ran out
 *          engine errors
 * Source:  here
 */
VixError VixMntapi_GetVolumeDetails(VixVolumeHandle volume, VixVolumeDetails **details);

/**
 * VixMntapi_FreeVolumeDetails() - free what GetVolumeDetails returned
 * @details: consumed; may be NULL
 *
 * Source:  here
 */
void VixMntapi_FreeVolumeDetails(VixVolumeDetails *details);

/**
 * VixMntapi_MountDiskSet() - mount volumes of a disk set together
 * @set:     borrowed
 * @volumes: which ones, borrowed for the call; NULL where @n is 0
 * @n:       how many; 0 is all that can be mounted
 * @opts:    how and where; borrowed for the call
 *
 * One read-only mount, in which each volume is a directory; with VIXMNTAPI_MOUNT_SINGLE the one
 * volume fills it. It ends as that of MountVolume does, or with DismountDiskSet. A set has one such
 * mount at a time; volumes mounted by MountVolume do not matter to it.
 *
 * With VIXMNTAPI_MOUNT_PARTIAL, volumes whose file systems are damaged are left out; ListVolumes then
 * gives them the state "damaged: WHY". Without it, one that is damaged fails the call.
 *
 * The directories are named after the volumes: "disk0-p2", "vg-lv". fuseOptions may hold nonempty:
 * then mountPoint may have content, which the mount hides.
 *
 * Errors:  INVALID_ARG                    @opts or its mountPoint is NULL, structSize is too small,
 *                                         a flag, symlinks or an option of fuseOptions is not
 *                                         known, a volume is given twice, or VIXMNTAPI_MOUNT_SINGLE
 *                                         is set for other than one volume
 *          INVALID_HANDLE                 @set is not a disk set, or an element not its volume
 *          MNTAPI_DISK_IS_MOUNTED         the set has such a mount
 *          MNTAPI_MOUNTPT_NOT_FOUND       mountPoint is not a directory
 *          MNTAPI_MOUNTPT_IN_USE          it is not empty, or something is mounted there
 *          MNTAPI_NO_MOUNTABLE_PARTITONS  @n is 0 and nothing can be mounted
 *          MNTAPI_FORMAT_FAILURE          a file system is damaged or of an unknown kind; with
 *                                         VIXMNTAPI_MOUNT_PARTIAL, every one is
 *          MNTAPI_PERM                    FUSE is missing on this host, or this user may not use it
 *                                         or mountPoint
 *          MNTAPI_SYSTEM                  mounting failed for another reason of this host
 *          DISK_NOINIT                    before Init
 *          OUT_OF_MEMORY                  memory ran out
 *          FILE_ERROR                     the engine could not read a disk
 *          engine errors
 * Source:  here
 */
VixError VixMntapi_MountDiskSet(VixDiskSetHandle set, const VixVolumeHandle *volumes, size_t n,
				const VixMountOptions *opts);

/**
 * VixMntapi_DismountDiskSet() - end the mount of MountDiskSet
 * @set:   borrowed
 * @force: TRUE: also while files are open; programs that have them open get errors
 *
 * Errors:  MNTAPI_DISK_NOT_MOUNTED  the set has no such mount
 *          MNTAPI_OPEN_HANDLES      files are open and @force is FALSE; it stays mounted
 *          MNTAPI_UMOUNT            the host refused
 *          INVALID_HANDLE           @set is not a disk set
 *          DISK_NOINIT              before Init
 * Source:  here
 */
VixError VixMntapi_DismountDiskSet(VixDiskSetHandle set, Bool force);

/**
 * VixMntapi_GetEngineInfo() - which engine serves a disk set
 * @set:    borrowed
 * @buf:    filled: text for people, such as "guestfs (emulated)"
 * @bufLen: bytes in @buf; 64 are always enough
 *
 * Starts no engine: before the first call that needs one, tells which it would be.
 *
 * Errors:  BUFFER_TOOSMALL  @bufLen is less than needed; @buf was not touched
 *          INVALID_ARG      @buf is NULL
 *          INVALID_HANDLE   @set is not a disk set
 *          DISK_NOINIT      before Init
 * Source:  here
 */
VixError VixMntapi_GetEngineInfo(VixDiskSetHandle set, char *buf, size_t bufLen);

#ifdef __cplusplus
}
#endif

#endif /* VIXMNTAPI_EXT_H */
