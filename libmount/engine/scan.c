/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Volumes from what was found: which devices are volumes, what they are called, whether they can
 * be mounted, in which order they come; see scan.h.
 */
#include "config.h"

#include "scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "scan-text.h"

#define SECTOR     512u
#define DEPTH_MAX  16 /* devices upon devices */
#define NO_DISK    UINT32_MAX
#define LVM_UUID   "LVM-"
#define LVM_IDS    64 /* characters of the VG's and the LV's id behind it */
#define LDM_VOLUME "ldm_vol_"

struct scan {
	struct vmnt_scan_text text;
	size_t n_disks;
	VU_ARRAY(struct vmnt_volume_info) volumes;
};

static bool comes_before(const struct vmnt_scan_device *a, const struct vmnt_scan_device *b)
{
	for (size_t i = 0; i < 4; i++)
		if (a->bus[i] != b->bus[i])
			return a->bus[i] < b->bus[i];
	return false;
}

/* The index in the set; NO_DISK for the appliance's own. */
static uint32_t disk_index(const struct scan *s, const struct vmnt_scan_device *disk)
{
	uint32_t index = 0;

	VU_ARRAY_FOREACH(&s->text.devices, d)
		if (d->kind == VMNT_SCAN_DISK && comes_before(d, disk))
			index++;
	return index < s->n_disks ? index : NO_DISK;
}

static void place(const struct scan *s, struct vmnt_scan_device *d, unsigned depth);

static void place_on(const struct scan *s, struct vmnt_scan_device *d, const char *below,
		     uint64_t offset, unsigned depth)
{
	struct vmnt_scan_device *b = vmnt_scan_text_find(&s->text, below);

	if (b == NULL || depth >= DEPTH_MAX)
		return;
	place(s, b, depth + 1);
	offset += b->offset;
	if (b->disk < d->disk || (b->disk == d->disk && offset < d->offset)) {
		d->disk = b->disk;
		d->offset = offset;
	}
}

/* Works out once where on the disks @d begins.  What lies on itself lies nowhere. */
static void place(const struct scan *s, struct vmnt_scan_device *d, unsigned depth)
{
	if (d->placing != VMNT_SCAN_UNPLACED)
		return;
	d->placing = VMNT_SCAN_BEING_PLACED;
	d->disk = NO_DISK;
	d->offset = 0;
	if (d->kind == VMNT_SCAN_DISK)
		d->disk = disk_index(s, d);
	else if (d->kind == VMNT_SCAN_PART)
		place_on(s, d, d->parent, d->start * SECTOR, depth);
	else
		VU_ARRAY_FOREACH(&s->text.members, m)
			if (strcmp(m->of, d->kname) == 0)
				place_on(s, d, m->kname, 0, depth);
	d->placing = VMNT_SCAN_PLACED;
}

static bool has_partitions(const struct scan *s, const struct vmnt_scan_device *disk)
{
	VU_ARRAY_FOREACH(&s->text.devices, d)
		if (d->kind == VMNT_SCAN_PART && strcmp(d->parent, disk->kname) == 0)
			return true;
	return false;
}

/* A logical volume for use: not the hidden parts that LVM makes others of. */
static bool is_lv(const struct vmnt_scan_device *d)
{
	return d->mapper_uuid != NULL && strlen(d->mapper_uuid) == strlen(LVM_UUID) + LVM_IDS &&
	       strncmp(d->mapper_uuid, LVM_UUID, strlen(LVM_UUID)) == 0;
}

static bool is_ldm_volume(const struct vmnt_scan_device *d)
{
	return d->mapper_name != NULL &&
	       strncmp(d->mapper_name, LDM_VOLUME, strlen(LDM_VOLUME)) == 0;
}

static bool is_volume(const struct scan *s, const struct vmnt_scan_device *d)
{
	if (d->sectors == 0)
		return false;
	if (d->kind == VMNT_SCAN_DM)
		return d->mapper_name != NULL && (is_lv(d) || is_ldm_volume(d));
	return d->kind == VMNT_SCAN_PART || !has_partitions(s, d);
}

/* "/dev/sda", as libguestfs numbers disks: a..z, aa.. */
static char *disk_device(uint32_t disk)
{
	char letters[8] = { 0 };
	size_t i = sizeof(letters) - 1;

	for (uint32_t n = disk + 1; n > 0 && i > 0; n = (n - 1) / 26)
		letters[--i] = (char)('a' + (n - 1) % 26);
	return vu_asprintf("/dev/sd%s", letters + i);
}

/* "vg--a-lv" -> "vg-a", "lv" joined by a slash. */
static char *lv_name(const char *mapper_name)
{
	char *name = strdup(mapper_name), *out = name;

	for (const char *p = mapper_name; name != NULL && *p != '\0'; p++) {
		if (p[0] == '-' && p[1] == '-')
			*out++ = *p++;
		else
			*out++ = (char)(*p == '-' ? '/' : *p);
	}
	if (name != NULL)
		*out = '\0';
	return name;
}

static void name_partition(const struct scan *s, const struct vmnt_scan_device *d,
			   struct vmnt_volume_info *v)
{
	const struct vmnt_scan_device *parent = vmnt_scan_text_find(&s->text, d->parent);
	bool on_disk = parent != NULL && parent->kind == VMNT_SCAN_DISK;
	VU_AUTO(free) char *disk = disk_device(v->disk);

	v->kind = strdup("partition");
	if (on_disk) {
		v->name = vu_asprintf("disk%u p%u", v->disk, d->number);
		v->device = disk != NULL ? vu_asprintf("%s%u", disk, d->number) : NULL;
	} else {
		v->name = vu_asprintf("%s p%u", d->parent, d->number);
		v->device = vu_asprintf("/dev/%s", d->kname);
	}
	if (d->scheme != NULL && strcmp(d->scheme, "gpt") == 0)
		v->type = VIXMNTAPI_GPT_PARTITION;
	else if (d->scheme != NULL && strcmp(d->scheme, "dos") == 0)
		v->type = VIXMNTAPI_BASIC_PARTITION;
}

static void name_mapped(const struct vmnt_scan_device *d, struct vmnt_volume_info *v)
{
	if (is_lv(d)) {
		v->type = VIXMNTAPI_LVM_VOLUME;
		v->kind = strdup("lv");
		v->name = lv_name(d->mapper_name);
		v->device = v->name != NULL ? vu_asprintf("/dev/%s", v->name) : NULL;
	} else {
		v->type = VIXMNTAPI_DYNAMIC_VOLUME;
		v->kind = strdup("dynamic");
		v->name = strdup(d->mapper_name + strlen(LDM_VOLUME));
		v->device = vu_asprintf("/dev/mapper/%s", d->mapper_name);
	}
}

static void name_volume(const struct scan *s, const struct vmnt_scan_device *d,
			struct vmnt_volume_info *v)
{
	switch (d->kind) {
	case VMNT_SCAN_DISK:
		v->kind = strdup("whole-disk");
		v->name = vu_asprintf("disk%u", v->disk);
		v->device = disk_device(v->disk);
		break;
	case VMNT_SCAN_PART:
		name_partition(s, d, v);
		break;
	case VMNT_SCAN_MD:
		v->kind = strdup("md");
		v->name = strdup(d->kname);
		v->device = vu_asprintf("/dev/%s", d->kname);
		break;
	case VMNT_SCAN_DM:
		name_mapped(d, v);
		break;
	}
}

static bool is_extended(const struct vmnt_scan_device *d)
{
	static const char *const types[] = { "0x5", "0xf", "0x85" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (d->entry_type != NULL && strcmp(d->entry_type, types[i]) == 0)
			return true;
	return false;
}

/* A partition that belongs to Windows' Logical Disk Manager. */
static bool is_ldm_member(const struct vmnt_scan_device *d)
{
	static const char *const types[] = { "0x42", "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3",
					     "af9b60a0-1431-4f62-bc68-3311714a69ad" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (d->entry_type != NULL && strcasecmp(d->entry_type, types[i]) == 0)
			return true;
	return false;
}

/* Does an earlier device hold the same btrfs, of which @d is another device? */
static bool is_further_btrfs_device(const struct scan *s, const struct vmnt_scan_device *d)
{
	if (strcmp(d->type, "btrfs") != 0 || d->uuid == NULL || d->uuid_sub == NULL)
		return false;
	VU_ARRAY_FOREACH(&s->text.devices, e) {
		if (e == d)
			return false;
		if (e->type != NULL && strcmp(e->type, "btrfs") == 0 && e->uuid != NULL &&
		    e->uuid_sub != NULL && strcmp(e->uuid, d->uuid) == 0 &&
		    strcmp(e->uuid_sub, d->uuid_sub) != 0)
			return true;
	}
	return false;
}

static const char *content_type(const struct vmnt_scan_device *d)
{
	if (d->scheme != NULL && strcmp(d->scheme, "dos") == 0 && is_extended(d))
		return "extended";
	if (d->type != NULL)
		return d->type;
	return is_ldm_member(d) ? "ldm_member" : "unknown";
}

static char *locked_state(const char *type)
{
	return vu_asprintf("locked: %s",
			   strcmp(type, "crypto_LUKS") == 0 ? "LUKS-encrypted" : type);
}

static char *volume_state(const struct scan *s, const struct vmnt_scan_device *d,
			  const char *content)
{
	const char *usage = d->usage != NULL ? d->usage : "";

	if (content == d->type && strcmp(usage, "crypto") == 0)
		return locked_state(content);
	if (content != d->type || strcmp(usage, "filesystem") != 0 || is_ldm_member(d) ||
	    is_further_btrfs_device(s, d))
		return strdup("not mountable");
	if (!vmnt_scan_text_has_driver(&s->text, content))
		return vu_asprintf("unsupported: %s", content);
	return strdup("ok");
}

/* Return: 0, or -1 without memory. */
static int add_volume(struct scan *s, const struct vmnt_scan_device *d)
{
	const char *content = content_type(d);
	struct vmnt_volume_info v = {
		.filesystem = strdup(content),
		.label = vu_strdup_or_null(d->label),
		.uuid = vu_strdup_or_null(d->uuid),
		.part_uuid = vu_strdup_or_null(d->part_uuid),
		.state = volume_state(s, d, content),
		.disk = d->disk,
		.offset = d->offset,
		.bytes = d->sectors * SECTOR,
		.used_bytes = UINT64_MAX,
		.type = VIXMNTAPI_UNKNOWN_VOLTYPE,
	};

	name_volume(s, d, &v);
	v.mountable = v.state != NULL && strcmp(v.state, "ok") == 0;
	if (v.filesystem != NULL && v.state != NULL && v.kind != NULL && v.name != NULL &&
	    v.device != NULL && VU_ARRAY_PUSH(&s->volumes, v) == 0)
		return 0;
	vmnt_volume_info_free(&v);
	return -1;
}

static int add_volumes(struct scan *s)
{
	VU_ARRAY_FOREACH(&s->text.devices, d) {
		place(s, d, 0);
		if (d->disk != NO_DISK && is_volume(s, d) && add_volume(s, d) < 0)
			return -1;
	}
	return 0;
}

VixError vmnt_scan_parse(char *text, size_t n_disks, struct vmnt_volume_info **v_out, size_t *n_out)
{
	struct scan s = { .n_disks = n_disks };
	int err;

	*v_out = NULL;
	*n_out = 0;
	if (vmnt_scan_text_parse(text, &s.text) < 0)
		return VIX_E_OUT_OF_MEMORY;
	err = add_volumes(&s);
	vmnt_scan_text_free(&s.text);
	if (err < 0) {
		vmnt_volume_info_free_all(s.volumes.v, s.volumes.n);
		return VIX_E_OUT_OF_MEMORY;
	}
	vmnt_volume_info_sort(s.volumes.v, s.volumes.n);
	*v_out = s.volumes.v;
	*n_out = s.volumes.n;
	return VIX_OK;
}
