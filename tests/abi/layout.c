/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The numbers that programs have compiled in: sizes, offsets, constants and error codes.
 *
 * The expected numbers are those of VDDK 8.0 on 64-bit Linux, written from its documentation: they
 * stand below and in constants.txt, and are never derived from our headers. All numbers are
 * printed, those that differ as well; 32-bit hosts, where VDDK never ran, skip the layouts.
 */
#include "config.h"

#include "../unit/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "vixDiskLib.h"
#include "vixDiskLibExt.h"
#include "vixMntapi.h"
#include "vixMntapiExt.h"

struct number {
	const char *what;
	unsigned long long actual;
	unsigned long long expected;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define SIZE(type, size)                            \
	{                                           \
		"sizeof " #type, sizeof(type), size \
	}
#define MEMBER(type, member, offset, size)                                        \
	{ "offset " #type "." #member, offsetof(type, member), offset },          \
	{                                                                         \
		"sizeof " #type "." #member, sizeof(((type *)NULL)->member), size \
	}

static const struct number layout[] = {
	SIZE(uint8, 1),
	SIZE(uint16, 2),
	SIZE(uint32, 4),
	SIZE(uint64, 8),
	SIZE(int8, 1),
	SIZE(int16, 2),
	SIZE(int32, 4),
	SIZE(int64, 8),
	SIZE(Bool, 1),
	SIZE(VixError, 8),
	SIZE(VixDiskLibSectorType, 8),
	SIZE(VixDiskLibDiskType, 4),
	SIZE(VixDiskLibAdapterType, 4),
	SIZE(VixDiskLibCredType, 4),
	SIZE(VixDiskLibSpecType, 4),
	SIZE(VixOsFamily, 4),
	SIZE(VixVolumeType, 4),
	SIZE(VixDiskLibHandle, 8),
	SIZE(VixDiskLibConnection, 8),
	SIZE(VixDiskSetHandle, 8),
	SIZE(VixVolumeHandle, 8),
	SIZE(VixDiskLibProgressFunc, 8),
	SIZE(VixDiskLibCompletionCB, 8),

	SIZE(VixDiskLibGeometry, 12),
	MEMBER(VixDiskLibGeometry, cylinders, 0, 4),
	MEMBER(VixDiskLibGeometry, heads, 4, 4),
	MEMBER(VixDiskLibGeometry, sectors, 8, 4),

	SIZE(VixDiskLibCreateParams, 32),
	MEMBER(VixDiskLibCreateParams, diskType, 0, 4),
	MEMBER(VixDiskLibCreateParams, adapterType, 4, 4),
	MEMBER(VixDiskLibCreateParams, hwVersion, 8, 2),
	MEMBER(VixDiskLibCreateParams, capacity, 16, 8),
	MEMBER(VixDiskLibCreateParams, logicalSectorSize, 24, 4),
	MEMBER(VixDiskLibCreateParams, physicalSectorSize, 28, 4),

	SIZE(VixDiskLibInfo, 64),
	MEMBER(VixDiskLibInfo, biosGeo, 0, 12),
	MEMBER(VixDiskLibInfo, physGeo, 12, 12),
	MEMBER(VixDiskLibInfo, capacity, 24, 8),
	MEMBER(VixDiskLibInfo, adapterType, 32, 4),
	MEMBER(VixDiskLibInfo, numLinks, 36, 4),
	MEMBER(VixDiskLibInfo, parentFileNameHint, 40, 8),
	MEMBER(VixDiskLibInfo, uuid, 48, 8),
	MEMBER(VixDiskLibInfo, logicalSectorSize, 56, 4),
	MEMBER(VixDiskLibInfo, physicalSectorSize, 60, 4),

	SIZE(VixDiskLibBlock, 16),
	MEMBER(VixDiskLibBlock, offset, 0, 8),
	MEMBER(VixDiskLibBlock, length, 8, 8),

	SIZE(VixDiskLibBlockList, 24),
	MEMBER(VixDiskLibBlockList, numBlocks, 0, 4),
	MEMBER(VixDiskLibBlockList, blocks, 8, 16),

	SIZE(VixDiskLibVStorageObjectSpec, 24),
	MEMBER(VixDiskLibVStorageObjectSpec, id, 0, 8),
	MEMBER(VixDiskLibVStorageObjectSpec, datastoreMoRef, 8, 8),
	MEMBER(VixDiskLibVStorageObjectSpec, ssId, 16, 8),

	SIZE(VixDiskLibDatastoreSpec, 16),
	MEMBER(VixDiskLibDatastoreSpec, datastoreMoRef, 0, 8),
	MEMBER(VixDiskLibDatastoreSpec, diskFolder, 8, 8),

	SIZE(VixDiskLibConnectParams, 128),
	MEMBER(VixDiskLibConnectParams, vmxSpec, 0, 8),
	MEMBER(VixDiskLibConnectParams, serverName, 8, 8),
	MEMBER(VixDiskLibConnectParams, thumbPrint, 16, 8),
	MEMBER(VixDiskLibConnectParams, privateUse, 24, 8),
	MEMBER(VixDiskLibConnectParams, credType, 32, 4),
	MEMBER(VixDiskLibConnectParams, creds, 40, 24),
	MEMBER(VixDiskLibConnectParams, creds.uid.userName, 40, 8),
	MEMBER(VixDiskLibConnectParams, creds.uid.password, 48, 8),
	MEMBER(VixDiskLibConnectParams, creds.sessionId.cookie, 40, 8),
	MEMBER(VixDiskLibConnectParams, creds.sessionId.userName, 48, 8),
	MEMBER(VixDiskLibConnectParams, creds.sessionId.key, 56, 8),
	MEMBER(VixDiskLibConnectParams, creds.ticketId, 40, 8),
	MEMBER(VixDiskLibConnectParams, port, 64, 4),
	MEMBER(VixDiskLibConnectParams, nfcHostPort, 68, 4),
	MEMBER(VixDiskLibConnectParams, vimApiVer, 72, 8),
	MEMBER(VixDiskLibConnectParams, reserved, 80, 8),
	MEMBER(VixDiskLibConnectParams, state, 88, 8),
	MEMBER(VixDiskLibConnectParams, spec, 96, 24),
	MEMBER(VixDiskLibConnectParams, spec.vStorageObjSpec.id, 96, 8),
	MEMBER(VixDiskLibConnectParams, spec.vStorageObjSpec.datastoreMoRef, 104, 8),
	MEMBER(VixDiskLibConnectParams, spec.vStorageObjSpec.ssId, 112, 8),
	MEMBER(VixDiskLibConnectParams, spec.dsSpec.datastoreMoRef, 96, 8),
	MEMBER(VixDiskLibConnectParams, spec.dsSpec.diskFolder, 104, 8),
	MEMBER(VixDiskLibConnectParams, specType, 120, 4),

	SIZE(VixOsInfo, 40),
	MEMBER(VixOsInfo, family, 0, 4),
	MEMBER(VixOsInfo, majorVersion, 4, 4),
	MEMBER(VixOsInfo, minorVersion, 8, 4),
	MEMBER(VixOsInfo, osIs64Bit, 12, 1),
	MEMBER(VixOsInfo, vendor, 16, 8),
	MEMBER(VixOsInfo, edition, 24, 8),
	MEMBER(VixOsInfo, osFolder, 32, 8),

	SIZE(VixVolumeInfo, 32),
	MEMBER(VixVolumeInfo, type, 0, 4),
	MEMBER(VixVolumeInfo, isMounted, 4, 1),
	MEMBER(VixVolumeInfo, symbolicLink, 8, 8),
	MEMBER(VixVolumeInfo, numGuestMountPoints, 16, 8),
	MEMBER(VixVolumeInfo, inGuestMountPoints, 24, 8),

	SIZE(VixDiskSetInfo, 16),
	MEMBER(VixDiskSetInfo, openFlags, 0, 4),
	MEMBER(VixDiskSetInfo, mountPath, 8, 8),

	/* Ours: fixed with the first release. */
	SIZE(VixDiskLibProblem, 64),
	MEMBER(VixDiskLibProblem, structSize, 0, 8),
	MEMBER(VixDiskLibProblem, kind, 8, 4),
	MEMBER(VixDiskLibProblem, canMend, 12, 1),
	MEMBER(VixDiskLibProblem, isMended, 13, 1),
	MEMBER(VixDiskLibProblem, code, 16, 8),
	MEMBER(VixDiskLibProblem, file, 24, 8),
	MEMBER(VixDiskLibProblem, offset, 32, 8),
	MEMBER(VixDiskLibProblem, what, 40, 8),
	MEMBER(VixDiskLibProblem, advice, 48, 8),
	MEMBER(VixDiskLibProblem, clusters, 56, 8),

	SIZE(VixDiskLibCheckReport, 112),
	MEMBER(VixDiskLibCheckReport, structSize, 0, 8),
	MEMBER(VixDiskLibCheckReport, result, 8, 8),
	MEMBER(VixDiskLibCheckReport, damages, 16, 8),
	MEMBER(VixDiskLibCheckReport, damagesMended, 24, 8),
	MEMBER(VixDiskLibCheckReport, leaks, 32, 8),
	MEMBER(VixDiskLibCheckReport, leaksMended, 40, 8),
	MEMBER(VixDiskLibCheckReport, troubles, 48, 8),
	MEMBER(VixDiskLibCheckReport, clusters, 56, 8),
	MEMBER(VixDiskLibCheckReport, allocated, 64, 8),
	MEMBER(VixDiskLibCheckReport, compressed, 72, 8),
	MEMBER(VixDiskLibCheckReport, fragmented, 80, 8),
	MEMBER(VixDiskLibCheckReport, endOffset, 88, 8),
	MEMBER(VixDiskLibCheckReport, problems, 96, 8),
	MEMBER(VixDiskLibCheckReport, numProblems, 104, 8),

	SIZE(VixDiskLibExtent, 48),
	MEMBER(VixDiskLibExtent, structSize, 0, 8),
	MEMBER(VixDiskLibExtent, path, 8, 8),
	MEMBER(VixDiskLibExtent, format, 16, 8),
	MEMBER(VixDiskLibExtent, firstSector, 24, 8),
	MEMBER(VixDiskLibExtent, numSectors, 32, 8),
	MEMBER(VixDiskLibExtent, grainSectors, 40, 4),
	MEMBER(VixDiskLibExtent, compressed, 44, 1),

	SIZE(VixDiskLibLink, 88),
	MEMBER(VixDiskLibLink, structSize, 0, 8),
	MEMBER(VixDiskLibLink, path, 8, 8),
	MEMBER(VixDiskLibLink, createType, 16, 8),
	MEMBER(VixDiskLibLink, capacity, 24, 8),
	MEMBER(VixDiskLibLink, contentID, 32, 4),
	MEMBER(VixDiskLibLink, parentContentID, 36, 4),
	MEMBER(VixDiskLibLink, hasParent, 40, 1),
	MEMBER(VixDiskLibLink, parentHint, 48, 8),
	MEMBER(VixDiskLibLink, problem, 56, 8),
	MEMBER(VixDiskLibLink, lookedFor, 64, 8),
	MEMBER(VixDiskLibLink, extents, 72, 8),
	MEMBER(VixDiskLibLink, numExtents, 80, 8),

	SIZE(VixDiskLibServerDisk, 96),
	MEMBER(VixDiskLibServerDisk, structSize, 0, 8),
	MEMBER(VixDiskLibServerDisk, key, 8, 4),
	MEMBER(VixDiskLibServerDisk, label, 16, 8),
	MEMBER(VixDiskLibServerDisk, path, 24, 8),
	MEMBER(VixDiskLibServerDisk, capacity, 32, 8),
	MEMBER(VixDiskLibServerDisk, changeId, 40, 8),
	MEMBER(VixDiskLibServerDisk, uuid, 48, 8),
	MEMBER(VixDiskLibServerDisk, backing, 56, 8),
	MEMBER(VixDiskLibServerDisk, numLinks, 64, 8),
	MEMBER(VixDiskLibServerDisk, problem, 72, 8),
	MEMBER(VixDiskLibServerDisk, why, 80, 8),
	MEMBER(VixDiskLibServerDisk, isInUse, 88, 1),

	SIZE(VixDiskLibSnapshot, 64),
	MEMBER(VixDiskLibSnapshot, structSize, 0, 8),
	MEMBER(VixDiskLibSnapshot, moref, 8, 8),
	MEMBER(VixDiskLibSnapshot, parent, 16, 8),
	MEMBER(VixDiskLibSnapshot, name, 24, 8),
	MEMBER(VixDiskLibSnapshot, description, 32, 8),
	MEMBER(VixDiskLibSnapshot, created, 40, 8),
	MEMBER(VixDiskLibSnapshot, powerState, 48, 8),
	MEMBER(VixDiskLibSnapshot, isQuiesced, 56, 1),
	MEMBER(VixDiskLibSnapshot, isCurrent, 57, 1),

	SIZE(VixDiskLibVm, 56),
	MEMBER(VixDiskLibVm, structSize, 0, 8),
	MEMBER(VixDiskLibVm, moref, 8, 8),
	MEMBER(VixDiskLibVm, name, 16, 8),
	MEMBER(VixDiskLibVm, inventoryPath, 24, 8),
	MEMBER(VixDiskLibVm, vmx, 32, 8),
	MEMBER(VixDiskLibVm, powerState, 40, 8),
	MEMBER(VixDiskLibVm, isTemplate, 48, 1),

	SIZE(VixDiskLibMapRun, 48),
	MEMBER(VixDiskLibMapRun, structSize, 0, 8),
	MEMBER(VixDiskLibMapRun, firstSector, 8, 8),
	MEMBER(VixDiskLibMapRun, numSectors, 16, 8),
	MEMBER(VixDiskLibMapRun, kind, 24, 4),
	MEMBER(VixDiskLibMapRun, link, 28, 4),
	MEMBER(VixDiskLibMapRun, extent, 32, 4),
	MEMBER(VixDiskLibMapRun, fileOffset, 40, 8),

	SIZE(VixVolumeDetails, 96),
	MEMBER(VixVolumeDetails, structSize, 0, 8),
	MEMBER(VixVolumeDetails, number, 8, 4),
	MEMBER(VixVolumeDetails, disk, 12, 4),
	MEMBER(VixVolumeDetails, name, 16, 8),
	MEMBER(VixVolumeDetails, kind, 24, 8),
	MEMBER(VixVolumeDetails, fileSystem, 32, 8),
	MEMBER(VixVolumeDetails, label, 40, 8),
	MEMBER(VixVolumeDetails, uuid, 48, 8),
	MEMBER(VixVolumeDetails, state, 56, 8),
	MEMBER(VixVolumeDetails, device, 64, 8),
	MEMBER(VixVolumeDetails, sizeBytes, 72, 8),
	MEMBER(VixVolumeDetails, usedBytes, 80, 8),
	MEMBER(VixVolumeDetails, mountable, 88, 1),

	SIZE(VixMountOptions, 40),
	MEMBER(VixMountOptions, structSize, 0, 8),
	MEMBER(VixMountOptions, mountPoint, 8, 8),
	MEMBER(VixMountOptions, fuseOptions, 16, 8),
	MEMBER(VixMountOptions, sourceName, 24, 8),
	MEMBER(VixMountOptions, symlinks, 32, 4),
	MEMBER(VixMountOptions, flags, 36, 4),
};

/* What the headers say. The error codes come from the table that GetErrorText uses. */
struct constant {
	const char *name;
	unsigned long long value;
};

#define NAME(constant)              \
	{                           \
#constant, constant \
	}

static const struct constant constants[] = {
	NAME(TRUE),
	NAME(FALSE),
	NAME(VIXDISKLIB_SECTOR_SIZE),
	NAME(VIXDISKLIB_MIN_CHUNK_SIZE),
	NAME(VIXDISKLIB_MAX_CHUNK_SIZE),
	NAME(VIXDISKLIB_MAX_CHUNK_NUMBER),
	NAME(VIXDISKLIB_DISK_MONOLITHIC_SPARSE),
	NAME(VIXDISKLIB_DISK_MONOLITHIC_FLAT),
	NAME(VIXDISKLIB_DISK_SPLIT_SPARSE),
	NAME(VIXDISKLIB_DISK_SPLIT_FLAT),
	NAME(VIXDISKLIB_DISK_VMFS_FLAT),
	NAME(VIXDISKLIB_DISK_STREAM_OPTIMIZED),
	NAME(VIXDISKLIB_DISK_VMFS_THIN),
	NAME(VIXDISKLIB_DISK_VMFS_SPARSE),
	NAME(VIXDISKLIB_DISK_UNKNOWN),
	NAME(VIXDISKLIB_ADAPTER_IDE),
	NAME(VIXDISKLIB_ADAPTER_SCSI_BUSLOGIC),
	NAME(VIXDISKLIB_ADAPTER_SCSI_LSILOGIC),
	NAME(VIXDISKLIB_ADAPTER_UNKNOWN),
	NAME(VIXDISKLIB_HWVERSION_WORKSTATION_4),
	NAME(VIXDISKLIB_HWVERSION_WORKSTATION_5),
	NAME(VIXDISKLIB_HWVERSION_WORKSTATION_6),
	NAME(VIXDISKLIB_HWVERSION_ESX30),
	NAME(VIXDISKLIB_HWVERSION_ESX4X),
	NAME(VIXDISKLIB_HWVERSION_ESX50),
	NAME(VIXDISKLIB_HWVERSION_ESX51),
	NAME(VIXDISKLIB_HWVERSION_ESX55),
	NAME(VIXDISKLIB_HWVERSION_ESX60),
	NAME(VIXDISKLIB_HWVERSION_ESX65),
	NAME(VIXDISKLIB_HWVERSION_CURRENT),
	NAME(VIXDISKLIB_CRED_UID),
	NAME(VIXDISKLIB_CRED_SESSIONID),
	NAME(VIXDISKLIB_CRED_TICKETID),
	NAME(VIXDISKLIB_CRED_SSPI),
	NAME(VIXDISKLIB_CRED_UNKNOWN),
	NAME(VIXDISKLIB_SPEC_VMX),
	NAME(VIXDISKLIB_SPEC_VSTORAGE_OBJECT),
	NAME(VIXDISKLIB_SPEC_DATASTORE),
	NAME(VIXDISKLIB_SPEC_UNKNOWN),
	NAME(VIXDISKLIB_FLAG_OPEN_UNBUFFERED),
	NAME(VIXDISKLIB_FLAG_OPEN_SINGLE_LINK),
	NAME(VIXDISKLIB_FLAG_OPEN_READ_ONLY),
	NAME(VIXDISKLIB_FLAG_OPEN_COMPRESSION_ZLIB),
	NAME(VIXDISKLIB_FLAG_OPEN_COMPRESSION_FASTLZ),
	NAME(VIXDISKLIB_FLAG_OPEN_COMPRESSION_SKIPZ),
	NAME(VIXDISKLIB_FLAG_OPEN_COMPRESSION_MASK),
	NAME(VIXMNTAPI_MAJOR_VERSION),
	NAME(VIXMNTAPI_MINOR_VERSION),
	NAME(VIXMNTAPI_NO_OS),
	NAME(VIXMNTAPI_WINDOWS),
	NAME(VIXMNTAPI_OTHER),
	NAME(VIXMNTAPI_UNKNOWN_VOLTYPE),
	NAME(VIXMNTAPI_BASIC_PARTITION),
	NAME(VIXMNTAPI_GPT_PARTITION),
	NAME(VIXMNTAPI_DYNAMIC_VOLUME),
	NAME(VIXMNTAPI_LVM_VOLUME),
	NAME(VIXMNTAPI_SIZE_UNKNOWN),
	NAME(VIXMNTAPI_SYMLINKS_GUEST),
	NAME(VIXMNTAPI_SYMLINKS_RAW),
	NAME(VIXMNTAPI_SYMLINKS_DENY),
	NAME(VIXMNTAPI_MOUNT_SINGLE),
	NAME(VIXMNTAPI_MOUNT_PARTIAL),
	NAME(VIXMNTAPI_MOUNT_CHECK),
#define VIXERR(code, text) { #code, code },
#include "vixerr.def"
#undef VIXERR
};

/* Prints a number as a TAP comment; returns true when it is the expected one. */
static bool same(const char *what, unsigned long long actual, unsigned long long expected)
{
	if (actual == expected)
		printf("# %s = %llu\n", what, actual);
	else
		printf("# %s = %llu, but must be %llu\n", what, actual, expected);
	return actual == expected;
}

static const struct constant *find_constant(const char *name)
{
	for (size_t i = 0; i < COUNT(constants); i++)
		if (strcmp(constants[i].name, name) == 0)
			return &constants[i];
	return NULL;
}

#ifdef __LP64__
START_TEST(every_size_and_offset_is_that_of_vddk)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < COUNT(layout); i++)
		wrong += !same(layout[i].what, layout[i].actual, layout[i].expected);
	ck_assert_uint_eq(wrong, 0);
}
END_TEST
#endif

START_TEST(every_constant_is_that_of_vddk)
{
	FILE *f = fopen(TESTS_SRCDIR "/abi/constants.txt", "r");
	unsigned long long expected;
	size_t found = 0, wrong = 0;
	char line[200], name[80];

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		const struct constant *c;

		if (line[0] == '#' || sscanf(line, "%*s %79s %llu", name, &expected) != 2)
			continue;
		c = find_constant(name);
		ck_assert_msg(c != NULL, "%s is in constants.txt only", name);
		wrong += !same(name, c->value, expected);
		found++;
	}
	fclose(f);
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_eq(found, COUNT(constants));
}
END_TEST

START_TEST(result_macros_agree_with_the_codes)
{
	VixError err = VIX_E_DISK_OUTOFRANGE | (VixError)4 << 24;

	ck_assert_uint_eq(VIX_ERROR_CODE(err), VIX_E_DISK_OUTOFRANGE);
	ck_assert(VIX_FAILED(err) && !VIX_SUCCEEDED(err));
	ck_assert(VIX_SUCCEEDED(VIX_OK) && !VIX_FAILED(VIX_OK));
	ck_assert(VIX_FAILED(VIX_ASYNC));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("layout");
	TCase *tc = unit_tcase(s, "numbers");

#ifdef __LP64__
	tcase_add_test(tc, every_size_and_offset_is_that_of_vddk);
#endif
	tcase_add_test(tc, every_constant_is_that_of_vddk);
	tcase_add_test(tc, result_macros_agree_with_the_codes);
	return unit_run(s);
}
