/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing the descriptor of a chain's newest link; see chain-meta.h.
 */
#include "config.h"

#include "chain-meta.h"

#include <string.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "descriptor-new.h"
#include "descriptor-write.h"

static inline void vu_auto_text(struct vd_text *text)
{
	free(text->bytes);
}

static VixError change_cid(struct vd_link *ln)
{
	VU_AUTO(text) struct vd_text text = { 0 };
	uint32_t old = ln->desc->cid;

	VD_TRY(vd_link_read_text(ln, &text.bytes, &text.len));
	VD_TRY(vd_descriptor_set_cid(&text, old, vu_dict_get(&ln->desc->ddb, "longContentID"),
				     vd_cid_new(old)));
	return vd_link_write_text(ln, text.bytes, text.len);
}

VixError vd_chain_begin_change(struct vd_chain *chain)
{
	if (chain->is_changed)
		return VIX_OK;
	if (vd_chain_newest(chain)->desc != NULL)
		VD_TRY(change_cid(vd_chain_newest(chain)));
	chain->is_changed = true;
	return VIX_OK;
}

VixError vd_chain_set_meta(struct vd_disk *d, const char *key, const char *value)
{
	struct vd_link *ln = vd_chain_newest((struct vd_chain *)d);
	VU_AUTO(text) struct vd_text text = { 0 };
	VU_AUTO(free) char *name = NULL;

	if (!vd_descriptor_may_set(key, value)) {
		VU_ERR("disk",
		       "cannot set \"%s\": a key has no blanks, quotes or \"=\", a value no "
		       "quotes, and both are one line",
		       vu_log_quote(key));
		return VIX_E_INVALID_ARG;
	}
	if (ln->desc == NULL) {
		VU_ERR("disk", "%s: raw data has no metadata", vu_log_quote(ln->path));
		return VIX_E_NOT_SUPPORTED;
	}
	VD_TRY(vd_link_check_writable(ln));
	name = vu_asprintf("ddb.%s", key);
	if (name == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vd_link_read_text(ln, &text.bytes, &text.len));
	VD_TRY(vd_descriptor_set(&text, name, value));
	return vd_link_write_text(ln, text.bytes, text.len);
}
