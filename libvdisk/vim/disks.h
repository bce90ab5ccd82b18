/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks of virtual machines, as servers describe them: of each the chain of its files.
 *
 * 1. The chain is what the server's properties say; no file name is guessed.
 * 2. Replies are untrusted: chains are bounded, and what has no file is left out.
 */
#ifndef VIM_DISKS_H
#define VIM_DISKS_H

#include "../../common/array.h"
#include "xml.h"

#define VIM_LINKS_MAX 255u /* of one disk; more are not read */

/* One file of a chain: what a disk was at a snapshot. */
struct vim_link {
	char *file;          /* of its descriptor: "[ds] dir/a-000001.vmdk" */
	char *uuid;          /* or NULL */
	char *change_id;     /* as of changed block tracking, or NULL */
	const char *backing; /* "flat", "sparse", "sesparse", "rdm", "raw", "other"; static */
	bool is_raw;         /* a mapping to a LUN: there are no bytes in a file */
	bool is_encrypted;
};

struct vim_disk {
	uint32_t key;                    /* of the device: 2000 */
	char *label;                     /* "Hard disk 1", or NULL */
	uint64_t capacity;               /* bytes; 0: not told */
	VU_ARRAY(struct vim_link) links; /* newest first, never empty */
	bool is_cut;                     /* there are more links */
};

struct vim_disks {
	VU_ARRAY(struct vim_disk) list;
};

/**
 * vim_disks_read() - the disks among the devices of a machine
 * @devices: the value of config.hardware.device
 * @disks:   theirs are added; vim_disks_free(), also on failure
 *
 * Errors: OUT_OF_MEMORY
 */
VixError vim_disks_read(vim_node *devices, struct vim_disks *disks);

/**
 * vim_disk_read_links() - the files of a disk
 * @backing:   of the newest link; those of its parents are inside
 * @file_name: of the element with the path: "fileName"
 * @disk:      its links are added
 *
 * Errors: OUT_OF_MEMORY
 */
VixError vim_disk_read_links(vim_node *backing, const char *file_name, struct vim_disk *disk);

/** vim_disks_free() - free what is in it; all zero is fine */
void vim_disks_free(struct vim_disks *disks);

/** vim_link_free() - free its strings */
void vim_link_free(struct vim_link *ln);

/**
 * vim_disks_find() - the disk of which @path, "[ds] dir/a.vmdk", is a file; NULL: none
 * @link_out: filled: which of its links
 */
const struct vim_disk *vim_disks_find(const struct vim_disks *disks, const char *path,
				      size_t *link_out);

/** vim_disks_find_key() - the disk of a device; NULL: none */
const struct vim_disk *vim_disks_find_key(const struct vim_disks *disks, uint32_t key);

#endif
