/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that have to do with a file, for messages and for telling live locks from stale ones.
 */
#ifndef VD_HOLDER_H
#define VD_HOLDER_H

#include <stdint.h>
#include <sys/types.h>

#include "store.h"

/**
 * vd_process_start() - when a process began, in clock ticks since boot
 *
 * Return: 0: there is no such process, or /proc does not tell.
 */
uint64_t vd_process_start(pid_t pid);

/**
 * vd_find_lock_holder() - another process that has a lock on a file, as far as we may look
 *
 * Return: its number; 0: not found.
 */
pid_t vd_find_lock_holder(const struct vd_file_id *id);

#endif
