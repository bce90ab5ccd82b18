/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes from disks, files and pipes to disks, files and pipes, at any offset.
 *
 * 1. Sectors of a disk that are written in part keep their other bytes.
 * 2. A file that was made here and not finished is removed.
 */
#ifndef VDT_COPY_H
#define VDT_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "disklib.h"
#include "job.h"

#define VDT_ALL UINT64_MAX /* to the end, wherever that is */

/* One end of a copy. */
struct vdt_place {
	const char *name;              /* for messages */
	VixDiskLibHandle disk;         /* NULL: a file or pipe */
	const struct vdt_disklib *lib; /* of @disk */
	int fd;                        /* where there is no disk; -1: bytes that are all @fill */
	unsigned char fill;
	uint64_t size; /* bytes; VDT_ALL: not known */
	bool is_made;  /* a file that was not there before */
	bool is_empty; /* a file without any byte before the copy: zeros can be holes */
};

/** vdt_place_disk() - a disk, opened for reading or writing; vdt_place_close() */
enum vdt_exit vdt_place_disk(const struct vdt_disklib *lib, const char *path, bool writes,
			     struct vdt_place *p_out);

/** vdt_place_fill() - the same byte, for ever */
void vdt_place_fill(unsigned char byte, struct vdt_place *p_out);

/** vdt_place_input() - a file or "-", for reading */
enum vdt_exit vdt_place_input(const char *path, struct vdt_place *p_out);

/**
 * vdt_place_output() - a file or "-", for writing
 * @keep: what is in it and not written stays; else a file that @from has its bytes in is refused
 */
enum vdt_exit vdt_place_output(const char *path, bool keep, const struct vdt_place *from,
			       struct vdt_place *p_out);

/** vdt_place_close() - @code: what has become of the copy; VDT_OK, or what has been told */
enum vdt_exit vdt_place_close(struct vdt_place *p, enum vdt_exit code);

struct vdt_copy {
	struct vdt_place *from, *to;
	uint64_t from_off, to_off, len; /* bytes; VDT_ALL: what @from has */
	struct vdt_job_options job;
	const char *verb; /* "reading" */
	uint64_t done;    /* filled: bytes */
};

/** vdt_copy() - do it, told as a job; what fails has been said */
enum vdt_exit vdt_copy(struct vdt_copy *c);

/** vdt_pread() - bytes of a place that is no pipe; less than @len at its end only */
VixError vdt_pread(const struct vdt_place *p, uint64_t off, void *buf, size_t len, size_t *got_out);

#endif
