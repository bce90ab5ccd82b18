/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An engine and an export that do nothing but keep a diary, for tests of the mount library.
 *
 *	fake_install();
 *	... VixMntapi_OpenDisks, GetVolumeHandles, MountVolume ...
 *	ck_assert_str_eq(fake_diary(), "export 0; open 1; volumes; mount 1; ");
 *
 * The diary names mounts by the last part of their directory.
 */
#ifndef FAKEENGINE_H
#define FAKEENGINE_H

#include <stdbool.h>
#include <stddef.h>

#include "../../libmount/engine/engine.h"

struct fake_volume {
	const char *device;
	const char *name;
	const char *kind;
	const char *filesystem;
	uint32_t disk;
	uint64_t offset;
	VixVolumeType type;
	bool mountable;
};

/* What it will do; may be changed between calls. */
struct fake_plan {
	const struct fake_volume *volumes;
	size_t n_volumes;
	const struct vmnt_os *os; /* copied; NULL: no system */
	VixError fail_export_start, fail_export_stop;
	VixError fail_open, fail_volumes, fail_os, fail_probe, fail_mount;
	VixError fail_unmount;        /* of any, @force or not */
	size_t mounts_before_failing; /* fail_mount holds after so many more */
	const char *damaged;          /* the device whose file system can't be read; NULL: none */
	bool hold_open;               /* open waits for fake_let_go() */
	bool real_mounts;             /* mount a tmpfs on the directory: needs root */
};

extern struct fake_plan fake;

/** fake_install() - be what disk sets get from now on, with three volumes and no system */
void fake_install(void);

/** fake_diary() - what has happened since the last call; good until the next one */
const char *fake_diary(void);

/** fake_set_busy() - mounts whose directory is called @name can't be unmounted without force */
void fake_set_busy(const char *name, bool busy);

/** fake_set_gone() - somebody else has unmounted the one called @name */
void fake_set_gone(const char *name);

/** fake_is_mounted() - is there a mount called @name? */
bool fake_is_mounted(const char *name);

/** fake_last_request() - options and source of the latest mount: "OPTIONS|SOURCE|SUBDIR,SUBDIR" */
const char *fake_last_request(void);

/** fake_alive() - engines, exports and mounts that exist */
unsigned fake_alive(void);

/** fake_disks_answered() - could every export read its disk when it was started and stopped? */
bool fake_disks_answered(void);

/** fake_wait_until_held() - until an open waits; fake_let_go() - let it go on */
void fake_wait_until_held(void);
void fake_let_go(void);

#endif
