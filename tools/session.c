/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The libraries, as the tools use them.
 */
#include "config.h"

#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
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

/* A set is opened over one connection. */
static enum vdt_exit find_disks(const struct vdt_session *s, char *const *disks, size_t n,
				const char **paths, VixDiskLibConnection *conn_out)
{
	for (size_t i = 0; i < n; i++) {
		struct vdt_at at;
		enum vdt_exit code = vdt_disklib_at(&s->lib, disks[i], &at);

		if (code != VDT_OK)
			return code;
		if (i > 0 && at.conn != *conn_out) {
			vdt_error(VDT_USAGE,
				  "cannot open %s with %s: they are not disks of one "
				  "virtual machine, or both of this host",
				  vu_log_quote(disks[i]), vu_log_quote(disks[0]));
			return VDT_USAGE;
		}
		*conn_out = at.conn;
		paths[i] = at.path;
	}
	return VDT_OK;
}

enum vdt_exit vdt_session_open(struct vdt_session *s, char *const *disks, size_t n,
			       struct vdt_login *login)
{
	VU_AUTO(free) const char **paths = vu_calloc_array(n, sizeof(*paths));
	enum vdt_exit code = vdt_session_start(s, login);
	VixDiskLibConnection conn = NULL;
	VixError err;

	if (code == VDT_OK && paths == NULL)
		code = vdt_report(VIX_E_OUT_OF_MEMORY, "cannot open %s", disks[0]);
	if (code == VDT_OK)
		code = find_disks(s, disks, n, paths, &conn);
	vdt_login_forget(login);
	vdt_secret_forget();
	if (code != VDT_OK)
		return code;
	err = VixMntapi_OpenDisks(conn, paths, n, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &s->set);
	return err == VIX_OK ? VDT_OK : vdt_report(err, "cannot open %s", disks[0]);
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
