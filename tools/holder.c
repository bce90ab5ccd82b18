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
#include "../common/osutil.h"
#include "ctl.h"
#include "message.h"
#include "session.h"
#include "sysmount.h"

#define REQUEST_MAX        1024
#define REQUEST_TIMEOUT_MS 5000

struct holder {
	const struct vdt_mount_args *args;
	struct vdt_entry *entry;
	struct vdt_session session;
	VixVolumeHandle *chosen;
	size_t n_chosen;
	int listen_fd, signal_fd, mounts_fd;
	bool done;
};

static void tell_what_is_left_out(const struct holder *h)
{
	for (size_t i = 0; i < h->session.n_volumes; i++) {
		const VixVolumeDetails *v = vdt_session_volume(&h->session, i);

		if (strncmp(v->state, "locked", 6) == 0 ||
		    strncmp(v->state, "unsupported", 11) == 0)
			vdt_note("volume %s was left out: %s", v->name, v->state);
	}
}

static enum vdt_exit choose_all(struct holder *h)
{
	if (h->session.n_handles == 0) {
		vdt_error(VDT_UNSUPPORTED, "cannot mount %s: it has no volume that can be mounted",
			  h->entry->sources[0]);
		vdt_hint("`vdmount list` shows what was found on it");
		return VDT_UNSUPPORTED;
	}
	for (size_t i = 0; i < h->session.n_handles; i++)
		h->chosen[h->n_chosen++] = h->session.handles[i];
	tell_what_is_left_out(h);
	return VDT_OK;
}

static enum vdt_exit choose_named(struct holder *h)
{
	for (size_t i = 0; i < h->args->n_volumes; i++) {
		const VixVolumeDetails *v = vdt_session_find(&h->session, h->args->volumes[i]);

		if (v == NULL)
			return VDT_NOT_FOUND;
		if (!v->mountable) {
			vdt_error(VDT_UNSUPPORTED, "cannot mount volume %s: %s", v->name, v->state);
			return VDT_UNSUPPORTED;
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

static enum vdt_exit mount_chosen(struct holder *h)
{
	bool single = h->args->layout != VDT_LAYOUT_TREE && h->n_chosen == 1;
	VU_AUTO(free) char *source = vu_asprintf("vdisk#%s", h->entry->id);
	VixMountOptions opts = {
		.structSize = sizeof(opts),
		.mountPoint = h->entry->mountpoint,
		.fuseOptions = h->args->fuse_options,
		.sourceName = source,
		.symlinks = h->args->symlinks,
		.flags = single ? VIXMNTAPI_MOUNT_SINGLE : 0,
	};
	VixError err;

	if (h->args->layout == VDT_LAYOUT_SINGLE && !single) {
		vdt_error(VDT_USAGE,
			  "--layout=single: %zu volumes can be mounted; choose one with -n",
			  h->n_chosen);
		return VDT_USAGE;
	}
	err = VixMntapi_MountDiskSet(h->session.set, h->chosen, h->n_chosen, &opts);
	if (err != VIX_OK)
		return vdt_report(err, "cannot mount %s on %s", h->entry->sources[0],
				  h->entry->mountpoint);
	return VDT_OK;
}

static void note_facts(struct holder *h)
{
	char backend[64];

	h->entry->pid = getpid();
	h->entry->volumes = (unsigned)h->n_chosen;
	h->entry->volumes_total = 0;
	for (size_t i = 0; i < h->session.n_volumes; i++) {
		const VixVolumeDetails *v = vdt_session_volume(&h->session, i);

		if (v->mountable || strncmp(v->state, "not mountable", 13) != 0)
			h->entry->volumes_total++;
	}
	if (VixMntapi_GetEngineInfo(h->session.set, backend, sizeof(backend)) == VIX_OK)
		h->entry->backend = strdup(backend);
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

/* Signals come through a descriptor: blocked here before the libraries start threads. */
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
	code = vdt_session_open(&h->session, h->entry->sources, h->entry->n_sources);
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
	return h->entry->volumes < h->entry->volumes_total && h->args->n_volumes == 0 ? VDT_PARTIAL
										      : VDT_OK;
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

static enum vdt_exit answer(struct holder *h, const char *line)
{
	json_t *o = json_loads(line, 0, NULL);
	const char *op = "";
	int force = 0;
	enum vdt_exit code = VDT_USAGE;

	json_unpack(o, "{s:s, s?b}", "op", &op, "force", &force);
	if (strcmp(op, "unmount") == 0)
		code = unmount(h, force);
	else if (strcmp(op, "ping") == 0)
		code = VDT_OK;
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

	while (!h->done) {
		if (poll(fds, 3, -1) < 0)
			continue;
		if (fds[0].revents != 0)
			serve_request(h);
		if (fds[1].revents != 0 && !h->done)
			serve_signal(h);
		/* somebody else's umount */
		if (fds[2].revents != 0 && !vdt_sysmount_is_ours(h->entry->mountpoint))
			h->done = true;
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
		       void (*ready)(const struct vdt_entry *e, enum vdt_exit code, void *ctx),
		       void *ctx)
{
	struct holder h = {
		.args = args, .entry = e, .listen_fd = -1, .signal_fd = -1, .mounts_fd = -1
	};
	enum vdt_exit code;
	bool mounted;

	keep_memory_small();
	code = start(&h);
	mounted = code == VDT_OK || code == VDT_PARTIAL;

	if (mounted && listen_for_signals(&h) < 0) {
		code = VDT_FAILED;
		mounted = false;
	}
	if (mounted) {
		ready(e, code, ctx);
		serve(&h);
	}
	end(&h);
	return code;
}
