/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Adapters by name and by number, and the geometry that VMware's products give a disk.
 */
#ifndef VD_GEOMETRY_H
#define VD_GEOMETRY_H

#include <stdint.h>

#include "vixDiskLib.h"

/** vd_adapter_of() - the adapter that ddb.adapterType names; NULL and other words: UNKNOWN */
VixDiskLibAdapterType vd_adapter_of(const char *name);

/** vd_adapter_name() - the word for an adapter; NULL: it has none */
const char *vd_adapter_name(VixDiskLibAdapterType adapter);

/**
 * vd_geometry_default() - the geometry of a new disk
 * @sectors: its capacity
 *
 * Source: docs/formats/vmdk-descriptor.md, "Disk data base".
 */
VixDiskLibGeometry vd_geometry_default(uint64_t sectors, VixDiskLibAdapterType adapter);

#endif
