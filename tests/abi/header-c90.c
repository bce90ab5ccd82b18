/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program of 1990's C that uses what the headers promise to sources: headers.sh compiles it with
 * -std=c90 -pedantic and warnings as errors.
 */
#include "vixDiskLib.h"
#include "vixMntApi.h"
#include "vixMntapiExt.h"
#include "vixDiskLibExt.h"
#include "vm_basic_types.h"

#include <stdio.h>

#if !defined(_VIXDISKLIB_H_) || !defined(_VIXMNTAPI_H_) || !defined(_VM_BASIC_TYPES_H_)
#error "programs look for these guards"
#endif
#if defined(VIXDISKLIB_VERSION_MAJOR) || defined(VIXDISKLIB_VERSION_MINOR)
#error "programs define these themselves"
#endif
#if !defined(VIXDISKLIB_FLAG_OPEN_COMPRESSION_MASK) || !defined(VIXDISKLIB_MAX_CHUNK_SIZE)
#error "programs ask for these with #ifdef to see which VDDK they are built with"
#endif
#if !defined(FMT64) || !defined(FMTSZ) || !defined(TRUE) || !defined(FALSE)
#error "programs take these from vm_basic_types.h"
#endif

int main(void)
{
	VixDiskLibConnectParams params = { 0 };
	VixDiskLibCreateParams create = { VIXDISKLIB_DISK_MONOLITHIC_SPARSE,
					  VIXDISKLIB_ADAPTER_SCSI_BUSLOGIC,
					  VIXDISKLIB_HWVERSION_WORKSTATION_5,
					  2048,
					  0,
					  0 };
	VixDiskLibBlockList list = { 1, { { 0, 128 } } };
	VixMountOptions options = {
		sizeof(VixMountOptions), "/mnt", NULL, NULL, VIXMNTAPI_SYMLINKS_DENY,
		VIXMNTAPI_MOUNT_SINGLE
	};
	VixError err = VIX_E_DISK_OUTOFRANGE;
	Bool failed = VIX_FAILED(err) ? TRUE : FALSE;
	char *freed_with_stdlib = (char *)malloc(1);

	params.credType = VIXDISKLIB_CRED_SESSIONID;
	params.creds.uid.userName = NULL;
	params.creds.sessionId.cookie = NULL;
	params.specType = VIXDISKLIB_SPEC_DATASTORE;
	params.spec.dsSpec.diskFolder = NULL;
	params.spec.vStorageObjSpec.ssId = NULL;
	printf("%" FMT64 "u %" FMT64 "u %d\n", create.capacity, list.blocks[0].length, failed);
	printf("%" FMT64 "x %s %d\n", VIX_ERROR_CODE(err), options.mountPoint, params.credType);
	free(freed_with_stdlib);
	return 0;
}
