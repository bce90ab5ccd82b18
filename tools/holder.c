/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The holder: mounts, serves requests until the mount ends, cleans up.
 */
#include "config.h"

#include "holder.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/osutil.h"
#include "ctl.h"
#include "halt.h"
#include "message.h"
#include "report.h"
#include "session.h"
#include "source.h"
#include "sysmount.h"

#define REQUEST_MAX        1024
#define REQUEST_TIMEOUT_MS 5000
#define DETACHED_TICK_MS   500 /* between looks whether the last user has gone */

struct holder {
	const struct vdt_mount_args *args;
	struct vdt_entry *entry;
	struct vdt_session session;
	VixVolumeHandle *chosen;
	size_t n_chosen;
	int listen_fd, signal_fd, mounts_fd;
	bool done;
};

static enum vdt_exit tell_nothing_to_mount(const struct holder *h)
{
	enum vdt_exit code = VDT_UNSUPPORTED;

	for (size_t i = 0; i < h->session.n_volumes; i++)
		if (vdt_session_problem(vdt_session_volume(&h->session, i)) == VDT_LOCKED)
			code = VDT_LOCKED;
	vdt_error(code, "cannot mount %s: it has no volume that can be mounted",
		  vu_log_quote(h->entry->sources[0]));
	vdt_hint("`vdmount list` shows what was found on it");
	return code;
}

static enum vdt_exit choose_all(struct holder *h)
{
	if (h->session.n_handles == 0)
		return tell_nothing_to_mount(h);
	for (size_t i = 0; i < h->session.n_handles; i++)
		h->chosen[h->n_chosen++] = h->session.handles[i];
	return VDT_OK;
}

static enum vdt_exit choose_named(struct holder *h)
{
	for (size_t i = 0; i < h->args->n_volumes; i++) {
		const VixVolumeDetails *v = vdt_session_find(&h->session, h->args->volumes[i]);
		enum vdt_exit code;

		if (v == NULL)
			return VDT_NOT_FOUND;
		if (!v->mountable) {
			code = vdt_session_problem(v);
			code = code != VDT_OK ? code : VDT_UNSUPPORTED;
			vdt_error(code, "cannot mount volume %s: %s", vu_log_quote(v->name),
				  vu_log_quote(v->state));
			return code;
		}
		h->chosen[h->n_chosen++] = h->session.handles[v->number - 1];
	}
	return VDT_OK;
}

static enum vdt_exit choose(struct holder *h)
{
	size_t most = h->args->n_volumes > h->session.n_handles ? h->args->n_volumes
								: h->session.n_handles;

	h->chosen = vu_calloc_array(most, sizeof(*h->chosen));
	if (h->chosen == NULL)
		return vdt_report(VIX_E_OUT_OF_MEMORY, "cannot mount");
	return h->args->n_volumes > 0 ? choose_named(h) : choose_all(h);
}

/* Before anything boots, with @check: are the options fine, and the mount point? */
static VixError mount_with(struct holder *h, bool check)
{
	bool single = h->args->layout != VDT_LAYOUT_TREE && h->n_chosen == 1;
	VU_AUTO(free) char *source = vdt_sysmount_source(h->entry->id);
	VixMountOptions opts = {
		.structSize = sizeof(opts),
		.mountPoint = h->entry->mountpoint,
		.fuseOptions = h->args->fuse_options,
		.sourceName = source,
		.symlinks = h->args->symlinks,
		.flags = VIXMNTAPI_MOUNT_PARTIAL | (single ? VIXMNTAPI_MOUNT_SINGLE : 0) |
			 (check ? VIXMNTAPI_MOUNT_CHECK : 0),
	};

	if (source == NULL)
		return VIX_E_OUT_OF_MEMORY;
	return VixMntapi_MountDiskSet(h->session.set, h->chosen, h->n_chosen, &opts);
}

static enum vdt_exit check_mount(struct holder *h)
{
	VixError err = mount_with(h, true);

	return err == VIX_OK ? VDT_OK : vdt_report(err, "cannot mount on %s", h->entry->mountpoint);
}

static enum vdt_exit mount_chosen(struct holder *h)
{
	VixError err;

	if (h->args->layout == VDT_LAYOUT_SINGLE && h->n_chosen != 1) {
		vdt_error(VDT_USAGE,
			  "--layout=single: %zu volumes can be mounted; choose one with -n",
			  h->n_chosen);
		return VDT_USAGE;
	}
	err = mount_with(h, false);
	if (err != VIX_OK)
		return vdt_report(err, "cannot mount %s on %s", h->entry->sources[0],
				  h->entry->mountpoint);
	return vdt_session_refresh(&h->session);
}

static bool is_chosen(const struct holder *h, const VixVolumeDetails *v)
{
	for (size_t i = 0; v->number != 0 && i < h->n_chosen; i++)
		if (h->chosen[i] == h->session.handles[v->number - 1])
			return true;
	return false;
}

/* A volume that could not be mounted: said now, and noted for `status`. */
static void note_problem(struct holder *h, const VixVolumeDetails *v, enum vdt_exit code)
{
	vdt_error(code, "volume %s (%s) was left out: %s", vu_log_quote(v->name),
		  vu_log_quote(v->fileSystem), vu_log_quote(v->state));
	vdt_entry_add_problem(h->entry, code, v->name, v->state);
}

static void note_volumes(struct holder *h)
{
	struct vdt_entry *e = h->entry;

	e->volumes = e->volumes_total = 0;
	for (size_t i = 0; i < h->session.n_volumes; i++) {
		const VixVolumeDetails *v = vdt_session_volume(&h->session, i);
		enum vdt_exit code = vdt_session_problem(v);
		bool wanted = h->args->n_volumes == 0 || is_chosen(h, v);

		if (v->mountable || code != VDT_OK)
			e->volumes_total++;
		if (wanted && code != VDT_OK)
			note_problem(h, v, code);
		else if (is_chosen(h, v))
			e->volumes++;
	}
}

static void note_facts(struct holder *h)
{
	char backend[64];

	note_volumes(h);
	if (VixMntapi_GetEngineInfo(h->session.set, backend, sizeof(backend)) == VIX_OK) {
		free(h->entry->backend);
		h->entry->backend = strdup(backend);
	}
}

static int listen_for_requests(struct holder *h)
{
	struct sockaddr_un sa;
	int err = vdt_ctl_address(h->entry, &sa);

	if (err < 0)
		return err;
	h->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (h->listen_fd < 0 || bind(h->listen_fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    chmod(sa.sun_path, 0600) < 0 || listen(h->listen_fd, 8) < 0)
		return -errno;
	return 0;
}

/* From now on signals come through a descriptor: the libraries' threads block them all, and this
 * one does here.  Before, while nothing is mounted, they end the process; in order, where it is
 * connected to a server. */
static int listen_for_signals(struct holder *h)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	h->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	return h->signal_fd < 0 ? -errno : 0;
}

/* Of files the entry has absolute paths, of others what the user said. */
static enum vdt_exit open_disks(struct holder *h)
{
	const struct vdt_mount_args *args = h->args;
	bool remote = vdt_source_is_remote(args->disks[0]);

	return vdt_session_open(&h->session, remote ? args->disks : h->entry->sources,
				args->n_disks, args->login);
}

static enum vdt_exit start(struct holder *h)
{
	enum vdt_exit code;
	int err = listen_for_requests(h);

	if (err == 0) {
		h->mounts_fd = vu_open("/proc/self/mountinfo", O_RDONLY, 0);
		err = h->mounts_fd < 0 ? h->mounts_fd : 0;
	}
	if (err < 0) {
		vdt_error(VDT_FAILED, "cannot use %s: %s", h->entry->dir, strerror(-err));
		return VDT_FAILED;
	}
	code = open_disks(h);
	if (code == VDT_OK)
		code = check_mount(h);
	if (code == VDT_OK)
		code = vdt_session_scan(&h->session);
	if (code == VDT_OK)
		code = choose(h);
	if (code == VDT_OK)
		code = mount_chosen(h);
	if (code != VDT_OK)
		return code;
	vdt_lib_flush();
	note_facts(h);
	err = vdt_entry_save(h->entry);
	if (err < 0)
		vdt_note("cannot write the state in %s: %s", h->entry->dir, strerror(-err));
	return h->entry->n_problems > 0 ? VDT_PARTIAL : VDT_OK;
}

static enum vdt_exit unmount(struct holder *h, bool force)
{
	VixError err = VixMntapi_DismountDiskSet(h->session.set, force);
	enum vdt_exit code = vdt_exit_from_vix(err);

	if (err == VIX_OK || err == VIX_E_MNTAPI_DISK_NOT_MOUNTED) {
		h->done = true;
		return VDT_OK;
	}
	vdt_lib_flush();
	return code;
}

/* Out of sight at once; what is open stays usable, and the end comes with the last close. */
static enum vdt_exit detach(struct holder *h)
{
	int err;

	if (unmount(h, false) == VDT_OK)
		return VDT_OK;
	err = vdt_sysmount_detach(h->entry->mountpoint);
	if (err == 0)
		return VDT_OK;
	vdt_error(VDT_FAILED, "cannot detach %s: %s", h->entry->mountpoint, strerror(-err));
	return VDT_FAILED;
}

static enum vdt_exit answer(struct holder *h, const char *line)
{
	json_t *o = json_loads(line, 0, NULL);
	const char *op = "";
	int force = 0;
	enum vdt_exit code = VDT_USAGE;

	json_unpack(o, "{s:s, s?b}", "op", &op, "force", &force);
	if (strcmp(op, "unmount") == 0)
		code = unmount(h, force);
	else if (strcmp(op, "detach") == 0)
		code = detach(h);
	json_decref(o);
	return code;
}

static bool may_ask(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

static void serve_request(struct holder *h)
{
	VU_AUTO(close) int fd = accept4(h->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	char line[REQUEST_MAX];
	char reply[64];
	int n;

	if (fd < 0 || !may_ask(fd))
		return;
	vdt_ctl_set_timeout(fd, REQUEST_TIMEOUT_MS);
	if (vdt_ctl_read_line(fd, line, sizeof(line)) < 0)
		return;
	n = snprintf(reply, sizeof(reply), "{\"exit\":%d}\n", (int)answer(h, line));
	vu_write_full(fd, reply, (size_t)n);
}

/* A request to end; a busy mount is detached, since nobody waits for an answer. */
static void serve_signal(struct holder *h)
{
	struct signalfd_siginfo si;

	if (read(h->signal_fd, &si, sizeof(si)) == (ssize_t)sizeof(si) &&
	    unmount(h, false) != VDT_OK)
		unmount(h, true);
}

static void serve(struct holder *h)
{
	struct pollfd fds[] = {
		{ .fd = h->listen_fd, .events = POLLIN },
		{ .fd = h->signal_fd, .events = POLLIN },
		{ .fd = h->mounts_fd, .events = POLLPRI },
	};
	bool is_detached = false;

	while (!h->done) {
		if (poll(fds, 3, is_detached ? DETACHED_TICK_MS : -1) < 0)
			continue;
		if (fds[0].revents != 0)
			serve_request(h);
		if (fds[1].revents != 0 && !h->done)
			serve_signal(h);
		/* somebody else's umount; after a lazy one, its users may still be there */
		if (fds[2].revents != 0)
			is_detached = !vdt_sysmount_is_ours(h->entry->mountpoint, h->entry->id);
		if (is_detached && !h->done)
			unmount(h, false);
	}
}

static void end(struct holder *h)
{
	vdt_session_close(&h->session);
	free(h->chosen);
	if (h->entry->made_mountpoint)
		rmdir(h->entry->mountpoint);
	if (h->listen_fd >= 0)
		close(h->listen_fd);
	if (h->signal_fd >= 0)
		close(h->signal_fd);
	if (h->mounts_fd >= 0)
		close(h->mounts_fd);
	vdt_entry_remove(h->entry);
}

/* What is freed goes back to the system: large buffers at once, and few arenas keep the rest.
 * A mount may live for weeks after the one program that read it all. */
static void keep_memory_small(void)
{
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	mallopt(M_ARENA_MAX, 2);
}

enum vdt_exit vdt_hold(const struct vdt_mount_args *args, struct vdt_entry *e,
		       bool (*ready)(const struct vdt_entry *e, enum vdt_exit code, void *ctx),
		       void *ctx)
{
	struct holder h = {
		.args = args, .entry = e, .listen_fd = -1, .signal_fd = -1, .mounts_fd = -1
	};
	enum vdt_exit code;
	bool mounted;

	keep_memory_small();
	if (vdt_source_is_remote(args->disks[0]))
		vdt_halt_begin();
	code = start(&h);
	mounted = vdt_halt_started() == 0 && (code == VDT_OK || code == VDT_PARTIAL);
	if (mounted &&
	    (listen_for_signals(&h) < 0 || vdt_halt_end() != 0 || !ready(e, code, ctx))) {
		code = VDT_FAILED;
		mounted = false;
	}
	if (mounted)
		serve(&h);
	end(&h);
	vdt_halt_end();
	return vdt_halt_exit(code);
}
