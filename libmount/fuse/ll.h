/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libfuse's low-level interface, in the version that we were written for.
 */
#ifndef VMNT_FUSE_LL_H
#define VMNT_FUSE_LL_H

#define FUSE_USE_VERSION 35
#include <fuse_lowlevel.h>

#endif
