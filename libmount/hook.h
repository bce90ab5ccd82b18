/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Our side of common/mounthook.h: the disk library asks before it takes disks away.
 */
#ifndef VMNT_HOOK_H
#define VMNT_HOOK_H

/** vmnt_hook_install() - be asked from now on, where the disk library can ask */
void vmnt_hook_install(void);

/** vmnt_hook_remove() - the mount library ends */
void vmnt_hook_remove(void);

#endif
