/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is on the disks, from one look into the appliance.
 *
 * Under emulation each program that the appliance starts costs a tenth to half a second, and
 * libguestfs starts one or more for each device and question.  One shell script that reads
 * /sys and calls blkid once for all devices tells the same.  It prints lines
 *
 *	D NAME SECTORS H:C:T:L              a disk
 *	P NAME SECTORS START NUMBER PARENT  a partition
 *	M NAME SECTORS                      an md array
 *	X NAME SECTORS                      a device-mapper device,
 *	N NAME MAPPER-NAME                  its name
 *	U NAME UUID                         and who made it
 *	S NAME MEMBER                       what an array or device-mapper device lies on
 *	F FILESYSTEM                        a driver, or a directory and file of kernel/fs
 *	E NAME TEXT                         a partition of which blkid told nothing, and why
 *	B                                   the output of blkid -o export follows
 *
 * with the kernel's names and 512-byte sectors.
 *
 * 1. The text comes from a virtual machine that a guest may have taken over: anything may be in
 *    it.  Memory is bounded by its length.
 * 2. Disks are numbered by their place on the bus, as libguestfs does, not by their names; what
 *    comes after the disks of the set is the appliance's own.
 */
#ifndef VMNT_SCAN_H
#define VMNT_SCAN_H

#include <stddef.h>

#include "engine.h"

/* For sh -c in the appliance; nothing in it depends on the guest. */
extern const char vmnt_scan_script[];

/**
 * vmnt_scan_parse() - make volumes of the script's output
 * @text:    a string; overwritten
 * @n_disks: disks of the set
 * @v_out:   filled: in the order of engine.h; vmnt_volume_info_free_all()
 *
 * Lines that make no sense are passed over.
 * Errors: OUT_OF_MEMORY
 * Test:   unit/scan.c
 */
VixError vmnt_scan_parse(char *text, size_t n_disks, struct vmnt_volume_info **v_out,
			 size_t *n_out);

#endif
