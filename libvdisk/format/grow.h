/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making one extent longer, in its file, and taking that back.
 *
 *	VD_TRY(vd_growth_begin(ex, &g));
 *	vd_growth_lay(&g, sectors);		tables, where the extent has some; else room is the caller's
 *	vd_growth_set_text(&g, text, len);	where the disk's descriptor is inside
 *	vd_growth_commit(&g);
 *	vd_growth_undo(&g);			if something went wrong, also later
 *	vd_growth_end(&g);
 *
 * Order on the disk:  all behind the end of the file  -flush->  header  -flush->  done; with a
 * descriptor:  header, which names the new text behind the end  -flush->  the text in its place
 * -flush->  header, which names that  -flush->  the first text is cut off.
 *
 * 1. The header is one sector: before it is written it is the old extent, and after that the new one.
 *    A descriptor is never read while it is written.
 * 2. What was laid down and not committed lies behind all that is in use: a check finds it.
 * 3. Nobody else uses the extent, and after a commit only closing it makes sense.
 */
#ifndef VD_GROW_FORMAT_H
#define VD_GROW_FORMAT_H

#include "format.h"

struct vd_growth {
	struct vd_extent *ex;
	uint64_t old_size;                                      /* bytes of the file */
	unsigned char was[VD_SECTOR_SIZE], now[VD_SECTOR_SIZE]; /* the header */
	bool has_header;       /* something was laid down that it must tell */
	bool is_switched;      /* it may be in the file */
	char *text, *old_text; /* of the whole area that the descriptor has; NULL: none */
	uint64_t text_off;     /* bytes: where that is */
	uint64_t copy_off;     /* where the new text is for as long as it is not there */
	size_t text_len;       /* of the area */
	uint64_t end;          /* bytes: of the file, without the first copy of the text */
};

/**
 * vd_growth_begin() - remember how the extent is
 * @ex: open for writing, settled, not written to
 * @g:  filled; vd_growth_end(), also on failure
 *
 * Errors: FILE_ERROR
 */
VixError vd_growth_begin(struct vd_extent *ex, struct vd_growth *g);

/**
 * vd_growth_lay() - lay down what an extent with tables needs to have @sectors
 *
 * Errors: INVALID_ARG    no such extent can be that long
 *         NOT_SUPPORTED  this kind can't be made longer
 *         those of vd_table_grow(); DISK_NEEDSREPAIR  it lacks one of its directories
 */
VixError vd_growth_lay(struct vd_growth *g, uint64_t sectors);

/**
 * vd_growth_set_text() - the descriptor inside gets another text
 *
 * After vd_growth_lay().
 * Errors: DISK_FULL  there is not so much room for it; FILE_ERROR, OUT_OF_MEMORY
 */
VixError vd_growth_set_text(struct vd_growth *g, const char *text, size_t len);

/** vd_growth_commit() - the extent is longer, durably; FILE_ERROR, DISK_FULL */
VixError vd_growth_commit(struct vd_growth *g);

/**
 * vd_growth_undo() - the file is as it was, as far as the host lets us
 *
 * What can't be taken back is told in the log, and is the old extent or the new one.
 */
void vd_growth_undo(struct vd_growth *g);

/** vd_growth_end() - free; all zero is fine */
void vd_growth_end(struct vd_growth *g);

/** vd_grow_refuse_size() - for slots: log that no such extent has more than @most sectors; INVALID_ARG */
VixError vd_grow_refuse_size(const struct vd_extent *ex, uint64_t most);

#endif
