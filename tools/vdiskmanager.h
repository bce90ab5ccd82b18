/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk, called vmware-vdiskmanager: options, words and exit status of that program, for scripts
 * that call it.
 */
#ifndef VDT_VDISKMANAGER_H
#define VDT_VDISKMANAGER_H

#define VDT_VDISKMANAGER "vmware-vdiskmanager"

/** vdt_vdiskmanager() - do what the call says; the exit status: 0, or 1 */
int vdt_vdiskmanager(int argc, char **argv);

#endif
