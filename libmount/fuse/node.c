/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nodes; see node.h.
 */
#include "config.h"

#include "node.h"

#include <errno.h>
#include <string.h>

#include "../../common/bytes.h"
#include "dir.h"

#define GUEST_SHIFT 52 /* inode numbers of guests are smaller in practice */
#define BLKBITS_MIN 9  /* 512 bytes */
#define BLKBITS_MAX 30
#define BLKBITS_DEF 12

size_t vmnt_node_bytes(size_t name_len, size_t target_len)
{
	size_t len = offsetof(struct vmnt_node, text) + name_len + 1 + target_len + 1;

	return vu_round_up(len, sizeof(uint64_t));
}

/* Spreads @v over all 64 bits (the finalizer of splitmix64). */
static uint64_t mix(uint64_t v)
{
	v = (v ^ (v >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	v = (v ^ (v >> 27)) * UINT64_C(0x94d049bb133111eb);
	return v ^ (v >> 31);
}

/*
 * The guest's number where that is unique.  It is not where one guest file system shows several
 * (subvolumes of btrfs: each has its own st_dev) nor where a mount has several guests: archivers
 * would take files with one number for hard links.
 */
static uint64_t shown_ino(const struct vmnt_guest *guest, const struct stat *st)
{
	uint64_t ino = st->st_ino;

	if (guest == NULL)
		return ino;
	if (st->st_dev != guest->dev)
		ino = mix(ino + mix(st->st_dev));
	ino ^= (uint64_t)guest->index << GUEST_SHIFT;
	return ino != 0 ? ino : UINT64_MAX; /* 0 means "no file" to many programs */
}

static uint8_t log2_of(blksize_t size)
{
	uint8_t bits = 0;

	while (bits < BLKBITS_MAX && (blksize_t)1 << (bits + 1) <= size)
		bits++;
	return bits >= BLKBITS_MIN ? bits : BLKBITS_DEF;
}

void vmnt_node_init(struct vmnt_node *n, struct vmnt_dir *in, const struct vmnt_guest *guest,
		    const char *name, const struct stat *st, const char *target)
{
	size_t name_len = strlen(name), target_len = target != NULL ? strlen(target) : 0;

	memset(n, 0, sizeof(*n));
	n->in = in;
	n->ino = shown_ino(guest, st);
	n->size = target != NULL ? target_len : (uint64_t)st->st_size;
	n->blocks = (uint64_t)st->st_blocks;
	n->atime = st->st_atim.tv_sec;
	n->mtime = st->st_mtim.tv_sec;
	n->ctime = st->st_ctim.tv_sec;
	n->atime_ns = (uint32_t)st->st_atim.tv_nsec;
	n->mtime_ns = (uint32_t)st->st_mtim.tv_nsec;
	n->ctime_ns = (uint32_t)st->st_ctim.tv_nsec;
	n->uid = st->st_uid;
	n->gid = st->st_gid;
	n->nlink = (uint32_t)st->st_nlink;
	n->rdev = (uint32_t)st->st_rdev;
	n->mode = (uint16_t)st->st_mode;
	n->blkbits = log2_of(st->st_blksize);
	n->name_len = (uint16_t)name_len;
	n->target_len = (uint16_t)target_len;
	if (S_ISLNK(st->st_mode) && target == NULL)
		n->flags |= VMNT_NODE_BAD_LINK;
	memcpy(n->text, name, name_len + 1);
	memcpy(n->text + name_len + 1, target != NULL ? target : "", target_len + 1);
}

void vmnt_node_stat(const struct vmnt_node *n, struct stat *st_out)
{
	memset(st_out, 0, sizeof(*st_out));
	st_out->st_ino = n->ino;
	st_out->st_mode = n->mode;
	st_out->st_nlink = n->nlink;
	st_out->st_uid = n->uid;
	st_out->st_gid = n->gid;
	st_out->st_rdev = n->rdev;
	st_out->st_size = (off_t)n->size;
	st_out->st_blksize = (blksize_t)1 << n->blkbits;
	st_out->st_blocks = (blkcnt_t)n->blocks;
	st_out->st_atim = (struct timespec){ n->atime, n->atime_ns };
	st_out->st_mtim = (struct timespec){ n->mtime, n->mtime_ns };
	st_out->st_ctim = (struct timespec){ n->ctime, n->ctime_ns };
}

/* From the last name to the first, then moved to the front. */
int vmnt_node_path(const struct vmnt_node *n, char path_out[PATH_MAX])
{
	size_t at = PATH_MAX - 1;

	path_out[at] = '\0';
	while (!vmnt_dir_is_guest_root(n)) {
		if (n->name_len + 1U > at)
			return -ENAMETOOLONG;
		at -= n->name_len;
		memcpy(path_out + at, n->text, n->name_len);
		path_out[--at] = '/';
		n = n->in->self;
	}
	if (path_out[at] == '\0')
		path_out[--at] = '/';
	memmove(path_out, path_out + at, PATH_MAX - at);
	return 0;
}
