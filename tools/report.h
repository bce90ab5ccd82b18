/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors of the libraries, told as the tools tell theirs.
 */
#ifndef VDT_REPORT_H
#define VDT_REPORT_H

#include "exitcode.h"

/** vdt_report() - tell of a library's error: its own sentence, else "@fmt..: the error's text" */
enum vdt_exit vdt_report(VixError err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
