/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The code of a cause, where an interface has but a more general one for it.
 */
#ifndef VU_CAUSE_H
#define VU_CAUSE_H

#include "vixDiskLib.h"

/** vu_cause_set() - what is about to fail in this thread fails for this; VIX_OK: nothing yet */
void vu_cause_set(VixError cause);

/** vu_cause() - what this thread has set last */
VixError vu_cause(void);

#endif
