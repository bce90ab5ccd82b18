/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Engines: find the volumes on a set of exported disks, mount them on the host.
 *
 * 1. One engine object serves one disk set, from open to close.
 * 2. The caller serialises open, close, volumes, os, probe, mount and unmount; file access through a
 *    mount runs beside them.
 * 3. Everything an engine reports about the disks is untrusted text.
 */
#ifndef VMNT_ENGINE_H
#define VMNT_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../export/export.h"
#include "vixMntapi.h"
#include "vixMntapiExt.h"

/* One thing found on the disks; strings are owned by whoever holds the struct. */
struct vmnt_volume_info {
	char *device;     /* the engine's name for it: "/dev/sda1" */
	char *name;       /* for people: "disk0 p1", "vg/lv" */
	char *kind;       /* "partition", "lv", "md", "dynamic", "whole-disk" */
	char *filesystem; /* "ext4", "ntfs", "swap", "LVM2_member", "unknown", … */
	char *label;      /* NULL: none */
	char *uuid;       /* NULL: none */
	char *part_uuid;  /* of a partition: of its entry in the table; NULL: none */
	char *state;      /* "ok", "not mountable", "locked: …", "unsupported: …", "damaged: …" */
	uint32_t disk;    /* index of the (first) disk it lies on */
	uint64_t offset;  /* bytes from the start of that disk; for order only */
	uint64_t bytes;
	uint64_t used_bytes; /* UINT64_MAX: unknown */
	VixVolumeType type;
	bool mountable;
};

/* Where the guest mounts one of its volumes. */
struct vmnt_guest_mount {
	char *device; /* the engine's name */
	char *path;
};

/* What inspection knows; strings may be NULL. */
struct vmnt_os {
	VixOsFamily family;
	uint32_t major, minor;
	bool is_64bit;
	char *vendor, *edition, *folder;
	struct vmnt_guest_mount *mounts;
	size_t n;
};

/* With one volume and subdir NULL its root is the mount's; else one directory for each. */
struct vmnt_mount_volume {
	const struct vmnt_volume_info *info;
	const char *subdir;
};

struct vmnt_mount_request {
	const char *dir;          /* existing directory of the host */
	const char *source;       /* shown as the source of the mount */
	const char *fuse_options; /* NULL: none */
	uint32_t symlinks;        /* VIXMNTAPI_SYMLINKS_* */
	bool readonly;
	const struct vmnt_mount_volume *volumes;
	size_t n;
};

struct vmnt_engine;
struct vmnt_mount;

struct vmnt_engine_ops {
	const char *name;
	enum vmnt_addr_kind accepts;
	/* @tmp_dir: private, for the engine's temporary files.
	 * Errors: MNTAPI_NO_DRIVER  the engine is not installed; MNTAPI_OS_ERROR  it can't start;
	 *         DISK_FULL, OUT_OF_MEMORY */
	VixError (*open)(const struct vmnt_addr *addrs, size_t n, const char *tmp_dir,
			 struct vmnt_engine **en_out);
	void (*close)(struct vmnt_engine *en); /* nothing is mounted any more */
	/* Fills an array in the order of vmnt_volume_info_sort(); vmnt_volume_info_free_all().  May
	 * be called once. */
	VixError (*volumes)(struct vmnt_engine *en, struct vmnt_volume_info **v_out, size_t *n_out);
	VixError (*os)(struct vmnt_engine *en, struct vmnt_os *os_out); /* vmnt_os_free() */
	/* Reads the head of a volume's file system.  Not logged where it can't be read: *why_out then
	 * says why, untrusted text for the caller to free(), NULL when memory ran out.
	 * Errors: MNTAPI_FORMAT_FAILURE  no readable file system; MNTAPI_OS_ERROR  engine died */
	VixError (*probe)(struct vmnt_engine *en, const struct vmnt_volume_info *v,
			  uint64_t *used_out, char **why_out);
	/* Errors: MNTAPI_FORMAT_FAILURE  no readable file system; MNTAPI_MOUNTPT_NOT_FOUND;
	 *         MNTAPI_MOUNTPT_IN_USE; MNTAPI_PERM; MNTAPI_SYSTEM; MNTAPI_OS_ERROR engine died */
	VixError (*mount)(struct vmnt_engine *en, const struct vmnt_mount_request *rq,
			  struct vmnt_mount **mt_out);
	/* Consumes @mt on success.  @force detaches a busy mount.  MNTAPI_OPEN_HANDLES: busy, and
	 * nothing has changed.  Returns when the files are no longer in use. */
	VixError (*unmount)(struct vmnt_mount *mt, bool force);
	/* Has somebody else unmounted it? */
	bool (*is_gone)(const struct vmnt_mount *mt);
	/* "guestfs (emulated)"; static or owned by the engine */
	const char *(*describe)(const struct vmnt_engine *en);
};

struct vmnt_engine {
	const struct vmnt_engine_ops *ops;
};

struct vmnt_mount {
	struct vmnt_engine *engine;
};

/** vmnt_volume_info_free() - what one struct owns; the struct stays */
void vmnt_volume_info_free(struct vmnt_volume_info *v);

/** vmnt_volume_info_free_all() - an array of @n and what it owns; NULL is fine */
void vmnt_volume_info_free_all(struct vmnt_volume_info *v, size_t n);

/**
 * vmnt_volume_info_sort() - the order in which volumes are numbered, the same every time
 *
 * Disk, place on the disk, what lies on a partition behind it, name.
 */
void vmnt_volume_info_sort(struct vmnt_volume_info *v, size_t n);

/** vmnt_os_free() - what the struct owns; the struct stays */
void vmnt_os_free(struct vmnt_os *os);

/** vmnt_engine_default() - the engine that disk sets get; NULL when none is built in */
const struct vmnt_engine_ops *vmnt_engine_default(void);

/* For tests: the engine instead of the table's.  Not to be changed while a set is open. */
extern const struct vmnt_engine_ops *vmnt_engine_override;

extern const struct vmnt_engine_ops vmnt_engine_guestfs;

#endif
