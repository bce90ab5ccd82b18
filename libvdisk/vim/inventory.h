/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a server knows of a virtual machine: which one is meant, where its files are, and its disks.
 *
 * 1. What is here was true when it was asked; nothing is renewed in place.
 */
#ifndef VIM_INVENTORY_H
#define VIM_INVENTORY_H

#include "disks.h"
#include "session.h"
#include "spec.h"

struct vim_vm {
	struct vim_ref ref; /* its value is owned, its type static */
	char *snapshot;     /* the snapshot whose disks these are, or NULL */
	char *name;         /* for messages */
	char *vmx;          /* "[ds] dir/a.vmx"; NULL: it has none */
	char *dc_path; /* of its datacenter: "Folder/Sub/DC", as vim_datacenter_lookup_path() */
	bool is_on;    /* or suspended: its newest files are locked */
	struct vim_disks disks; /* as they were at the snapshot, or are now */
	struct vim_disks now;   /* where a snapshot is named: as they are now */
};

/**
 * vim_vm_lookup() - ask the server for a virtual machine and its disks
 * @spec:     which one
 * @snapshot: reference of one of its snapshots: the disks as they were then; NULL: as they are now
 * @vm_out:   filled; vim_vm_free()
 *
 * Errors: OBJECT_NOT_FOUND  no such machine, or no such snapshot of it (logged)
 *         INVALID_ARG       @snapshot is no reference, or @spec means several machines (logged)
 *         those of vim_session_call() and vim_props_need()
 */
VixError vim_vm_lookup(struct vim_session *s, const struct vim_spec *spec, const char *snapshot,
		       struct vim_vm **vm_out);

/**
 * vim_fcd_lookup() - ask for a first-class disk: a machine of that one disk
 * @id:        of the disk
 * @datastore: reference of its datastore
 * @snapshot:  of the disk, or NULL
 *
 * Errors: OBJECT_NOT_FOUND  no such disk or snapshot (logged); NOT_SUPPORTED  the server has no such
 *         disks (logged); those of vim_session_call()
 */
VixError vim_fcd_lookup(struct vim_session *s, const char *id, const char *datastore,
			const char *snapshot, struct vim_vm **vm_out);

/** vim_vm_free() - NULL is fine */
void vim_vm_free(struct vim_vm *vm);

static inline void vu_auto_vim_vm(struct vim_vm **p)
{
	vim_vm_free(*p);
}

/**
 * vim_vm_find_disk() - the disk that is meant with a path
 * @path:     "[ds] dir/a.vmdk"; a name without a datastore lies beside the .vmx file
 * @link_out: filled: the newest of its links that counts
 *
 * Without a snapshot a path means that file and what is below it.  With one the disk may be named by
 * any of its files, also those that it has got since, and all links of that time count.
 * Return: NULL: no disk of the machine has that file.
 */
const struct vim_disk *vim_vm_find_disk(const struct vim_vm *vm, const char *path,
					size_t *link_out);

/**
 * vim_datastore_lookup() - ask for a datastore
 * @name_out, @dc_path_out: filled: its name, and the path of its datacenter; for free()
 *
 * Errors: OBJECT_NOT_FOUND; those of vim_session_call() and vim_props_need()
 */
VixError vim_datastore_lookup(struct vim_session *s, const char *datastore, char **name_out,
			      char **dc_path_out);

#endif
