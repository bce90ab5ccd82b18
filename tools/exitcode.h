/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exit codes of the tools, the same for all of them (vdmount(1), EXIT STATUS).
 */
#ifndef VDT_EXITCODE_H
#define VDT_EXITCODE_H

#include "vixDiskLib.h"

enum vdt_exit {
	VDT_OK = 0,
	VDT_FAILED = 1,
	VDT_USAGE = 2,
	VDT_PARTIAL = 3,
	VDT_NOT_FOUND = 4,
	VDT_BUSY = 5,
	VDT_AUTH = 6,
	VDT_CORRUPT = 7,
	VDT_UNSUPPORTED = 8,
	VDT_LOCKED = 9,
	VDT_NO_SPACE = 10,
	VDT_PERMISSION = 11,
	VDT_TIMEOUT = 12,
	VDT_BACKEND = 13,
	VDT_INTERRUPTED = 130,
	VDT_TERMINATED = 143,
};

/** vdt_exit_from_vix() - the exit code that tells of a library's error; VDT_FAILED for the rest */
enum vdt_exit vdt_exit_from_vix(VixError err);

/** vdt_exit_name() - "not-found", …: the `code` of errors in JSON; static */
const char *vdt_exit_name(enum vdt_exit code);

#endif
