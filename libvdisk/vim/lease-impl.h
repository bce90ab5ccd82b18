/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A lease, for lease*.c.
 */
#ifndef VIM_LEASE_IMPL_H
#define VIM_LEASE_IMPL_H

#include <stdatomic.h>

#include "lease.h"

#define VIM_LEASE_TIMEOUT_S 300u /* where a lease does not tell its own */

struct vim_lease {
	struct vim_session *session;
	const struct vim_lease_disk *disk;
	char *moref; /* NULL: nothing to end */
	char *place; /* of the disk; NULL: not known */
	bool is_only;
	struct vim_lease_file file;
	uint64_t timeout_s;
	bool is_complete;
	atomic_uint percent;
};

/**
 * vim_lease_renew() - tell how far it is
 *
 * An answer that is lost is no error: the next one comes before the lease ends.
 * Errors: as vim_fault_code(): the lease has ended (logged)
 */
VixError vim_lease_renew(struct vim_lease *l);

#endif
