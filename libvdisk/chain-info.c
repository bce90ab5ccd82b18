/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a chain tells about itself: the data base of its descriptors, and what is read out of it;
 * see disk-chain.h.
 */
#include "config.h"

#include "disk-chain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../common/alloc.h"
#include "../common/ascii.h"
#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "geometry.h"

static const struct vd_chain *chain_of(struct vd_disk *d)
{
	return (const struct vd_chain *)d;
}

/* Newest link first. */
static const char *lookup(const struct vd_chain *chain, const char *key)
{
	for (size_t i = chain->links.n; i > 0; i--) {
		const struct vd_descriptor *desc = chain->links.v[i - 1]->desc;
		const char *value = desc != NULL ? vu_dict_get(&desc->ddb, key) : NULL;

		if (value != NULL)
			return value;
	}
	return NULL;
}

const char *vd_chain_get_meta(struct vd_disk *d, const char *key)
{
	return lookup(chain_of(d), key);
}

/* A key of the chain. */
struct key {
	const struct vu_dict_entry *entry;
	size_t rank;    /* in the order that they are told in */
	bool is_hidden; /* a newer link has it, too */
};

static size_t count_keys(const struct vd_chain *chain)
{
	size_t n = 0;

	VU_ARRAY_FOREACH(&chain->links, ln)
		n += (*ln)->desc != NULL ? (*ln)->desc->ddb.entries.n : 0;
	return n;
}

/* All keys, newest link first; @keys has room. */
static void list_keys(const struct vd_chain *chain, struct key *keys)
{
	size_t n = 0;

	for (size_t i = chain->links.n; i > 0; i--) {
		const struct vd_descriptor *desc = chain->links.v[i - 1]->desc;

		if (desc == NULL)
			continue;
		VU_ARRAY_FOREACH(&desc->ddb.entries, e) {
			keys[n] = (struct key){ .entry = e, .rank = n };
			n++;
		}
	}
}

static int by_name(const void *a_arg, const void *b_arg)
{
	const struct key *a = a_arg, *b = b_arg;
	int order = vu_ascii_casecmp(a->entry->key, b->entry->key);

	return order != 0 ? order : (a->rank > b->rank) - (a->rank < b->rank);
}

static int by_rank(const void *a_arg, const void *b_arg)
{
	const struct key *a = a_arg, *b = b_arg;

	return (a->rank > b->rank) - (a->rank < b->rank);
}

/* Sorted rather than looked up: a chain may have very many keys. */
static void hide_older(struct key *keys, size_t n)
{
	qsort(keys, n, sizeof(*keys), by_name);
	for (size_t i = 1; i < n; i++)
		keys[i].is_hidden = vu_ascii_casecmp(keys[i - 1].entry->key, keys[i].entry->key) ==
				    0;
	qsort(keys, n, sizeof(*keys), by_rank);
}

VixError vd_chain_each_meta(struct vd_disk *d, vd_key_fn *fn, void *ctx)
{
	const struct vd_chain *chain = chain_of(d);
	size_t n = count_keys(chain);

	if (n == 0)
		return VIX_OK;
	VU_AUTO(free) struct key *keys = vu_calloc_array(n, sizeof(*keys));
	if (keys == NULL)
		return VIX_E_OUT_OF_MEMORY;
	list_keys(chain, keys);
	hide_older(keys, n);
	for (size_t i = 0; i < n; i++) {
		if (!keys[i].is_hidden && !fn(keys[i].entry->key, keys[i].entry->value, ctx))
			break;
	}
	return VIX_OK;
}

/* A number of the data base; false when it is absent or none. */
static bool get_number(const struct vd_chain *chain, const char *key, uint32_t *v_out)
{
	const char *text = lookup(chain, key);
	unsigned long long v;
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return false;
	v = strtoull(text, &end, 10);
	if (*end != '\0' || v > UINT32_MAX)
		return false;
	*v_out = (uint32_t)v;
	return true;
}

static bool get_geometry(const struct vd_chain *chain, const char *const keys[3],
			 VixDiskLibGeometry *g_out)
{
	return get_number(chain, keys[0], &g_out->cylinders) &&
	       get_number(chain, keys[1], &g_out->heads) &&
	       get_number(chain, keys[2], &g_out->sectors);
}

static void get_geometries(const struct vd_chain *chain, struct vd_disk_info *out)
{
	static const char *const phys[] = { "geometry.cylinders", "geometry.heads",
					    "geometry.sectors" };
	static const char *const bios[] = { "geometry.biosCylinders", "geometry.biosHeads",
					    "geometry.biosSectors" };

	if (!get_geometry(chain, phys, &out->phys_geo))
		out->phys_geo = vd_geometry_default(chain->disk.capacity, out->adapter);
	if (!get_geometry(chain, bios, &out->bios_geo))
		out->bios_geo = out->phys_geo;
}

/* 512 unless the disk says 4096: nothing else exists. */
static uint32_t get_sector_size(const struct vd_chain *chain, const char *key)
{
	uint32_t size;

	return get_number(chain, key, &size) && size == 4096 ? size : VD_SECTOR_SIZE;
}

void vd_chain_get_info(struct vd_disk *d, struct vd_disk_info *out)
{
	const struct vd_chain *chain = chain_of(d);
	const struct vd_descriptor *newest = vd_chain_newest(chain)->desc;

	out->adapter = vd_adapter_of(lookup(chain, "adapterType"));
	get_geometries(chain, out);
	out->links = (int)chain->links.n;
	out->parent_hint = newest != NULL ? vd_descriptor_parent_hint(newest) : NULL;
	out->uuid = lookup(chain, "uuid");
	out->logical_sector_size = get_sector_size(chain, "logicalSectorSize");
	out->physical_sector_size = get_sector_size(chain, "physicalSectorSize");
}
