/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as the files of a chain: what can be opened is read the same in whole and in parts,
 * and its runs and keys keep their contract.
 *
 * A line "@@NAME" begins a file of that name, up to the next such line; the first one is opened.
 */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "../../libvdisk/disk-chain.h"
#include "../unit/memstore.h"
#include "alloc.h"
#include "bytes.h"
#include "cleanup.h"

#define FILES   8u
#define SECTORS 16u /* read in each place */
#define DIR     "/d/"

static const char mark[] = "\n@@";

/* The mark that begins a file, at or behind @p; the input may begin without its newline. */
static const uint8_t *find_mark(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *at = memmem(p, (size_t)(end - p), mark, strlen(mark));

	return at != NULL ? at : end;
}

/* The file at @p, "NAME\nBYTES"; the first one's name goes to @first_out.  Return: its end. */
static const uint8_t *add_file(const uint8_t *p, const uint8_t *end, char **first_out)
{
	const uint8_t *stop = find_mark(p, end);
	const uint8_t *newline = memchr(p, '\n', (size_t)(stop - p));
	const uint8_t *name_end = newline != NULL ? newline : stop;
	const uint8_t *bytes = newline != NULL ? newline + 1 : stop;
	VU_AUTO(free) char *path = vu_asprintf(DIR "%.*s", (int)(name_end - p), (const char *)p);

	FUZZ_CHECK(path != NULL);
	memstore_add(path, bytes, (size_t)(stop - bytes));
	if (*first_out == NULL)
		*first_out = VU_STEAL(path);
	return stop;
}

/* Return: the path of the first file, for the caller to free(); NULL: there is none. */
static char *add_files(const uint8_t *data, size_t size)
{
	const uint8_t *p = data, *end = data + size;
	char *first = NULL;

	if (size < 2 || memcmp(data, "@@", 2) != 0)
		return NULL;
	p += 2;
	for (unsigned i = 0; i < FILES && p < end; i++) {
		p = add_file(p, end, &first);
		p += vu_min((size_t)(end - p), strlen(mark));
	}
	return first;
}

/* Runs. */

struct runs {
	uint64_t next; /* where the next one must begin */
	unsigned n;
	bool last;
};

static bool check_run(uint64_t sector, uint64_t count, bool allocated, void *ctx)
{
	struct runs *r = ctx;

	FUZZ_CHECK(sector == r->next && count > 0);
	FUZZ_CHECK(r->n == 0 || allocated != r->last);
	r->next += count;
	r->last = allocated;
	return ++r->n < 64;
}

static void check_runs(struct vd_disk *d)
{
	struct runs r = { 0 };
	uint64_t count = vu_min(d->capacity, 1u << 20);

	if (vd_disk_extents(d, 0, count, check_run, &r) == VIX_OK && r.n < 64)
		FUZZ_CHECK(r.next == count);
}

/* Reading. */

static void check_read(struct vd_disk *d, uint64_t sector)
{
	static char whole[SECTORS * VD_SECTOR_SIZE], part[VD_SECTOR_SIZE];
	uint64_t count = vu_min(SECTORS, d->capacity - sector);
	bool ok = vd_disk_read(d, sector, count, whole) == VIX_OK;

	for (uint64_t i = 0; i < count; i++) {
		bool part_ok = vd_disk_read(d, sector + i, 1, part) == VIX_OK;

		FUZZ_CHECK(!ok || part_ok);
		FUZZ_CHECK(!ok || memcmp(whole + i * VD_SECTOR_SIZE, part, VD_SECTOR_SIZE) == 0);
	}
}

/* Keys. */

static bool check_key(const char *key, const char *value, void *ctx)
{
	VU_AUTO(free) char *newest = NULL;

	FUZZ_CHECK(vd_disk_get_meta(ctx, key, &newest) == VIX_OK);
	FUZZ_CHECK(newest != NULL && strcmp(newest, value) == 0);
	return true;
}

static VixError check_info(const struct vd_disk_info *info, void *ctx)
{
	(void)ctx;
	FUZZ_CHECK(info->links >= 1 && info->links <= (int)FILES);
	return VIX_OK;
}

static void check_disk(struct vd_disk *d)
{
	FUZZ_CHECK(d->capacity > 0 && d->capacity <= VD_SECTORS_MAX);
	FUZZ_CHECK(vd_disk_get_info(d, check_info, NULL) == VIX_OK);
	FUZZ_CHECK(vd_disk_each_meta(d, check_key, d) == VIX_OK);
	check_runs(d);
	check_read(d, 0);
	check_read(d, d->capacity / 2);
	check_read(d, d->capacity - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned flags[] = { 0, VD_CHAIN_SINGLE_LINK, VD_CHAIN_EXTENTS_ANYWHERE };
	VU_AUTO(free) char *path = add_files(data, size);

	for (size_t i = 0; path != NULL && i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct vd_disk *d;
		VixError err = vd_chain_open(&memstore_ops, path, flags[i], &d);

		FUZZ_CHECK((err == VIX_OK) == (d != NULL));
		if (d != NULL)
			check_disk(d);
		vd_disk_close(d);
	}
	memstore_reset();
	return 0;
}
