/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a server knows of a virtual machine: its disks and, of each, the chain of its files.
 *
 * 1. The chain is what the server's properties say; no file name is guessed.
 * 2. What is here was true when it was asked; nothing is renewed in place.
 */
#ifndef VIM_INVENTORY_H
#define VIM_INVENTORY_H

#include "../../common/array.h"
#include "session.h"
#include "spec.h"

/* One file of a chain: what a disk was at a snapshot. */
struct vim_link {
	char *file;      /* of its descriptor: "[ds] dir/a-000001.vmdk" */
	char *uuid;      /* or NULL */
	char *change_id; /* as of changed block tracking, or NULL */
	bool is_raw;     /* a mapping to a LUN: there are no bytes in a file */
	bool is_encrypted;
};

struct vim_disk {
	uint32_t key;                    /* of the device: 2000 */
	char *label;                     /* "Hard disk 1", or NULL */
	uint64_t capacity;               /* bytes */
	VU_ARRAY(struct vim_link) links; /* newest first, never empty */
};

struct vim_vm {
	struct vim_ref ref; /* its value is owned, its type static */
	char *snapshot;     /* the snapshot whose disks these are, or NULL */
	char *name;         /* for messages */
	char *vmx;          /* "[ds] dir/a.vmx" */
	char *datacenter;   /* reference of its datacenter */
	char *dc_path;      /* "Folder/Sub/DC", as /folder wants it, not escaped */
	VU_ARRAY(struct vim_disk) disks;
};

/**
 * vim_vm_lookup() - ask the server for a virtual machine and its disks
 * @spec:     which one
 * @snapshot: reference of one of its snapshots: the disks as they were then; NULL: as they are now
 * @vm_out:   filled; vim_vm_free()
 *
 * Errors: OBJECT_NOT_FOUND  no such machine, or no such snapshot of it (logged)
 *         those of vim_session_call()
 */
VixError vim_vm_lookup(struct vim_session *s, const struct vim_spec *spec, const char *snapshot,
		       struct vim_vm **vm_out);

/**
 * vim_fcd_lookup() - ask for a first-class disk: a machine of that one disk
 * @id:        of the disk
 * @datastore: reference of its datastore
 * @snapshot:  of the disk, or NULL
 *
 * Errors: as vim_vm_lookup(); NOT_SUPPORTED  the server has none
 */
VixError vim_fcd_lookup(struct vim_session *s, const char *id, const char *datastore,
			const char *snapshot, struct vim_vm **vm_out);

/** vim_vm_free() - NULL is fine */
void vim_vm_free(struct vim_vm *vm);

/**
 * vim_vm_find_disk() - the disk of which @path is a file
 * @link_out: filled: which of its links
 *
 * "[ds] dir/a.vmdk" as it is; a name without a datastore lies beside the .vmx file.
 * Return: NULL: no disk of the machine has it.
 */
const struct vim_disk *vim_vm_find_disk(const struct vim_vm *vm, const char *path,
					size_t *link_out);

#endif
