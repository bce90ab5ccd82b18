/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Chooses how to launch, falls back, remembers; see launch.h.
 */
#include "config.h"

#include "launch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "sockdir.h"

#define KVM_UP_MS      30000
#define EMULATED_UP_MS 300000
#define SLOWER         "using emulation, starts are about 10 times slower"

/* One launch on its way. */
struct run {
	const struct vmnt_launch *l;
	guestfs_h *g;
	char *key; /* of the memory */
	struct vmnt_accel_memory memory;
	struct vmnt_launch_failure failure; /* of the last attempt */
	char kvm_reason[VMNT_ACCEL_REASON]; /* why KVM was given up; "" while it was not */
	enum vmnt_accel accel;              /* what the last attempt used */
};

void vmnt_launch_defaults(struct vmnt_launch *l)
{
	*l = (struct vmnt_launch){
		.kvm_device = "/dev/kvm",
		.kvm = { .life_ms = VMNT_LAUNCH_LIFE_MS, .up_ms = KVM_UP_MS },
		.emulated = { .up_ms = EMULATED_UP_MS },
	};
}

static VixError renew_handle(struct run *r)
{
	if (r->g != NULL) {
		guestfs_close(r->g);
		vmnt_sockdir_forget(r->l->tmp_dir);
	}
	r->g = NULL;
	vmnt_console_reset(r->l->console);
	return r->l->make_handle(r->l->ctx, &r->g);
}

static void note_stall(struct run *r, enum vmnt_watch_verdict verdict,
		       struct vmnt_watch_limits limits)
{
	struct vmnt_launch_failure *f = &r->failure;

	f->code = VIX_E_MNTAPI_OS_ERROR;
	f->is_host = false;
	if (verdict == VMNT_WATCH_LIFELESS)
		snprintf(f->text, sizeof(f->text), "the guest showed no life for %u s",
			 limits.life_ms / 1000);
	else
		snprintf(f->text, sizeof(f->text), "the guest did not answer for %u s",
			 limits.up_ms / 1000);
}

/* Launches r->g.  On an error, r->failure tells it. */
static VixError launch_watched(struct run *r, struct vmnt_watch_limits limits)
{
	enum vmnt_watch_verdict verdict;
	struct vmnt_watchdog *w;
	int rc;

	VD_TRY(vmnt_watchdog_start(r->l->tmp_dir, r->l->console, limits, &w));
	rc = guestfs_launch(r->g);
	verdict = vmnt_watchdog_stop(w);
	if (rc == 0)
		return VIX_OK;
	if (verdict > VMNT_WATCH_SEEN) {
		note_stall(r, verdict, limits);
	} else {
		VU_AUTO(free) char *hv = guestfs_get_hv(r->g);

		vmnt_launch_explain(r->l->console, hv != NULL ? hv : "", guestfs_last_error(r->g),
				    &r->failure);
	}
	return r->failure.code;
}

static VixError launch_emulated(struct run *r)
{
	r->accel = VMNT_ACCEL_EMULATED;
	if (guestfs_set_backend_setting(r->g, "force_tcg", "1") < 0)
		return VIX_E_OUT_OF_MEMORY;
	return launch_watched(r, r->l->emulated);
}

/* Has the user asked for emulation (LIBGUESTFS_BACKEND_SETTINGS)? */
static bool is_emulation_wanted(guestfs_h *g)
{
	VU_AUTO(free) char *setting = guestfs_get_backend_setting(g, "force_tcg");

	return setting != NULL && strcmp(setting, "0") != 0;
}

static void remember(struct run *r, enum vmnt_accel accel, const char *reason)
{
	struct vmnt_accel_memory m = { .accel = accel };

	snprintf(m.reason, sizeof(m.reason), "%s", reason);
	if (r->l->state_root != NULL && r->key != NULL &&
	    (m.accel != r->memory.accel || strcmp(m.reason, r->memory.reason) != 0))
		vmnt_accel_save(r->l->state_root, r->key, &m);
}

static void recall(struct run *r, int kvm_errno)
{
	VU_AUTO(free) char *hv = guestfs_get_hv(r->g);

	r->key = vmnt_accel_key(hv != NULL ? hv : "", r->l->kvm_device, kvm_errno);
	if (r->l->state_root != NULL && r->key != NULL)
		vmnt_accel_load(r->l->state_root, r->key, &r->memory);
}

/* Why KVM was given up: what qemu said, else what was seen. */
static void note_kvm_reason(struct run *r)
{
	char error[VMNT_ACCEL_REASON - sizeof("qemu: ")];

	if (vmnt_console_monitor_error(r->l->console, error, sizeof(error)))
		snprintf(r->kvm_reason, sizeof(r->kvm_reason), "qemu: %s", error);
	else
		snprintf(r->kvm_reason, sizeof(r->kvm_reason), "%.*s", VMNT_ACCEL_REASON - 1,
			 r->failure.text);
}

/* Tells the user, where this is news. */
static void announce(const struct run *r)
{
	if (r->memory.accel == VMNT_ACCEL_EMULATED)
		VU_INFO("launch", "KVM does not work on this host (%s): " SLOWER,
			vu_log_quote(r->kvm_reason));
	else
		VU_WARN("launch", "KVM does not work on this host (%s): " SLOWER,
			vu_log_quote(r->kvm_reason));
}

/* Under KVM.  VIX_OK with r->kvm_reason set: qemu has changed over to emulation by itself. */
static VixError launch_kvm(struct run *r)
{
	VixError err = launch_watched(r, r->l->kvm);

	if (err == VIX_OK && !vmnt_console_has(r->l->console, "falling back to tcg")) {
		r->accel = VMNT_ACCEL_KVM;
		remember(r, VMNT_ACCEL_KVM, "");
		return VIX_OK;
	}
	r->accel = VMNT_ACCEL_EMULATED;
	if (err != VIX_OK && (r->failure.is_host || err == VIX_E_OUT_OF_MEMORY))
		return err;
	note_kvm_reason(r);
	announce(r);
	return err;
}

/* What emulation is good for now, KVM may be next time if it was before. */
static void remember_emulation(struct run *r)
{
	bool was_kvm = r->memory.accel == VMNT_ACCEL_KVM;

	remember(r, was_kvm ? VMNT_ACCEL_UNKNOWN : VMNT_ACCEL_EMULATED, r->kvm_reason);
}

static VixError launch_emulated_instead(struct run *r)
{
	VD_TRY(launch_emulated(r));
	remember_emulation(r);
	return VIX_OK;
}

static VixError launch_somehow(struct run *r)
{
	int kvm_errno = vmnt_accel_device_errno(r->l->kvm_device);
	VixError err;

	recall(r, kvm_errno);
	if (kvm_errno != 0 || r->memory.accel == VMNT_ACCEL_EMULATED) {
		snprintf(r->kvm_reason, sizeof(r->kvm_reason), "%s", r->memory.reason);
		if (kvm_errno != 0)
			snprintf(r->kvm_reason, sizeof(r->kvm_reason), "%s: %s%s", r->l->kvm_device,
				 strerror(kvm_errno),
				 kvm_errno == EACCES ? "; the group kvm may use it" : "");
		announce(r);
		return launch_emulated_instead(r);
	}
	err = launch_kvm(r);
	if (r->kvm_reason[0] == '\0')
		return err;
	if (err == VIX_OK) {
		remember_emulation(r);
		return VIX_OK;
	}
	VD_TRY(renew_handle(r));
	return launch_emulated_instead(r);
}

VixError vmnt_launch(const struct vmnt_launch *l, guestfs_h **g_out, enum vmnt_accel *accel_out)
{
	struct run r = { .l = l };
	VixError err = renew_handle(&r);

	if (err == VIX_OK)
		err = is_emulation_wanted(r.g) ? launch_emulated(&r) : launch_somehow(&r);
	free(r.key);
	if (err == VIX_OK) {
		*g_out = r.g;
		*accel_out = r.accel;
		return VIX_OK;
	}
	if (r.failure.text[0] != '\0')
		VU_ERR("launch", "cannot start a virtual machine to read the disks: %s",
		       r.failure.text);
	if (r.g != NULL)
		guestfs_close(r.g);
	return err;
}
