/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The transport for disks that lie in files of this host.
 */
#include "config.h"

#include "transport.h"

#include "../../common/cleanup.h"
#include "../conn.h"
#include "../disk-chain.h"
#include "../writers.h"

static bool file_usable(const struct vd_conn *c)
{
	return !c->remote;
}

static unsigned chain_flags(const struct vd_conn *c, uint32 flags)
{
	unsigned chain = 0;

	if (!(flags & VIXDISKLIB_FLAG_OPEN_READ_ONLY) && !c->readonly)
		chain |= VD_CHAIN_WRITE;
	if (flags & VIXDISKLIB_FLAG_OPEN_SINGLE_LINK)
		chain |= VD_CHAIN_SINGLE_LINK;
	if (flags & VIXDISKLIB_FLAG_OPEN_UNBUFFERED)
		chain |= VD_CHAIN_UNBUFFERED;
	if (c->extents_outside)
		chain |= VD_CHAIN_EXTENTS_ANYWHERE;
	return chain;
}

static VixError open_for_reading(const char *path, unsigned chain, struct vd_disk **d_out)
{
	VU_AUTO(writer) struct vd_writer *w = NULL;

	*d_out = NULL;
	VD_TRY(vd_writers_begin_reading(&vd_store_local, path, false, &w));
	VD_TRY(vd_chain_open(&vd_store_local, path, chain, d_out));
	(*d_out)->writer = VU_STEAL(w);
	return VIX_OK;
}

static VixError file_open(struct vd_conn *c, const char *path, uint32 flags, struct vd_disk **d_out)
{
	unsigned chain = chain_flags(c, flags);

	if (chain & VD_CHAIN_WRITE)
		return vd_writers_open(&vd_store_local, path, chain, d_out);
	return open_for_reading(path, chain, d_out);
}

const struct vd_transport_ops vd_transport_file = {
	.mode = "file",
	.usable = file_usable,
	.open = file_open,
};
