/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The descriptor of a link that is open for writing: its text, and another one in its place; see
 * link.h.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "../common/cleanup.h"
#include "../common/log.h"
#include "link.h"

VixError vd_link_check_writable(const struct vd_link *ln)
{
	if (ln->file != NULL)
		return VIX_OK;
	return vd_extent_check_writable(ln->extents.v[0]);
}

VixError vd_link_read_text(const struct vd_link *ln, char **text_out, size_t *len_out)
{
	*text_out = NULL;
	if (ln->file == NULL)
		return vd_extent_descriptor(ln->extents.v[0], text_out, len_out);
	VU_AUTO(free) char *text = malloc(ln->file->size + 1);
	if (text == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vd_store_pread(ln->file, text, ln->file->size, 0));
	text[ln->file->size] = '\0';
	*len_out = strlen(text);
	*text_out = VU_STEAL(text);
	return VIX_OK;
}

static VixError put_text(struct vd_link *ln, const char *text, size_t len)
{
	struct vd_store *file = ln->file;

	if (file == NULL) {
		VD_TRY(vd_extent_set_descriptor(ln->extents.v[0], text, len));
		return vd_store_flush(ln->extents.v[0]->store);
	}
	if (len != file->size)
		return vd_store_replace(file, text, len);
	VD_TRY(vd_store_update(file, text, len, 0));
	return vd_store_flush(file);
}

VixError vd_link_write_text(struct vd_link *ln, const char *text, size_t len)
{
	struct vd_descriptor *desc;
	VixError err;

	VD_TRY(vd_descriptor_parse(text, len, ln->path, &desc));
	err = put_text(ln, text, len);
	if (err == VIX_OK) {
		vd_descriptor_free(ln->desc);
		ln->desc = desc;
		return VIX_OK;
	}
	vd_descriptor_free(desc);
	return err;
}
