/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What two small files tell of a Linux system: etc/os-release and etc/fstab.
 *
 * 1. Both were written by the guest: lengths are bounded by the caller, and any bytes will do.
 */
#ifndef VMNT_LINUX_H
#define VMNT_LINUX_H

#include <stdbool.h>
#include <stddef.h>

#include "engine.h"

/**
 * vmnt_linux_release() - vendor, edition and version out of os-release
 * @text: its content, a string
 * @os:   vendor, edition, major and minor are filled where they are told
 *
 * Source:  os-release(5)
 * Errors:  OUT_OF_MEMORY
 * Test:    unit/linux.c
 */
VixError vmnt_linux_release(const char *text, struct vmnt_os *os);

/** vmnt_linux_version() - "12.4", "7", "22.04 LTS" as numbers; what is not there stays as it was */
void vmnt_linux_version(const char *text, struct vmnt_os *os);

/**
 * vmnt_linux_fstab() - where the guest mounts which volume, out of fstab
 * @text:    its content, a string
 * @volumes: @n volumes of the disk set
 * @os:      gets the mounts whose volume is known; the root's, if it is there, too
 *
 * Understands UUID=, LABEL=, PARTUUID=, links below /dev/disk, names of logical volumes and of
 * disks (sd, hd, vd, xvd, nvme: by their order).
 * Source:  fstab(5)
 * Errors:  OUT_OF_MEMORY
 * Test:    unit/linux.c
 */
VixError vmnt_linux_fstab(const char *text, const struct vmnt_volume_info *volumes, size_t n,
			  struct vmnt_os *os);

/** vmnt_os_add_mount() - append to @os; copies both strings.  Errors: OUT_OF_MEMORY */
VixError vmnt_os_add_mount(struct vmnt_os *os, const char *device, const char *path);

#endif
