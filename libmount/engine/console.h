/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the programs behind a libguestfs handle print: the appliance builder, qemu, the guest's
 * kernel.  Nobody sees it but the debug log; it is kept to tell why a launch failed.
 *
 * 1. Bounded: the last VMNT_CONSOLE_TAIL bytes are kept, longer lines than VMNT_CONSOLE_LINE are
 *    cut into pieces.
 * 2. Filled on the thread that is inside a libguestfs call, read by any.
 */
#ifndef VMNT_CONSOLE_H
#define VMNT_CONSOLE_H

#include <guestfs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define VMNT_CONSOLE_TAIL 4096
#define VMNT_CONSOLE_LINE 512

struct vmnt_console {
	pthread_mutex_t lock;             /* leaf; guards all but the atomics */
	char tail[VMNT_CONSOLE_TAIL + 1]; /* whole lines, each with its newline */
	size_t tail_len;
	char line[VMNT_CONSOLE_LINE + 1]; /* the line that has no newline yet */
	size_t line_len;
	atomic_bool alive; /* the guest's kernel or what it started has printed something */
	atomic_bool quit;  /* the virtual machine has ended */
};

/** vmnt_console_init() - empty; vmnt_console_destroy() when done */
void vmnt_console_init(struct vmnt_console *c);

/** vmnt_console_destroy() - after the handles that write to it are closed */
void vmnt_console_destroy(struct vmnt_console *c);

/** vmnt_console_reset() - forget everything, for a new attempt */
void vmnt_console_reset(struct vmnt_console *c);

/** vmnt_console_add() - take up printed bytes: any, in pieces of any size */
void vmnt_console_add(struct vmnt_console *c, const char *text, size_t len);

/** vmnt_console_attach() - let everything that @g would print go to @c; 0, or -1 without memory */
int vmnt_console_attach(struct vmnt_console *c, guestfs_h *g);

/** vmnt_console_has() - is @needle in one of the kept lines? */
bool vmnt_console_has(struct vmnt_console *c, const char *needle);

/**
 * vmnt_console_monitor_error() - the first error of the virtual machine monitor
 * @out: filled: at most @size bytes, one line without the program's name; "" when there is none
 *
 * Return: is there one?
 */
bool vmnt_console_monitor_error(struct vmnt_console *c, char *out, size_t size);

/** vmnt_console_last_line() - what was printed last; "" when nothing was */
void vmnt_console_last_line(struct vmnt_console *c, char *out, size_t size);

#endif
