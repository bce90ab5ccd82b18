/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The transport for disks of virtual machines of a server: their files are read with ranged requests
 * to its datastores.
 *
 * 1. Which files a disk has the server tells; what is in them, and whether they fit together, the
 *    files do, as for local disks.
 * 2. Nothing is written: the server takes whole files only.
 */
#include "config.h"

#include "transport.h"

#include <stdlib.h>

#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../conn.h"
#include "../disk-chain.h"
#include "server-disk.h"

static bool https_usable(const struct vd_conn *c)
{
	return c->remote;
}

static VixError check_reading(const struct vd_conn *c, const char *path, uint32 flags)
{
	if (c->readonly || (flags & VIXDISKLIB_FLAG_OPEN_READ_ONLY))
		return VIX_OK;
	VU_ERR("disk",
	       "cannot open %s for writing: the transport https reads only; open it with "
	       "VIXDISKLIB_FLAG_OPEN_READ_ONLY, or over a connection for reading",
	       vu_log_quote(path));
	return VIX_E_FILE_READ_ONLY;
}

/* Is there a file behind each link that will be read? */
static VixError check_links(const struct vd_server_disk *found, unsigned flags)
{
	const char *why;
	size_t end;

	if (found->disk == NULL)
		return VIX_OK;
	end = flags & VD_CHAIN_SINGLE_LINK ? found->newest + 1 : found->disk->links.n;
	for (size_t i = found->newest; i < end; i++) {
		const struct vim_link *ln = &found->disk->links.v[i];
		VixError err = vd_server_link_problem(ln, &why);

		if (err == VIX_OK)
			continue;
		VU_ERR("disk", "cannot open %s: %s", vu_log_quote(ln->file), why);
		return err;
	}
	return VIX_OK;
}

static VixError open_chain(const struct vd_server *sv, const struct vd_server_disk *found,
			   unsigned flags, struct vd_disk **d_out)
{
	const struct vd_store_ops *store = vd_server_files(sv);

	if (found->disk == NULL)
		return vd_chain_open(store, found->paths.v[0], flags, d_out);
	return vd_chain_open_listed(store, (const char *const *)found->paths.v, found->paths.n,
				    flags, d_out);
}

/* The files that a running machine writes are nobody else's, which servers tell in many ways. */
static void explain(const struct vd_server_disk *found, VixError err)
{
	const struct vim_vm *vm = found->vm;

	if (vm == NULL || vm->snapshot != NULL || !vm->is_on || found->newest > 0)
		return;
	if (err == VIX_E_FILE_ALREADY_LOCKED || err == VIX_E_FILE_NOT_FOUND ||
	    err == VIX_E_FILE_ACCESS_ERROR || err == VIX_E_NET_HTTP_TRANSFER)
		VU_ERR("disk",
		       "%s is what the running machine %s writes, and locked: make a snapshot of "
		       "the "
		       "machine first, and name it when connecting",
		       vu_log_quote(found->paths.v[0]),
		       vu_log_quote(vm->name != NULL ? vm->name : vm->ref.value));
}

static void let_go(void *ctx)
{
	struct vd_server_held *h = ctx;

	vd_server_disk_free(&h->found);
	vd_server_put(h->server);
	free(h);
}

/* @found is consumed. */
static VixError hold(struct vd_disk *d, struct vd_server *sv, struct vd_server_disk *found,
		     unsigned flags)
{
	struct vd_server_held *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return VIX_E_OUT_OF_MEMORY;
	*h = (struct vd_server_held){ .server = vd_server_share(sv), .found = *found };
	*found = (struct vd_server_disk){ 0 };
	d->held = h;
	d->let_go = let_go;
	if (!(flags & VD_CHAIN_SINGLE_LINK))
		vd_server_ask_used(d, h);
	return VIX_OK;
}

/* @found is consumed on success. */
static VixError open_found(struct vd_server *sv, struct vd_server_disk *found, uint32 flags,
			   struct vd_disk **d_out)
{
	unsigned chain = flags & VIXDISKLIB_FLAG_OPEN_SINGLE_LINK ? VD_CHAIN_SINGLE_LINK : 0;
	struct vd_disk *d;
	VixError err;

	VD_TRY(check_links(found, chain));
	err = open_chain(sv, found, chain, &d);
	if (err != VIX_OK) {
		explain(found, err);
		return err;
	}
	d->mode = vd_transport_https.mode;
	err = hold(d, sv, found, chain);
	if (err != VIX_OK) {
		vd_disk_close(d);
		return err;
	}
	*d_out = d;
	return VIX_OK;
}

static VixError https_open(struct vd_conn *c, const char *path, uint32 flags,
			   struct vd_disk **d_out)
{
	struct vd_server_disk found;
	VixError err;

	*d_out = NULL;
	VD_TRY(check_reading(c, path, flags));
	err = vd_server_find_disk(c->server, path, &found);
	if (err == VIX_OK)
		err = open_found(c->server, &found, flags, d_out);
	vd_server_disk_free(&found);
	return err;
}

const struct vd_transport_ops vd_transport_https = {
	.mode = "https",
	.usable = https_usable,
	.open = https_open,
};
