/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block devices of attached disks, in sysfs; see hotadd-device.h.
 *
 *	/sys/block/sdb/device -> ../../devices/pci0000:00/../0000:03:00.0/host2/target2:0:1/2:0:1:0
 *	/sys/block/sdb/size           sectors
 *	/sys/block/sdb/device/wwid    "naa.6000c29e..", of kernels that could ask for it
 *	/dev/disk/by-id/wwn-0x6000c29e.., scsi-36000c29e.. -> ../../sdb, made by udev, which also asks old devices
 *	/sys/bus/pci/slots/192/address "0000:0b:00", of the slot that the server calls 192
 */
#include "config.h"

#include "hotadd-device.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/array.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "../../common/path.h"

#define VENDOR      "VMware"
#define TEXT_MAX    4096u /* of a file in sysfs */
#define UUID_DIGITS 32u
#define PAUSE_MS    100u
#define RESCAN_MS   2000u
#define SECTOR      512u

struct vd_hotadd_names {
	VU_ARRAY(char *) list;
};

static inline void vu_auto_names(struct vd_hotadd_names **names)
{
	vd_hotadd_names_free(*names);
}

/* The first line of a file; for free(), NULL: there is none. */
static char *read_line(const char *path)
{
	char *text;

	if (vu_read_file(path, TEXT_MAX, &text, NULL) < 0)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* Of a file below /sys/block/NAME. */
static char *read_attribute(const char *root, const char *name, const char *attribute)
{
	VU_AUTO(free) char *path = vu_asprintf("%s/sys/block/%s/%s", root, name, attribute);

	return path != NULL ? read_line(path) : NULL;
}

/* A write that may fail: files of sysfs are orders. */
static void order(const char *path, const char *text)
{
	VU_AUTO(close) int fd = vu_open(path, O_WRONLY | O_NONBLOCK, 0);
	int err = fd < 0 ? fd : vu_write_full(fd, text, strlen(text));

	if (err < 0)
		VU_DBG("hotadd", "%s: cannot write: %s", path, strerror(-err));
}

bool vd_hotadd_machine_uuid(const char *root, char **uuid_out)
{
	VU_AUTO(free) char *vendor_path = vu_asprintf("%s/sys/class/dmi/id/sys_vendor", root);
	VU_AUTO(free) char *uuid_path = vu_asprintf("%s/sys/class/dmi/id/product_uuid", root);
	VU_AUTO(free) char *vendor = vendor_path != NULL ? read_line(vendor_path) : NULL;

	*uuid_out = NULL;
	if (vendor == NULL || strncmp(vendor, VENDOR, strlen(VENDOR)) != 0 || uuid_path == NULL)
		return false;
	*uuid_out = read_line(uuid_path);
	if (*uuid_out == NULL)
		VU_DBG("hotadd", "%s can't be read: only root may know which machine this is",
		       uuid_path);
	return *uuid_out != NULL;
}

/* The disks that there are. */

void vd_hotadd_names_free(struct vd_hotadd_names *names)
{
	if (names == NULL)
		return;
	VU_ARRAY_FOREACH(&names->list, name)
		free(*name);
	VU_ARRAY_FREE(&names->list);
	free(names);
}

static int add_name(struct vd_hotadd_names *names, const char *name)
{
	char *copy = strdup(name);

	if (copy != NULL && VU_ARRAY_PUSH(&names->list, copy) == 0)
		return 0;
	free(copy);
	return -1;
}

/* Disks of SCSI; of those only "device" tells where they are. */
static bool is_disk(const char *name)
{
	return strncmp(name, "sd", 2) == 0 && strchr(name, '/') == NULL;
}

struct vd_hotadd_names *vd_hotadd_list(const char *root)
{
	VU_AUTO(names) struct vd_hotadd_names *names = calloc(1, sizeof(*names));
	VU_AUTO(free) char *path = vu_asprintf("%s/sys/block", root);
	VU_AUTO(closedir) DIR *dir = path != NULL ? opendir(path) : NULL;
	struct dirent *ent;

	if (names == NULL || path == NULL)
		return NULL;
	while (dir != NULL && (ent = readdir(dir)) != NULL) {
		if (is_disk(ent->d_name) && add_name(names, ent->d_name) < 0)
			return NULL;
	}
	return VU_STEAL(names);
}

static bool is_listed(const struct vd_hotadd_names *names, const char *name)
{
	VU_ARRAY_FOREACH(&names->list, n) {
		if (strcmp(*n, name) == 0)
			return true;
	}
	return false;
}

/* Is it the one? */

/* The hex digits of a UUID, in lower case; false: there are not 32. */
static bool read_uuid(const char *text, char digits[UUID_DIGITS + 1])
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (*text == '-' || *text == ' ')
			continue;
		if (!isxdigit((unsigned char)*text) || n == UUID_DIGITS)
			return false;
		digits[n++] = (char)tolower((unsigned char)*text);
	}
	digits[n] = '\0';
	return n == UUID_DIGITS;
}

/* Does a link of udev lead to this device? */
static bool is_linked(const char *root, const char *prefix, const char *digits, const char *name)
{
	VU_AUTO(free)
	char *path = vu_asprintf("%s/dev/disk/by-id/%s%s", root, prefix, digits);
	char to[PATH_MAX];
	ssize_t len = path != NULL ? readlink(path, to, sizeof(to) - 1) : -1;

	if (len < 0)
		return false;
	to[len] = '\0';
	return strcmp(vu_path_last(to), name) == 0;
}

enum verdict { OTHER, PERHAPS, LIKELY, PROVED };

/* The kernel's word counts more than a link, which may be older. */
static enum verdict judge_uuid(const char *root, const char *name, const char *uuid)
{
	VU_AUTO(free) char *wwid = read_attribute(root, name, "device/wwid");
	char digits[UUID_DIGITS + 1], has[UUID_DIGITS + 1];

	if (uuid == NULL || !read_uuid(uuid, digits))
		return PERHAPS;
	if (wwid != NULL && strncmp(wwid, "naa.", 4) == 0 && read_uuid(wwid + 4, has))
		return strcmp(has, digits) == 0 ? PROVED : OTHER;
	if (is_linked(root, "wwn-0x", digits, name) || is_linked(root, "scsi-3", digits, name))
		return PROVED;
	return PERHAPS;
}

/* "0000:03:00" of the controller; NULL: unknown.  For free(). */
static char *find_controller(const char *root, long pci_slot)
{
	VU_AUTO(free)
	char *path = pci_slot < 0 ? NULL
				  : vu_asprintf("%s/sys/bus/pci/slots/%ld/address", root, pci_slot);

	return path != NULL ? read_line(path) : NULL;
}

/* Is a function of the PCI device @address in this path? */
static bool is_below(const char *path, const char *address)
{
	size_t len = strlen(address);

	for (const char *s = path; len > 0 && (s = strstr(s, address)) != NULL; s++) {
		if (s > path && s[-1] == '/' && s[len] == '.')
			return true;
	}
	return false;
}

/* Of its place: "2:0:1:0" is the last part, its third number the target. */
static enum verdict judge_place(const char *root, const char *name,
				const struct vd_hotadd_disk *disk)
{
	VU_AUTO(free) char *link = vu_asprintf("%s/sys/block/%s/device", root, name);
	VU_AUTO(free) char *path = link != NULL ? realpath(link, NULL) : NULL;
	VU_AUTO(free) char *controller = find_controller(root, disk->pci_slot);
	unsigned host, channel, target, lun;

	if (path == NULL ||
	    sscanf(vu_path_last(path), "%u:%u:%u:%u", &host, &channel, &target, &lun) != 4)
		return OTHER;
	if (controller != NULL && !is_below(path, controller))
		return OTHER;
	if (disk->has_own_targets)
		return PERHAPS;
	if (channel != 0 || lun != 0 || target != disk->target)
		return OTHER;
	return controller != NULL ? PROVED : LIKELY;
}

static bool has_size(const char *root, const char *name, uint64_t capacity)
{
	VU_AUTO(free) char *text = read_attribute(root, name, "size");
	unsigned long long sectors;
	char *end;

	if (text == NULL || !isdigit((unsigned char)text[0]))
		return false;
	sectors = strtoull(text, &end, 10);
	return *end == '\0' && capacity % SECTOR == 0 && sectors == capacity / SECTOR;
}

/* How good the proof is: 0 none; 1 by its place, 2 by its UUID, 3 by both. */
static unsigned proof(const char *root, const char *name, const struct vd_hotadd_disk *disk,
		      const struct vd_hotadd_names *before)
{
	enum verdict by_uuid = judge_uuid(root, name, disk->uuid);
	enum verdict by_place = judge_place(root, name, disk);

	if (by_uuid == OTHER || by_place == OTHER || !has_size(root, name, disk->capacity))
		return 0;
	if (by_uuid == PROVED && by_place == PROVED)
		return 3;
	if (is_listed(before, name)) /* snapshots of one disk have its UUID, too */
		return 0;
	if (by_uuid == PROVED)
		return 2;
	return by_place >= LIKELY ? 1 : 0;
}

static VixError refuse_several(const char *a, const char *b)
{
	VU_ERR("hotadd", "both %s and %s may be the disk that was attached: none is used", a, b);
	return VIX_E_FILE_ACCESS_ERROR;
}

/* Those that are there now; *@name_out stays NULL: not so far. */
static VixError look(const char *root, const struct vd_hotadd_disk *disk,
		     const struct vd_hotadd_names *before, char **name_out)
{
	VU_AUTO(names) struct vd_hotadd_names *now = vd_hotadd_list(root);
	const char *best = NULL, *second = NULL;
	unsigned best_proof = 0;

	if (now == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VU_ARRAY_FOREACH(&now->list, name) {
		unsigned p = proof(root, *name, disk, before);

		if (p == 0 || p < best_proof)
			continue;
		second = p == best_proof ? *name : NULL;
		if (p > best_proof)
			best = *name;
		best_proof = p;
	}
	if (second != NULL)
		return refuse_several(best, second);
	if (best == NULL)
		return VIX_OK;
	*name_out = strdup(best);
	return *name_out != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

/* Old adapters don't tell the kernel of new disks. */
static void rescan(const char *root)
{
	VU_AUTO(free) char *path = vu_asprintf("%s/sys/class/scsi_host", root);
	VU_AUTO(closedir) DIR *dir = path != NULL ? opendir(path) : NULL;
	struct dirent *ent;

	while (dir != NULL && (ent = readdir(dir)) != NULL) {
		VU_AUTO(free) char *scan = NULL;

		if (ent->d_name[0] == '.')
			continue;
		scan = vu_asprintf("%s/%s/scan", path, ent->d_name);
		if (scan != NULL)
			order(scan, "- - -");
	}
}

VixError vd_hotadd_wait_device(const char *root, const struct vd_hotadd_disk *disk,
			       const struct vd_hotadd_names *before, unsigned wait_ms,
			       char **name_out)
{
	uint64_t now = vu_now_ms(), until = now + wait_ms, scan_at = now;

	for (*name_out = NULL;; now = vu_now_ms()) {
		VD_TRY(look(root, disk, before, name_out));
		if (*name_out != NULL)
			return VIX_OK;
		if (now >= until)
			break;
		if (now >= scan_at) {
			rescan(root);
			scan_at = now + RESCAN_MS;
		}
		vu_sleep_ms(PAUSE_MS);
	}
	VU_ERR("hotadd",
	       "no device shows up within %u s for the disk of %" PRIu64
	       " bytes that was attached as unit %u%s%s",
	       wait_ms / 1000, disk->capacity, disk->target, disk->uuid != NULL ? ", UUID " : "",
	       disk->uuid != NULL ? vu_log_quote(disk->uuid) : "");
	return VIX_E_FILE_ACCESS_ERROR;
}

void vd_hotadd_forget_device(const char *root, const char *name)
{
	VU_AUTO(free) char *path = vu_asprintf("%s/sys/block/%s/device/delete", root, name);

	if (path != NULL)
		order(path, "1");
}
