/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing the descriptor of a chain's newest link; see chain-meta.h.
 */
#include "config.h"

#include "chain-meta.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "descriptor-new.h"
#include "descriptor-write.h"
#include "escape.h"

#define KEY_HINT "parentFileNameHint"

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
	VU_AUTO(free) char *written = vd_escape(value);
	VU_AUTO(free) char *name = NULL;

	if (written == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (!vd_descriptor_may_set(key, written)) {
		VU_ERR("disk",
		       "cannot set \"%s\": a key has no blanks, quotes or \"=\", and key and "
		       "value are one line",
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
	VD_TRY(vd_descriptor_set(&text, name, written));
	return vd_link_write_text(ln, text.bytes, text.len);
}

static VixError check_parent(const struct vd_link *ln, const char *hint, uint32_t cid)
{
	if (ln->desc == NULL || !vd_descriptor_has_parent(ln->desc)) {
		VU_ERR("disk", "%s is made to have no parent", vu_log_quote(ln->path));
		return VIX_E_DISK_ATTACH_ROOTLINK;
	}
	if (!vd_descriptor_may_set(KEY_HINT, hint) || cid == VD_CID_NONE) {
		VU_ERR("disk", "%s can't have a parent %s with content ID %08" PRIx32,
		       vu_log_quote(ln->path), vu_log_quote(hint), cid);
		return VIX_E_INVALID_ARG;
	}
	return vd_link_check_writable(ln);
}

VixError vd_chain_set_parent(struct vd_disk *d, const char *hint, uint32_t cid)
{
	struct vd_link *ln = vd_chain_newest((struct vd_chain *)d);
	VU_AUTO(text) struct vd_text text = { 0 };
	char digits[9];

	VD_TRY(check_parent(ln, hint, cid));
	snprintf(digits, sizeof(digits), "%08" PRIx32, cid);
	VD_TRY(vd_link_read_text(ln, &text.bytes, &text.len));
	VD_TRY(vd_descriptor_set(&text, "parentCID", digits));
	VD_TRY(vd_descriptor_set(&text, KEY_HINT, hint));
	return vd_link_write_text(ln, text.bytes, text.len);
}
