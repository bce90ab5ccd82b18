/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What kinds of disks and adapters are called, by whom: VDDK, descriptors (createType),
 * vmware-vdiskmanager's numbers, vmkfstools.
 */
#ifndef VDT_DISKTYPE_H
#define VDT_DISKTYPE_H

#include <stdbool.h>

#include "vixDiskLib.h"

#define VDT_TYPE_WANTS                                                                       \
	"monolithicSparse, monolithicFlat, twoGbMaxExtentSparse, twoGbMaxExtentFlat, vmfs, " \
	"vmfsThin, vmfsSparse or streamOptimized"
#define VDT_ADAPTER_WANTS "ide, buslogic or lsilogic"

/** vdt_type_parse() - a kind by any of its names, in any case of letters; *@type_out is set */
bool vdt_type_parse(const char *name, VixDiskLibDiskType *type_out);

/** vdt_type_name() - as VDT_TYPE_WANTS has it; "unknown" */
const char *vdt_type_name(VixDiskLibDiskType type);

/** vdt_adapter_parse() - by any name that descriptors or VDDK have; *@type_out is set */
bool vdt_adapter_parse(const char *name, VixDiskLibAdapterType *type_out);

/** vdt_adapter_name() - as VDT_ADAPTER_WANTS has it; "unknown" */
const char *vdt_adapter_name(VixDiskLibAdapterType type);

/** vdt_take_type(), vdt_take_adapter() - for VDT_OPT_TAKE; @to: where the number goes */
bool vdt_take_type(const char *name, void *to);
bool vdt_take_adapter(const char *name, void *to);

#endif
