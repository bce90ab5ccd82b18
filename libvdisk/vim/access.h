/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeping the disks of a virtual machine where they are while they are read: a vCenter can be told to
 * refuse moving them.
 *
 * 1. That outlives the session and the process: whoever forbids has to permit.
 */
#ifndef VIM_ACCESS_H
#define VIM_ACCESS_H

#include "session.h"

#define VIM_IDENTITY_MAX 50u /* bytes */

/**
 * vim_access_check_identity() - may this be who forbids?
 *
 * Errors: INVALID_ARG  NULL, empty or too long (logged)
 */
VixError vim_access_check_identity(const char *identity);

/**
 * vim_access_forbid_moving() - nobody is to move the disks of a machine
 * @vm:       which
 * @identity: who says so
 *
 * Errors: OBJECT_IS_BUSY  somebody has said so already (logged)
 *         NOT_SUPPORTED   a host that moves no disks, or a server that can't be told (logged)
 *         those of vim_session_call()
 */
VixError vim_access_forbid_moving(struct vim_session *s, struct vim_ref vm, const char *identity);

/** vim_access_permit_moving() - what @identity has forbidden, now or before, is permitted; as above */
VixError vim_access_permit_moving(struct vim_session *s, struct vim_ref vm, const char *identity);

#endif
