/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Launching anywhere: KVM where it works, emulation everywhere else.
 *
 *	remembered or not possible   -> emulation
 *	else KVM  -answers-----------> done, remembered
 *	          -fails or stalls---> emulation -answers-> done, remembered
 *
 * 1. A guest that shows no life under KVM is given up VMNT_LAUNCH_LIFE_MS after qemu started.
 * 2. "KVM does not work" is only believed, and remembered, when emulation then does.
 * 3. The user is told once for each memory; later launches are silent about it.
 */
#ifndef VMNT_LAUNCH_H
#define VMNT_LAUNCH_H

#include <guestfs.h>

#include "accel.h"
#include "console.h"
#include "vixDiskLib.h"
#include "watchdog.h"

#define VMNT_LAUNCH_LIFE_MS 8000

struct vmnt_launch {
	const char *state_root; /* keeps the memory; NULL: none is kept */
	const char *tmp_dir;    /* the handle's: what marks our qemu */
	const char *kvm_device; /* "/dev/kvm" */
	struct vmnt_watch_limits kvm, emulated;
	struct vmnt_console *console;
	/* Makes a handle, ready to be launched but for how; called once for each attempt. */
	VixError (*make_handle)(void *ctx, guestfs_h **g_out);
	void *ctx;
};

/** vmnt_launch_defaults() - fills in device and limits; the rest is zero */
void vmnt_launch_defaults(struct vmnt_launch *l);

/**
 * vmnt_launch() - make a handle and start its virtual machine
 * @g_out:     filled: the caller's to close
 * @accel_out: filled: how it runs
 *
 * Takes seconds.
 * Errors: what @l->make_handle returns; those of vmnt_launch_explain(); OUT_OF_MEMORY
 */
VixError vmnt_launch(const struct vmnt_launch *l, guestfs_h **g_out, enum vmnt_accel *accel_out);

/* Why no handle could be launched. */
struct vmnt_launch_failure {
	VixError code;
	bool is_host;   /* something is missing on this host: another way to launch can't help */
	char text[512]; /* a sentence that says what to do, without its full stop */
};

/**
 * vmnt_launch_explain() - make a code and a sentence of what libguestfs said
 * @console:    what was printed
 * @hv:         path of qemu
 * @last_error: of the handle; may be NULL
 *
 * code: MNTAPI_NO_DRIVER  a program, a kernel or the appliance is not installed
 *       DISK_FULL         no space is left for temporary files or the appliance
 *       MNTAPI_OS_ERROR   anything else
 */
void vmnt_launch_explain(struct vmnt_console *console, const char *hv, const char *last_error,
			 struct vmnt_launch_failure *f_out);

#endif
