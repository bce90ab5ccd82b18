/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The libraries, as the tools use them.
 */
#include "config.h"

#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/array.h"
#include "../common/log.h"
#include "message.h"
#include "remote.h"
#include "report.h"

enum vdt_exit vdt_session_start(struct vdt_session *s, struct vdt_login *login)
{
	enum vdt_exit code;
	VixError err;

	*s = (struct vdt_session){ 0 };
	code = vdt_disklib_start(&s->lib, login);
	if (code != VDT_OK)
		return code;
	err = VixMntapi_Init(VIXMNTAPI_MAJOR_VERSION, VIXMNTAPI_MINOR_VERSION, vdt_lib_log,
			     vdt_lib_warn, vdt_lib_warn, NULL, NULL);
	if (err != VIX_OK)
		return vdt_report(err, "cannot start the mount library");
	s->mount_lib = true;
	return VDT_OK;
}

enum vdt_exit vdt_session_sweep(void)
{
	struct vdt_session s;
	enum vdt_exit code = vdt_session_start(&s, NULL);

	vdt_session_close(&s);
	return code;
}

/* What is opened as one set, over one connection. */
struct disks {
	VU_ARRAY(const char *) paths;
	VixDiskLibConnection conn; /* NULL: none so far */
	const char *first, *name;  /* as users gave them; that of the next disk */
};

/* A vdt_remote_fn. */
static enum vdt_exit add_disk(VixDiskLibConnection conn, const char *path, void *ctx)
{
	struct disks *d = ctx;

	if (d->conn != NULL && d->conn != conn) {
		vdt_error(VDT_USAGE,
			  "cannot open %s with %s: they are not disks of one virtual machine, or "
			  "both of this host",
			  vu_log_quote(d->name), vu_log_quote(d->first));
		return VDT_USAGE;
	}
	d->conn = conn;
	return VU_ARRAY_PUSH(&d->paths, path) == 0
		       ? VDT_OK
		       : vdt_report(VIX_E_OUT_OF_MEMORY, "cannot open %s", d->name);
}

static enum vdt_exit find_disks(const struct vdt_session *s, const char *name, struct disks *d)
{
	enum vdt_exit code;
	struct vdt_at at;

	d->name = name;
	if (vdt_source_is_remote(name) && s->lib.remotes != NULL)
		return vdt_remote_each(s->lib.remotes, name, add_disk, d);
	code = vdt_disklib_at(&s->lib, name, &at);
	return code == VDT_OK ? add_disk(at.conn, at.path, d) : code;
}

enum vdt_exit vdt_session_open(struct vdt_session *s, char *const *disks, size_t n,
			       struct vdt_login *login)
{
	enum vdt_exit code = vdt_session_start(s, login);
	struct disks d = { .first = disks[0] };
	VixError err;

	for (size_t i = 0; code == VDT_OK && i < n; i++)
		code = find_disks(s, disks[i], &d);
	vdt_login_forget(login);
	vdt_secret_forget();
	if (code == VDT_OK) {
		err = VixMntapi_OpenDisks(d.conn, d.paths.v, d.paths.n,
					  VIXDISKLIB_FLAG_OPEN_READ_ONLY, &s->set);
		if (err != VIX_OK)
			code = vdt_report(err, "cannot open %s", disks[0]);
	}
	VU_ARRAY_FREE(&d.paths);
	return code;
}

enum vdt_exit vdt_session_scan(struct vdt_session *s)
{
	VixError err = VixMntapi_ListVolumes(s->set, &s->volumes, &s->n_volumes);

	if (err == VIX_OK)
		err = VixMntapi_GetVolumeHandles(s->set, &s->n_handles, &s->handles);
	if (err == VIX_E_MNTAPI_NO_MOUNTABLE_PARTITONS) {
		free(vdt_lib_take());
		err = VIX_OK;
	}
	return err == VIX_OK ? VDT_OK : vdt_report(err, "cannot find the volumes");
}

enum vdt_exit vdt_session_refresh(struct vdt_session *s)
{
	VixError err;

	VixMntapi_FreeVolumeList(s->volumes);
	err = VixMntapi_ListVolumes(s->set, &s->volumes, &s->n_volumes);
	return err == VIX_OK ? VDT_OK : vdt_report(err, "cannot list the volumes");
}

enum vdt_exit vdt_session_look(struct vdt_session *s)
{
	for (size_t i = 0; i < s->n_handles; i++) {
		VixVolumeDetails *d;
		VixError err = VixMntapi_GetVolumeDetails(s->handles[i], &d);

		if (err != VIX_OK)
			return vdt_report(err, "cannot look at volume %zu", i + 1);
		VixMntapi_FreeVolumeDetails(d);
	}
	return vdt_session_refresh(s);
}

static bool starts_with(const char *s, const char *start)
{
	return strncmp(s, start, strlen(start)) == 0;
}

enum vdt_exit vdt_session_problem(const VixVolumeDetails *v)
{
	if (starts_with(v->state, "locked"))
		return VDT_LOCKED;
	if (starts_with(v->state, "unsupported"))
		return VDT_UNSUPPORTED;
	return starts_with(v->state, "damaged") ? VDT_CORRUPT : VDT_OK;
}

void vdt_session_close(struct vdt_session *s)
{
	VixMntapi_FreeVolumeHandles(s->handles);
	VixMntapi_FreeVolumeList(s->volumes);
	if (s->set != NULL)
		VixMntapi_CloseDiskSet(s->set);
	vdt_disklib_disconnect(&s->lib);
	if (s->mount_lib)
		VixMntapi_Exit();
	vdt_disklib_stop(&s->lib);
	*s = (struct vdt_session){ 0 };
}

const VixVolumeDetails *vdt_session_volume(const struct vdt_session *s, size_t i)
{
	return (const VixVolumeDetails *)((const char *)s->volumes + i * s->volumes[0].structSize);
}

/* "2", or "1.2": the second partition of the first disk. */
static bool matches_number(const VixVolumeDetails *v, const char *spec)
{
	char name[64];
	unsigned disk, part;
	int end = 0;

	if (sscanf(spec, "%u.%u%n", &disk, &part, &end) == 2 && spec[end] == '\0' && disk > 0) {
		snprintf(name, sizeof(name), "disk%u p%u", disk - 1, part);
		return strcmp(v->name, name) == 0;
	}
	return sscanf(spec, "%u%n", &part, &end) == 1 && spec[end] == '\0' && part != 0 &&
	       v->number == part;
}

static bool matches(const VixVolumeDetails *v, const char *spec)
{
	if (strncmp(spec, "uuid=", 5) == 0)
		return strcasecmp(v->uuid, spec + 5) == 0;
	if (strncmp(spec, "label=", 6) == 0)
		return strcmp(v->label, spec + 6) == 0;
	return strcmp(v->name, spec) == 0 || strcmp(v->device, spec) == 0 ||
	       matches_number(v, spec);
}

const VixVolumeDetails *vdt_session_find(const struct vdt_session *s, const char *spec)
{
	const VixVolumeDetails *found = NULL;

	for (size_t i = 0; i < s->n_volumes; i++) {
		const VixVolumeDetails *v = vdt_session_volume(s, i);

		if (!matches(v, spec))
			continue;
		if (found != NULL) {
			vdt_error(VDT_USAGE, "%s: more than one volume is called that", spec);
			vdt_hint("use the number that `vdmount list` shows");
			return NULL;
		}
		found = v;
	}
	if (found == NULL) {
		vdt_error(VDT_NOT_FOUND, "%s: there is no such volume", spec);
		vdt_hint("`vdmount list DISK` shows what there is");
	}
	return found;
}
