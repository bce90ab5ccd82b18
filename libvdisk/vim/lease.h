/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Leases: a server exports the disks of a machine as long as somebody tells it how far that has come.
 *
 *	export -> initializing -> ready -> fetch, and its progress -> complete
 *	                |           |        |
 *	                +-----------+--------+-> abort
 *
 * 1. A lease ends with complete or abort, on every way out, while the process lives and the server can
 *    be reached; else the server ends it, some minutes after the last renewal.
 * 2. It is renewed from a thread, that is there only while a file is fetched: also while no byte comes.
 * 3. The host of a file is what the lease says, and has the certificate that the lease says; it gets the
 *    session's cookie only where it has the server's name.
 * 4. All waiting is bounded.
 */
#ifndef VIM_LEASE_H
#define VIM_LEASE_H

#include "session.h"

/* Which disk. */
struct vim_lease_disk {
	struct vim_ref of; /* VirtualMachine, which has to be off, or VirtualMachineSnapshot */
	uint32_t key;      /* of the device */
	const char *doing; /* clause for messages: "export [ds] a/a.vmdk" */
};

/* Where its bytes are; strings are owned. */
struct vim_lease_file {
	char *host;       /* NULL: the server's */
	unsigned port;    /* 0: 443 */
	char *target;     /* "/nfc/…" */
	char *thumbprint; /* or NULL */
};

struct vim_lease;

/**
 * vim_lease_export() - begin an export, and wait until its files can be fetched
 * @disk:  borrowed as long as the lease lives
 * @l_out: filled; vim_lease_free()
 *
 * Errors: those of vim_session_call(); as vim_fault_code() of why the lease is in error (logged)
 *         OBJECT_NOT_FOUND             the machine has no such device (logged)
 *         NOT_SUPPORTED                the lease does not tell which of its files the disk is (logged)
 *         NET_HTTP_OPERATION_TIMEDOUT  it did not get ready in time (logged)
 *         NET_HTTP_TRANSFER            its state is none, or its URL (logged)
 * Test:   unit/lease.c, vsphere/lease.sh
 */
VixError vim_lease_export(struct vim_session *s, const struct vim_lease_disk *disk,
			  struct vim_lease **l_out);

/**
 * vim_lease_fetch() - the bytes of the disk: a streamOptimized VMDK, once, from the first one
 * @take: gets them
 *
 * Errors: those of vim_http_send(), of vim_http_refused(), and of the lease where that has ended (logged);
 *         CANCELLED  @take has given up
 */
VixError vim_lease_fetch(struct vim_lease *l, vim_http_take_fn *take, void *ctx);

/** vim_lease_tell() - what the server is told from now on; for @take.  @percent: 0 to 100. */
void vim_lease_tell(struct vim_lease *l, unsigned percent);

/** vim_lease_complete() - all went well; a server that does not hear it is no error */
void vim_lease_complete(struct vim_lease *l);

/** vim_lease_free() - abort, unless it is complete; NULL is fine */
void vim_lease_free(struct vim_lease *l);

static inline void vu_auto_vim_lease(struct vim_lease **p)
{
	vim_lease_free(*p);
}

/**
 * vim_lease_place() - where a disk is attached, as leases name it
 * @devices:   the value of config.hardware.device
 * @place_out: filled: "ParaVirtualSCSIController0:1", for free(); NULL: that is not told
 * @is_only_out: the machine has no other disk
 *
 * Errors: OBJECT_NOT_FOUND  there is no such disk (not logged); OUT_OF_MEMORY
 */
VixError vim_lease_place(vim_node *devices, uint32_t key, char **place_out, bool *is_only_out);

/**
 * vim_lease_find() - the file of a disk
 * @info:    of a lease that is ready
 * @place:   of the disk; NULL: not known
 * @is_only: a lease with one disk is about that one
 * @f_out:   filled; vim_lease_file_free()
 *
 * Errors: NOT_SUPPORTED  none, or several, could be it (not logged)
 *         NET_HTTP_TRANSFER  its URL is none (not logged); OUT_OF_MEMORY
 */
VixError vim_lease_find(vim_node *info, const char *place, bool is_only,
			struct vim_lease_file *f_out);

/** vim_lease_file_free() - free its strings; all zero is fine */
void vim_lease_file_free(struct vim_lease_file *f);

#endif
