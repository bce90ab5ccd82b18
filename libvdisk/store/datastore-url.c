/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of files on datastores; see datastore-url.h.
 */
#include "config.h"

#include "datastore-url.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/strbuf.h"
#include "../vim/dspath.h"

#define NAME_MAX_BYTES 4096u /* of a path, and of the name of a datacenter */

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.' || c == '~';
}

/* Of a path; its slashes stay. */
static void add_escaped(struct vu_strbuf *b, const char *s, size_t len)
{
	for (; len > 0; s++, len--) {
		if (is_plain(*s) || *s == '/')
			vu_strbuf_putc(b, *s);
		else
			vu_strbuf_printf(b, "%%%02X", (unsigned char)*s);
	}
}

static void add_value(struct vu_strbuf *b, const char *s, size_t len, bool is_twice)
{
	struct vu_strbuf once = { 0 };

	if (!is_twice) {
		add_escaped(b, s, len);
		return;
	}
	add_escaped(&once, s, len);
	b->failed = b->failed || once.failed;
	if (once.s != NULL)
		add_escaped(b, once.s, once.len);
	vu_strbuf_free(&once);
}

/* Blanks are the same to both kinds of servers. */
static bool is_special(const char *s, size_t len)
{
	for (; len > 0; s++, len--) {
		if (!is_plain(*s) && *s != '/' && *s != ' ')
			return true;
	}
	return false;
}

bool vd_datastore_needs_twice(const char *path, const char *dc_path)
{
	struct vim_dspath p;

	return (dc_path != NULL && is_special(dc_path, strlen(dc_path))) ||
	       (vim_dspath_split(path, &p) && is_special(p.ds, p.ds_len));
}

/* "..", "." or nothing between two slashes. */
static bool leads_astray(const char *file)
{
	while (true) {
		size_t len = strcspn(file, "/");

		if (len == 0 || (len <= 2 && strspn(file, ".") >= len))
			return true;
		if (file[len] == '\0')
			return false;
		file += len + 1;
	}
}

static VixError check_path(const char *path, const char *dc_path, struct vim_dspath *p_out)
{
	if (strlen(path) > NAME_MAX_BYTES ||
	    (dc_path != NULL && strlen(dc_path) > NAME_MAX_BYTES) ||
	    !vim_dspath_split(path, p_out)) {
		VU_ERR("store", "cannot open %s: no path on a datastore (\"[datastore] dir/name\")",
		       vu_log_quote(path));
		return VIX_E_INVALID_ARG;
	}
	if (!leads_astray(p_out->file))
		return VIX_OK;
	VU_ERR("store", "cannot open %s: it leads upwards, or has an empty part",
	       vu_log_quote(path));
	return VIX_E_FILE_ACCESS_ERROR;
}

VixError vd_datastore_target(const char *path, const char *dc_path, bool is_twice,
			     char **target_out)
{
	struct vu_strbuf b = { 0 };
	struct vim_dspath p;

	*target_out = NULL;
	VD_TRY(check_path(path, dc_path, &p));
	vu_strbuf_puts(&b, "/folder/");
	add_escaped(&b, p.file, strlen(p.file));
	vu_strbuf_putc(&b, '?');
	if (dc_path != NULL) {
		vu_strbuf_puts(&b, "dcPath=");
		add_value(&b, dc_path, strlen(dc_path), is_twice);
		vu_strbuf_putc(&b, '&');
	}
	vu_strbuf_puts(&b, "dsName=");
	add_value(&b, p.ds, p.ds_len, is_twice);
	*target_out = vu_strbuf_take(&b);
	return *target_out != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}
