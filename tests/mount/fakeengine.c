/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An engine and an export for tests; see fakeengine.h.  Everything is guarded by one lock, which
 * is no substitute for the caller's: that the calls for one set do not overlap is checked.
 */
#include "config.h"

#include "fakeengine.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "../../common/cleanup.h"

#define MAX_MOUNTS 16

struct fake_engine {
	struct vmnt_engine base;
	bool inside; /* one call at a time */
};

struct fake_mount {
	struct vmnt_mount base;
	char *dir;
	bool busy, gone, real;
};

struct fake_export {
	const struct vmnt_disk *disk;
	unsigned index;
};

struct fake_plan fake;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct fake_mount *mounts[MAX_MOUNTS];
static char diary[8192], told[8192], request[512];
static unsigned alive;
static bool disk_silent, held;

static const struct vmnt_engine_ops fake_engine_ops;

static const struct fake_volume default_volumes[] = {
	{ "/dev/sda2", "disk0 p2", "partition", "ext4", 0, 2 << 20, VIXMNTAPI_GPT_PARTITION, true },
	{ "/dev/sda1", "disk0 p1", "partition", "vfat", 0, 1 << 20, VIXMNTAPI_GPT_PARTITION, true },
	{ "/dev/vg/swap", "vg/swap", "lv", "swap", 0, 3 << 20, VIXMNTAPI_LVM_VOLUME, false },
	{ "/dev/vg/home", "vg/home", "lv", "xfs", 0, 3 << 20, VIXMNTAPI_LVM_VOLUME, true },
};

/* Lock held. */
static void note(const char *fmt, ...)
{
	size_t len = strlen(diary);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(diary + len, sizeof(diary) - len, fmt, ap);
	va_end(ap);
}

static const char *base_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

static void enter(struct vmnt_engine *en)
{
	struct fake_engine *f = (struct fake_engine *)en;

	if (f->inside)
		abort();
	f->inside = true;
}

static void leave(struct vmnt_engine *en)
{
	((struct fake_engine *)en)->inside = false;
}

static void wait_while_held(void)
{
	held = true;
	pthread_cond_broadcast(&changed);
	while (fake.hold_open)
		pthread_cond_wait(&changed, &lock);
	held = false;
}

static VixError fake_open(const struct vmnt_addr *addrs, size_t n, const char *tmp_dir,
			  struct vmnt_engine **en_out)
{
	struct fake_engine *en;

	VU_LOCK(&lock);
	note("open %zu; ", n);
	for (size_t i = 0; i < n; i++)
		if (addrs[i].kind != VMNT_ADDR_NBD_UNIX || tmp_dir == NULL)
			abort();
	if (fake.hold_open)
		wait_while_held();
	if (fake.fail_open != VIX_OK)
		return fake.fail_open;
	en = calloc(1, sizeof(*en));
	en->base.ops = &fake_engine_ops;
	alive++;
	*en_out = &en->base;
	return VIX_OK;
}

static void fake_close(struct vmnt_engine *en)
{
	VU_LOCK(&lock);
	enter(en);
	note("close; ");
	for (size_t i = 0; i < MAX_MOUNTS; i++)
		if (mounts[i] != NULL && mounts[i]->base.engine == en)
			abort();
	alive--;
	free(en);
}

static struct vmnt_volume_info make_info(const struct fake_volume *v)
{
	return (struct vmnt_volume_info){
		.device = strdup(v->device),
		.name = strdup(v->name),
		.kind = strdup(v->kind),
		.filesystem = strdup(v->filesystem),
		.label = v->mountable ? strdup("label") : NULL,
		.state = strdup(v->mountable ? "ok" : "not mountable"),
		.disk = v->disk,
		.offset = v->offset,
		.bytes = 1 << 20,
		.used_bytes = UINT64_MAX,
		.type = v->type,
		.mountable = v->mountable,
	};
}

static VixError fake_volumes(struct vmnt_engine *en, struct vmnt_volume_info **v_out, size_t *n_out)
{
	struct vmnt_volume_info *v;

	VU_LOCK(&lock);
	enter(en);
	note("volumes; ");
	leave(en);
	if (fake.fail_volumes != VIX_OK)
		return fake.fail_volumes;
	v = calloc(fake.n_volumes + 1, sizeof(*v));
	for (size_t i = 0; i < fake.n_volumes; i++)
		v[i] = make_info(&fake.volumes[i]);
	vmnt_volume_info_sort(v, fake.n_volumes);
	*v_out = v;
	*n_out = fake.n_volumes;
	return VIX_OK;
}

static char *copy(const char *s)
{
	return s != NULL ? strdup(s) : NULL;
}

static VixError fake_os(struct vmnt_engine *en, struct vmnt_os *os_out)
{
	VU_LOCK(&lock);
	enter(en);
	note("os; ");
	leave(en);
	if (fake.fail_os != VIX_OK || fake.os == NULL)
		return fake.fail_os;
	*os_out = *fake.os;
	os_out->vendor = copy(fake.os->vendor);
	os_out->edition = copy(fake.os->edition);
	os_out->folder = copy(fake.os->folder);
	os_out->mounts = calloc(fake.os->n + 1, sizeof(*os_out->mounts));
	for (size_t i = 0; i < fake.os->n; i++) {
		os_out->mounts[i].device = strdup(fake.os->mounts[i].device);
		os_out->mounts[i].path = strdup(fake.os->mounts[i].path);
	}
	return VIX_OK;
}

static VixError fake_probe(struct vmnt_engine *en, const struct vmnt_volume_info *v,
			   uint64_t *used_out, char **why_out)
{
	VU_LOCK(&lock);
	enter(en);
	leave(en);
	*used_out = UINT64_MAX;
	*why_out = NULL;
	if (fake.fail_probe != VIX_OK)
		return fake.fail_probe;
	if (fake.damaged != NULL && strcmp(fake.damaged, v->device) == 0) {
		*why_out = strdup("bad superblock");
		return VIX_E_MNTAPI_FORMAT_FAILURE;
	}
	*used_out = 4096;
	return VIX_OK;
}

static void keep_request(const struct vmnt_mount_request *rq)
{
	int len = snprintf(request, sizeof(request), "%s|%s|",
			   rq->fuse_options != NULL ? rq->fuse_options : "", rq->source);

	for (size_t i = 0; i < rq->n; i++)
		len += snprintf(request + len, sizeof(request) - (size_t)len, "%s%s",
				i > 0 ? "," : "",
				rq->volumes[i].subdir != NULL ? rq->volumes[i].subdir : "-");
}

static struct fake_mount **find(const char *name)
{
	for (size_t i = 0; i < MAX_MOUNTS; i++)
		if (mounts[i] != NULL && strcmp(base_name(mounts[i]->dir), name) == 0)
			return &mounts[i];
	return NULL;
}

static struct fake_mount **find_free(void)
{
	for (size_t i = 0; i < MAX_MOUNTS; i++)
		if (mounts[i] == NULL)
			return &mounts[i];
	abort();
}

static VixError fake_mount(struct vmnt_engine *en, const struct vmnt_mount_request *rq,
			   struct vmnt_mount **mt_out)
{
	struct fake_mount *m;

	VU_LOCK(&lock);
	enter(en);
	note("mount %s; ", base_name(rq->dir));
	leave(en);
	keep_request(rq);
	if (fake.fail_mount != VIX_OK && fake.mounts_before_failing-- == 0)
		return fake.fail_mount;
	m = calloc(1, sizeof(*m));
	m->base.engine = en;
	m->dir = strdup(rq->dir);
	m->real = fake.real_mounts;
	if (m->real && mount("fake", m->dir, "tmpfs", 0, "size=64k") < 0)
		abort();
	alive++;
	*find_free() = m;
	*mt_out = &m->base;
	return VIX_OK;
}

static VixError fake_unmount(struct vmnt_mount *mt, bool force)
{
	struct fake_mount *m = (struct fake_mount *)mt;

	VU_LOCK(&lock);
	enter(mt->engine);
	note("%s %s; ", force ? "detach" : "unmount", base_name(m->dir));
	leave(mt->engine);
	if (fake.fail_unmount != VIX_OK)
		return fake.fail_unmount;
	if (m->busy && !force)
		return VIX_E_MNTAPI_OPEN_HANDLES;
	if (m->real)
		umount2(m->dir, MNT_DETACH);
	for (size_t i = 0; i < MAX_MOUNTS; i++)
		if (mounts[i] == m)
			mounts[i] = NULL;
	alive--;
	free(m->dir);
	free(m);
	return VIX_OK;
}

static bool fake_is_gone(const struct vmnt_mount *mt)
{
	VU_LOCK(&lock);
	return ((const struct fake_mount *)mt)->gone;
}

static const char *fake_describe(const struct vmnt_engine *en)
{
	(void)en;
	return "fake (running)";
}

static const struct vmnt_engine_ops fake_engine_ops = {
	.name = "fake",
	.accepts = VMNT_ADDR_NBD_UNIX,
	.open = fake_open,
	.close = fake_close,
	.volumes = fake_volumes,
	.os = fake_os,
	.probe = fake_probe,
	.mount = fake_mount,
	.unmount = fake_unmount,
	.is_gone = fake_is_gone,
	.describe = fake_describe,
};

/* Lock not held: the disk library may call back. */
static void try_disk(const struct vmnt_disk *disk)
{
	uint8 sector[VIXDISKLIB_SECTOR_SIZE];

	if (VixDiskLib_Read(disk->handle, 0, 1, sector) != VIX_OK)
		disk_silent = true;
}

static VixError fake_start(const struct vmnt_disk *disk, const char *dir, unsigned index,
			   struct vmnt_export **ex_out, struct vmnt_addr *addr_out)
{
	struct fake_export *ex;

	try_disk(disk);
	VU_LOCK(&lock);
	note("export %u; ", index);
	if (fake.fail_export_start != VIX_OK)
		return fake.fail_export_start;
	ex = calloc(1, sizeof(*ex));
	ex->disk = disk;
	ex->index = index;
	alive++;
	*addr_out = (struct vmnt_addr){ .kind = VMNT_ADDR_NBD_UNIX, .path = (char *)dir };
	*ex_out = (struct vmnt_export *)ex;
	return VIX_OK;
}

static VixError fake_stop(struct vmnt_export *export)
{
	struct fake_export *ex = (struct fake_export *)export;

	try_disk(ex->disk);
	VU_LOCK(&lock);
	note("stop %u; ", ex->index);
	alive--;
	free(ex);
	return fake.fail_export_stop;
}

static const struct vmnt_export_ops fake_export_ops = {
	.name = "fake",
	.provides = VMNT_ADDR_NBD_UNIX,
	.start = fake_start,
	.stop = fake_stop,
};

void fake_install(void)
{
	fake = (struct fake_plan){
		.volumes = default_volumes,
		.n_volumes = sizeof(default_volumes) / sizeof(default_volumes[0]),
	};
	vmnt_engine_override = &fake_engine_ops;
	vmnt_export_override = &fake_export_ops;
}

const char *fake_diary(void)
{
	VU_LOCK(&lock);
	memcpy(told, diary, sizeof(told));
	diary[0] = '\0';
	return told;
}

void fake_set_busy(const char *name, bool busy)
{
	VU_LOCK(&lock);
	(*find(name))->busy = busy;
}

void fake_set_gone(const char *name)
{
	VU_LOCK(&lock);
	(*find(name))->gone = true;
}

bool fake_is_mounted(const char *name)
{
	VU_LOCK(&lock);
	return find(name) != NULL;
}

const char *fake_last_request(void)
{
	return request;
}

unsigned fake_alive(void)
{
	VU_LOCK(&lock);
	return alive;
}

bool fake_disks_answered(void)
{
	return !disk_silent;
}

void fake_wait_until_held(void)
{
	VU_LOCK(&lock);
	while (!held)
		pthread_cond_wait(&changed, &lock);
}

void fake_let_go(void)
{
	VU_LOCK(&lock);
	fake.hold_open = false;
	pthread_cond_broadcast(&changed);
}
