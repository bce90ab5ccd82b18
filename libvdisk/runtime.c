/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process-wide state; see runtime.h.
 *
 * States (functions that move it):  OFF  -vd_runtime_init->  ON, counted  -vd_runtime_exit_end->
 * OFF.
 */
#include "config.h"

#include "runtime.h"

#include <stdatomic.h>

#include "../common/conffile.h"
#include "../common/initcount.h"
#include "format/streamopt-write.h"

static struct vu_initcount count = VU_INITCOUNT_INITIALIZER;
static unsigned client_major; /* written as config is */
static struct vu_dict config; /* written while nobody else is in Init or Exit */
static _Atomic(const struct vd_mount_hook *) mount_hook;

/* The client tells the release it was written for; every older interface is part of ours. */
static VixError check_version(const struct vu_init *init)
{
	if (init->major >= 1 && init->major <= VD_VERSION_MAJOR)
		return VIX_OK;
	VU_ERR("init", "cannot serve a program that needs release %u.%u: this is release %d",
	       init->major, init->minor, VD_VERSION_MAJOR);
	return VIX_E_INVALID_ARG;
}

static VixError start(const struct vu_init *init)
{
	VixError err = vu_startup_begin(init, check_version, &config);

	if (err != VIX_OK)
		return err;
	vd_stream_set_level((int)vu_config_long(&config, VD_CONFIG_STREAM_LEVEL, VD_STREAM_LEVEL, 1,
						VD_STREAM_LEVEL_MAX));
	return VIX_OK;
}

VixError vd_runtime_init(const struct vu_init *init)
{
	bool first = vu_initcount_init_begin(&count);
	VixError err = first ? start(init) : check_version(init);

	if (first)
		client_major = init->major;
	vu_initcount_init_end(&count, err == VIX_OK);
	return err;
}

bool vd_runtime_exit_begin(void)
{
	return vu_initcount_exit_begin(&count);
}

void vd_runtime_exit_end(void)
{
	vu_startup_end(&config);
	vu_initcount_exit_end(&count);
}

VixError vd_runtime_check(void)
{
	return vu_initcount_is_on(&count) ? VIX_OK : VIX_E_DISK_NOINIT;
}

const struct vu_dict *vd_runtime_config(void)
{
	return &config;
}

unsigned vd_runtime_client_major(void)
{
	return client_major;
}

void vd_runtime_set_mount_hook(const struct vd_mount_hook *hook)
{
	atomic_store(&mount_hook, hook);
}

const struct vd_mount_hook *vd_runtime_mount_hook(void)
{
	return atomic_load(&mount_hook);
}
