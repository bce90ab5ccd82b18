/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes random disks; see randisk.h.
 *
 * 1. A link is drawn first (content and kind of each grain), then written, then laid over what
 *    must be read: so the model knows nothing of files.
 * 2. Every choice comes from the seed.
 */
#include "config.h"

#include "randisk.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/mkvmdk.h"
#include "bytes.h"

#define LINKS_MAX   5u
#define EXTENTS_MAX 6u
#define HOLE        8u  /* sectors: flat files get their holes in such pieces */
#define MANY        24u /* extents, of some links that are written */

enum kind { SPARSE, STREAM, COWD, SESPARSE, FLAT, VMFS, ZERO, NOACCESS, N_KINDS };

static const struct kind_traits {
	const char *type;   /* in a descriptor */
	const char *create; /* createType of a link that has only this kind */
	bool has_gaps;      /* what it lacks, its parent has */
	bool is_writable;   /* in any order */
	bool qemu, libvmdk; /* these read it rightly */
} traits[] = {
	[SPARSE] = { "SPARSE", "twoGbMaxExtentSparse", true, true, true, true },
	[STREAM] = { "SPARSE", "streamOptimized", true, false, false, false },
	[COWD] = { "VMFSSPARSE", "vmfsSparse", true, true, true, true },
	[SESPARSE] = { "SESPARSE", "seSparse", true, false, true, false },
	[FLAT] = { "FLAT", "twoGbMaxExtentFlat", false, true, true, true },
	[VMFS] = { "VMFS", "vmfs", false, true, true, true },
	[ZERO] = { "ZERO", "custom", false, false, false, false },
	[NOACCESS] = { "ZERO", "custom", false, false, false, false },
};

struct maker {
	uint64_t random;
	const char *dir;
	struct randisk *d;
	unsigned char *content; /* of the link that is being made */
	FILE *desc;             /* its descriptor */
	char base[32];          /* its name, without ".vmdk" */
	bool is_child;
	struct randisk_wish wish; /* for the link that is being made */
	unsigned n_extents;
	uint32_t grain; /* of its last extent that has any; 0: none yet */
};

uint64_t randisk_random(uint64_t *state, uint64_t n)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return (x ^ (x >> 31)) % n;
}

static uint64_t draw(struct maker *m, uint64_t n)
{
	return randisk_random(&m->random, n);
}

static bool one_in(struct maker *m, unsigned n)
{
	return draw(m, n) == 0;
}

static void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n != 0 ? n : 1, size);

	if (p == NULL)
		abort();
	return p;
}

static void tell(struct maker *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void tell(struct maker *m, const char *fmt, ...)
{
	size_t len = strlen(m->d->story);
	va_list args;

	va_start(args, fmt);
	vsnprintf(m->d->story + len, sizeof(m->d->story) - len, fmt, args);
	va_end(args);
}

/* Files. */

static int open_file(const struct maker *m, const char *name, int flags)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", m->dir, name);
	fd = open(path, flags, 0600);
	if (fd < 0)
		abort();
	return fd;
}

static void write_at(int fd, const void *bytes, size_t len, uint64_t off)
{
	if (pwrite(fd, bytes, len, (off_t)off) != (ssize_t)len)
		abort();
}

static void put_file(const struct maker *m, const char *name, const void *bytes, size_t len)
{
	int fd = open_file(m, name, O_WRONLY | O_CREAT | O_TRUNC);

	write_at(fd, bytes, len, 0);
	close(fd);
}

/* Content. */

/* Pieces of zeros, of one byte, and of noise. */
static void draw_content(struct maker *m)
{
	uint64_t sector = 0;

	while (sector < m->d->sectors) {
		uint64_t n = vu_min(1 + draw(m, 64), m->d->sectors - sector);
		unsigned char *p = m->content + sector * RANDISK_SECTOR;
		uint64_t sort = draw(m, 4);

		memset(p, sort == 0 ? 0 : (int)(1 + draw(m, 255)), n * RANDISK_SECTOR);
		for (uint64_t i = 0; sort > 1 && i < n * RANDISK_SECTOR; i += 8)
			vu_put_le64(p + i, draw(m, UINT64_MAX));
		sector += n;
	}
}

/* Runs of grains of one kind, one of the first @n_kinds of enum mk_kind. */
static unsigned char *draw_kinds(struct maker *m, uint64_t n_grains, unsigned n_kinds)
{
	/* Mostly those that every layout has. */
	static const enum mk_kind lots[] = { MK_DATA,   MK_DATA, MK_ABSENT,
					     MK_ABSENT, MK_ZERO, MK_UNMAPPED };
	unsigned char *kinds = xcalloc(n_grains, 1);
	uint64_t longest = one_in(m, 3) ? n_grains : 1 + draw(m, 20);

	for (uint64_t i = 0, n; i < n_grains; i += n) {
		enum mk_kind kind = lots[draw(m, n_kinds + 2)];

		n = vu_min(1 + draw(m, longest), n_grains - i);
		memset(kinds + i, (int)kind, n);
	}
	return kinds;
}

/* What must be read. */

static void lay_sector(struct maker *m, uint64_t sector, enum mk_kind kind)
{
	unsigned char *to = m->d->bytes + sector * RANDISK_SECTOR;

	if (kind == MK_ABSENT)
		return;
	if (kind == MK_DATA)
		memcpy(to, m->content + sector * RANDISK_SECTOR, RANDISK_SECTOR);
	else
		memset(to, 0, RANDISK_SECTOR);
	m->d->allocated[sector] = kind == MK_DATA ? RANDISK_ALLOCATED : RANDISK_ABSENT;
}

static void lay_grains(struct maker *m, uint64_t first, uint64_t count, uint32_t grain,
		       const unsigned char *kinds)
{
	for (uint64_t i = 0; i < count; i++)
		lay_sector(m, first + i, kinds[i / grain]);
}

/* Extents; each writes [first, first + count) of the link to the file @name. */

/* Layout, grain and tables: what the format of a kind allows. */
static void draw_layout(struct maker *m, enum kind kind, struct mk_spec *spec)
{
	static const enum mk_layout streams[] = { MK_STREAM_FOOTER, MK_STREAM_FRONT,
						  MK_STREAM_QEMU };

	if (kind == COWD) {
		spec->layout = MK_COWD;
		spec->grain = 1u << draw(m, 5);
	} else if (kind == SESPARSE) {
		spec->layout = MK_SESPARSE;
	} else {
		spec->layout = kind == STREAM ? streams[draw(m, 3)] : MK_SPARSE;
		spec->grain = 1u << draw(m, 8);
		spec->gtes = 128u << draw(m, 4);
		spec->has_odd_markers = spec->layout == MK_STREAM_FOOTER && one_in(m, 4);
	}
}

static unsigned n_kinds_of(struct maker *m, enum kind kind)
{
	if (kind == COWD)
		return MK_ABSENT + 1;
	if (kind == SESPARSE)
		return MK_UNMAPPED + 1;
	return one_in(m, 3) ? MK_ABSENT + 1 : MK_ZERO + 1;
}

/* Version 2, whose flag b2 says that an entry may mean zeros. */
static void flag_zeros(struct mk_image *img)
{
	vu_put_le32(img->bytes + 4, 2);
	vu_put_le32(img->bytes + 8, vu_le32(img->bytes + 8) | 4);
}

static bool is_flagged(const struct mk_image *img)
{
	return img->layout == MK_SPARSE && vu_le32(img->bytes + 4) == 2;
}

/* The entry that means zeros counts for others only with a flag that most of these disks lack. */
static bool has_zeros_for_us(const struct mk_image *img, const unsigned char *kinds,
			     uint64_t n_grains)
{
	return img->layout != MK_SESPARSE && !is_flagged(img) &&
	       memchr(kinds, MK_ZERO, n_grains) != NULL;
}

/* Tables of 512 entries at most, but for those of ESX. */
static bool has_table_for_qemu(enum kind kind, uint32_t gtes)
{
	return kind == COWD || kind == SESPARSE || gtes <= 512;
}

/* Where an extent ends inside a grain, qemu-img takes the rest of the grain for the beginning of
 * the next extent. */
static bool has_end_for_qemu(const struct maker *m, const struct mk_image *img, uint64_t first,
			     uint64_t count)
{
	return count % img->grain == 0 || first + count == m->d->sectors;
}

/* libvmdk wants one size for all extents of a link. */
static bool is_grain_for_libvmdk(struct maker *m, enum kind kind, uint32_t grain)
{
	bool is_same = m->grain == 0 || m->grain == grain;

	m->grain = grain;
	return is_same && (kind == COWD || grain > 8);
}

static void put_sparse(struct maker *m, enum kind kind, uint64_t first, uint64_t count,
		       const char *name, const char *descriptor)
{
	struct mk_spec spec = {
		.capacity = count,
		.descriptor = descriptor,
		.guest = m->content + first * RANDISK_SECTOR,
		.is_backwards = one_in(m, 4),
		.is_full_tail = one_in(m, 2),
		.has_no_empty_tables = one_in(m, 2),
	};
	unsigned char *kinds;
	struct mk_image img;
	uint64_t n_grains;
	bool is_plain;

	draw_layout(m, kind, &spec);
	n_grains = vu_div_up(count, mk_grain_sectors(&spec));
	spec.kinds = kinds = draw_kinds(m, n_grains, n_kinds_of(m, kind));
	img = mk_build(&spec);
	if (m->wish.is_writable && kind == SPARSE && one_in(m, 2))
		flag_zeros(&img);
	put_file(m, name, img.bytes, img.len);
	lay_grains(m, first, count, img.grain, kinds);
	is_plain = !has_zeros_for_us(&img, kinds, n_grains);
	m->d->is_for_qemu &= is_plain && has_table_for_qemu(kind, img.gtes) &&
			     has_end_for_qemu(m, &img, first, count);
	m->d->is_for_libvmdk &= is_plain && is_grain_for_libvmdk(m, kind, img.grain);
	tell(m, " grain %u, table %u%s%s", img.grain, img.gtes, spec.is_backwards ? ", back" : "",
	     is_flagged(&img) ? ", zeros" : "");
	mk_free(&img);
	free(kinds);
}

static void lay_flat(struct maker *m, uint64_t sector, bool is_hole)
{
	lay_sector(m, sector, MK_DATA);
	if (is_hole)
		m->d->allocated[sector] = RANDISK_EITHER;
}

/* Pieces of zeros become holes, now and then. */
static void put_flat(struct maker *m, uint64_t first, uint64_t count, const char *name,
		     uint64_t start)
{
	int fd = open_file(m, name, O_WRONLY | O_CREAT);

	for (uint64_t i = 0, n; i < count; i += n) {
		const unsigned char *p = m->content + (first + i) * RANDISK_SECTOR;
		bool is_hole;

		n = vu_min(HOLE, count - i);
		is_hole = vu_is_zero(p, n * RANDISK_SECTOR);
		if (!is_hole || one_in(m, 2))
			write_at(fd, p, n * RANDISK_SECTOR, (start + i) * RANDISK_SECTOR);
		for (uint64_t j = 0; j < n; j++)
			lay_flat(m, first + i + j, is_hole);
	}
	if (lseek(fd, 0, SEEK_END) < (off_t)((start + count) * RANDISK_SECTOR) &&
	    ftruncate(fd, (off_t)((start + count) * RANDISK_SECTOR)) < 0)
		abort();
	close(fd);
}

static void put_zero(struct maker *m, uint64_t first, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		lay_sector(m, first + i, MK_ZERO);
}

static void put_extent(struct maker *m, enum kind kind, uint64_t first, uint64_t count)
{
	uint64_t start = kind == FLAT && one_in(m, 2) ? draw(m, 100) : 0;
	char name[64];

	snprintf(name, sizeof(name), "%s-e%02u.vmdk", m->base, m->n_extents++);
	fprintf(m->desc, "%s %llu %s", kind == NOACCESS ? "NOACCESS" : "RW",
		(unsigned long long)count, traits[kind].type);
	if (kind != ZERO && kind != NOACCESS)
		fprintf(m->desc, " \"%s\"", name);
	if (kind == FLAT)
		fprintf(m->desc, " %llu", (unsigned long long)start);
	fputc('\n', m->desc);
	tell(m, " %s %llu", traits[kind].type, (unsigned long long)count);
	m->d->is_for_qemu &= traits[kind].qemu;
	m->d->is_for_libvmdk &= traits[kind].libvmdk && start == 0;
	switch (kind) {
	case SPARSE:
	case STREAM:
	case COWD:
	case SESPARSE:
		put_sparse(m, kind, first, count, name, NULL);
		break;
	case FLAT:
	case VMFS:
		put_flat(m, first, count, name, start);
		break;
	default:
		put_zero(m, first, count);
	}
}

/* Links. */

static void put_head(struct maker *m, const char *create_type)
{
	fprintf(m->desc,
		"# Disk DescriptorFile\nversion=1\nCID=%08x\nparentCID=%08x\ncreateType=\"%s\"\n",
		m->d->links + 0x1000, m->is_child ? m->d->links + 0xfff : 0xffffffff, create_type);
	if (m->is_child)
		fprintf(m->desc, "parentFileNameHint=\"l%u.vmdk\"\n", m->d->links - 1);
	fprintf(m->desc, "\n# Extent description\n");
}

static void finish_descriptor(struct maker *m)
{
	fprintf(m->desc, "\n# The Disk Data Base\n#DDB\n\nddb.adapterType = \"lsilogic\"\n");
	if (fclose(m->desc) != 0)
		abort();
}

static enum kind draw_kind(struct maker *m)
{
	enum kind kind;

	/* A child without gaps would hide what is below it. */
	do
		kind = (enum kind)draw(m, N_KINDS);
	while ((m->wish.is_writable && !traits[kind].is_writable) ||
	       (m->is_child && !traits[kind].has_gaps && !one_in(m, 4)));
	return kind;
}

/* How many sectors the next of at most @n extents gets of the @left ones. */
static uint64_t draw_part(struct maker *m, uint64_t left, unsigned n)
{
	if (n <= 1)
		return left;
	return 1 + draw(m, n > EXTENTS_MAX ? vu_max(2 * left / n, 1) : left);
}

/* Several extents, of one kind or of any. */
static void make_described(struct maker *m, const char *file)
{
	bool has_many = m->wish.is_writable && one_in(m, 6);
	unsigned n = 1 + (unsigned)draw(m, has_many ? MANY : EXTENTS_MAX);
	bool is_mixed = one_in(m, 2);
	enum kind kind = draw_kind(m);
	uint64_t first = 0;
	size_t len;
	char *text;

	m->desc = open_memstream(&text, &len);
	put_head(m, is_mixed ? "custom" : traits[kind].create);
	m->d->is_for_qemu &= !is_mixed;
	m->d->is_for_libvmdk &= !is_mixed;
	while (first < m->d->sectors) {
		uint64_t count = draw_part(m, m->d->sectors - first, n--);

		put_extent(m, is_mixed ? draw_kind(m) : kind, first, count);
		first += count;
	}
	finish_descriptor(m);
	put_file(m, file, text, len);
	free(text);
}

/* One file.  The name that its descriptor tells is the one it once had. */
static void make_monolithic(struct maker *m, const char *file)
{
	enum kind kind = m->wish.is_writable || one_in(m, 2) ? SPARSE : STREAM;
	bool is_renamed = one_in(m, 2);
	size_t len;
	char *text;

	m->desc = open_memstream(&text, &len);
	put_head(m, kind == SPARSE ? "monolithicSparse" : "streamOptimized");
	fprintf(m->desc, "RW %llu SPARSE \"%s\"\n", (unsigned long long)m->d->sectors,
		is_renamed ? "once.vmdk" : file);
	finish_descriptor(m);
	tell(m, " one %s", kind == SPARSE ? "sparse" : "stream");
	m->d->is_for_qemu &= kind == SPARSE || !m->is_child;
	m->d->is_for_libvmdk &= !is_renamed && kind == SPARSE;
	put_sparse(m, kind, 0, m->d->sectors, file, text);
	free(text);
}

/* A child may be larger than its parent: what is behind the parent's end is zeros. */
static void grow(struct maker *m, uint64_t sectors)
{
	struct randisk *d = m->d;
	unsigned char *bytes = xcalloc(sectors, RANDISK_SECTOR);
	unsigned char *allocated = xcalloc(sectors, 1);

	if (d->sectors != 0) {
		memcpy(bytes, d->bytes, d->sectors * RANDISK_SECTOR);
		memcpy(allocated, d->allocated, d->sectors);
	}
	randisk_free(d);
	d->bytes = bytes;
	d->allocated = allocated;
	d->sectors = sectors;
}

static void make_link(struct maker *m)
{
	char file[64];

	m->is_child = m->d->links > 0;
	m->n_extents = 0;
	m->grain = 0;
	snprintf(m->base, sizeof(m->base), "l%u", m->d->links);
	snprintf(file, sizeof(file), "%s.vmdk", m->base);
	tell(m, "; %s:", m->base);
	m->content = xcalloc(m->d->sectors, RANDISK_SECTOR);
	draw_content(m);
	if (one_in(m, 2))
		make_described(m, file);
	else
		make_monolithic(m, file);
	free(m->content);
	m->d->links++;
	snprintf(m->d->path, sizeof(m->d->path), "%s/%s", m->dir, file);
}

/* Not a VMDK at all: the bare sectors. */
static void make_raw(struct maker *m)
{
	tell(m, "; raw");
	m->content = xcalloc(m->d->sectors, RANDISK_SECTOR);
	draw_content(m);
	/* Raw data that begins as a VMDK does is one: not here. */
	memset(m->content, 0x55, RANDISK_SECTOR);
	put_flat(m, 0, m->d->sectors, "raw.img", 0);
	free(m->content);
	m->d->is_for_qemu = m->d->is_for_libvmdk = false;
	m->d->links = 1;
	snprintf(m->d->path, sizeof(m->d->path), "%s/raw.img", m->dir);
}

static uint64_t draw_sectors(struct maker *m)
{
	static const uint64_t most[] = { 3, 130, 1000, 1000, 6000 };

	return 1 + draw(m, most[draw(m, 5)]);
}

static unsigned draw_links(struct maker *m, const struct randisk_wish *wish)
{
	unsigned drawn = 1 + (unsigned)draw(m, LINKS_MAX);

	return wish->links != 0 ? wish->links : drawn;
}

void randisk_make_as(uint64_t seed, const struct randisk_wish *wish, const char *dir,
		     struct randisk *d_out)
{
	struct maker m = { .random = seed, .dir = dir, .d = d_out };
	unsigned links = draw_links(&m, wish);

	*d_out = (struct randisk){ .is_for_qemu = true, .is_for_libvmdk = true };
	grow(&m, draw_sectors(&m));
	tell(&m, "seed %llu: %llu sectors", (unsigned long long)seed,
	     (unsigned long long)d_out->sectors);
	if (one_in(&m, 20)) {
		make_raw(&m);
		return;
	}
	while (d_out->links < links) {
		if (d_out->links > 0 && one_in(&m, 4))
			grow(&m, d_out->sectors + draw_sectors(&m));
		if (d_out->links + 1 == links)
			m.wish = *wish;
		make_link(&m);
	}
}

void randisk_make(uint64_t seed, const char *dir, struct randisk *d_out)
{
	randisk_make_as(seed, &(struct randisk_wish){ 0 }, dir, d_out);
}

void randisk_free(struct randisk *d)
{
	free(d->bytes);
	free(d->allocated);
	d->bytes = d->allocated = NULL;
}
