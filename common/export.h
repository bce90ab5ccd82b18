/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Everything is hidden unless marked: put VU_EXPORT before the definition of each function that a
 * shared library exports.  Its symbol map then exports by prefix.
 */
#ifndef VU_EXPORT_H
#define VU_EXPORT_H

#define VU_EXPORT __attribute__((visibility("default")))

#endif
