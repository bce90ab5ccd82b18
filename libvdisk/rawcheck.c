/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is raw data and what is not; see rawcheck.h.
 */
#include "config.h"

#include "rawcheck.h"

#include <inttypes.h>
#include <stdlib.h>
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
	{ "qcow2 image", 0, 4, "QFI\xfb" },         { "QED image", 0, 4, "QED\0" },
	{ "VHDX image", 0, 8, "vhdxfile" },         { "VHD image", 0, 8, "conectix" },
	{ "VDI image", 64, 4, "\x7f\x10\xda\xbe" },
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

static const char suffix[] = ".vmdk";

/* What stands in front of ".vmdk"; 0: the name does not end so. */
static size_t stem_len(const char *path)
{
	return vu_path_has_suffix(path, suffix) ? strlen(path) - strlen(suffix) : 0;
}

/* The first @len bytes of @stem without the digits at their end. */
static size_t without_digits(const char *stem, size_t len)
{
	while (len > 0 && stem[len - 1] >= '0' && stem[len - 1] <= '9')
		len--;
	return len;
}

/* The length of @stem without "-s001", for one of the letters in @kinds; @len: has no such end. */
static size_t without_number(const char *stem, size_t len, const char *kinds)
{
	size_t n = without_digits(stem, len);

	if (len - n < 3 || n < 2 || strchr(kinds, stem[n - 1]) == NULL || stem[n - 2] != '-')
		return len;
	return n - 2;
}

/* Names of parts that come without a number: those with the guest's bytes, and others. */
static const char *const data_words[] = { "-flat", "-rdm", "-rdmp", "-pt" };
static const char *const other_words[] = { "-delta", "-sesparse", "-ctk" };
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t without_word(const char *stem, size_t len, const char *const *words, size_t n_words)
{
	for (size_t i = 0; i < n_words; i++) {
		size_t n = strlen(words[i]);

		if (len > n && vu_ascii_ncasecmp(stem + len - n, words[i], n) == 0)
			return len - n;
	}
	return len;
}

bool vd_raw_may_be_named(const char *path)
{
	size_t len = stem_len(path);

	return len == 0 || without_number(path, len, "f") != len ||
	       without_word(path, len, data_words, COUNT(data_words)) != len;
}

/* The descriptor that a part belongs to by its name: "a-s003.vmdk" to "a.vmdk".  NULL: can't tell. */
static char *owner_of(const char *path)
{
	size_t len = stem_len(path);
	size_t rest = without_number(path, len, "sf");

	if (rest == len)
		rest = without_word(path, len, data_words, COUNT(data_words));
	if (rest == len)
		rest = without_word(path, len, other_words, COUNT(other_words));
	return rest != len ? vu_asprintf("%.*s%s", (int)rest, path, path + len) : NULL;
}

/* Encrypted virtual machines. */

#define VMX_BYTES_MAX (1u << 20)

static bool finds_key_safe(const struct vd_store_ops *store, const char *path)
{
	struct vd_store *st;
	VU_AUTO(free) char *text = NULL;
	bool found = false;

	if (vd_store_open(store, path, VD_STORE_MAY_BE_ABSENT, &st) != VIX_OK)
		return false;
	if (st->size <= VMX_BYTES_MAX)
		text = calloc(1, st->size + 1);
	if (text != NULL && vd_store_pread(st, text, st->size, 0) == VIX_OK)
		found = strcasestr(text, "encryption.keySafe") != NULL;
	vd_store_close(st);
	return found;
}

/* Does a .vmx file say that its virtual machine is encrypted?  One that can't be read does not. */
static bool has_key_safe(const struct vd_store_ops *store, const char *path)
{
	bool found;

	vu_log_hush();
	found = finds_key_safe(store, path);
	vu_log_unhush();
	return found;
}

/* The next shorter name: "a-1" of "a-1-000002", and so on; 0: there is none. */
static size_t without_count(const char *stem, size_t len)
{
	size_t n = without_digits(stem, len);

	return n < len && n > 1 && strchr("-_", stem[n - 1]) != NULL ? n - 1 : 0;
}

/* The disks "a.vmdk", "a-000001.vmdk", "a_1.vmdk" all belong to "a.vmx". */
static bool is_of_encrypted_vm(const struct vd_store_ops *store, const char *path)
{
	VU_AUTO(free) char *owner = owner_of(path);
	const char *name = owner != NULL ? owner : path;

	for (size_t len = stem_len(name); len > 0; len = without_count(name, len)) {
		VU_AUTO(free) char *vmx = vu_asprintf("%.*s.vmx", (int)len, name);

		if (vmx != NULL && has_key_safe(store, vmx))
			return true;
	}
	return false;
}

VixError vd_raw_refuse_part(const char *path, const char *why)
{
	VU_AUTO(free) char *owner = owner_of(path);

	VU_ERR("disk", "cannot open %s: %s; open %s instead", vu_log_quote(path), why,
	       owner != NULL ? vu_log_quote(owner) : "the descriptor that names it");
	return VIX_E_DISK_INVALIDDISK;
}

/* A file named .vmdk that is neither a descriptor nor a sparse extent. */
static VixError refuse_unknown(const struct vd_probe *p, const struct vd_store_ops *store)
{
	if (!is_of_encrypted_vm(store, p->path))
		return vd_raw_refuse_part(p->path,
					  "it is neither a descriptor nor a sparse extent");
	VU_ERR("disk",
	       "cannot open %s: its virtual machine is encrypted, and encrypted disks need a key",
	       vu_log_quote(p->path));
	return VIX_E_DISK_NEEDKEY;
}

VixError vd_raw_check(const struct vd_probe *p, const struct vd_store_ops *store)
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
	if (stem_len(p->path) != 0)
		return refuse_unknown(p, store);
	if (p->size % VD_SECTOR_SIZE != 0) {
		VU_ERR("disk",
		       "cannot open %s: it is no VMDK, and its %" PRIu64
		       " bytes are no whole number of sectors, as a raw disk would have",
		       vu_log_quote(p->path), p->size);
		return VIX_E_DISK_INVALIDDISK;
	}
	return VIX_OK;
}
