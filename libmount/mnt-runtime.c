/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process-wide state; see mnt-runtime.h.
 */
#include "config.h"

#include "mnt-runtime.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "../common/cleanup.h"
#include "../common/initcount.h"
#include "../common/osutil.h"
#include "mountpoint.h"
#include "vixMntapi.h"

#define INSPECT_KEY "vixMntapi.inspect"
#define TMP_KEY     "tmpDirectory"

static struct vu_initcount count = VU_INITCOUNT_INITIALIZER;
static atomic_int owner;          /* the process that called Init; 0: none has */
static atomic_bool ending;        /* the last Exit closes what is open */
static struct vu_dict config;     /* written while nobody else is in Init or Exit */
static enum vmnt_inspect inspect; /* written while nobody else is in Init or Exit */

static VixError check_version(const struct vu_init *init)
{
	if (init->major == VIXMNTAPI_MAJOR_VERSION && init->minor == VIXMNTAPI_MINOR_VERSION)
		return VIX_OK;
	VU_ERR("mount", "cannot serve a program written for version %u.%u of the mount interface",
	       init->major, init->minor);
	return VIX_E_MNTAPI_INCOMPATIBLE_VERSION;
}

/* A connection to this host costs nothing and works exactly when the disk library is on. */
static VixError check_disk_library(void)
{
	VixDiskLibConnection conn = NULL;
	VixError err = VixDiskLib_Connect(NULL, &conn);

	if (err == VIX_OK)
		(void)VixDiskLib_Disconnect(conn);
	if (err == VIX_E_DISK_NOINIT)
		VU_ERR("mount", "VixMntapi_Init comes after VixDiskLib_InitEx");
	return err == VIX_E_DISK_NOINIT ? err : VIX_OK;
}

static enum vmnt_inspect parse_inspect(const char *value)
{
	static const char *const words[] = {
		[VMNT_INSPECT_AUTO] = "auto",
		[VMNT_INSPECT_ALWAYS] = "always",
		[VMNT_INSPECT_NEVER] = "never",
	};

	if (value == NULL)
		return VMNT_INSPECT_AUTO;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(value, words[i]) == 0)
			return (enum vmnt_inspect)i;
	VU_WARN("mount", INSPECT_KEY " = \"%s\" is ignored: it can be auto, always or never",
		vu_log_quote(value));
	return VMNT_INSPECT_AUTO;
}

/* A root that can not be made is told again, as an error, by the first call that needs it. */
static void sweep(void)
{
	VU_AUTO(free) char *root = NULL;

	if (vmnt_runtime_state_root(&root) == VIX_OK)
		(void)vmnt_setdir_sweep(root);
}

static VixError check(const struct vu_init *init)
{
	VD_TRY(check_version(init));
	return check_disk_library();
}

static VixError set_up(const struct vu_init *init)
{
	VD_TRY(vu_startup_begin(init, check, &config));
	inspect = parse_inspect(vu_dict_get(&config, INSPECT_KEY));
	sweep();
	return VIX_OK;
}

/* A child after fork() leaves behind what its parent has; its threads are not here either. */
static void disown(void)
{
	if (atomic_load(&owner) == 0 || atomic_load(&owner) == getpid())
		return;
	vu_initcount_reset(&count);
	vu_dict_free(&config);
	atomic_store(&owner, 0);
}

VixError vmnt_runtime_init(const struct vu_init *init)
{
	bool first;
	VixError err;

	disown();
	first = vu_initcount_init_begin(&count);
	if (first)
		atomic_store(&ending, false);
	err = first ? set_up(init) : check_version(init);
	if (err == VIX_OK)
		atomic_store(&owner, getpid());
	vu_initcount_init_end(&count, err == VIX_OK);
	return err;
}

bool vmnt_runtime_exit_begin(void)
{
	bool last;

	disown();
	last = vu_initcount_exit_begin(&count);
	if (last)
		atomic_store(&ending, true);
	return last;
}

void vmnt_runtime_exit_end(void)
{
	vu_startup_end(&config);
	vu_initcount_exit_end(&count);
}

VixError vmnt_runtime_check(void)
{
	bool on = vmnt_runtime_is_ours() && !atomic_load(&ending);

	return on ? VIX_OK : VIX_E_DISK_NOINIT;
}

bool vmnt_runtime_is_ours(void)
{
	return vu_initcount_is_on(&count) && atomic_load(&owner) == getpid();
}

enum vmnt_inspect vmnt_runtime_inspect(void)
{
	return inspect;
}

VixError vmnt_runtime_state_root(char **root_out)
{
	const char *configured = vu_dict_get(&config, TMP_KEY);
	VU_AUTO(free) char *dir = NULL;
	int rc = vu_state_root(configured, &dir);

	*root_out = NULL;
	if (rc < 0) {
		VU_ERR("mount", "cannot use %s: %s",
		       configured != NULL ? configured : "the directory for state", strerror(-rc));
		return vmnt_dir_error(-rc);
	}
	*root_out = realpath(dir, NULL);
	return *root_out != NULL ? VIX_OK : vmnt_dir_error(errno);
}
