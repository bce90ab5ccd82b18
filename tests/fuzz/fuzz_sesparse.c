/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a seSparse extent; see extent.h.
 */
#include "config.h"

#include "extent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_extent(&vd_format_sesparse, data, size);
}
