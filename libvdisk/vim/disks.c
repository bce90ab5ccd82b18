/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks as servers describe them; see disks.h.
 */
#include "config.h"

#include "disks.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/log.h"
#include "dspath.h"

#define KIB 1024u

/* VirtualDiskFlatVer2BackingInfo and so on, whatever their versions; of the first that fits. */
static const struct kind {
	const char *part, *name;
	bool is_raw; /* leads to a device */
} kinds[] = {
	{ "FlatVer", "flat", false },     { "SeSparse", "sesparse", false },
	{ "SparseVer", "sparse", false }, { "RawDiskMapping", "rdm", true },
	{ "RawDisk", "raw", true },       { "DiskFileBackingInfo", "flat", false }, /* FCDs */
	{ "", "other", false },
};

static const struct kind *kind_of(const char *type)
{
	const struct kind *k = kinds;

	while (strstr(type, k->part) == NULL)
		k++;
	return k;
}

static VixError copy_text(vim_node *n, const char *path, char **copy_out)
{
	const char *text = vim_xml_text(n, path);

	*copy_out = vu_strdup_or_null(text);
	return *copy_out != NULL || text == NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

void vim_link_free(struct vim_link *ln)
{
	free(ln->file);
	free(ln->uuid);
	free(ln->change_id);
}

static VixError read_link(vim_node *backing, const char *file_name, const char *type,
			  struct vim_link *ln)
{
	VD_TRY(copy_text(backing, file_name, &ln->file));
	VD_TRY(copy_text(backing, "uuid", &ln->uuid));
	VD_TRY(copy_text(backing, "changeId", &ln->change_id));
	ln->backing = kind_of(type)->name;
	ln->is_raw = kind_of(type)->is_raw;
	ln->is_encrypted = vim_xml_find(backing, "keyId") != NULL;
	return VIX_OK;
}

/* @ln is consumed. */
static VixError add_link(struct vim_disk *disk, struct vim_link *ln)
{
	if (VU_ARRAY_PUSH(&disk->links, *ln) == 0)
		return VIX_OK;
	vim_link_free(ln);
	return VIX_E_OUT_OF_MEMORY;
}

VixError vim_disk_read_links(vim_node *backing, const char *file_name, struct vim_disk *disk)
{
	const char *type = "";

	for (; backing != NULL; backing = vim_xml_find(backing, "parent")) {
		struct vim_link ln = { 0 };
		VixError err;

		if (vim_xml_find(backing, file_name) == NULL)
			return VIX_OK;
		disk->is_cut = disk->links.n == VIM_LINKS_MAX;
		if (disk->is_cut)
			return VIX_OK;
		/* A parent is as its child, and need not say so. */
		if (vim_xml_type(backing)[0] != '\0')
			type = vim_xml_type(backing);
		err = read_link(backing, file_name, type, &ln);
		if (err != VIX_OK) {
			vim_link_free(&ln);
			return err;
		}
		VD_TRY(add_link(disk, &ln));
	}
	return VIX_OK;
}

/* Since 5.5 in bytes, too. */
static uint64_t read_capacity(vim_node *device)
{
	uint64_t n = 0;

	if (vim_xml_uint(device, "capacityInBytes", &n))
		return n;
	if (vim_xml_uint(device, "capacityInKB", &n) && vu_mul_fits(n, KIB, &n))
		return n;
	return 0;
}

static VixError read_disk(vim_node *device, uint32_t key, struct vim_disk *disk)
{
	disk->key = key;
	disk->capacity = read_capacity(device);
	VD_TRY(copy_text(device, "deviceInfo/label", &disk->label));
	return vim_disk_read_links(vim_xml_find(device, "backing"), "fileName", disk);
}

static void disk_free(struct vim_disk *disk)
{
	free(disk->label);
	VU_ARRAY_FOREACH(&disk->links, ln)
		vim_link_free(ln);
	VU_ARRAY_FREE(&disk->links);
}

static VixError add_disk(struct vim_disks *disks, vim_node *device)
{
	struct vim_disk disk = { 0 };
	uint64_t key;
	VixError err;

	if (!vim_xml_uint(device, "key", &key) || key > INT32_MAX) {
		VU_DBG("vim", "a disk whose device has no key is passed over");
		return VIX_OK;
	}
	err = read_disk(device, (uint32_t)key, &disk);
	if (err == VIX_OK && disk.links.n > 0) {
		if (VU_ARRAY_PUSH(&disks->list, disk) == 0)
			return VIX_OK;
		err = VIX_E_OUT_OF_MEMORY;
	}
	disk_free(&disk);
	return err;
}

VixError vim_disks_read(vim_node *devices, struct vim_disks *disks)
{
	vim_node *device = vim_xml_find(devices, "VirtualDevice");

	for (; device != NULL; device = vim_xml_next(device)) {
		if (strcmp(vim_xml_type(device), "VirtualDisk") == 0)
			VD_TRY(add_disk(disks, device));
	}
	return VIX_OK;
}

void vim_disks_free(struct vim_disks *disks)
{
	VU_ARRAY_FOREACH(&disks->list, disk)
		disk_free(disk);
	VU_ARRAY_FREE(&disks->list);
}

static bool has_file(const struct vim_disk *disk, const char *path, size_t *link_out)
{
	for (size_t i = 0; i < disk->links.n; i++) {
		if (vim_dspath_equal(disk->links.v[i].file, path)) {
			*link_out = i;
			return true;
		}
	}
	return false;
}

const struct vim_disk *vim_disks_find(const struct vim_disks *disks, const char *path,
				      size_t *link_out)
{
	VU_ARRAY_FOREACH(&disks->list, disk) {
		if (has_file(disk, path, link_out))
			return disk;
	}
	return NULL;
}

const struct vim_disk *vim_disks_find_key(const struct vim_disks *disks, uint32_t key)
{
	VU_ARRAY_FOREACH(&disks->list, disk) {
		if (disk->key == key)
			return disk;
	}
	return NULL;
}
