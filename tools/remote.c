/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks of servers; see remote.h.
 */
#include "config.h"

#include "remote.h"

#include <stdlib.h>
#include <string.h>

#include "../common/cleanup.h"
#include "../common/log.h"
#include "message.h"
#include "report.h"
#include "source.h"
#include "vixDiskLibExt.h"

#define NAMED_MAX 16u /* disks that a message names */

struct vdt_remote {
	struct vdt_remote *next;
	char *url;
	struct vdt_source src;
	VixDiskLibConnection conn;
	bool owns_conn; /* or shares that of another one */
	VixDiskLibServerDisk
		*all; /* of the machine, where no disk was named and all were asked for */
	size_t n_all;
};

static void free_remote(struct vdt_remote *m)
{
	if (m->owns_conn && m->conn != NULL)
		VixDiskLib_Disconnect(m->conn);
	VixDiskLib_FreeDiskList(m->all);
	vdt_source_free(&m->src);
	free(m->url);
	free(m);
}

void vdt_remotes_end(struct vdt_remotes *r)
{
	while (r->first != NULL) {
		struct vdt_remote *m = r->first;

		r->first = m->next;
		free_remote(m);
	}
}

/* NULL and NULL are the same. */
static bool same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_vm(const struct vdt_source *a, const struct vdt_source *b)
{
	return a->port == b->port && same(a->host, b->host) && same(a->user, b->user) &&
	       same(a->vmx_spec, b->vmx_spec) && same(a->snapshot, b->snapshot) &&
	       same(a->transport, b->transport);
}

static const VixDiskLibServerDisk *disk_at(const VixDiskLibServerDisk *disks, size_t i)
{
	return (const VixDiskLibServerDisk *)((const char *)disks + i * disks->structSize);
}

/* By its key, or the only one there is; NULL: there is none such. */
static const VixDiskLibServerDisk *choose(const struct vdt_source *src,
					  const VixDiskLibServerDisk *disks, size_t n)
{
	if (src->disk == NULL)
		return n == 1 ? disks : NULL;
	for (size_t i = 0; i < n; i++)
		if (disk_at(disks, i)->key == strtoul(src->disk, NULL, 10))
			return disk_at(disks, i);
	return NULL;
}

static enum vdt_exit tell_disks(const struct vdt_source *src, const VixDiskLibServerDisk *disks,
				size_t n)
{
	enum vdt_exit code = src->disk != NULL || n == 0 ? VDT_NOT_FOUND : VDT_USAGE;

	if (n == 0)
		vdt_error(code, "%s on %s has no disks", src->vmx_spec, src->host);
	else if (src->disk != NULL)
		vdt_error(code, "%s on %s has no disk of the key %s", src->vmx_spec, src->host,
			  src->disk);
	else
		vdt_error(code, "which disk of %s on %s? It has %zu", src->vmx_spec, src->host, n);
	for (size_t i = 0; i < n && i < NAMED_MAX; i++)
		vdt_hint("disk=%u  %s", disk_at(disks, i)->key,
			 vu_log_quote(disk_at(disks, i)->path));
	return code;
}

enum vdt_exit vdt_remote_find_disk(VixDiskLibConnection conn, struct vdt_source *src)
{
	const VixDiskLibServerDisk *found;
	VixDiskLibServerDisk *disks;
	enum vdt_exit code = VDT_OK;
	VixError err;
	size_t n;

	if (src->disk != NULL && !vdt_source_has_key(src))
		return VDT_OK;
	err = VixDiskLib_ListDisks(conn, &disks, &n);
	if (err != VIX_OK)
		return vdt_report(err, "cannot list the disks of %s", src->vmx_spec);
	found = choose(src, disks, n);
	if (found == NULL) {
		code = tell_disks(src, disks, n);
	} else {
		free(src->disk);
		src->disk = strdup(found->path);
		if (src->disk == NULL)
			code = vdt_report(VIX_E_OUT_OF_MEMORY, "cannot connect");
	}
	VixDiskLib_FreeDiskList(disks);
	return code;
}

static enum vdt_exit parse(const char *url, struct vdt_source *src)
{
	const char *wrong = vdt_source_parse(url, src);

	if (wrong == NULL)
		return VDT_OK;
	vdt_error(VDT_USAGE, "cannot use this name of a disk on a server: %s", wrong);
	vdt_hint("such as vsphere://USER@HOST/moref=vm-57?disk=NAME.vmdk; SOURCES in the manual "
		 "has it all");
	return VDT_USAGE;
}

enum vdt_exit vdt_remote_check(const char *url)
{
	struct vdt_source src;
	enum vdt_exit code = parse(url, &src);

	vdt_source_free(&src);
	return code;
}

static enum vdt_exit learn(struct vdt_login *l, const char *url)
{
	struct vdt_source src;
	enum vdt_exit code = parse(url, &src);

	if (code == VDT_OK)
		code = vdt_login_learn(l, &src);
	vdt_source_free(&src);
	return code;
}

enum vdt_exit vdt_remote_learn(struct vdt_login *l, char *const *names, size_t n)
{
	enum vdt_exit code = VDT_OK;

	for (size_t i = 0; code == VDT_OK && i < n; i++)
		if (vdt_source_is_remote(names[i]))
			code = learn(l, names[i]);
	return code;
}

static enum vdt_exit connect_to(struct vdt_remotes *r, struct vdt_remote *m)
{
	for (const struct vdt_remote *other = r->first; other != NULL; other = other->next) {
		if (!same_vm(&other->src, &m->src))
			continue;
		m->conn = other->conn;
		return VDT_OK;
	}
	m->owns_conn = true;
	return vdt_login_connect(r->login, &m->src, &m->conn);
}

static enum vdt_exit list_all(struct vdt_remote *m)
{
	VixError err = VixDiskLib_ListDisks(m->conn, &m->all, &m->n_all);

	if (err != VIX_OK)
		return vdt_report(err, "cannot list the disks of %s", m->src.vmx_spec);
	return m->n_all > 0 ? VDT_OK : tell_disks(&m->src, m->all, m->n_all);
}

/* @all: where no disk is named, all are meant. */
static enum vdt_exit add(struct vdt_remotes *r, const char *url, bool all)
{
	struct vdt_remote *m = calloc(1, sizeof(*m));
	enum vdt_exit code;

	if (m == NULL || (m->url = strdup(url)) == NULL) {
		free(m);
		return vdt_report(VIX_E_OUT_OF_MEMORY, "cannot connect");
	}
	code = parse(url, &m->src);
	if (code == VDT_OK)
		code = connect_to(r, m);
	if (code == VDT_OK)
		code = all && m->src.disk == NULL ? list_all(m)
						  : vdt_remote_find_disk(m->conn, &m->src);
	if (code != VDT_OK) {
		free_remote(m);
		return code;
	}
	m->next = r->first;
	r->first = m;
	return VDT_OK;
}

static const struct vdt_remote *find(const struct vdt_remotes *r, const char *url)
{
	for (const struct vdt_remote *m = r->first; m != NULL; m = m->next)
		if (strcmp(m->url, url) == 0)
			return m;
	return NULL;
}

static enum vdt_exit find_or_add(struct vdt_remotes *r, const char *url, bool all,
				 const struct vdt_remote **m_out)
{
	enum vdt_exit code = VDT_OK;

	*m_out = find(r, url);
	if (*m_out != NULL)
		return VDT_OK;
	code = add(r, url, all);
	*m_out = r->first;
	return code;
}

enum vdt_exit vdt_remote_find(struct vdt_remotes *r, const char *url,
			      VixDiskLibConnection *conn_out, const char **path_out)
{
	const struct vdt_remote *m;
	enum vdt_exit code = find_or_add(r, url, false, &m);

	if (code != VDT_OK)
		return code;
	*conn_out = m->conn;
	*path_out = m->src.disk;
	return VDT_OK;
}

enum vdt_exit vdt_remote_each(struct vdt_remotes *r, const char *url, vdt_remote_fn *fn, void *ctx)
{
	const struct vdt_remote *m;
	enum vdt_exit code = find_or_add(r, url, true, &m);

	if (code != VDT_OK)
		return code;
	if (m->all == NULL)
		return fn(m->conn, m->src.disk, ctx);
	for (size_t i = 0; code == VDT_OK && i < m->n_all; i++)
		code = fn(m->conn, disk_at(m->all, i)->path, ctx);
	return code;
}
