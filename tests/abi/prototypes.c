/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The type of every public function, written out in the types of the C language as far as it goes:
 * a parameter that changes its type, place or number no longer compiles. headers.sh compiles this
 * file as C90 and as C++, with warnings as errors; it is never linked.
 */
#include "vixDiskLibExt.h"
#include "vixMntapiExt.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef struct VixDiskLibConnectParam *conn;
typedef struct VixDiskLibHandleStruct *disk;
typedef struct VixDiskSetHandleStruct *set;
typedef struct VixVolumeHandleStruct *volume;

typedef void log_fn(const char *, va_list);
typedef char progress_fn(void *, int);
typedef void done_fn(void *, uint64_t);

/* The library. */
uint64_t (*p_Init)(uint32_t, uint32_t, log_fn *, log_fn *, log_fn *,
		   const char *) = VixDiskLib_Init;
uint64_t (*p_InitEx)(uint32_t, uint32_t, log_fn *, log_fn *, log_fn *, const char *,
		     const char *) = VixDiskLib_InitEx;
void (*p_Exit)(void) = VixDiskLib_Exit;
const char *(*p_ListTransportModes)(void) = VixDiskLib_ListTransportModes;
uint64_t (*p_Cleanup)(const VixDiskLibConnectParams *, uint32_t *, uint32_t *) = VixDiskLib_Cleanup;
char *(*p_GetErrorText)(uint64_t, const char *) = VixDiskLib_GetErrorText;
void (*p_FreeErrorText)(char *) = VixDiskLib_FreeErrorText;

/* Connections. */
VixDiskLibConnectParams *(*p_AllocateConnectParams)(void) = VixDiskLib_AllocateConnectParams;
void (*p_FreeConnectParams)(VixDiskLibConnectParams *) = VixDiskLib_FreeConnectParams;
uint64_t (*p_Connect)(const VixDiskLibConnectParams *, conn *) = VixDiskLib_Connect;
uint64_t (*p_ConnectEx)(const VixDiskLibConnectParams *, char, const char *, const char *,
			conn *) = VixDiskLib_ConnectEx;
uint64_t (*p_Disconnect)(conn) = VixDiskLib_Disconnect;
uint64_t (*p_PrepareForAccess)(const VixDiskLibConnectParams *,
			       const char *) = VixDiskLib_PrepareForAccess;
uint64_t (*p_EndAccess)(const VixDiskLibConnectParams *, const char *) = VixDiskLib_EndAccess;
uint64_t (*p_GetConnectParams)(conn, VixDiskLibConnectParams **) = VixDiskLib_GetConnectParams;

/* Disks. */
uint64_t (*p_Open)(conn, const char *, uint32_t, disk *) = VixDiskLib_Open;
uint64_t (*p_Close)(disk) = VixDiskLib_Close;
uint64_t (*p_GetInfo)(disk, VixDiskLibInfo **) = VixDiskLib_GetInfo;
void (*p_FreeInfo)(VixDiskLibInfo *) = VixDiskLib_FreeInfo;
const char *(*p_GetTransportMode)(disk) = VixDiskLib_GetTransportMode;
uint64_t (*p_Read)(disk, uint64_t, uint64_t, uint8_t *) = VixDiskLib_Read;
uint64_t (*p_Write)(disk, uint64_t, uint64_t, const uint8_t *) = VixDiskLib_Write;
uint64_t (*p_ReadAsync)(disk, uint64_t, uint64_t, uint8_t *, done_fn *,
			void *) = VixDiskLib_ReadAsync;
uint64_t (*p_WriteAsync)(disk, uint64_t, uint64_t, const uint8_t *, done_fn *,
			 void *) = VixDiskLib_WriteAsync;
uint64_t (*p_Wait)(disk) = VixDiskLib_Wait;
uint64_t (*p_Flush)(disk) = VixDiskLib_Flush;
uint64_t (*p_QueryAllocatedBlocks)(disk, uint64_t, uint64_t, uint64_t,
				   VixDiskLibBlockList **) = VixDiskLib_QueryAllocatedBlocks;
uint64_t (*p_FreeBlockList)(VixDiskLibBlockList *) = VixDiskLib_FreeBlockList;
uint64_t (*p_ReadMetadata)(disk, const char *, char *, size_t, size_t *) = VixDiskLib_ReadMetadata;
uint64_t (*p_WriteMetadata)(disk, const char *, const char *) = VixDiskLib_WriteMetadata;
uint64_t (*p_GetMetadataKeys)(disk, char *, size_t, size_t *) = VixDiskLib_GetMetadataKeys;

/* Making and changing disks. */
uint64_t (*p_Create)(conn, const char *, const VixDiskLibCreateParams *, progress_fn *,
		     void *) = VixDiskLib_Create;
uint64_t (*p_CreateChild)(disk, const char *, VixDiskLibDiskType, progress_fn *,
			  void *) = VixDiskLib_CreateChild;
uint64_t (*p_Clone)(conn, const char *, conn, const char *, const VixDiskLibCreateParams *,
		    progress_fn *, void *, char) = VixDiskLib_Clone;
uint64_t (*p_Grow)(conn, const char *, uint64_t, char, progress_fn *, void *) = VixDiskLib_Grow;
uint64_t (*p_Shrink)(disk, progress_fn *, void *) = VixDiskLib_Shrink;
uint64_t (*p_Defragment)(disk, progress_fn *, void *) = VixDiskLib_Defragment;
uint64_t (*p_Rename)(const char *, const char *) = VixDiskLib_Rename;
uint64_t (*p_Unlink)(conn, const char *) = VixDiskLib_Unlink;
uint64_t (*p_IsAttachPossible)(disk, disk) = VixDiskLib_IsAttachPossible;
uint64_t (*p_Attach)(disk, disk) = VixDiskLib_Attach;
uint64_t (*p_SpaceNeededForClone)(disk, VixDiskLibDiskType,
				  uint64_t *) = VixDiskLib_SpaceNeededForClone;
uint64_t (*p_CheckRepair)(conn, const char *, char) = VixDiskLib_CheckRepair;

/* Mounting. */
uint64_t (*m_Init)(uint32_t, uint32_t, log_fn *, log_fn *, log_fn *, const char *,
		   const char *) = VixMntapi_Init;
void (*m_Exit)(void) = VixMntapi_Exit;
uint64_t (*m_OpenDiskSet)(disk *, size_t, uint32_t, set *) = VixMntapi_OpenDiskSet;
uint64_t (*m_OpenDisks)(conn, const char **, size_t, uint32_t, set *) = VixMntapi_OpenDisks;
uint64_t (*m_CloseDiskSet)(set) = VixMntapi_CloseDiskSet;
uint64_t (*m_GetDiskSetInfo)(set, VixDiskSetInfo **) = VixMntapi_GetDiskSetInfo;
void (*m_FreeDiskSetInfo)(VixDiskSetInfo *) = VixMntapi_FreeDiskSetInfo;
uint64_t (*m_GetOsInfo)(set, VixOsInfo **) = VixMntapi_GetOsInfo;
void (*m_FreeOsInfo)(VixOsInfo *) = VixMntapi_FreeOsInfo;
uint64_t (*m_GetVolumeHandles)(set, size_t *, volume **) = VixMntapi_GetVolumeHandles;
void (*m_FreeVolumeHandles)(volume *) = VixMntapi_FreeVolumeHandles;
uint64_t (*m_MountVolume)(volume, char) = VixMntapi_MountVolume;
uint64_t (*m_DismountVolume)(volume, char) = VixMntapi_DismountVolume;
uint64_t (*m_GetVolumeInfo)(volume, VixVolumeInfo **) = VixMntapi_GetVolumeInfo;
void (*m_FreeVolumeInfo)(VixVolumeInfo *) = VixMntapi_FreeVolumeInfo;

/* Our extensions. */
uint64_t (*e_CheckDisk)(conn, const char *, char,
			struct VixDiskLibCheckReport **) = VixDiskLib_CheckDisk;
void (*e_FreeCheckReport)(struct VixDiskLibCheckReport *) = VixDiskLib_FreeCheckReport;
uint64_t (*e_ListLinks)(conn, const char *, struct VixDiskLibLink **,
			size_t *) = VixDiskLib_ListLinks;
void (*e_FreeLinkList)(struct VixDiskLibLink *) = VixDiskLib_FreeLinkList;
uint64_t (*e_SetParent)(disk, const char *, uint32_t) = VixDiskLib_SetParent;
uint64_t (*e_QueryMap)(disk, uint64_t, uint64_t, struct VixDiskLibMapRun **,
		       size_t *) = VixDiskLib_QueryMap;
void (*e_FreeMap)(struct VixDiskLibMapRun *) = VixDiskLib_FreeMap;
uint64_t (*e_ListDisks)(conn, struct VixDiskLibServerDisk **, size_t *) = VixDiskLib_ListDisks;
void (*e_FreeDiskList)(struct VixDiskLibServerDisk *) = VixDiskLib_FreeDiskList;
uint64_t (*e_QueryChangedBlocks)(conn, const char *, const char *, uint64_t, uint64_t,
				 VixDiskLibBlockList **) = VixDiskLib_QueryChangedBlocks;
uint64_t (*e_ListSnapshots)(conn, struct VixDiskLibSnapshot **,
			    size_t *) = VixDiskLib_ListSnapshots;
void (*e_FreeSnapshotList)(struct VixDiskLibSnapshot *) = VixDiskLib_FreeSnapshotList;
uint64_t (*e_CreateSnapshot)(conn, const char *, const char *, uint32_t, VixDiskLibProgressFunc,
			     void *, char **) = VixDiskLib_CreateSnapshot;
void (*e_FreeSnapshotRef)(char *) = VixDiskLib_FreeSnapshotRef;
uint64_t (*e_RemoveSnapshot)(conn, const char *, Bool, VixDiskLibProgressFunc,
			     void *) = VixDiskLib_RemoveSnapshot;
uint64_t (*e_ListVms)(const VixDiskLibConnectParams *, struct VixDiskLibVm **,
		      size_t *) = VixDiskLib_ListVms;
void (*e_FreeVmList)(struct VixDiskLibVm *) = VixDiskLib_FreeVmList;
uint64_t (*e_GetConnectCause)(void) = VixDiskLib_GetConnectCause;
uint64_t (*e_ListVolumes)(set, struct VixVolumeDetails **, size_t *) = VixMntapi_ListVolumes;
void (*e_FreeVolumeList)(struct VixVolumeDetails *) = VixMntapi_FreeVolumeList;
uint64_t (*e_GetVolumeDetails)(volume, struct VixVolumeDetails **) = VixMntapi_GetVolumeDetails;
void (*e_FreeVolumeDetails)(struct VixVolumeDetails *) = VixMntapi_FreeVolumeDetails;
uint64_t (*e_MountDiskSet)(set, const volume *, size_t,
			   const struct VixMountOptions *) = VixMntapi_MountDiskSet;
uint64_t (*e_DismountDiskSet)(set, char) = VixMntapi_DismountDiskSet;
uint64_t (*e_GetEngineInfo)(set, char *, size_t) = VixMntapi_GetEngineInfo;

/* The callbacks: what programs write must fit what the header declares. */
static char show_progress(void *data, int percent)
{
	(void)data;
	return percent < 100;
}

static void show_message(const char *fmt, va_list args)
{
	(void)fmt;
	(void)args;
}

static void show_routed(int routing, const char *fmt, va_list args)
{
	(void)routing;
	(void)fmt;
	(void)args;
}

static void show_result(void *data, uint64_t result)
{
	(void)data;
	(void)result;
}

VixDiskLibProgressFunc c_progress = show_progress;
VixDiskLibGenericLogFunc *c_log = show_message;
VixDiskLibGenericLogVFunc *c_routed = show_routed;
VixDiskLibCompletionCB c_done = show_result;
