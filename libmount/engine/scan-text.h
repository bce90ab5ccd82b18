/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The output of vmnt_scan_script as devices; scan.h tells the format.
 *
 * Strings lie inside the text that was parsed.
 */
#ifndef VMNT_SCAN_TEXT_H
#define VMNT_SCAN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../common/array.h"

#define VMNT_SCAN_DEVICES_MAX 4096

enum vmnt_scan_kind { VMNT_SCAN_DISK, VMNT_SCAN_PART, VMNT_SCAN_MD, VMNT_SCAN_DM };

struct vmnt_scan_device {
	enum vmnt_scan_kind kind;
	const char *kname;       /* "sda1" */
	uint64_t sectors, start; /* of 512 bytes; start is a partition's, on its parent */
	unsigned number;         /* a partition's */
	const char *parent;      /* a partition's; else NULL */
	unsigned bus[4];         /* a disk's host, channel, target, unit */
	const char *mapper_name; /* NULL: not a device-mapper device */
	const char *mapper_uuid; /* as mapper_name */
	/* From blkid, NULL: not told. */
	const char *type, *usage, *label, *uuid, *uuid_sub, *scheme, *entry_type, *part_uuid;
	/* For whoever works out where it lies. */
	enum { VMNT_SCAN_UNPLACED, VMNT_SCAN_BEING_PLACED, VMNT_SCAN_PLACED } placing;
	uint32_t disk;
	uint64_t offset;
};

struct vmnt_scan_member {
	const char *of, *kname; /* array or mapper device; what it lies on */
};

struct vmnt_scan_text {
	VU_ARRAY(struct vmnt_scan_device) devices;
	VU_ARRAY(struct vmnt_scan_member) members;
	VU_ARRAY(const char *) drivers;
};

/** vmnt_scan_text_parse() - take @text apart, in place.  Return: 0, or -1 without memory. */
int vmnt_scan_text_parse(char *text, struct vmnt_scan_text *t_out);

/** vmnt_scan_text_free() - drop the arrays */
void vmnt_scan_text_free(struct vmnt_scan_text *t);

/** vmnt_scan_text_find() - the device of that kernel name, or NULL */
struct vmnt_scan_device *vmnt_scan_text_find(const struct vmnt_scan_text *t, const char *kname);

/** vmnt_scan_text_has_driver() - can the appliance mount file systems of blkid's @type? */
bool vmnt_scan_text_has_driver(const struct vmnt_scan_text *t, const char *type);

#endif
