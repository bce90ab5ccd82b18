/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What answers the kernel: the parts of one mount, tied together for the FUSE operations.
 *
 * 1. Lock order: the names' lock, then those of reads, xattrs, ahead; none is held while the guest
 *    is asked, while the kernel is answered, or while the baton is waited for.
 * 2. An operation that is not answered from memory is wrapped in begin_call() and end_call()
 *    (ops.c): the baton is passed on, the process that asked can be killed.
 */
#ifndef VMNT_FUSE_SERVER_H
#define VMNT_FUSE_SERVER_H

#include <stdatomic.h>

#include "ahead.h"
#include "call.h"
#include "ll.h"
#include "options.h"
#include "reads.h"
#include "trim.h"
#include "names.h"
#include "workers.h"
#include "xattrs.h"

struct vmnt_server {
	struct vmnt_fuse_options opts; /* constant */
	double timeout_s;              /* constant: how long the kernel keeps what we say */
	struct vmnt_names *names;
	struct vmnt_reads reads;
	struct vmnt_xattrs xattrs;
	struct vmnt_ahead ahead;
	struct vmnt_trim trim;
	struct vmnt_calls calls;
	struct vmnt_workers workers;
	bool skip_open, skip_opendir; /* set by init: the kernel can do without them */
	atomic_bool hide_links;       /* readlink is refused */
};

#endif
