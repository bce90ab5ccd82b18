/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vixDiskLibExt.h - what VDDK's disk interface lacks: the links of a chain, where sectors lie, and
 * what there is on a server
 *
 * Functions of libvixDiskLib that VMware's library does not have. A program that must also run on
 * VMware's looks for them with dlsym. Our own command line tools are built on them.
 *
 * Invariants:
 *  1. Compiles as C90 (-pedantic) and as C++98 and later, alone or after any other header.
 *  2. Structures grow at their end only; all are made by the library. structSize, their first
 *     member, is the distance between the elements of a list.
 *  3. No string that the library fills in is NULL: what is not known is "".
 *
 * The rules at the top of vixDiskLib.h hold here too.
 */
#ifndef VIXDISKLIB_EXT_H
#define VIXDISKLIB_EXT_H

#include "vixDiskLib.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A part of a link: one file, or part of one. */
typedef struct VixDiskLibExtent {
	size_t structSize;                /* bytes in this structure */
	char *path;                       /* of its file; "" where it has none: it is zeros */
	const char *format;               /* "flat", "sparse", "streamopt", "cowd", .. "zero" */
	VixDiskLibSectorType firstSector; /* of the disk */
	VixDiskLibSectorType numSectors;
	uint32 grainSectors; /* what is allocated at a time; 1 where all is */
	Bool compressed;
} VixDiskLibExtent;

/* One disk of a chain: the disk itself, or a parent. */
typedef struct VixDiskLibLink {
	size_t structSize;             /* bytes in this structure */
	char *path;                    /* of its descriptor, or of its only file */
	char *createType;              /* as the descriptor has it; "" for raw data */
	VixDiskLibSectorType capacity; /* in sectors of 512 bytes */
	uint32 contentID;              /* changes when the disk is first written */
	uint32 parentContentID;        /* what its parent must have; where hasParent */
	Bool hasParent;
	char *parentHint;          /* where the descriptor says that the parent is */
	VixError problem;          /* why the disk can't be opened from here on down; or OK */
	char *lookedFor;           /* where problem is DISK_OPENPARENT: paths, each with its NUL,
				    * and one more NUL */
	VixDiskLibExtent *extents; /* numExtents of them, in the order of the disk */
	size_t numExtents;
} VixDiskLibLink;

/* What there is in a run of sectors. */
typedef enum {
	VIXDISKLIB_MAP_ABSENT = 0,     /* nothing, in no link: zeros */
	VIXDISKLIB_MAP_DATA = 1,       /* bytes of a file */
	VIXDISKLIB_MAP_ZERO = 2,       /* zeros, as the link says: whatever its parents have */
	VIXDISKLIB_MAP_HOLE = 3,       /* a hole of a file: zeros */
	VIXDISKLIB_MAP_COMPRESSED = 4, /* bytes of a file, compressed */
	VIXDISKLIB_MAP_UNKNOWN = 256   /* not from this library */
} VixDiskLibMapKind;

/* Most elements that VixDiskLib_QueryMap() returns at a time. */
#define VIXDISKLIB_MAP_RUNS_MAX 16384

/* A run of sectors, all of one kind, from one extent, in the order of its file. */
typedef struct VixDiskLibMapRun {
	size_t structSize; /* bytes in this structure */
	VixDiskLibSectorType firstSector;
	VixDiskLibSectorType numSectors;
	VixDiskLibMapKind kind;
	uint32 link;       /* where it was found: 0 is the newest; for ABSENT the oldest */
	uint32 extent;     /* of that link; 0 where the link ends before these sectors */
	uint64 fileOffset; /* bytes; for DATA and HOLE */
} VixDiskLibMapRun;

/* What a problem that CheckDisk found is. */
typedef enum {
	VIXDISKLIB_PROBLEM_DAMAGE = 1,  /* something can't be read, or would not after a write */
	VIXDISKLIB_PROBLEM_LEAK = 2,    /* room that nothing uses, a file that is left over */
	VIXDISKLIB_PROBLEM_TROUBLE = 3, /* something could not be looked at */
	VIXDISKLIB_PROBLEM_UNKNOWN = 256
} VixDiskLibProblemKind;

/* VixDiskLibProblem.offset of a problem that has no place in its file. */
#define VIXDISKLIB_OFFSET_NONE (~(uint64)0)

/* Something that is wrong with a disk. */
typedef struct VixDiskLibProblem {
	size_t structSize; /* bytes in this structure */
	VixDiskLibProblemKind kind;
	Bool canMend;       /* CheckRepair can put it right */
	Bool isMended;      /* it has */
	VixError code;      /* what a call that stumbles over it gives */
	char *file;         /* its path */
	uint64 offset;      /* bytes, or VIXDISKLIB_OFFSET_NONE */
	char *what;         /* a sentence for people */
	const char *advice; /* what to do; "" where there is nothing to be done */
	uint64 clusters;    /* of a LEAK: how many; others: 1 */
} VixDiskLibProblem;

/* What CheckDisk found. Clusters are grains, or 64 KiB of a disk that has none. */
typedef struct VixDiskLibCheckReport {
	size_t structSize; /* bytes in this structure */
	VixError result;   /* what CheckRepair would return */
	uint64 damages, damagesMended;
	uint64 leaks, leaksMended; /* clusters */
	uint64 troubles;
	uint64 clusters, allocated, compressed, fragmented;
	uint64 endOffset;            /* of what is in use of the last file, bytes */
	VixDiskLibProblem *problems; /* numProblems of them, the first thousand */
	size_t numProblems;
} VixDiskLibCheckReport;

/* A disk of a virtual machine on a server. */
typedef struct VixDiskLibServerDisk {
	size_t structSize;             /* bytes in this structure */
	uint32 key;                    /* of its device: 2000 */
	char *label;                   /* of its device: "Hard disk 1" */
	char *path;                    /* as Open takes it: "[ds] dir/a-000001.vmdk" */
	VixDiskLibSectorType capacity; /* in sectors of 512 bytes; 0: the server does not tell */
	char *changeId;                /* what it is now, for QueryChangedBlocks; "": not tracked */
	char *uuid;                    /* of its newest link */
	const char *backing;           /* "flat", "sparse", "sesparse", "rdm", "raw" or "other" */
	size_t numLinks;               /* itself and its parents */
	VixError problem;              /* why the transport https can't read it; or OK */
	const char *why;               /* the same for people; "" where there is no problem */
	Bool isInUse; /* a machine that is on writes it: servers lock its newest link */
} VixDiskLibServerDisk;

/* What a snapshot is to have, for CreateSnapshot. */
#define VIXDISKLIB_SNAPSHOT_QUIESCE (1u << 0) /* the guest makes its file systems ready */
#define VIXDISKLIB_SNAPSHOT_MEMORY  (1u << 1) /* of a machine that is on */

/* A snapshot of a virtual machine. */
typedef struct VixDiskLibSnapshot {
	size_t structSize; /* bytes in this structure */
	char *moref;       /* as ConnectEx takes it: "snapshot-70" */
	char *parent;      /* the moref of the one before it; "": there is none */
	char *name;
	char *description;
	char *created;    /* by the server's clock: "2026-11-23T09:41:24.1Z" */
	char *powerState; /* that it keeps: "poweredOff" where it has no memory */
	Bool isQuiesced;  /* the guest had made its file systems ready */
	Bool isCurrent;   /* the machine goes on from this one */
} VixDiskLibSnapshot;

/* A virtual machine on a server. */
typedef struct VixDiskLibVm {
	size_t structSize;   /* bytes in this structure */
	char *moref;         /* as in a vmxSpec: "vm-57" */
	char *name;          /* as users have given it */
	char *inventoryPath; /* "DC/vm/web01", with %2f for a / in a name; "" where not all of it may
			      * be seen */
	char *vmx;           /* "[ds] dir/a.vmx"; "": it has none */
	char *powerState;    /* "poweredOn", "poweredOff", "suspended" */
	Bool isTemplate;
} VixDiskLibVm;

/**
 * VixDiskLib_CheckDisk() - as VixDiskLib_CheckRepair(), and tell what was found
 * @connection: to this host, borrowed
 * @path:       of a disk that is not open for writing
 * @repair:     TRUE: mend what can be mended
 * @report:     filled: freed with FreeCheckReport; also where damage was found, which is no error here
 *
 * Errors:  as VixDiskLib_CheckRepair(), but for what the report says
 *          INVALID_ARG  @report is NULL, or @path empty
 * Source:  here
 */
VixError VixDiskLib_CheckDisk(VixDiskLibConnection connection, const char *path, Bool repair,
			      VixDiskLibCheckReport **report);

/**
 * VixDiskLib_FreeCheckReport() - free a report of CheckDisk
 * @report: consumed; may be NULL
 *
 * Source:  here
 */
void VixDiskLib_FreeCheckReport(VixDiskLibCheckReport *report);

/**
 * VixDiskLib_ListLinks() - the links of a disk, also of one that can't be opened
 * @connection: to this host, borrowed
 * @path:       of the newest link
 * @links:      filled: @n elements, newest first, freed with FreeLinkList
 * @n:          filled: how many, 1 or more
 *
 * Goes down as far as it can. The last link has a problem where a parent is missing or damaged; a
 * link has the problem DISK_CID_MISMATCH, and its parent follows, where that was changed after the
 * link was made. A disk whose links all have no problem can be opened. Locks nothing.
 *
 * Errors:  INVALID_ARG              an argument is NULL, or @path empty
 *          DISK_INVALID_CONNECTION  @connection is not a connection
 *          DISK_NOINIT              before Init
 *          NOT_SUPPORTED            @connection is to a server
 *          OUT_OF_MEMORY            memory ran out
 *          as VixDiskLib_Open() for the newest link
 * Source:  here
 */
VixError VixDiskLib_ListLinks(VixDiskLibConnection connection, const char *path,
			      VixDiskLibLink **links, size_t *n);

/**
 * VixDiskLib_FreeLinkList() - free a list of ListLinks
 * @links: consumed; may be NULL
 *
 * Source:  here
 */
void VixDiskLib_FreeLinkList(VixDiskLibLink *links);

/**
 * VixDiskLib_SetParent() - have a disk look for its parent elsewhere, or accept another one
 * @diskHandle:      borrowed, opened for writing with OPEN_SINGLE_LINK
 * @parentHint:      where its parent is: a name beside it, or a path
 * @parentContentID: that the parent has, of ListLinks
 *
 * Durable when this returns; the disk has that parent when it is opened next. Nothing looks whether
 * the parent is there, or has what the disk builds on: a disk over another parent than that it was
 * made for reads as a mixture of both.
 *
 * Errors:  INVALID_ARG           @parentHint is NULL, empty or not fit for a descriptor, or
 *                                @parentContentID no content ID
 *          INVALID_HANDLE        @diskHandle is not a disk
 *          DISK_NOINIT           before Init
 *          FILE_READ_ONLY        the disk is open for reading only
 *          DISK_PARENT_NOTALLOWED  it has its parents open
 *          DISK_ATTACH_ROOTLINK  it is made to have no parent
 *          DISK_FULL, FILE_ERROR  the descriptor could not be written
 * Source:  here
 */
VixError VixDiskLib_SetParent(VixDiskLibHandle diskHandle, const char *parentHint,
			      uint32 parentContentID);

/**
 * VixDiskLib_QueryMap() - where the sectors of a disk lie
 * @diskHandle:  borrowed
 * @startSector: where to begin
 * @numSectors:  how many, 1 or more
 * @runs:        filled: @n elements, ascending, each beginning where the one before ended; freed with
 *               FreeMap
 * @n:           filled: how many, 1 to VIXDISKLIB_MAP_RUNS_MAX
 *
 * Begins at @startSector. Where there are more runs than that, ask again from where the last one
 * ends. Links and extents are those of ListLinks.
 *
 * Errors:  INVALID_ARG       @runs or @n is NULL, or @numSectors 0
 *          INVALID_HANDLE    @diskHandle is not a disk
 *          DISK_NOINIT       before Init
 *          DISK_OUTOFRANGE   the range goes past the end of the disk
 *          DISK_INVALIDDISK  a table points outside its file
 *          FILE_ERROR        the host could not read a file
 *          NOT_SUPPORTED     the disk is not on this host
 *          OUT_OF_MEMORY     memory ran out
 * Source:  here
 */
VixError VixDiskLib_QueryMap(VixDiskLibHandle diskHandle, VixDiskLibSectorType startSector,
			     VixDiskLibSectorType numSectors, VixDiskLibMapRun **runs, size_t *n);

/**
 * VixDiskLib_FreeMap() - free a list of QueryMap
 * @runs: consumed; may be NULL
 *
 * Source:  here
 */
void VixDiskLib_FreeMap(VixDiskLibMapRun *runs);

/**
 * VixDiskLib_ListDisks() - the disks of the virtual machine that a connection is to
 * @connection: to a machine or a first-class disk on a server, borrowed
 * @disks:      filled: @n elements in the order of the server, freed with FreeDiskList
 * @n:          filled: how many, 0 or more; what has no file is left out
 *
 * As they are now, or were at the snapshot of ConnectEx. The server is asked each time.
 *
 * Errors:  INVALID_ARG              @disks or @n is NULL
 *          DISK_INVALID_CONNECTION  @connection is not a connection
 *          DISK_NOINIT              before Init
 *          NOT_SUPPORTED            @connection is to this host, or to a datastore
 *          OBJECT_NOT_FOUND         the machine or the snapshot is gone
 *          AUTHENTICATION_FAIL      the session has ended, and there is no new one
 *          FILE_ACCESS_ERROR        this user may not see them
 *          NET_HTTP_TRANSFER        the server's answer is none
 *          OUT_OF_MEMORY            memory ran out
 * Source:  here; docs/vsphere.md
 */
VixError VixDiskLib_ListDisks(VixDiskLibConnection connection, VixDiskLibServerDisk **disks,
			      size_t *n);

/**
 * VixDiskLib_FreeDiskList() - free a list of ListDisks
 * @disks: consumed; may be NULL
 *
 * Source:  here
 */
void VixDiskLib_FreeDiskList(VixDiskLibServerDisk *disks);

/**
 * VixDiskLib_QueryChangedBlocks() - what of a disk on a server may differ from what it was
 * @connection:  to a machine on a server, with the snapshot that is compared, borrowed
 * @path:        of a disk as Open takes it; it need not be open
 * @changeId:    what it was then, of ListDisks; or "*": all that is allocated now
 * @startSector: where to begin
 * @numSectors:  how many, 1 or more; what is past the end of the disk is left out
 * @blockList:   filled: ascending, no two touch; freed with FreeBlockList
 *
 * Whole sectors, as the server tracks them: in practice areas of 64 KiB. What a machine that is on has
 * changed since its last snapshot no server tells: make one, and connect to it.
 *
 * Errors:  INVALID_ARG              an argument is NULL, empty or 0; or @changeId is of another disk or
 *                                   another time: all of the disk may have changed
 *          DISK_INVALID_CONNECTION  @connection is not a connection
 *          DISK_NOINIT              before Init
 *          NOT_SUPPORTED            @connection is not to a machine on a server, or that tracks no
 *                                   changes
 *          FILE_NOT_FOUND           the machine has no such disk
 *          FILE_ERROR               the disk is not tracked
 *          DISK_OUTOFRANGE          @startSector is past the end of the disk, or the server does not
 *                                   tell how large that is
 *          ARGUMENT_TOO_BIG         there are more than a million areas: ask for fewer sectors
 *          OBJECT_NOT_FOUND         the machine or the snapshot is gone
 *          AUTHENTICATION_FAIL      the session has ended, and there is no new one
 *          FILE_ACCESS_ERROR        this user may not ask for it
 *          NET_HTTP_TRANSFER        the server's answer is none, or makes no sense
 *          OUT_OF_MEMORY            memory ran out
 * Source:  here; docs/vsphere.md
 */
VixError VixDiskLib_QueryChangedBlocks(VixDiskLibConnection connection, const char *path,
				       const char *changeId, VixDiskLibSectorType startSector,
				       VixDiskLibSectorType numSectors,
				       VixDiskLibBlockList **blockList);

/**
 * VixDiskLib_ListSnapshots() - the snapshots of the virtual machine that a connection is to
 * @connection: to a machine on a server, borrowed
 * @snapshots:  filled: @n elements, each before its children, freed with FreeSnapshotList
 * @n:          filled: how many, 0 or more
 *
 * Errors:  INVALID_ARG              @snapshots or @n is NULL
 *          DISK_INVALID_CONNECTION  @connection is not a connection
 *          DISK_NOINIT              before Init
 *          NOT_SUPPORTED            @connection is not to a machine on a server
 *          OBJECT_NOT_FOUND         the machine is gone
 *          AUTHENTICATION_FAIL      the session has ended, and there is no new one
 *          FILE_ACCESS_ERROR        this user may not see them
 *          NET_HTTP_TRANSFER        the server's answer is none
 *          OUT_OF_MEMORY            memory ran out
 * Source:  here; docs/vsphere.md
 */
VixError VixDiskLib_ListSnapshots(VixDiskLibConnection connection, VixDiskLibSnapshot **snapshots,
				  size_t *n);

/**
 * VixDiskLib_FreeSnapshotList() - free a list of ListSnapshots
 * @snapshots: consumed; may be NULL
 *
 * Source:  here
 */
void VixDiskLib_FreeSnapshotList(VixDiskLibSnapshot *snapshots);

/**
 * VixDiskLib_CreateSnapshot() - make a snapshot of the virtual machine that a connection is to
 * @connection:           to a machine on a server, borrowed
 * @name:                 for people; need not be unique
 * @description:          for people; may be NULL
 * @flags:                VIXDISKLIB_SNAPSHOT_*; 0: as if the machine lost its power
 * @progressFunc:         may be NULL; FALSE cancels, once it has returned TRUE
 * @progressCallbackData: for it
 * @snapshotRef:          filled: as ConnectEx takes it, freed with FreeSnapshotRef
 *
 * Waits until it is made, an hour at most. A snapshot that is cancelled, or takes too long, and is
 * made all the same within the next half minute is a success; later than that, ListSnapshots tells.
 *
 * Errors:  INVALID_ARG                  @snapshotRef is NULL, @name is NULL or empty, or @flags has
 *                                       others
 *          DISK_INVALID_CONNECTION      @connection is not a connection
 *          DISK_NOINIT                  before Init
 *          NOT_SUPPORTED                @connection is not to a machine on a server, or to one that
 *                                       can't have snapshots
 *          OBJECT_NOT_FOUND             the machine is gone
 *          OBJECT_IS_BUSY               the server is busy with the machine
 *          AUTHENTICATION_FAIL          the session has ended, and there is no new one
 *          FILE_ACCESS_ERROR            this user may not
 *          DISK_FULL                    there is no room on the datastore
 *          CANCELLED                    @progressFunc said so
 *          NET_HTTP_OPERATION_TIMEDOUT  it is not made in time
 *          NET_HTTP_TRANSFER            the server's answer is none
 *          FAIL                         the server refuses, in words that are logged
 *          OUT_OF_MEMORY                memory ran out
 * Source:  here; docs/vsphere.md
 */
VixError VixDiskLib_CreateSnapshot(VixDiskLibConnection connection, const char *name,
				   const char *description, uint32 flags,
				   VixDiskLibProgressFunc progressFunc, void *progressCallbackData,
				   char **snapshotRef);

/**
 * VixDiskLib_FreeSnapshotRef() - free what CreateSnapshot has filled
 * @snapshotRef: consumed; may be NULL
 *
 * Source:  here
 */
void VixDiskLib_FreeSnapshotRef(char *snapshotRef);

/**
 * VixDiskLib_RemoveSnapshot() - remove a snapshot of the virtual machine that a connection is to
 * @connection:           to a machine on a server, borrowed
 * @snapshotRef:          which one
 * @removeChildren:       and all that were made since then
 * @progressFunc:         may be NULL; FALSE cancels, once it has returned TRUE, if the server agrees
 * @progressCallbackData: for it
 *
 * The machine stays as it is now; what it has written since goes into older files. Waits until that
 * is done, a day at most. Whoever reads the disks of the snapshot has to close them first.
 *
 * Errors:  INVALID_ARG                  @snapshotRef is NULL or empty
 *          DISK_INVALID_CONNECTION      @connection is not a connection
 *          DISK_NOINIT                  before Init
 *          NOT_SUPPORTED                @connection is not to a machine on a server
 *          OBJECT_NOT_FOUND             the machine is gone, or has no such snapshot
 *          OBJECT_IS_BUSY               @connection is to this snapshot and has disks open; or the
 *                                       server is busy with the machine
 *          AUTHENTICATION_FAIL          the session has ended, and there is no new one
 *          FILE_ACCESS_ERROR            this user may not
 *          DISK_FULL                    there is no room on the datastore
 *          CANCELLED                    @progressFunc said so
 *          NET_HTTP_OPERATION_TIMEDOUT  it is not removed in time
 *          NET_HTTP_TRANSFER            the server's answer is none
 *          FAIL                         the server refuses, in words that are logged
 *          OUT_OF_MEMORY                memory ran out
 * Source:  here; docs/vsphere.md
 */
VixError VixDiskLib_RemoveSnapshot(VixDiskLibConnection connection, const char *snapshotRef,
				   Bool removeChildren, VixDiskLibProgressFunc progressFunc,
				   void *progressCallbackData);

/**
 * VixDiskLib_ListVms() - the virtual machines of a server
 * @connectParams: server and credentials, borrowed; no machine need be named in it
 * @vms:           filled: @n elements in the order of the server, freed with FreeVmList
 * @n:             filled: how many, 0 or more
 *
 * All that this user may see, templates too, in a session that begins and ends with the call.
 *
 * Errors:  INVALID_ARG             @vms or @n is NULL, or @connectParams has no user or no password
 *          DISK_NOINIT             before Init
 *          NOT_SUPPORTED           no server is named, or by such credentials; vSphere is not built in
 *          CANNOT_CONNECT_TO_HOST  the server can't be reached, or is not who it has to be
 *          AUTHENTICATION_FAIL     the login was refused
 *          NET_HTTP_TRANSFER       the server's answer is none
 *          OUT_OF_MEMORY           memory ran out
 * Source:  here; docs/vsphere.md
 */
VixError VixDiskLib_ListVms(const VixDiskLibConnectParams *connectParams, VixDiskLibVm **vms,
			    size_t *n);

/**
 * VixDiskLib_FreeVmList() - free a list of ListVms
 * @vms: consumed; may be NULL
 *
 * Source:  here
 */
void VixDiskLib_FreeVmList(VixDiskLibVm *vms);

/**
 * VixDiskLib_GetConnectCause() - what is behind a CANNOT_CONNECT_TO_HOST
 *
 * For who wants to tell a server that can't be reached from one that is not who it has to be: of the
 * last Connect, ConnectEx or ListVms of the calling thread, the code that CANNOT_CONNECT_TO_HOST
 * stands for. NET_HTTP_SSL_SECURITY: its certificate is not the one of the thumbprint, or no known
 * authority vouches for it. Others are those of hosts (HOST_NETWORK_CONN_REFUSED, ..) and of HTTP.
 *
 * Return:  the code; OK, where none is known
 * Source:  here
 */
VixError VixDiskLib_GetConnectCause(void);

#ifdef __cplusplus
}
#endif

#endif /* VIXDISKLIB_EXT_H */
