/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is raw data and what is not; see rawcheck.h.
 */
#include "config.h"

#include "rawcheck.h"

#include <inttypes.h>
#include <string.h>

#include "../common/alloc.h"
#include "../common/ascii.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/path.h"

/* Disks that would be read as garbage if they were taken for raw data. */
static const struct {
	const char *name;
	unsigned off, len;
	const char *magic;
} foreign[] = {
	{ "qcow2 image", 0, 4, "QFI\xfb" },
	{ "QED image", 0, 4, "QED\0" },
	{ "VHDX image", 0, 8, "vhdxfile" },
	{ "VHD image", 0, 8, "conectix" },
	{ "VDI image", 64, 4, "\x7f\x10\xda\xbe" },
	{ "vmfsSparse extent", 0, 4, "COWD" },
	{ "seSparse extent", 0, 8, "\xbe\xba\xfe\xca\0\0\0\0" },
};

static const char *foreign_name(const struct vd_probe *p)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		if (p->head_len >= foreign[i].off + foreign[i].len &&
		    memcmp(p->head + foreign[i].off, foreign[i].magic, foreign[i].len) == 0)
			return foreign[i].name;
	}
	return NULL;
}

/* The length of @stem without "-s001" or "-f001"; @len when it has no such end. */
static size_t without_number(const char *stem, size_t len)
{
	size_t n = len;

	while (n > 0 && stem[n - 1] >= '0' && stem[n - 1] <= '9')
		n--;
	if (len - n < 3 || n < 2 || strchr("sf", stem[n - 1]) == NULL || stem[n - 2] != '-')
		return len;
	return n - 2;
}

/* The same for the names of parts that come without a number. */
static size_t without_word(const char *stem, size_t len)
{
	static const char *const words[] = { "-flat", "-delta", "-sesparse", "-ctk",
					     "-rdm",  "-rdmp",  "-pt" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i]);

		if (len > n && vu_ascii_ncasecmp(stem + len - n, words[i], n) == 0)
			return len - n;
	}
	return len;
}

/* The descriptor that a part belongs to by its name: "a-s003.vmdk" to "a.vmdk".  NULL: can't tell. */
static char *owner_of(const char *path)
{
	static const char suffix[] = ".vmdk";
	size_t len = strlen(path), stem, rest;

	if (!vu_path_has_suffix(path, suffix))
		return NULL;
	stem = len - strlen(suffix);
	rest = without_number(path, stem);
	if (rest == stem)
		rest = without_word(path, stem);
	return rest != stem ? vu_asprintf("%.*s%s", (int)rest, path, path + stem) : NULL;
}

VixError vd_raw_refuse_part(const char *path, const char *why)
{
	VU_AUTO(free) char *owner = owner_of(path);

	VU_ERR("disk", "cannot open %s: %s; open %s instead", vu_log_quote(path), why,
	       owner != NULL ? vu_log_quote(owner) : "the descriptor that names it");
	return VIX_E_DISK_INVALIDDISK;
}

VixError vd_raw_check(const struct vd_probe *p)
{
	const char *kind = foreign_name(p);

	if (kind != NULL) {
		VU_ERR("disk", "cannot open %s: it is a %s, which is not supported",
		       vu_log_quote(p->path), kind);
		return VIX_E_DISK_NOTSUPPORTED;
	}
	if (p->size == 0) {
		VU_ERR("disk", "cannot open %s: it is empty", vu_log_quote(p->path));
		return VIX_E_DISK_INVALIDDISK;
	}
	if (vu_path_has_suffix(p->path, ".vmdk"))
		return vd_raw_refuse_part(p->path,
					  "it is neither a descriptor nor a sparse extent");
	if (p->size % VD_SECTOR_SIZE != 0) {
		VU_ERR("disk",
		       "cannot open %s: it is no VMDK, and its %" PRIu64
		       " bytes are no whole number of sectors, as a raw disk would have",
		       vu_log_quote(p->path), p->size);
		return VIX_E_DISK_INVALIDDISK;
	}
	return VIX_OK;
}
