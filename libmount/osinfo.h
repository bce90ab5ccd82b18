/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which operating system is on the disks, and where it mounts them.  The set's lock is held.
 */
#ifndef VMNT_OSINFO_H
#define VMNT_OSINFO_H

#include "volume.h"

/**
 * vmnt_set_inspect() - look for operating systems, unless that is done
 *
 * Takes as long as starting the engine.  Fills set->os: VIXMNTAPI_NO_OS where there is none, where
 * the disks are blank, and where the configuration says never to look.
 * Errors: those of vmnt_set_start() and of the engine
 */
VixError vmnt_set_inspect(struct vmnt_set *s);

/** vmnt_set_os_info() - what GetOsInfo gives, for free(); OUT_OF_MEMORY */
VixError vmnt_set_os_info(const struct vmnt_set *s, VixOsInfo **info_out);

/**
 * vmnt_volume_guest_path() - where the guest mounts a volume
 * @index: 0.. of several places
 *
 * Return: borrowed; NULL when there are no more, or when nobody has looked.
 */
const char *vmnt_volume_guest_path(const struct vmnt_volume *v, size_t index);

#endif
