/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changed block tracking: QueryChangedDiskAreas, asked again until the end of the disk; see changes.h.
 */
#include "config.h"

#include "changes.h"

#include <inttypes.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"

#define CALLS_MAX 65536u /* 16 TiB, if a server tells of 256 MiB at a time */

static VixError call(struct vim_session *s, const struct vim_changes *c, uint64_t off,
		     struct vim_xml **x_out)
{
	struct vu_strbuf b = { 0 };
	VU_AUTO(free) char *args = NULL;

	if (c->snapshot != NULL)
		vim_arg_ref(&b, "snapshot",
			    (struct vim_ref){ "VirtualMachineSnapshot", c->snapshot });
	vim_arg_uint(&b, "deviceKey", c->key);
	vim_arg_uint(&b, "startOffset", off);
	vim_arg_text(&b, "changeId", c->since);
	args = vu_strbuf_take(&b);
	if (args == NULL)
		return VIX_E_OUT_OF_MEMORY;
	return vim_session_call(s,
				&(const struct vim_call){
					.method = "QueryChangedDiskAreas",
					.of = c->vm,
					.args = args,
				},
				x_out);
}

static VixError refuse(const struct vim_session *s, const struct vim_changes *c, uint64_t off,
		       const char *why)
{
	VU_ERR("vim",
	       "%s: what it says of the changes of disk %" PRIu32 " from %" PRIu64
	       " on makes no sense: %s",
	       vim_http_name(vim_session_http(s)), c->key, off, why);
	return VIX_E_NET_HTTP_TRANSFER;
}

/* A run of bytes of an element: its @start and "length".  False: it has none, or it is endless. */
static bool read_run(vim_node *n, const char *start, uint64_t *off_out, uint64_t *end_out)
{
	uint64_t len;

	return vim_xml_uint(n, start, off_out) && vim_xml_uint(n, "length", &len) &&
	       vu_add_fits(*off_out, len, end_out);
}

/* The areas that a reply about [@off, @end) has. */
static VixError pass_areas(struct vim_session *s, const struct vim_changes *c, vim_node *reply,
			   uint64_t off, uint64_t end, vim_change_fn *fn, void *ctx)
{
	vim_node *n = vim_xml_find(reply, "changedArea");
	uint64_t at, area_end;

	for (; n != NULL; n = vim_xml_next(n)) {
		if (!read_run(n, "start", &at, &area_end) || at < off || area_end > end)
			return refuse(s, c, off,
				      "an area lies elsewhere, or before the one it follows");
		if (area_end > at)
			VD_TRY(fn(at, area_end - at, ctx));
		off = area_end;
	}
	return VIX_OK;
}

/* One call; *@off goes to where the reply ends. */
static VixError pass_some(struct vim_session *s, const struct vim_changes *c, uint64_t *off,
			  vim_change_fn *fn, void *ctx)
{
	VU_AUTO(vim_xml) struct vim_xml *x = NULL;
	vim_node *reply;
	uint64_t start, end;

	VD_TRY(call(s, c, *off, &x));
	reply = vim_xml_find(vim_xml_root(x), "returnval");
	if (reply == NULL || !read_run(reply, "startOffset", &start, &end))
		return refuse(s, c, *off, "it does not say about which part of the disk it is");
	end = vu_min(end, c->capacity);
	if (start != *off || end <= start)
		return refuse(s, c, *off, "it is about another part of the disk");
	VD_TRY(pass_areas(s, c, reply, start, end, fn, ctx));
	*off = end;
	return VIX_OK;
}

VixError vim_changes_each(struct vim_session *s, const struct vim_changes *c, uint64_t off,
			  vim_change_fn *fn, void *ctx)
{
	for (unsigned i = 0; off < c->capacity; i++) {
		if (i == CALLS_MAX)
			return refuse(s, c, off, "it has no end");
		VD_TRY(pass_some(s, c, &off, fn, ctx));
	}
	return VIX_OK;
}
