/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The appliance engine: its handle, from open to close; see guestfs-engine.h.
 */
#include "config.h"

#include "guestfs-engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "guestfs-fs.h"
#include "launch.h"
#include "sockdir.h"

/* What make_handle() needs. */
struct setup {
	struct vmnt_guestfs *en;
	const struct vmnt_addr *addrs;
};

void vmnt_strings_free(char ***strings)
{
	for (char **s = *strings; s != NULL && *s != NULL; s++)
		free(*s);
	free(*strings);
}

bool vmnt_guestfs_is_dead(const struct vmnt_guestfs *en)
{
	return atomic_load(&en->console.quit);
}

int vmnt_guestfs_errno(const struct vmnt_guestfs *en)
{
	int err = guestfs_last_errno(en->g);

	return vmnt_guestfs_is_dead(en) || err <= 0 ? -EIO : -err;
}

VixError vmnt_guestfs_failed(const struct vmnt_guestfs *en, const char *what)
{
	const char *why = guestfs_last_error(en->g);

	if (vmnt_guestfs_is_dead(en))
		VU_ERR("guestfs", "%s: the virtual machine that reads the disks has stopped", what);
	else
		VU_ERR("guestfs", "%s: %s", what,
		       vu_log_quote(why != NULL ? why : "unknown error"));
	return VIX_E_MNTAPI_OS_ERROR;
}

pthread_rwlock_t *vmnt_tree_share(struct vmnt_guestfs *en)
{
	pthread_rwlock_rdlock(&en->tree_lock);
	return &en->tree_lock;
}

pthread_rwlock_t *vmnt_tree_own(struct vmnt_guestfs *en)
{
	pthread_rwlock_wrlock(&en->tree_lock);
	return &en->tree_lock;
}

void vmnt_tree_unlock(pthread_rwlock_t **lock)
{
	pthread_rwlock_unlock(*lock);
}

struct vmnt_time_limit vmnt_time_limit_begin(struct vmnt_guestfs *en)
{
	const struct vmnt_watch_limits limits = { .up_ms = en->limit_ms };
	struct vmnt_time_limit l = { .en = en };

	(void)vmnt_watchdog_start(en->tmp_dir, &en->console, limits, &l.w);
	return l;
}

void vmnt_time_limit_end(struct vmnt_time_limit *l)
{
	if (l->w != NULL && vmnt_watchdog_stop(l->w) == VMNT_WATCH_TOO_LONG)
		VU_WARN("guestfs",
			"the virtual machine that reads the disks did not answer for %u s and was "
			"stopped: a file system on them may be damaged",
			l->en->limit_ms / 1000);
}

static VixError add_drive(const struct setup *s, guestfs_h *g, const struct vmnt_addr *a)
{
	VU_AUTO(free) char *server = vu_asprintf("unix:%s", a->path);
	VU_AUTO(free) char *hv = guestfs_get_hv(g);
	char *servers[] = { server, NULL };
	struct guestfs_add_drive_opts_argv opts = {
		.bitmask = GUESTFS_ADD_DRIVE_OPTS_READONLY_BITMASK |
			   GUESTFS_ADD_DRIVE_OPTS_FORMAT_BITMASK |
			   GUESTFS_ADD_DRIVE_OPTS_PROTOCOL_BITMASK |
			   GUESTFS_ADD_DRIVE_OPTS_SERVER_BITMASK |
			   GUESTFS_ADD_DRIVE_OPTS_BLOCKSIZE_BITMASK,
		.readonly = 1,
		.format = "raw", /* never guessed: a guest could write what is taken for another */
		.protocol = "nbd",
		.server = servers,
		.blocksize = (int)a->logical_sector_size,
	};
	struct vmnt_launch_failure why;

	if (server == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (guestfs_add_drive_opts_argv(g, "", &opts) == 0)
		return VIX_OK;
	vmnt_launch_explain(&s->en->console, hv != NULL ? hv : "", guestfs_last_error(g), &why);
	VU_ERR("guestfs", "cannot prepare the disk at %s for a virtual machine: %s", a->path,
	       why.text);
	return why.code;
}

/* What we need of the handle, whatever the environment says. */
static VixError configure(const struct setup *s, guestfs_h *g)
{
	if (guestfs_parse_environment(g) < 0)
		VU_WARN("guestfs", "a LIBGUESTFS_ variable is not understood: %s",
			vu_log_quote(guestfs_last_error(g)));
	if (guestfs_set_backend(g, "direct") < 0 || guestfs_set_network(g, 0) < 0 ||
	    guestfs_set_recovery_proc(g, 1) < 0 || guestfs_set_autosync(g, 0) < 0 ||
	    guestfs_set_pgroup(g, 1) < 0 || guestfs_set_tmpdir(g, s->en->tmp_dir) < 0)
		return vmnt_guestfs_failed(s->en, "cannot set up libguestfs");
	for (size_t i = 0; i < s->en->n_disks; i++)
		VD_TRY(add_drive(s, g, &s->addrs[i]));
	return VIX_OK;
}

/* The handle does not close itself at exit: file access may still be going on then.  Its recovery
 * process ends the virtual machine. */
static VixError make_handle(void *ctx, guestfs_h **g_out)
{
	const struct setup *s = ctx;
	guestfs_h *g = guestfs_create_flags(GUESTFS_CREATE_NO_ENVIRONMENT |
					    GUESTFS_CREATE_NO_CLOSE_ON_EXIT);
	VixError err = VIX_E_OUT_OF_MEMORY;

	if (g == NULL)
		return VIX_E_OUT_OF_MEMORY;
	guestfs_set_error_handler(g, NULL, NULL);
	s->en->g = g;
	if (vmnt_console_attach(&s->en->console, g) == 0)
		err = configure(s, g);
	s->en->g = NULL;
	if (err == VIX_OK)
		*g_out = g;
	else
		guestfs_close(g);
	return err;
}

static VixError launch(struct setup *s)
{
	VU_AUTO(free) char *state_root = NULL;
	struct vmnt_launch l;

	if (vu_state_root(NULL, &state_root) < 0)
		state_root = NULL; /* then nothing is remembered */
	vmnt_launch_defaults(&l);
	l.state_root = state_root;
	l.tmp_dir = s->en->tmp_dir;
	l.console = &s->en->console;
	l.make_handle = make_handle;
	l.ctx = s;
	return vmnt_launch(&l, &s->en->g, &s->en->accel);
}

static void free_engine(struct vmnt_guestfs *en)
{
	vmnt_guestfs_fs_free_all(en);
	vmnt_volume_info_free_all(en->volumes, en->n_volumes);
	free(en->scan_text);
	vmnt_console_destroy(&en->console);
	pthread_rwlock_destroy(&en->tree_lock);
	free(en->tmp_dir);
	free(en);
}

static struct vmnt_guestfs *new_engine(size_t n_disks, const char *tmp_dir)
{
	struct vmnt_guestfs *en = calloc(1, sizeof(*en));
	pthread_rwlockattr_t attr;

	if (en == NULL)
		return NULL;
	en->tmp_dir = strdup(tmp_dir);
	if (en->tmp_dir == NULL) {
		free(en);
		return NULL;
	}
	en->base.ops = &vmnt_engine_guestfs;
	en->n_disks = n_disks;
	en->limit_ms = VMNT_GUESTFS_LIMIT_MS;
	vmnt_console_init(&en->console);
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&en->tree_lock, &attr);
	pthread_rwlockattr_destroy(&attr);
	return en;
}

static VixError open_engine(const struct vmnt_addr *addrs, size_t n, const char *tmp_dir,
			    struct vmnt_engine **en_out)
{
	VMNT_NO_SIGPIPE;
	struct vmnt_guestfs *en = new_engine(n, tmp_dir);
	struct setup s = { .en = en, .addrs = addrs };
	VixError err;

	*en_out = NULL;
	if (en == NULL)
		return VIX_E_OUT_OF_MEMORY;
	err = launch(&s);
	if (err != VIX_OK) {
		free_engine(en);
		return err;
	}
	en->qemu = guestfs_get_pid(en->g);
	vmnt_sockdir_note(en->qemu, en->tmp_dir);
	*en_out = &en->base;
	return VIX_OK;
}

void vmnt_guestfs_kill(struct vmnt_guestfs *en)
{
	vmnt_child_kill(en->qemu, en->tmp_dir);
}

/* The machine holds nothing worth a clean shutdown: what it wrote is in overlays.  SIGKILL also
 * works where it inherited a blocked SIGTERM from the program. */
static void close_engine(struct vmnt_engine *base)
{
	VMNT_NO_SIGPIPE;
	struct vmnt_guestfs *en = (struct vmnt_guestfs *)base;

	vmnt_guestfs_kill(en);
	guestfs_shutdown(en->g); /* waits for it */
	guestfs_close(en->g);
	free_engine(en);
}

static const char *describe(const struct vmnt_engine *base)
{
	const struct vmnt_guestfs *en = (const struct vmnt_guestfs *)base;

	if (vmnt_guestfs_is_dead(en))
		return "guestfs (stopped)";
	return en->accel == VMNT_ACCEL_KVM ? "guestfs (KVM)" : "guestfs (emulated)";
}

const struct vmnt_engine_ops vmnt_engine_guestfs = {
	.name = "guestfs",
	.accepts = VMNT_ADDR_NBD_UNIX,
	.open = open_engine,
	.close = close_engine,
	.volumes = vmnt_guestfs_volumes,
	.os = vmnt_guestfs_os,
	.probe = vmnt_guestfs_probe,
	.mount = vmnt_guestfs_mount,
	.unmount = vmnt_guestfs_unmount,
	.is_gone = vmnt_guestfs_is_gone,
	.describe = describe,
};
