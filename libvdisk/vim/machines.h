/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The virtual machines of a server.
 */
#ifndef VIM_MACHINES_H
#define VIM_MACHINES_H

#include "session.h"
#include "vixDiskLibExt.h"

/**
 * vim_machines_lookup() - ask for all machines that we may see
 * @list_out: filled: @n_out elements in the order of the server; vu_proglist_free()
 *
 * Errors: those of vim_session_call()
 */
VixError vim_machines_lookup(struct vim_session *s, VixDiskLibVm **list_out, size_t *n_out);

#endif
