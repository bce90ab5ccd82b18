/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text of a new disk's descriptor; see descriptor-new.h.
 * Source: docs/formats/vmdk-descriptor.md.
 */
#include "config.h"

#include "descriptor-new.h"

#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

#define CID_RESERVED  0xfffffffeu /* this and the next one are never given out */
#define UUID_BYTES    16
#define LONG_ID_BYTES 12 /* before the content ID */
#define SECTOR_USUAL  512u

/* Random numbers never fail to come for so few bytes; if they did, zeros would have to do. */
static void draw(void *out, size_t len)
{
	if (getrandom(out, len, 0) != (ssize_t)len)
		memset(out, 0, len);
}

uint32_t vd_cid_new(uint32_t old)
{
	uint32_t cid = old;

	while (cid == old || cid >= CID_RESERVED) {
		draw(&cid, sizeof(cid));
		if (cid == 0 && cid == old)
			cid = 1;
	}
	return cid;
}

void vd_descriptor_begin(struct vu_strbuf *b, const struct vd_new_descriptor *how, uint32_t cid)
{
	bool is_base = how->parent_hint == NULL;

	vu_strbuf_printf(b,
			 "# Disk DescriptorFile\n"
			 "version=1\n"
			 "encoding=\"UTF-8\"\n"
			 "CID=%08" PRIx32 "\n"
			 "parentCID=%08" PRIx32 "\n"
			 "isNativeSnapshot=\"no\"\n"
			 "createType=\"%s\"\n",
			 cid, is_base ? VD_CID_NONE : how->parent_cid, how->create_type);
	if (!is_base)
		vu_strbuf_printf(b, "parentFileNameHint=\"%s\"\n", how->parent_hint);
	vu_strbuf_puts(b, "\n# Extent description\n");
}

void vd_descriptor_add_extent(struct vu_strbuf *b, uint64_t sectors, enum vd_extent_type type,
			      const char *file)
{
	vu_strbuf_printf(b, "RW %" PRIu64 " %s \"%s\"%s\n", sectors, vd_extent_type_name(type),
			 file, type == VD_EXTENT_FLAT ? " 0" : "");
}

static void add_hex(struct vu_strbuf *b, const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vu_strbuf_printf(b, "%02x", bytes[i]);
}

/* As VMware forms them: "60 00 C2 9x xx xx xx xx-xx …", its registered prefix and a random rest. */
static void add_uuid(struct vu_strbuf *b)
{
	unsigned char id[UUID_BYTES];

	draw(id, sizeof(id));
	vu_strbuf_printf(b, "ddb.uuid = \"60 00 C2 9%x", id[3] & 15u);
	for (size_t i = 4; i < sizeof(id); i++)
		vu_strbuf_printf(b, "%c%02x", i == sizeof(id) / 2 ? '-' : ' ', id[i]);
	vu_strbuf_puts(b, "\"\n");
}

static void add_sector_size(struct vu_strbuf *b, const char *key, uint32_t size)
{
	if (size != SECTOR_USUAL)
		vu_strbuf_printf(b, "ddb.%s = \"%" PRIu32 "\"\n", key, size);
}

static void add_long_id(struct vu_strbuf *b, uint32_t cid)
{
	unsigned char id[LONG_ID_BYTES];

	draw(id, sizeof(id));
	vu_strbuf_puts(b, "ddb.longContentID = \"");
	add_hex(b, id, sizeof(id));
	vu_strbuf_printf(b, "%08" PRIx32 "\"\n", cid);
}

void vd_descriptor_end(struct vu_strbuf *b, const struct vd_new_descriptor *how, uint32_t cid)
{
	vu_strbuf_printf(b,
			 "\n# The Disk Data Base \n#DDB\n\n"
			 "ddb.adapterType = \"%s\"\n"
			 "ddb.deletable = \"true\"\n"
			 "ddb.encoding = \"UTF-8\"\n"
			 "ddb.geometry.cylinders = \"%" PRIu32 "\"\n"
			 "ddb.geometry.heads = \"%" PRIu32 "\"\n"
			 "ddb.geometry.sectors = \"%" PRIu32 "\"\n",
			 how->adapter, how->geometry.cylinders, how->geometry.heads,
			 how->geometry.sectors);
	add_sector_size(b, "logicalSectorSize", how->logical_sector_size);
	add_long_id(b, cid);
	add_sector_size(b, "physicalSectorSize", how->physical_sector_size);
	if (how->is_thin)
		vu_strbuf_puts(b, "ddb.thinProvisioned = \"1\"\n");
	if (how->parent_hint == NULL)
		add_uuid(b);
	vu_strbuf_printf(b, "ddb.virtualHWVersion = \"%u\"\n", how->hw_version);
}
