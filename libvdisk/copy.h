/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copying what a disk reads as into a new one, whatever they are made of.
 *
 * 1. Only what is allocated in the source is read.  Of it, zeros are not written where the target can
 *    leave them out.
 * 2. Two threads or more share the work, each reading and writing its own pieces; into targets whose
 *    layout is the order of writes, they write in guest order.
 * 3. Plain data goes from file to flat file inside of the kernel where it can (disk.h, places), which
 *    lets file systems share blocks.
 * 4. Memory: 256 KiB for each thread, and a list of runs.
 */
#ifndef VD_COPY_H
#define VD_COPY_H

#include <stdbool.h>

#include "disk.h"
#include "progress.h"

/**
 * vd_copy() - copy all sectors of a disk
 * @from:    borrowed; nobody else writes it meanwhile
 * @to:      open for writing, new: reads as zeros; as large as @from at least; borrowed
 * @is_thin: zeros are looked for in all data, so that @to gets none; else only where that is free
 * @p:       told of @from's sectors: started with its capacity, or with more; may be NULL
 *
 * What was written is not flushed.
 * Errors: CANCELLED  see vd_progress_add()
 *         those of reading @from and of writing @to; OUT_OF_MEMORY
 */
VixError vd_copy(struct vd_disk *from, struct vd_disk *to, bool is_thin, struct vd_progress *p);

#endif
