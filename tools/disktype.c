/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of disk types and adapters; see disktype.h.
 */
#include "config.h"

#include "disktype.h"

#include <stddef.h>
#include <string.h>

#include "../common/ascii.h"

struct name {
	const char *name;
	int number;
};

/* The first name of each is the one that we say. */
static const struct name types[] = {
	{ "monolithicSparse", VIXDISKLIB_DISK_MONOLITHIC_SPARSE },
	{ "MONOLITHIC_SPARSE", VIXDISKLIB_DISK_MONOLITHIC_SPARSE },
	{ "sparse", VIXDISKLIB_DISK_MONOLITHIC_SPARSE },
	{ "0", VIXDISKLIB_DISK_MONOLITHIC_SPARSE },
	{ "monolithicFlat", VIXDISKLIB_DISK_MONOLITHIC_FLAT },
	{ "MONOLITHIC_FLAT", VIXDISKLIB_DISK_MONOLITHIC_FLAT },
	{ "flat", VIXDISKLIB_DISK_MONOLITHIC_FLAT },
	{ "2", VIXDISKLIB_DISK_MONOLITHIC_FLAT },
	{ "twoGbMaxExtentSparse", VIXDISKLIB_DISK_SPLIT_SPARSE },
	{ "2GbMaxExtentSparse", VIXDISKLIB_DISK_SPLIT_SPARSE },
	{ "SPLIT_SPARSE", VIXDISKLIB_DISK_SPLIT_SPARSE },
	{ "2gbsparse", VIXDISKLIB_DISK_SPLIT_SPARSE },
	{ "1", VIXDISKLIB_DISK_SPLIT_SPARSE },
	{ "twoGbMaxExtentFlat", VIXDISKLIB_DISK_SPLIT_FLAT },
	{ "2GbMaxExtentFlat", VIXDISKLIB_DISK_SPLIT_FLAT },
	{ "SPLIT_FLAT", VIXDISKLIB_DISK_SPLIT_FLAT },
	{ "3", VIXDISKLIB_DISK_SPLIT_FLAT },
	{ "vmfs", VIXDISKLIB_DISK_VMFS_FLAT },
	{ "VMFS_FLAT", VIXDISKLIB_DISK_VMFS_FLAT },
	{ "vmfsPreallocated", VIXDISKLIB_DISK_VMFS_FLAT },
	{ "zeroedthick", VIXDISKLIB_DISK_VMFS_FLAT },
	{ "eagerzeroedthick", VIXDISKLIB_DISK_VMFS_FLAT },
	{ "4", VIXDISKLIB_DISK_VMFS_FLAT },
	{ "streamOptimized", VIXDISKLIB_DISK_STREAM_OPTIMIZED },
	{ "STREAM_OPTIMIZED", VIXDISKLIB_DISK_STREAM_OPTIMIZED },
	{ "5", VIXDISKLIB_DISK_STREAM_OPTIMIZED },
	{ "vmfsThin", VIXDISKLIB_DISK_VMFS_THIN },
	{ "VMFS_THIN", VIXDISKLIB_DISK_VMFS_THIN },
	{ "thin", VIXDISKLIB_DISK_VMFS_THIN },
	{ "6", VIXDISKLIB_DISK_VMFS_THIN },
	{ "vmfsSparse", VIXDISKLIB_DISK_VMFS_SPARSE },
	{ "VMFS_SPARSE", VIXDISKLIB_DISK_VMFS_SPARSE },
	{ NULL, 0 },
};

static const struct name adapters[] = {
	{ "ide", VIXDISKLIB_ADAPTER_IDE },
	{ "buslogic", VIXDISKLIB_ADAPTER_SCSI_BUSLOGIC },
	{ "SCSI_BUSLOGIC", VIXDISKLIB_ADAPTER_SCSI_BUSLOGIC },
	{ "lsilogic", VIXDISKLIB_ADAPTER_SCSI_LSILOGIC },
	{ "SCSI_LSILOGIC", VIXDISKLIB_ADAPTER_SCSI_LSILOGIC },
	{ NULL, 0 },
};

/* @prefix: what VDDK puts before its names. */
static bool parse(const struct name *names, const char *prefix, const char *name, int *number_out)
{
	size_t len = strlen(prefix);

	if (vu_ascii_ncasecmp(name, prefix, len) == 0)
		name += len;
	for (; names->name != NULL; names++) {
		if (vu_ascii_casecmp(names->name, name) == 0) {
			*number_out = names->number;
			return true;
		}
	}
	return false;
}

static const char *name_of(const struct name *names, int number)
{
	while (names->name != NULL && names->number != number)
		names++;
	return names->name != NULL ? names->name : "unknown";
}

bool vdt_type_parse(const char *name, VixDiskLibDiskType *type_out)
{
	int number;

	if (!parse(types, "VIXDISKLIB_DISK_", name, &number))
		return false;
	*type_out = (VixDiskLibDiskType)number;
	return true;
}

const char *vdt_type_name(VixDiskLibDiskType type)
{
	return name_of(types, (int)type);
}

bool vdt_adapter_parse(const char *name, VixDiskLibAdapterType *type_out)
{
	int number;

	if (!parse(adapters, "VIXDISKLIB_ADAPTER_", name, &number))
		return false;
	*type_out = (VixDiskLibAdapterType)number;
	return true;
}

const char *vdt_adapter_name(VixDiskLibAdapterType type)
{
	return name_of(adapters, (int)type);
}

bool vdt_take_type(const char *name, void *to)
{
	return vdt_type_parse(name, to);
}

bool vdt_take_adapter(const char *name, void *to)
{
	return vdt_adapter_parse(name, to);
}
