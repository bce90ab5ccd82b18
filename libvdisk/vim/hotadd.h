/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks that are attached to a running virtual machine for a while, and detached again.
 *
 * 1. No file is made or removed: a device is added and removed without a file operation.
 * 2. What is detached is what was attached: the same file, in the same slot and mode.  A disk that
 *    somebody else has put there is left alone.
 * 3. While the server is busy with the machine, it is asked again, for half a minute.
 * 4. Only SCSI adapters that are there are used, and none that machines share.
 */
#ifndef VIM_HOTADD_H
#define VIM_HOTADD_H

#include "session.h"

/**
 * vim_hotadd_find_vm() - the running machine with a UUID, as its firmware tells it
 * @uuid:      some firmwares tell the first three groups in another order of bytes: either is tried
 * @moref_out: filled: its reference, for free(); NULL: the server has none, or several
 *
 * Errors: NOT_SUPPORTED  the server can't search; those of vim_session_call()
 * Test:   unit/vim-hotadd.c, vsphere/hotadd.c
 */
VixError vim_hotadd_find_vm(struct vim_session *s, const char *uuid, char **moref_out);

/* Where there is room for a disk. */
struct vim_slot {
	uint32_t controller; /* key of its device: 1000 */
	uint32_t unit;
	long pci_slot;        /* of the controller; -1: not told */
	bool has_own_targets; /* the guest numbers its disks otherwise */
};

/**
 * vim_hotadd_find_slot() - look for a free slot
 * @slot_out:  filled
 * @found_out: filled; false: there is none
 *
 * Errors: those of vim_session_call() and vim_props_need()
 */
VixError vim_hotadd_find_slot(struct vim_session *s, const char *vm, struct vim_slot *slot_out,
			      bool *found_out);

/* An attached disk, or one that is going to be. */
struct vim_attached {
	const char *file; /* "[ds] dir/a.vmdk" */
	bool is_writable; /* else its machine's writes are thrown away */
	uint32_t controller, unit;
	uint32_t key; /* of the device; 0: not known yet */
};

/**
 * vim_hotadd_attach() - attach a disk
 * @vm:       reference of the machine
 * @disk:     where and what; its key is filled
 * @capacity: of it, bytes
 * @uuid_out: filled: as the server tells it of the attached disk, for free(); NULL: it does not
 *
 * After an error the disk may be attached all the same: vim_hotadd_detach().
 * Errors: those of vim_task_run(); NET_HTTP_TRANSFER  afterwards it is not there (logged)
 */
VixError vim_hotadd_attach(struct vim_session *s, const char *vm, struct vim_attached *disk,
			   uint64_t capacity, char **uuid_out);

/**
 * vim_hotadd_detach() - detach a disk, if it is there
 *
 * What is there instead stays.
 * Errors: those of vim_task_run() and vim_props_need()
 */
VixError vim_hotadd_detach(struct vim_session *s, const char *vm, const struct vim_attached *disk);

#endif
