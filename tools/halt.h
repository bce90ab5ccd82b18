/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Being told to end while a virtual machine starts over the disks of a server: what was begun there is
 * ended, too.
 *
 *	vdt_halt_begin();
 *	code = start();              fails soon after a signal
 *	sig = vdt_halt_started();
 *	...                          disconnects, where it has failed
 *	sig = vdt_halt_end();
 *
 * 1. Signals that are ignored stay so, and none is blocked: programs that are started inherit that.
 * 2. After a signal, the children of this process are killed, as long as it starts: calls of the
 *    libraries that wait for one fail, and the program goes on as after any failure.
 * 3. Who has not ended VDT_HALT_MS after the signal is ended as if by it.
 */
#ifndef VDT_HALT_H
#define VDT_HALT_H

#include "exitcode.h"

#define VDT_HALT_MS 8000u /* a logout takes 5 s at most */

/** vdt_halt_begin() - from now on SIGINT, SIGTERM and SIGHUP are taken; vdt_halt_end() */
void vdt_halt_begin(void);

/** vdt_halt_started() - it has started, or has failed to: nothing is killed any more.
 * Return: the signal that has come, 0: none has */
int vdt_halt_started(void);

/** vdt_halt_end() - signals are as before; without a begin, or again, nothing happens.
 * Return: as vdt_halt_started() */
int vdt_halt_end(void);

/** vdt_halt_exit() - @code, or what a signal that has come makes of it */
enum vdt_exit vdt_halt_exit(enum vdt_exit code);

#endif
