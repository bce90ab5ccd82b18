/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process-wide state; see runtime.h.
 *
 * States (functions that move it):  OFF  -vd_runtime_init->  ON, counted  -vd_runtime_exit_end->
 * OFF.  enter() and leave() bracket every move.
 */
#include "config.h"

#include "runtime.h"

#include <pthread.h>
#include <stdatomic.h>

#include "../common/cleanup.h"
#include "../common/conffile.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* rank 1 */
static pthread_cond_t left = PTHREAD_COND_INITIALIZER;
static bool moving; /* somebody is between enter() and leave(); guarded by lock */

static atomic_uint inits;     /* Inits without their Exit; written by leave() */
static struct vu_dict config; /* written between enter() and leave() */
static _Atomic(const struct vd_mount_hook *) mount_hook;

/* Keeps other Inits and Exits out.  Return: Inits without their Exit. */
static unsigned enter(void)
{
	VU_LOCK(&lock);

	while (moving)
		pthread_cond_wait(&left, &lock);
	moving = true;
	return atomic_load(&inits);
}

static void leave(unsigned new_inits)
{
	VU_LOCK(&lock);

	atomic_store(&inits, new_inits);
	moving = false;
	pthread_cond_signal(&left);
}

/* The client tells the release it was written for; every older interface is part of ours. */
static VixError check_version(const struct vd_init *init)
{
	if (init->major >= 1 && init->major <= VD_VERSION_MAJOR)
		return VIX_OK;
	VU_ERR("init", "cannot serve a program that needs release %u.%u: this is release %d",
	       init->major, init->minor, VD_VERSION_MAJOR);
	return VIX_E_INVALID_ARG;
}

static void tear_down(void)
{
	vu_dict_free(&config);
	vu_log_set_level(VU_LOG_INFO);
	vu_log_set_handlers(NULL);
}

/* The handlers come first, so that what goes wrong is told. */
static VixError set_up(const struct vd_init *init)
{
	VixError err;

	vu_log_set_handlers(&init->handlers);
	err = check_version(init);
	if (err == VIX_OK)
		err = vu_config_load(init->config_file, &config);
	if (err != VIX_OK) {
		tear_down();
		return err;
	}
	vu_config_set_log_level(&config);
	return VIX_OK;
}

VixError vd_runtime_init(const struct vd_init *init)
{
	unsigned before = enter();
	VixError err = before == 0 ? set_up(init) : check_version(init);

	leave(err == VIX_OK ? before + 1 : before);
	return err;
}

bool vd_runtime_exit_begin(void)
{
	unsigned before = enter();

	if (before == 1)
		return true;
	leave(before == 0 ? 0 : before - 1);
	return false;
}

void vd_runtime_exit_end(void)
{
	tear_down();
	leave(0);
}

VixError vd_runtime_check(void)
{
	return atomic_load(&inits) > 0 ? VIX_OK : VIX_E_DISK_NOINIT;
}

const struct vu_dict *vd_runtime_config(void)
{
	return &config;
}

void vd_runtime_set_mount_hook(const struct vd_mount_hook *hook)
{
	atomic_store(&mount_hook, hook);
}

const struct vd_mount_hook *vd_runtime_mount_hook(void)
{
	return atomic_load(&mount_hook);
}
