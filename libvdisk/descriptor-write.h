/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing single values of a descriptor's text.  Nothing here touches the disk.
 *
 * 1. All that is not the value stays byte for byte: comments, blanks, unknown lines, line ends.
 * 2. A key is found as vd_descriptor_parse() finds it; of several, the last one, which counts.
 */
#ifndef VD_DESCRIPTOR_WRITE_H
#define VD_DESCRIPTOR_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "descriptor.h"
#include "vixDiskLib.h"

struct vd_text {
	char *bytes; /* with a NUL behind them */
	size_t len;
};

/**
 * vd_descriptor_set() - give a key another value
 * @text:  changed; @text->bytes was malloc()ed
 * @key:   whole, with "ddb." where it is of the data base
 * @value: without quotes; it gets quotes where the old value has some, the key is new, or there are
 *         blanks around it
 *
 * A new key comes behind the last one of the data base, or to the end.
 * Errors: OUT_OF_MEMORY; @text is the old one then
 */
VixError vd_descriptor_set(struct vd_text *text, const char *key, const char *value);

/**
 * vd_descriptor_put() - other bytes for @len bytes from @at on
 *
 * Errors: OUT_OF_MEMORY; @text is the old one then
 */
VixError vd_descriptor_put(struct vd_text *text, size_t at, size_t len, const char *with);

/**
 * vd_descriptor_set_sectors() - another length for an extent
 * @line: of @text, as parsed, with a file
 *
 * Errors: OUT_OF_MEMORY; @text is the old one then
 */
VixError vd_descriptor_set_sectors(struct vd_text *text, const struct vd_extent_line *line,
				   uint64_t sectors);

/**
 * vd_descriptor_add_lines() - more lines behind that of an extent
 * @line:  as above
 * @lines: each with a newline behind it; they get line ends as the text has them
 *
 * Errors: OUT_OF_MEMORY; @text is the old one then
 */
VixError vd_descriptor_add_lines(struct vd_text *text, const struct vd_extent_line *line,
				 const char *lines);

/** vd_descriptor_may_set() - are key and value such that a line of them is read back as it was? */
bool vd_descriptor_may_set(const char *key, const char *value);

/**
 * vd_descriptor_set_cid() - another content ID, in longContentID too where it ends in the old one
 *
 * Errors: OUT_OF_MEMORY
 */
VixError vd_descriptor_set_cid(struct vd_text *text, uint32_t old_cid, const char *long_id,
			       uint32_t cid);

#endif
