/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faults: why a server refused, and what that is in our codes.
 *
 * 1. The table of fault.c is the only place where a fault becomes a VixError.
 */
#ifndef VIM_FAULT_H
#define VIM_FAULT_H

#include "session.h"

/**
 * vim_fault_read() - a fault, as an element tells it
 * @n:       <fault xsi:type="NoPermission">, or <NoPermissionFault>; NULL: a fault that has no name
 * @message: for people; borrowed as long as the fault is used; NULL: none
 * @f_out:   filled, its name never empty
 */
void vim_fault_read(vim_node *n, const char *message, struct vim_fault *f_out);

/**
 * vim_fault_localized() - a LocalizedMethodFault: "error" of a task, "fault" of a missingSet
 * @n:     the element with <fault> and <localizedMessage> in it
 * @f_out: as above
 */
void vim_fault_localized(vim_node *n, struct vim_fault *f_out);

/** vim_fault_is() - is it this one? */
bool vim_fault_is(const struct vim_fault *f, const char *name);

/**
 * vim_fault_log() - vim_fault_say(), for who has no session yet
 * @server: "host:port"
 * @doing:  what was refused: "Login as root"
 */
VixError vim_fault_log(const char *server, const char *doing, const struct vim_fault *f);

#endif
