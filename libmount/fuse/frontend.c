/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting and stopping of a mount; see frontend.h.
 *
 * States: -start-> SERVING -stop-> UNMOUNTED -all threads have ended-> freed
 *                  SERVING -unmounted by others-> GONE -stop-> UNMOUNTED …
 */
#include "config.h"

#include "frontend.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "../../common/vixerr.h"
#include "mount.h"
#include "ops.h"
#include "server.h"
#include "umount.h"
#include "vixMntapiExt.h"

#ifndef ST_NOSYMFOLLOW
#define ST_NOSYMFOLLOW 0x2000
#endif

#define KEEP_S     (365.0 * 86400) /* the content does not change while it is mounted */
#define TICK_NS    1000000         /* between looks whether threads have ended */
#define GONE_TICKS 200             /* for the kernel's word that the mount has ended */

struct vmnt_frontend {
	struct vmnt_server sv;
	struct fuse_session *se;
	char *dir; /* without symbolic links */
	dev_t dev; /* of the mount; 0: none */
	unsigned stop_wait_ms;
	bool has_workers, has_ahead, has_trim; /* started */
	bool is_unmounted;
};

static void forward_log(enum fuse_log_level level, const char *fmt, va_list args)
{
	char line[256];
	int len = vsnprintf(line, sizeof(line), fmt, args);

	if (len > 0 && (size_t)len < sizeof(line) && line[len - 1] == '\n')
		line[len - 1] = '\0';
	if (level <= FUSE_LOG_WARNING)
		VU_WARN("fuse", "%s", vu_log_quote(line));
	else
		VU_DBG("fuse", "%s", vu_log_quote(line));
}

static void set_log(void)
{
	fuse_set_log_func(forward_log);
}

/* Nodes are freed: whoever remembers some forgets them. */
static void drop_nodes(void *ctx, const void *start, size_t len)
{
	struct vmnt_server *sv = ctx;

	vmnt_reads_drop(&sv->reads, start, len);
	vmnt_xattrs_drop(&sv->xattrs, start, len);
}

static VixError make_names(struct vmnt_server *sv, const struct vmnt_frontend_config *cfg)
{
	size_t max = cfg->max_entries != 0 ? cfg->max_entries : VMNT_MAX_ENTRIES;
	int rc = vmnt_names_new(cfg->volumes, cfg->n, cfg->symlinks, max, &sv->names);

	if (rc == -EINVAL)
		VU_ERR("fuse",
		       "several volumes in one mount need each a directory name of its own");
	if (rc < 0)
		return vu_vixerr_from_errno(-rc);
	vmnt_reads_init(&sv->reads, sv->names);
	vmnt_calls_init(&sv->calls);
	rc = vmnt_xattrs_init(&sv->xattrs, sv->names);
	if (rc < 0) {
		vmnt_calls_destroy(&sv->calls);
		vmnt_reads_destroy(&sv->reads);
		vmnt_names_free(sv->names);
		sv->names = NULL;
		return VIX_E_OUT_OF_MEMORY;
	}
	sv->names->dropping = drop_nodes;
	sv->names->dropping_ctx = sv;
	return VIX_OK;
}

static void free_names(struct vmnt_server *sv)
{
	if (sv->names == NULL)
		return;
	vmnt_xattrs_destroy(&sv->xattrs);
	vmnt_calls_destroy(&sv->calls);
	vmnt_reads_destroy(&sv->reads);
	vmnt_names_free(sv->names);
}

static struct fuse_session *make_session(struct vmnt_server *sv)
{
	char *argv[] = { (char *)"vdisk", (char *)"-oallow_root", NULL };
	struct fuse_args args = FUSE_ARGS_INIT(sv->opts.only_root_and_owner ? 2 : 1, argv);
	struct fuse_lowlevel_ops ops;
	struct fuse_session *se;

	vmnt_ops_fill(&ops);
	se = fuse_session_new(&args, &ops, sizeof(ops), sv);
	fuse_opt_free_args(&args);
	return se;
}

/* Mounts, and gives libfuse the device. */
static VixError open_session(struct vmnt_frontend *fe, const struct vmnt_frontend_config *cfg)
{
	bool no_follow = cfg->symlinks == VIXMNTAPI_SYMLINKS_DENY;
	const char *source = cfg->source != NULL ? cfg->source : "vdisk";
	char device[32];
	int fd;

	VD_TRY(vmnt_fuse_mount(fe->dir, source, &fe->sv.opts, no_follow, &fd));
	fe->dev = vmnt_fuse_mount_dev(fe->dir);
	if (fe->dev == 0) {
		VU_ERR("fuse", "cannot mount on %s: /proc/self/mountinfo does not show it",
		       fe->dir);
		close(fd);
		(void)vmnt_mount_detach(fe->dir);
		return VIX_E_MNTAPI_SYSTEM;
	}
	snprintf(device, sizeof(device), "/dev/fd/%d", fd);
	if (fuse_session_mount(fe->se, device) == 0)
		return VIX_OK;
	close(fd);
	return VIX_E_MNTAPI_SYSTEM;
}

static VixError start_threads(struct vmnt_frontend *fe)
{
	struct vmnt_server *sv = &fe->sv;
	int rc = vmnt_ahead_start(&sv->ahead, &sv->reads);

	fe->has_ahead = rc == 0;
	if (rc == 0)
		rc = vmnt_workers_start(&sv->workers, fe->se);
	fe->has_workers = fe->has_ahead && rc == 0;
	if (rc == 0)
		rc = vmnt_trim_start(&sv->trim, sv->names, fe->se, fe->dir);
	fe->has_trim = fe->has_workers && rc == 0;
	if (rc == 0)
		return VIX_OK;
	VU_ERR("fuse", "cannot start a thread: %s", strerror(-rc));
	return rc == -ENOMEM ? VIX_E_OUT_OF_MEMORY : VIX_E_MNTAPI_SYSTEM;
}

/* Links may be read where the kernel promises not to follow them. */
static void show_links(struct vmnt_frontend *fe)
{
	struct statvfs sv;

	if (statvfs(fe->dir, &sv) == 0 && sv.f_flag & ST_NOSYMFOLLOW)
		atomic_store(&fe->sv.hide_links, false);
}

static VixError find_dir(struct vmnt_frontend *fe, const char *dir)
{
	fe->dir = realpath(dir, NULL);
	if (fe->dir == NULL) {
		VU_ERR("fuse", "cannot mount on %s: %s", vu_log_quote(dir), strerror(errno));
		return errno == ENOMEM ? VIX_E_OUT_OF_MEMORY : VIX_E_MNTAPI_MOUNTPT_NOT_FOUND;
	}
	if (vmnt_fuse_mount_dev(fe->dir) == 0)
		return VIX_OK;
	VU_ERR("fuse", "cannot mount on %s: something is mounted there", vu_log_quote(dir));
	return VIX_E_MNTAPI_MOUNTPT_IN_USE;
}

static VixError prepare(struct vmnt_frontend *fe, const struct vmnt_frontend_config *cfg)
{
	struct vmnt_server *sv = &fe->sv;

	fe->stop_wait_ms = cfg->stop_wait_ms != 0 ? cfg->stop_wait_ms : VMNT_STOP_WAIT_MS;
	if (cfg->symlinks > VIXMNTAPI_SYMLINKS_DENY)
		return VIX_E_INVALID_ARG;
	VD_TRY(vmnt_fuse_options_parse(cfg->fuse_options, geteuid() == 0, &sv->opts));
	VD_TRY(find_dir(fe, cfg->dir));
	/* Others are kept out by asking us each time: nothing may be kept without asking. */
	sv->timeout_s = sv->opts.only_root_and_owner ? 0 : KEEP_S;
	atomic_init(&sv->hide_links, cfg->symlinks == VIXMNTAPI_SYMLINKS_DENY);
	VD_TRY(make_names(sv, cfg));
	fe->se = make_session(sv);
	return fe->se != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

/* The kernel gives up the connection, and with it all who wait for us; whatever our threads still
 * send goes nowhere.  To be called when nobody receives any more. */
static void close_device(struct vmnt_frontend *fe)
{
	VU_AUTO(close) int null = vu_open("/dev/null", O_RDWR, 0);

	if (null >= 0 && fuse_session_fd(fe->se) >= 0)
		dup3(null, fuse_session_fd(fe->se), O_CLOEXEC);
}

static void tell_threads(struct vmnt_frontend *fe)
{
	if (fe->has_workers)
		vmnt_workers_end(&fe->sv.workers);
	if (fe->has_ahead)
		vmnt_ahead_stop(&fe->sv.ahead);
	if (fe->has_trim)
		vmnt_trim_stop(&fe->sv.trim);
}

static bool have_ended(struct vmnt_frontend *fe)
{
	return (!fe->has_workers || vmnt_workers_have_ended(&fe->sv.workers)) &&
	       (!fe->has_ahead || vmnt_ahead_has_stopped(&fe->sv.ahead)) &&
	       (!fe->has_trim || vmnt_trim_has_stopped(&fe->sv.trim));
}

static bool wait_for_threads(struct vmnt_frontend *fe)
{
	const struct timespec tick = { 0, TICK_NS };
	uint64_t deadline_ms = vu_now_ms() + fe->stop_wait_ms;

	while (!have_ended(fe)) {
		if (vu_now_ms() >= deadline_ms)
			return false;
		nanosleep(&tick, NULL);
	}
	return true;
}

static void join_threads(struct vmnt_frontend *fe)
{
	if (fe->has_trim)
		vmnt_trim_join(&fe->sv.trim);
	if (fe->has_workers)
		vmnt_workers_join(&fe->sv.workers);
	if (fe->has_ahead)
		vmnt_ahead_join(&fe->sv.ahead);
}

/* No thread runs any more. */
static void destroy(struct vmnt_frontend *fe)
{
	if (fe->se != NULL)
		fuse_session_destroy(fe->se);
	free_names(&fe->sv);
	free(fe->dir);
	free(fe);
}

/* The mount is gone: end the threads and free. */
static VixError finish(struct vmnt_frontend *fe)
{
	tell_threads(fe);
	close_device(fe);
	if (!wait_for_threads(fe)) {
		VU_ERR("fuse", "%s is unmounted, but the guest has not answered a request yet",
		       fe->dir);
		return VIX_E_OBJECT_IS_BUSY;
	}
	join_threads(fe);
	destroy(fe);
	return VIX_OK;
}

VixError vmnt_frontend_start(const struct vmnt_frontend_config *cfg, struct vmnt_frontend **fe_out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct vmnt_frontend *fe = calloc(1, sizeof(*fe));
	VixError err;

	*fe_out = NULL;
	if (fe == NULL)
		return VIX_E_OUT_OF_MEMORY;
	pthread_once(&once, set_log);
	err = prepare(fe, cfg);
	if (err == VIX_OK)
		err = open_session(fe, cfg);
	if (err == VIX_OK)
		err = start_threads(fe);
	if (err != VIX_OK) {
		if (fe->dev != 0)
			vmnt_fuse_umount(fe->dir, fe->dev, false, true);
		tell_threads(fe);
		join_threads(fe);
		destroy(fe);
		return err;
	}
	if (atomic_load(&fe->sv.hide_links))
		show_links(fe);
	*fe_out = fe;
	return VIX_OK;
}

static VixError umount_error(struct vmnt_frontend *fe, int rc)
{
	if (rc == -EBUSY) {
		VU_INFO("fuse", "%s is in use", fe->dir);
		return VIX_E_MNTAPI_OPEN_HANDLES;
	}
	VU_ERR("fuse", "cannot unmount %s: %s", fe->dir, strerror(-rc));
	return VIX_E_MNTAPI_UMOUNT;
}

/* Somebody else has taken the mount out of sight, lazily (umount -l), and those who have files open
 * go on reading.  An umount that has just ended is noticed in a moment. */
static bool has_hidden_users(const struct vmnt_frontend *fe)
{
	const struct timespec tick = { 0, TICK_NS };

	if (vmnt_fuse_mount_dev(fe->dir) == fe->dev)
		return false;
	for (int i = 0; i < GONE_TICKS && !vmnt_frontend_is_gone(fe); i++)
		nanosleep(&tick, NULL);
	return !vmnt_frontend_is_gone(fe);
}

VixError vmnt_frontend_stop(struct vmnt_frontend *fe, bool force)
{
	if (!fe->is_unmounted) {
		int rc;

		if (!force && has_hidden_users(fe))
			return umount_error(fe, -EBUSY);
		rc = vmnt_fuse_umount(fe->dir, fe->dev, vmnt_frontend_is_gone(fe), force);

		if (rc < 0)
			return umount_error(fe, rc);
		fe->is_unmounted = true;
	}
	return finish(fe);
}

bool vmnt_frontend_is_gone(const struct vmnt_frontend *fe)
{
	return !fe->is_unmounted && !vmnt_workers_are_connected(&fe->sv.workers);
}
