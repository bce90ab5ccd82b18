/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The commands of the sample that look at disks and make them.
 */
#include "config.h"

#include "sample.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

VixError sample_create(struct sample *s)
{
	VixDiskLibCreateParams p = sample_create_params(s, VIXDISKLIB_DISK_MONOLITHIC_SPARSE,
							(uint64)s->mib * 2048);

	TRY(lib.Create(s->conn, s->path, &p, NULL, NULL));
	return VIX_OK;
}

/* The parent is open for writing while the child is made. */
VixError sample_redo(struct sample *s)
{
	VixDiskLibHandle parent;

	TRY(lib.Open(s->conn, s->value[0], 0, &parent));
	TRY(lib.CreateChild(parent, s->path, VIXDISKLIB_DISK_MONOLITHIC_SPARSE, NULL, NULL));
	TRY(lib.Close(parent));
	return VIX_OK;
}

static const char *adapter_name(VixDiskLibAdapterType adapter)
{
	switch (adapter) {
	case VIXDISKLIB_ADAPTER_IDE:
		return "IDE";
	case VIXDISKLIB_ADAPTER_SCSI_BUSLOGIC:
		return "BusLogic SCSI";
	case VIXDISKLIB_ADAPTER_SCSI_LSILOGIC:
		return "LsiLogic SCSI";
	default:
		return "unknown";
	}
}

VixError sample_info(struct sample *s)
{
	VixDiskLibInfo *info = NULL;

	TRY(lib.GetInfo(s->disk, &info));
	printf("capacity          = %" PRIu64 " sectors\n", (uint64_t)info->capacity);
	printf("number of links   = %d\n", info->numLinks);
	printf("adapter type      = %s\n", adapter_name(info->adapterType));
	printf("BIOS geometry     = %u/%u/%u\n", info->biosGeo.cylinders, info->biosGeo.heads,
	       info->biosGeo.sectors);
	printf("physical geometry = %u/%u/%u\n", info->physGeo.cylinders, info->physGeo.heads,
	       info->physGeo.sectors);
	if (info->parentFileNameHint != NULL)
		printf("parent            = %s\n", info->parentFileNameHint);
	lib.FreeInfo(info);
	printf("Transport modes supported by vixDiskLib: %s\n", lib.ListTransportModes());
	return VIX_OK;
}

static void dump_line(uint64 offset, const uint8 *bytes)
{
	printf("%04" PRIx64 " : ", (uint64_t)offset);
	for (int i = 0; i < 16; i++)
		printf("%02x ", bytes[i]);
	for (int i = 0; i < 16; i++)
		putchar(isprint(bytes[i]) ? bytes[i] : '.');
	putchar('\n');
}

VixError sample_dump(struct sample *s)
{
	uint8 sector[VIXDISKLIB_SECTOR_SIZE];

	for (uint64 i = 0; i < s->count; i++) {
		TRY(lib.Read(s->disk, s->start + i, 1, sector));
		for (unsigned at = 0; at < sizeof(sector); at += 16)
			dump_line(i * sizeof(sector) + at, sector + at);
	}
	return VIX_OK;
}

VixError sample_fill(struct sample *s)
{
	uint8 sector[VIXDISKLIB_SECTOR_SIZE];

	memset(sector, s->val, sizeof(sector));
	for (uint64 i = 0; i < s->count; i++)
		TRY(lib.Write(s->disk, s->start + i, 1, sector));
	return VIX_OK;
}

/* Asks for the room that a text needs, expects the answer that there was none, and asks again. */
static VixError read_value(VixDiskLibHandle disk, const char *key, char **value_out)
{
	size_t len;
	VixError err = lib.ReadMetadata(disk, key, NULL, 0, &len);

	if (err != VIX_E_BUFFER_TOOSMALL)
		return sample_failed(__FILE__, __LINE__, err);
	*value_out = malloc(len);
	TRY(lib.ReadMetadata(disk, key, *value_out, len, NULL));
	return VIX_OK;
}

static VixError print_value(VixDiskLibHandle disk, const char *key)
{
	char *value = NULL;
	VixError err = read_value(disk, key, &value);

	if (err == VIX_OK)
		printf("%s = %s\n", key, value);
	free(value);
	return err;
}

VixError sample_rmeta(struct sample *s)
{
	return print_value(s->disk, s->value[0]);
}

VixError sample_wmeta(struct sample *s)
{
	TRY(lib.WriteMetadata(s->disk, s->value[0], s->value[1]));
	return VIX_OK;
}

VixError sample_meta(struct sample *s)
{
	size_t len;
	VixError err = lib.GetMetadataKeys(s->disk, NULL, 0, &len);
	char *keys;

	if (err != VIX_OK && err != VIX_E_BUFFER_TOOSMALL)
		return sample_failed(__FILE__, __LINE__, err);
	keys = malloc(len);
	err = lib.GetMetadataKeys(s->disk, keys, len, NULL);
	for (const char *key = keys; err == VIX_OK && *key != '\0'; key += strlen(key) + 1)
		err = print_value(s->disk, key);
	free(keys);
	return err;
}

static Bool clone_progress(void *data, int percent)
{
	(void)data;
	printf("Cloning: %d%% done\n", percent);
	return TRUE;
}

/* The source is always on this host, over a connection of its own; what is there is replaced. */
VixError sample_clone(struct sample *s)
{
	VixDiskLibConnectParams local = { 0 };
	VixDiskLibConnection source;
	VixDiskLibCreateParams p = sample_create_params(s, VIXDISKLIB_DISK_MONOLITHIC_SPARSE, 0);

	TRY(lib.Connect(&local, &source));
	TRY(lib.Clone(s->conn, s->path, source, s->value[0], &p, clone_progress, NULL, TRUE));
	lib.Disconnect(source);
	return VIX_OK;
}

VixError sample_check(struct sample *s)
{
	TRY(lib.CheckRepair(s->conn, s->path, s->value[0][0] != '0'));
	return VIX_OK;
}
