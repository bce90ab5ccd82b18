/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The control socket of a holder, for both its ends.
 */
#ifndef VDT_CTL_H
#define VDT_CTL_H

#include <sys/un.h>

#include "state.h"

/** vdt_ctl_address() - where the holder of @e listens.  0 or -ENAMETOOLONG */
int vdt_ctl_address(const struct vdt_entry *e, struct sockaddr_un *sa);

/** vdt_ctl_set_timeout() - bound every read and write on @fd; 0: none */
void vdt_ctl_set_timeout(int fd, unsigned timeout_ms);

/** vdt_ctl_read_line() - up to a newline, which is dropped.  0 or -errno (-EMSGSIZE: too long) */
int vdt_ctl_read_line(int fd, char *line, size_t size);

#endif
