/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Causes, one for each thread; see cause.h.
 */
#include "config.h"

#include "cause.h"

static _Thread_local VixError last;

void vu_cause_set(VixError cause)
{
	last = cause;
}

VixError vu_cause(void)
{
	return last;
}
