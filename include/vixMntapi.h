/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vixMntapi.h - the volumes of virtual disks: find them, mount them on this host
 *
 * The mount interface of VMware's Virtual Disk Development Kit 8.0, for programs that are linked
 * with -lvixMntapi or load libvixMntapi.so with dlopen. It sees more than VMware's does on Linux:
 * sets of several disks, LVM, md and GPT, guests of every family, and it needs no root. What goes
 * beyond the interface (a list with labels and sizes, one mount for many volumes) is in
 * vixMntapiExt.h; what is not built yet is in docs/COMPAT.md.
 *
 * Invariants:
 *  1. Types, values and layouts are those of VDDK 8.0 on 64-bit Linux; tests/abi/ compares.
 *  2. Compiles as C90 (-pedantic) and as C++98 and later, alone or after any other header.
 *  3. All structures are allocated by the library and freed with the function named beside them.
 *
 * The order of calls:
 *
 *	VixDiskLib_InitEx, VixMntapi_Init, VixDiskLib_ConnectEx, OpenDisks, GetVolumeHandles,
 *	MountVolume, GetVolumeInfo .. DismountVolume, FreeVolumeHandles, CloseDiskSet,
 *	VixDiskLib_Disconnect, VixMntapi_Exit, VixDiskLib_Exit
 *
 * A wrong order gives an error, never a crash. The rules at the top of vixDiskLib.h hold here too.
 *
 * The engine, a small virtual machine that reads the guest's file systems, is started by the first
 * call that needs it and serves the whole set: GetVolumeHandles, GetOsInfo, MountVolume, and the
 * like. That call takes seconds, and returns these errors besides its own:
 *
 *          MNTAPI_NO_DRIVER          an engine is not installed
 *          MNTAPI_OS_ERROR           the engine did not start, or stopped answering
 *          DISK_FULL                 less than 64 MiB are free in tmpDirectory
 *
 * They are listed below as "engine errors". OpenDisks and OpenDiskSet start no engine, but make the
 * directory of the set, in tmpDirectory or, without such a name in the configuration, in
 * /run/vdisk, $XDG_RUNTIME_DIR/vdisk or /tmp/vdisk-UID. They return these "directory errors":
 *
 *          DISK_FULL                 less than 64 MiB are free there
 *          FILE_ACCESS_ERROR         it may not be written, or belongs to somebody else
 *          FILE_READ_ONLY            its file system is read-only
 *          MNTAPI_CANT_MAKE_VAR_DIR  the directory could not be made for another reason
 *
 * What processes that died left there, mounts included, is removed by the next Init.
 */
#ifndef _VIXMNTAPI_H_
#define _VIXMNTAPI_H_

#include <stdlib.h>
#include <stdarg.h>

#include "vm_basic_types.h"
#include "vixDiskLib.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What VixMntapi_Init() is to be given. */
#define VIXMNTAPI_MAJOR_VERSION 1
#define VIXMNTAPI_MINOR_VERSION 0

/* Disks that were opened together. */
struct VixDiskSetHandleStruct;
typedef struct VixDiskSetHandleStruct VixDiskSetHandleStruct;
typedef VixDiskSetHandleStruct *VixDiskSetHandle;

/* One volume of a disk set; dead after CloseDiskSet. */
struct VixVolumeHandleStruct;
typedef struct VixVolumeHandleStruct VixVolumeHandleStruct;
typedef VixVolumeHandleStruct *VixVolumeHandle;

/* The family of a guest's operating system. */
typedef enum VixOsFamily {
	VIXMNTAPI_NO_OS = 0,
	VIXMNTAPI_WINDOWS = 1,
	VIXMNTAPI_OTHER = 255 /* Linux and everything else: vendor and edition say which */
} VixOsFamily;

/* What VixMntapi_GetOsInfo() tells. No string is NULL. */
typedef struct {
	VixOsFamily family;
	uint32 majorVersion; /* of Windows NT (5 is 2000 to 2003), of the release elsewhere */
	uint32 minorVersion;
	Bool osIs64Bit;
	char *vendor;   /* "Microsoft", "Debian" */
	char *edition;  /* the product's name */
	char *osFolder; /* the system's directory inside the guest, "/" for other than Windows */
} VixOsInfo;

/* What a volume lies in. */
typedef enum VixVolumeType {
	VIXMNTAPI_UNKNOWN_VOLTYPE = 0, /* among them a file system on a whole disk */
	VIXMNTAPI_BASIC_PARTITION = 1, /* of an MBR */
	VIXMNTAPI_GPT_PARTITION = 2,
	VIXMNTAPI_DYNAMIC_VOLUME = 3, /* of Windows' Logical Disk Manager */
	VIXMNTAPI_LVM_VOLUME = 4
} VixVolumeType;

/* What VixMntapi_GetVolumeInfo() tells. */
typedef struct {
	VixVolumeType type;
	Bool isMounted;
	char *symbolicLink;          /* where on this host; NULL while not mounted */
	size_t numGuestMountPoints;  /* elements of the next member */
	char *inGuestMountPoints[1]; /* where the guest itself mounts it: "/home", "C:\" */
} VixVolumeInfo;

/* What VixMntapi_GetDiskSetInfo() tells. */
typedef struct {
	uint32 openFlags; /* as given to OpenDisks or OpenDiskSet */
	char *mountPath;  /* directory on this host that the set's mounts appear in; never NULL */
} VixDiskSetInfo;

/* ------------------------------------------------------------------------------------------ */
/* The library                                                                                */
/* ------------------------------------------------------------------------------------------ */

/**
 * VixMntapi_Init() - start the mount library
 * @majorVersion: VIXMNTAPI_MAJOR_VERSION
 * @minorVersion: VIXMNTAPI_MINOR_VERSION
 * @log:          gets information; NULL discards it
 * @warn:         gets failures and problems; NULL discards them
 * @panic:        not called: the library never ends the process
 * @libDir:       root of the VDDK tree; optional, need not exist, not used
 * @configFile:   as for VixDiskLib_InitEx(); tmpDirectory and vixMntapi.inspect (GetVolumeInfo tells
 *                about it) are the names that count here; optional
 *
 * Comes after VixDiskLib_Init or InitEx. Calls are counted: a second one only has its version
 * checked, and needs an Exit of its own.
 *
 * Errors:  MNTAPI_INCOMPATIBLE_VERSION  the version is not 1.0
 *          DISK_NOINIT                  before VixDiskLib_Init
 *          FILE_NOT_FOUND               there is no @configFile
 *          FILE_ACCESS_ERROR            it may not be read
 *          FILE_ERROR                   reading it failed
 *          OUT_OF_MEMORY                memory ran out
 * Threads: one thread, before the program's others use the library
 * Source:  guide; clients (NULL everywhere)
 */
VixError VixMntapi_Init(uint32 majorVersion, uint32 minorVersion, VixDiskLibGenericLogFunc *log,
			VixDiskLibGenericLogFunc *warn, VixDiskLibGenericLogFunc *panic,
			const char *libDir, const char *configFile);

/**
 * VixMntapi_Exit() - stop the mount library
 *
 * The call that matches the first Init unmounts and closes the disk sets that are still open.
 * More calls do nothing.
 *
 * Threads: no other call may be running
 * Source:  guide (before VixDiskLib_Exit)
 */
void VixMntapi_Exit(void);

/* ------------------------------------------------------------------------------------------ */
/* Disk sets                                                                                  */
/* ------------------------------------------------------------------------------------------ */

/**
 * VixMntapi_OpenDiskSet() - make a set of disks that are open
 * @diskHandles:   borrowed for the life of the set; VixDiskLib_Close() of one is refused meanwhile
 * @numberOfDisks: how many, 1 or more
 * @openMode:      0 or VIXDISKLIB_FLAG_OPEN_READ_ONLY, which makes the whole set read-only
 * @diskSet:       filled: the set, ended with CloseDiskSet
 *
 * Disks that share volumes (LVM, md, LDM) belong in one set, in the order of the guest's
 * controller, the boot disk first. VMware's library has this call on Windows only.
 *
 * Errors:  INVALID_ARG            @diskHandles or @diskSet is NULL, @numberOfDisks 0, or @openMode
 *                                 another
 *          INVALID_HANDLE         an element is not a disk
 *          MNTAPI_ALREADY_OPENED  a disk is given twice, or is in another set and one of the two is
 *                                 not read-only
 *          DISK_NOINIT            before Init
 *          OUT_OF_MEMORY          memory ran out
 *          directory errors
 * Source:  guide
 */
VixError VixMntapi_OpenDiskSet(VixDiskLibHandle diskHandles[], size_t numberOfDisks,
			       uint32 openMode, VixDiskSetHandle *diskSet);

/**
 * VixMntapi_OpenDisks() - open disks as a set
 * @connection:    borrowed; must outlive the set
 * @diskNames:     paths as for VixDiskLib_Open(), borrowed for the call
 * @numberOfDisks: how many, 1 or more (VMware's library on Linux: only 1)
 * @openFlags:     as for VixDiskLib_Open()
 * @diskSet:       filled: the set, ended with CloseDiskSet
 *
 * Errors:  INVALID_ARG            @diskNames, a name or @diskSet is NULL, or @numberOfDisks 0
 *          MNTAPI_ALREADY_OPENED  a disk is given twice, or is in another set and one of the two is
 *                                 not read-only
 *          DISK_NOINIT            before Init
 *          OUT_OF_MEMORY          memory ran out
 *          all errors of VixDiskLib_Open(), unchanged (DISK_INVALID_CONNECTION among them);
 *          directory errors
 * Source:  guide; several disks are from here
 */
VixError VixMntapi_OpenDisks(VixDiskLibConnection connection, const char *diskNames[],
			     size_t numberOfDisks, uint32 openFlags, VixDiskSetHandle *diskSet);

/**
 * VixMntapi_CloseDiskSet() - end a disk set
 * @diskSet: consumed, except after MNTAPI_OPEN_HANDLES
 *
 * Unmounts volumes that are still mounted, stops the engine, and closes the disks that OpenDisks
 * opened. Must come before VixDiskLib_Close() of the members of OpenDiskSet, and before
 * VixDiskLib_Disconnect().
 *
 * Errors:  INVALID_HANDLE       @diskSet is not a disk set, or was closed before
 *          MNTAPI_OPEN_HANDLES  a mounted volume is in use; nothing was changed
 *          DISK_NOINIT          before Init
 *          any other: of unmounting, of the last writes, of closing a disk; the set is closed all the
 *          same
 * Source:  guide; refusing while in use is from here
 */
VixError VixMntapi_CloseDiskSet(VixDiskSetHandle diskSet);

/**
 * VixMntapi_GetDiskSetInfo() - flags and directory of a disk set
 * @diskSet:     borrowed
 * @diskSetInfo: filled: freed with FreeDiskSetInfo, before or after CloseDiskSet
 *
 * Errors:  INVALID_ARG     @diskSetInfo is NULL
 *          INVALID_HANDLE  @diskSet is not a disk set
 *          DISK_NOINIT     before Init
 *          OUT_OF_MEMORY   memory ran out
 * Source:  guide; clients (print mountPath before anything is mounted)
 */
VixError VixMntapi_GetDiskSetInfo(VixDiskSetHandle diskSet, VixDiskSetInfo **diskSetInfo);

/**
 * VixMntapi_FreeDiskSetInfo() - free what GetDiskSetInfo returned
 * @diskSetInfo: consumed; may be NULL
 *
 * Source:  guide
 */
void VixMntapi_FreeDiskSetInfo(VixDiskSetInfo *diskSetInfo);

/**
 * VixMntapi_GetOsInfo() - which operating system is on a disk set
 * @diskSet: borrowed
 * @info:    filled: freed with FreeOsInfo. Family VIXMNTAPI_NO_OS where none was found
 *
 * Looks at the disks only: no volume needs to be mounted and none will be. With several systems
 * on the disks the first one is told. Works for Linux guests too. The first call takes about as
 * long as starting the engine.
 *
 * Errors:  INVALID_ARG     @info is NULL
 *          INVALID_HANDLE  @diskSet is not a disk set
 *          DISK_NOINIT     before Init
 *          OUT_OF_MEMORY   memory ran out
 *          engine errors
 * Source:  guide; not mounting is from here
 */
VixError VixMntapi_GetOsInfo(VixDiskSetHandle diskSet, VixOsInfo **info);

/**
 * VixMntapi_FreeOsInfo() - free what GetOsInfo returned
 * @info: consumed; may be NULL
 *
 * Source:  guide
 */
void VixMntapi_FreeOsInfo(VixOsInfo *info);

/* ------------------------------------------------------------------------------------------ */
/* Volumes                                                                                    */
/* ------------------------------------------------------------------------------------------ */

/**
 * VixMntapi_GetVolumeHandles() - the volumes that can be mounted
 * @diskSet:         borrowed
 * @numberOfVolumes: filled: elements of the array, 0 after an error
 * @volumeHandles:   filled: an array, freed with FreeVolumeHandles; its elements live until
 *                   CloseDiskSet
 *
 * In the order of the disks, then of the place on the disk, then of the name in a volume group;
 * the same at every call. Swap, physical volumes and locked volumes are not among them:
 * VixMntapi_ListVolumes() in vixMntapiExt.h tells about those.
 *
 * Errors:  MNTAPI_NO_MOUNTABLE_PARTITONS  the disks hold no volume that can be mounted
 *          MNTAPI_CANT_READ_PARTS         a partition table is damaged
 *          INVALID_ARG                    @numberOfVolumes or @volumeHandles is NULL
 *          INVALID_HANDLE                 @diskSet is not a disk set
 *          DISK_NOINIT                    before Init
 *          OUT_OF_MEMORY                  memory ran out
 *          engine errors
 * Source:  guide; leaving out what can not be mounted is from here
 */
VixError VixMntapi_GetVolumeHandles(VixDiskSetHandle diskSet, size_t *numberOfVolumes,
				    VixVolumeHandle *volumeHandles[]);

/**
 * VixMntapi_FreeVolumeHandles() - free the array of GetVolumeHandles
 * @volumeHandles: consumed; may be NULL. Does not unmount anything
 *
 * Source:  guide
 */
void VixMntapi_FreeVolumeHandles(VixVolumeHandle *volumeHandles);

/**
 * VixMntapi_MountVolume() - mount a volume on this host
 * @volumeHandle: borrowed
 * @readOnly:     TRUE mounts for reading only. FALSE does so too: writing is not built yet
 *
 * VixVolumeInfo.symbolicLink tells where. The mount belongs to this process and ends with
 * DismountVolume, CloseDiskSet, VixDiskLib_Disconnect, Exit or the process.
 *
 * Errors:  MNTAPI_VOLUME_ALREADY_MOUNTED  it is mounted
 *          MNTAPI_FORMAT_FAILURE          the file system is damaged or of an unknown kind
 *          MNTAPI_PERM                    FUSE is missing on this host, or this user may not use it
 *          MNTAPI_SYSTEM                  mounting failed for another reason of this host
 *          INVALID_HANDLE                 @volumeHandle is not a volume, or its set is closed
 *          DISK_NOINIT                    before Init
 *          OUT_OF_MEMORY                  memory ran out
 *          FILE_ERROR                     the engine could not read a disk
 *          engine errors
 * Source:  guide; clients (pass FALSE for disks that are open for reading only)
 */
VixError VixMntapi_MountVolume(VixVolumeHandle volumeHandle, Bool readOnly);

/**
 * VixMntapi_DismountVolume() - unmount a volume
 * @volumeHandle: borrowed
 * @force:        TRUE: also while files are open; programs that have them open get errors
 *
 * The mount point is gone when the call returns.
 *
 * Errors:  MNTAPI_VOLUME_NOT_MOUNTED  it is not mounted
 *          MNTAPI_OPEN_HANDLES        files are open and @force is FALSE; it stays mounted
 *          MNTAPI_UMOUNT              the host refused
 *          INVALID_HANDLE             @volumeHandle is not a volume, or its set is closed
 *          DISK_NOINIT                before Init
 * Source:  guide
 */
VixError VixMntapi_DismountVolume(VixVolumeHandle volumeHandle, Bool force);

/**
 * VixMntapi_GetVolumeInfo() - kind and mount points of a volume
 * @volumeHandle: borrowed
 * @info:         filled: freed with FreeVolumeInfo, before or after DismountVolume
 *
 * May come before MountVolume: isMounted is FALSE then, and symbolicLink NULL.
 *
 * Where the guest mounts its volumes is known once GetOsInfo has looked at the disks, which takes
 * about as long as starting the engine; a program that only mounts does not wait for it. In the
 * configuration, vixMntapi.inspect = always lets this call look too, when the volume is mounted;
 * never keeps GetOsInfo from it; auto is the default.
 *
 * Errors:  INVALID_ARG     @info is NULL
 *          INVALID_HANDLE  @volumeHandle is not a volume, or its set is closed
 *          DISK_NOINIT     before Init
 *          OUT_OF_MEMORY   memory ran out
 *          engine errors
 * Source:  guide; guest mount points of other systems than Windows are from here
 */
VixError VixMntapi_GetVolumeInfo(VixVolumeHandle volumeHandle, VixVolumeInfo **info);

/**
 * VixMntapi_FreeVolumeInfo() - free what GetVolumeInfo returned
 * @info: consumed; may be NULL
 *
 * Source:  guide
 */
void VixMntapi_FreeVolumeInfo(VixVolumeInfo *info);

#ifdef __cplusplus
}
#endif

#endif /* _VIXMNTAPI_H_ */
