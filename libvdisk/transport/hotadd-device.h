/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine that this program runs in, as its kernel tells: its identity, and the block device of a
 * disk that was attached to it.
 *
 * 1. No device is taken for the disk that is not proved to be it: it has the disk's UUID, and is not
 *    elsewhere than the disk was attached; or has none that is known, and has come up there since.  It
 *    has the size, and no other device is it as well.
 * 2. All names are below a root directory: "" is the host's own.
 * 3. Waiting is bounded.
 */
#ifndef VD_HOTADD_DEVICE_H
#define VD_HOTADD_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vixDiskLib.h"

#define VD_HOTADD_WAIT_MS 60000u /* for a device to show up */

/**
 * vd_hotadd_machine_uuid() - the UUID of the virtual machine of VMware that this is
 * @root:     directory that stands for /
 * @uuid_out: filled: for free()
 *
 * Return: false: this is no such machine, or we may not know (only root may), or no memory.
 */
bool vd_hotadd_machine_uuid(const char *root, char **uuid_out);

/* What is known of an attached disk. */
struct vd_hotadd_disk {
	const char *uuid;     /* as servers write it; NULL: none */
	unsigned target;      /* its unit number */
	bool has_own_targets; /* its adapter numbers targets as it likes: LSI Logic SAS */
	long pci_slot;        /* of its controller, as servers number slots; -1: unknown */
	uint64_t capacity;    /* bytes */
};

struct vd_hotadd_names;

/** vd_hotadd_list() - the disks that there are now; vd_hotadd_names_free().  NULL: no memory. */
struct vd_hotadd_names *vd_hotadd_list(const char *root);

/** vd_hotadd_names_free() - NULL is fine */
void vd_hotadd_names_free(struct vd_hotadd_names *names);

/**
 * vd_hotadd_wait_device() - find the device of a disk that was attached
 * @before:   those that were there before the disk was attached
 * @wait_ms:  how long to wait for it
 * @name_out: filled: its name, "sdb", for free()
 *
 * Errors: FILE_ACCESS_ERROR  it does not show up, or several may be it (logged); OUT_OF_MEMORY
 * Test:   unit/hotadd-device.c
 */
VixError vd_hotadd_wait_device(const char *root, const struct vd_hotadd_disk *disk,
			       const struct vd_hotadd_names *before, unsigned wait_ms,
			       char **name_out);

/** vd_hotadd_forget_device() - have the kernel let go of it, before the disk is detached */
void vd_hotadd_forget_device(const char *root, const char *name);

#endif
