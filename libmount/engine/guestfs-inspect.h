/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libguestfs's own inspection: knows Windows, BSD and old Linux systems, and takes about as long
 * as a launch.
 */
#ifndef VMNT_GUESTFS_INSPECT_H
#define VMNT_GUESTFS_INSPECT_H

#include "guestfs-engine.h"

/**
 * vmnt_guestfs_inspect() - look for operating systems everywhere
 * @os: filled as far as it is known; NO_OS stays where nothing is found
 *
 * Unmounts everything in the appliance and leaves it so; @en's tree_lock is held alone.
 * Errors: MNTAPI_OS_ERROR  the virtual machine has stopped, or libguestfs failed
 *         OUT_OF_MEMORY
 */
VixError vmnt_guestfs_inspect(struct vmnt_guestfs *en, struct vmnt_os *os);

#endif
