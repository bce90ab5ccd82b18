/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What clients are told about sets and volumes.  Everything is one block each, for free().  The
 * set's lock is held.
 */
#ifndef VMNT_REPORT_H
#define VMNT_REPORT_H

#include "volume.h"

/** vmnt_report_set() - what GetDiskSetInfo gives; OUT_OF_MEMORY */
VixError vmnt_report_set(const struct vmnt_set *s, VixDiskSetInfo **info_out);

/** vmnt_report_volume() - what GetVolumeInfo gives; OUT_OF_MEMORY */
VixError vmnt_report_volume(struct vmnt_volume *v, VixVolumeInfo **info_out);

/** vmnt_report_details() - what ListVolumes and GetVolumeDetails give, for @n volumes */
VixError vmnt_report_details(const struct vmnt_volume *v, size_t n, VixVolumeDetails **details_out);

#endif
