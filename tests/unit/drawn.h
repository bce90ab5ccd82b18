/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Chains for tests, over extents that are drawn: a letter for each sector.
 *
 *	D  data, at the same sector of the file     Z  zeros
 *	d  data, 100 sectors further on             A  absent
 *	b  data, one sector before
 *	P  packed                                   X  the table is broken
 *
 *	tcase_add_checked_fixture(tc, setup, teardown);
 *	...
 *	ADD_LINK("DDZA", "DD");     the base, of two extents
 *	ADD_LINK("AAAAAZ");         a child
 *	read_disk(0, 2);
 *	check_sector(1, fill(0, 1));
 *
 * Sector n of file f, counted as extents are added, is filled with the byte fill(f, n).
 */
#ifndef DRAWN_H
#define DRAWN_H

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../../libvdisk/disk-chain.h"
#include "memstore.h"
#include "said.h"
#include "tmpdir.h"

#define FURTHER 100u
#define RUN_MAX 3u

static uint64_t run_max = RUN_MAX; /* sectors that one map() answers at most */

static struct vd_chain *chain;
static unsigned n_files;
static unsigned n_maps;
static char asked[256]; /* "level:sector+count " of every map(), in order */

/* Drawn extents. */

struct drawn {
	struct vd_extent ex;
	const char *picture;
	unsigned file, level;
};

static inline unsigned char fill(unsigned file, uint64_t sector)
{
	return (unsigned char)(1 + file * 40 + sector % FURTHER + (sector >= FURTHER ? 20 : 0));
}

static inline uint64_t run_of(const char *picture, uint64_t count)
{
	uint64_t n = 1;

	while (n < count && n < run_max && picture[n] == picture[0])
		n++;
	return n;
}

static inline VixError drawn_map(struct vd_extent *ex, uint64_t sector, uint64_t count,
				 struct vd_map *m_out)
{
	const struct drawn *dr = (struct drawn *)ex;
	size_t len = strlen(asked);

	n_maps++;
	snprintf(asked + len, sizeof(asked) - len, "%u:%u+%u ", dr->level, (unsigned)sector,
		 (unsigned)count);
	m_out->sectors = run_of(dr->picture + sector, count);
	m_out->off = sector * 512;
	if (dr->picture[sector] == 'd')
		m_out->off += FURTHER * 512;
	if (dr->picture[sector] == 'b')
		m_out->off -= 512;
	switch (dr->picture[sector]) {
	case 'b':
	case 'd':
	case 'D':
		m_out->kind = VD_MAP_DATA;
		return VIX_OK;
	case 'P':
		m_out->kind = VD_MAP_PACKED;
		return VIX_OK;
	case 'Z':
		m_out->kind = VD_MAP_ZERO;
		return VIX_OK;
	case 'A':
		m_out->kind = VD_MAP_ABSENT;
		return VIX_OK;
	default:
		return VIX_E_DISK_INVALIDDISK;
	}
}

static inline VixError drawn_read_packed(struct vd_extent *ex, const struct vd_map *m,
					 uint64_t sector, uint64_t count, void *buf)
{
	const struct drawn *dr = (struct drawn *)ex;

	ck_assert_uint_eq(m->off, sector * 512);
	for (uint64_t i = 0; i < count; i++)
		memset((char *)buf + i * 512, fill(dr->file, sector + i), 512);
	return VIX_OK;
}

static const struct vd_format_ops drawn_ops = {
	.name = "drawn",
	.state_size = sizeof(struct drawn),
	.map = drawn_map,
	.read_packed = drawn_read_packed,
};

/* A file of its own for the next extent. */
static inline struct vd_store *next_file(size_t sectors)
{
	unsigned char *bytes = malloc(sectors * 512);
	char path[16];

	for (unsigned i = 0; i < sectors; i++)
		memset(bytes + i * 512, fill(n_files, i), 512);
	snprintf(path, sizeof(path), "/f%u", n_files++);
	memstore_add(path, bytes, sectors * 512);
	free(bytes);
	return memstore_open(path);
}

static inline void push_extent(struct vd_link *ln, struct vd_extent *ex)
{
	ex->first = ln->capacity;
	ln->capacity += ex->sectors;
	ck_assert_int_eq(VU_ARRAY_PUSH(&ln->extents, ex), 0);
}

/* Adds a link on top whose extents are @pictures, up to NULL. */
static inline struct vd_link *add_link(const char *const *pictures)
{
	struct vd_link *ln = calloc(1, sizeof(*ln));

	for (; *pictures != NULL; pictures++) {
		struct drawn *dr = calloc(1, sizeof(*dr));

		*dr = (struct drawn){ .picture = *pictures, .file = n_files };
		dr->level = (unsigned)chain->links.n;
		dr->ex.ops = &drawn_ops;
		dr->ex.sectors = strlen(*pictures);
		dr->ex.grain_sectors = RUN_MAX;
		dr->ex.store = next_file(dr->ex.sectors + FURTHER);
		push_extent(ln, &dr->ex);
	}
	ck_assert_int_eq(VU_ARRAY_PUSH(&chain->links, ln), 0);
	chain->disk.capacity = ln->capacity;
	return ln;
}

#define ADD_LINK(...) add_link((const char *const[]){ __VA_ARGS__, NULL })

static inline void setup(void)
{
	tmpdir_make();
	said_start();
	n_files = n_maps = 0;
	asked[0] = '\0';
	chain = calloc(1, sizeof(*chain));
	vd_disk_init(&chain->disk, &vd_chain_ops, "file", 0, true);
}

static inline void teardown(void)
{
	vd_disk_close(&chain->disk);
	ck_assert_uint_eq(memstore_n_open(), 0);
	memstore_reset();
	said_stop();
	tmpdir_remove();
}

/* Reading. */

static unsigned char buf[64 * 512];

static inline VixError read_disk(uint64_t sector, uint64_t count)
{
	memset(buf, 0xee, sizeof(buf));
	return vd_disk_read(&chain->disk, sector, count, buf);
}

/* Sector @i of what was read is all @byte. */
static inline void check_sector(size_t i, unsigned char byte)
{
	for (size_t at = 0; at < 512; at++)
		ck_assert_msg(buf[i * 512 + at] == byte, "sector %zu is %02x, not %02x", i,
			      buf[i * 512 + at], byte);
}

#endif
