/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing the descriptor of a chain's newest link.  All of it needs the disk's lock exclusively.
 */
#ifndef VD_CHAIN_META_H
#define VD_CHAIN_META_H

#include "disk-chain.h"

/**
 * vd_chain_begin_change() - sectors are about to be written: change the content ID, once
 *
 * It is durable when this returns.
 * Errors: DISK_FULL, FILE_ERROR, OUT_OF_MEMORY; those of vd_descriptor_parse(), when somebody else
 *         has changed the descriptor
 */
VixError vd_chain_begin_change(struct vd_chain *chain);

/**
 * vd_chain_set_meta() - slot of struct vd_disk_ops: a value of the newest link's data base
 *
 * Errors: INVALID_ARG    key or value can't stand in a descriptor
 *         NOT_SUPPORTED  raw data has no descriptor
 *         DISK_FULL      no room in the file's descriptor, or on the host
 *         FILE_ERROR, OUT_OF_MEMORY
 */
VixError vd_chain_set_meta(struct vd_disk *d, const char *key, const char *value);

/**
 * vd_chain_set_parent() - slot of struct vd_disk_ops: where the newest link looks for its parent, and
 * which content ID that must have
 *
 * Errors: as vd_chain_set_meta(), and
 *         DISK_ATTACH_ROOTLINK  it is made to have no parent
 */
VixError vd_chain_set_parent(struct vd_disk *d, const char *hint, uint32_t cid);

#endif
