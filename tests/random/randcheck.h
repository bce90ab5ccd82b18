/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of random disks share.
 */
#ifndef RANDCHECK_H
#define RANDCHECK_H

#include <stdint.h>

#include "../api/client.h"
#include "randisk.h"

/** number_of() - the number that an environment variable has, or another where it is not set */
uint64_t number_of(const char *variable, uint64_t otherwise);

/** reads_as() - the whole disk must read as the model says */
void reads_as(VixDiskLibHandle disk, const struct randisk *model);

/** qemu_reads_as() - the same by qemu-img, which must find no fault; nothing where there is no
 * qemu-img, or where it is not right about disks of this kind
 * @dir: where a copy may be put */
void qemu_reads_as(const struct randisk *model, const char *dir);

#endif
