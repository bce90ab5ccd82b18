/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The directories of the mounts.
 */
#include "config.h"

#include "state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/osutil.h"
#include "json.h"
#include "source.h"
#include "sysmount.h"

#define STATE_MAX 65536u

int vdt_state_root(char **root_out)
{
	VU_AUTO(free) char *mounts = NULL;
	int err = vu_state_root(NULL, root_out);

	if (err < 0)
		return err;
	mounts = vu_asprintf("%s/mounts", *root_out);
	err = mounts != NULL ? vu_mkdir_p(mounts, 0700) : -ENOMEM;
	if (err < 0) {
		free(*root_out);
		*root_out = NULL;
	}
	return err;
}

char *vdt_entry_path(const struct vdt_entry *e, const char *name)
{
	return vu_asprintf("%s/%s", e->dir, name);
}

static int random_id(char *id)
{
	static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
	unsigned char r[VDT_ID_LEN];

	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return -EIO;
	for (size_t i = 0; i < VDT_ID_LEN; i++)
		id[i] = letters[r[i] % (sizeof(letters) - 1)];
	id[VDT_ID_LEN] = '\0';
	return 0;
}

/* Opens DIR/lock; -1 where it is held by somebody (or can't be opened). */
static int take_lock(const char *dir, int flags)
{
	VU_AUTO(free) char *path = vu_asprintf("%s/lock", dir);
	int fd = path != NULL ? vu_open(path, flags, 0600) : -ENOMEM;

	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	close(fd);
	return -EWOULDBLOCK;
}

int vdt_state_lock(const char *root)
{
	VU_AUTO(free) char *path = vu_asprintf("%s/mounts/.lock", root);
	int fd = path != NULL ? vu_open(path, O_RDWR | O_CREAT, 0600) : -ENOMEM;

	while (fd >= 0 && flock(fd, LOCK_EX) < 0)
		if (errno != EINTR) {
			close(fd);
			return -EIO;
		}
	return fd;
}

/* Gives a locked directory its ID; tries another where one is taken. */
static int settle(const char *root, const char *fresh, struct vdt_entry *e)
{
	int err = -EEXIST;

	for (int tries = 0; err == -EEXIST && tries < 100; tries++) {
		free(e->dir);
		e->dir = random_id(e->id) == 0 ? vu_asprintf("%s/mounts/%s", root, e->id) : NULL;
		if (e->dir == NULL)
			return -ENOMEM;
		err = rename(fresh, e->dir) == 0 ? 0 : -errno;
		if (err == -ENOTEMPTY)
			err = -EEXIST;
	}
	return err;
}

int vdt_entry_new(const char *root, struct vdt_entry *e)
{
	VU_AUTO(free) char *fresh = vu_asprintf("%s/mounts/.new-XXXXXX", root);
	int err;

	*e = (struct vdt_entry){ .lock_fd = -1 };
	if (fresh == NULL)
		return -ENOMEM;
	if (mkdtemp(fresh) == NULL)
		return -errno;
	e->lock_fd = take_lock(fresh, O_RDWR | O_CREAT);
	err = e->lock_fd < 0 ? e->lock_fd : settle(root, fresh, e);
	if (err < 0) {
		vu_rm_rf(fresh);
		if (e->lock_fd >= 0)
			close(e->lock_fd);
		vdt_entry_free(e);
		return err;
	}
	e->alive = true;
	e->started = time(NULL);
	return 0;
}

int vdt_entry_set(struct vdt_entry *e, char *const *sources, size_t n, const char *mountpoint)
{
	e->mountpoint = strdup(mountpoint);
	e->sources = vu_calloc_array(n, sizeof(*e->sources));
	if (e->mountpoint == NULL || e->sources == NULL)
		return -ENOMEM;
	for (e->n_sources = 0; e->n_sources < n; e->n_sources++) {
		e->sources[e->n_sources] = vdt_source_id(sources[e->n_sources]);
		if (e->sources[e->n_sources] == NULL)
			return -ENOMEM;
	}
	return 0;
}

int vdt_entry_add_problem(struct vdt_entry *e, enum vdt_exit code, const char *volume,
			  const char *message)
{
	struct vdt_problem p = { code, strdup(volume), strdup(message) };

	if (p.volume == NULL || p.message == NULL ||
	    vu_grow((void **)&e->problems, &e->problems_cap, e->n_problems + 1, sizeof(p)) < 0) {
		free(p.volume);
		free(p.message);
		return -ENOMEM;
	}
	e->problems[e->n_problems++] = p;
	return 0;
}

static json_t *problems_to_json(const struct vdt_entry *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->n_problems; i++) {
		const struct vdt_problem *p = &e->problems[i];

		json_array_append_new(list, json_pack("{s:i, s:o, s:o}", "code", (int)p->code,
						      "volume", vdt_json_bytes(p->volume),
						      "message", vdt_json_bytes(p->message)));
	}
	return list;
}

static json_t *entry_to_json(const struct vdt_entry *e)
{
	json_t *sources = json_array();

	for (size_t i = 0; i < e->n_sources; i++)
		json_array_append_new(sources, vdt_json_bytes(e->sources[i]));
	return json_pack("{s:s, s:o, s:o, s:b, s:i, s:I, s:i, s:i, s:s, s:o}", "id", e->id,
			 "source", sources, "mountpoint", vdt_json_bytes(e->mountpoint),
			 "made_mountpoint", e->made_mountpoint, "pid", (int)e->pid, "started",
			 (json_int_t)e->started, "volumes", (int)e->volumes, "volumes_total",
			 (int)e->volumes_total, "backend", e->backend != NULL ? e->backend : "",
			 "problems", problems_to_json(e));
}

int vdt_entry_save(const struct vdt_entry *e)
{
	VU_AUTO(free) char *path = vdt_entry_path(e, "state.json");
	VU_AUTO(free) char *fresh = vdt_entry_path(e, "state.json.new");
	json_t *o = entry_to_json(e);
	int err = 0;

	if (path == NULL || fresh == NULL || o == NULL)
		err = -ENOMEM;
	else if (json_dump_file(o, fresh, JSON_INDENT(1)) < 0 || chmod(fresh, 0600) < 0 ||
		 rename(fresh, path) < 0)
		err = errno != 0 ? -errno : -EIO;
	json_decref(o);
	return err;
}

static int read_sources(struct vdt_entry *e, const json_t *sources)
{
	size_t n = json_array_size(sources);

	e->sources = vu_calloc_array(n, sizeof(*e->sources));
	if (e->sources == NULL)
		return -ENOMEM;
	for (; e->n_sources < n; e->n_sources++) {
		char *s = vdt_json_to_bytes(json_array_get(sources, e->n_sources));

		e->sources[e->n_sources] = s != NULL ? s : strdup("");
		if (e->sources[e->n_sources] == NULL)
			return -ENOMEM;
	}
	return 0;
}

static int read_problems(struct vdt_entry *e, const json_t *problems)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < json_array_size(problems); i++) {
		const json_t *o = json_array_get(problems, i);
		VU_AUTO(free) char *volume = vdt_json_to_bytes(json_object_get(o, "volume"));
		VU_AUTO(free) char *message = vdt_json_to_bytes(json_object_get(o, "message"));
		json_int_t code = json_integer_value(json_object_get(o, "code"));

		if (volume != NULL && message != NULL)
			err = vdt_entry_add_problem(e, (enum vdt_exit)code, volume, message);
	}
	return err;
}

/* What is no state.json changes nothing. */
static int take_state(struct vdt_entry *e, json_t *o)
{
	json_t *sources, *mountpoint, *problems;
	const char *backend;
	json_int_t started;
	int made, pid, volumes, total;

	if (json_unpack(o, "{s:o, s:o, s:b, s:i, s:I, s:i, s:i, s:s, s:o}", "source", &sources,
			"mountpoint", &mountpoint, "made_mountpoint", &made, "pid", &pid, "started",
			&started, "volumes", &volumes, "volumes_total", &total, "backend", &backend,
			"problems", &problems) < 0)
		return 0;
	e->made_mountpoint = made;
	e->pid = pid;
	e->started = started;
	e->volumes = (unsigned)volumes;
	e->volumes_total = (unsigned)total;
	e->mountpoint = vdt_json_to_bytes(mountpoint);
	e->backend = strdup(backend);
	if (e->mountpoint == NULL || e->backend == NULL || read_sources(e, sources) < 0)
		return -ENOMEM;
	return read_problems(e, problems);
}

/* An entry without a readable state.json is one that is just being made, or one that a crash cut
 * short: it has an ID and nothing else. */
static int read_state(struct vdt_entry *e)
{
	VU_AUTO(free) char *path = vdt_entry_path(e, "state.json");
	VU_AUTO(free) char *text = NULL;
	json_t *o;
	int err;

	if (path == NULL)
		return -ENOMEM;
	if (vu_read_file(path, STATE_MAX, &text, NULL) < 0)
		return 0;
	o = json_loads(text, 0, NULL);
	err = take_state(e, o);
	json_decref(o);
	return err;
}

bool vdt_entry_is_alive(const struct vdt_entry *e)
{
	int fd = take_lock(e->dir, O_RDWR);

	if (fd >= 0)
		close(fd);
	return fd == -EWOULDBLOCK;
}

static int load_entry(const char *root, const char *name, struct vdt_entry *e)
{
	*e = (struct vdt_entry){ .lock_fd = -1 };
	memcpy(e->id, name, VDT_ID_LEN);
	e->dir = vu_asprintf("%s/mounts/%s", root, name);
	if (e->dir == NULL || read_state(e) < 0) {
		vdt_entry_free(e);
		return -ENOMEM;
	}
	e->alive = vdt_entry_is_alive(e);
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct vdt_entry *x = a, *y = b;

	if (x->started != y->started)
		return x->started < y->started ? -1 : 1;
	return strcmp(x->id, y->id);
}

int vdt_state_load(const char *root, struct vdt_entries *list_out)
{
	VU_AUTO(free) char *path = vu_asprintf("%s/mounts", root);
	VU_AUTO(closedir) DIR *d = path != NULL ? opendir(path) : NULL;
	struct dirent *de;

	*list_out = (struct vdt_entries){ 0 };
	if (d == NULL)
		return -errno;
	while ((de = readdir(d)) != NULL) {
		if (strlen(de->d_name) != VDT_ID_LEN || de->d_name[0] == '.')
			continue;
		if (vu_grow((void **)&list_out->v, &list_out->cap, list_out->n + 1,
			    sizeof(*list_out->v)) < 0 ||
		    load_entry(root, de->d_name, &list_out->v[list_out->n]) < 0) {
			vdt_entries_free(list_out);
			return -ENOMEM;
		}
		list_out->n++;
	}
	if (list_out->n > 1)
		qsort(list_out->v, list_out->n, sizeof(*list_out->v), by_start);
	return 0;
}

/* What state.json tells. */
static void forget_state(struct vdt_entry *e)
{
	for (size_t i = 0; i < e->n_sources; i++)
		free(e->sources[i]);
	for (size_t i = 0; i < e->n_problems; i++) {
		free(e->problems[i].volume);
		free(e->problems[i].message);
	}
	free(e->sources);
	free(e->problems);
	free(e->mountpoint);
	free(e->backend);
	e->sources = NULL;
	e->problems = NULL;
	e->mountpoint = e->backend = NULL;
	e->n_sources = e->n_problems = e->problems_cap = 0;
}

int vdt_entry_reload(struct vdt_entry *e)
{
	forget_state(e);
	return read_state(e);
}

void vdt_entry_free(struct vdt_entry *e)
{
	forget_state(e);
	free(e->dir);
	*e = (struct vdt_entry){ .lock_fd = -1 };
}

void vdt_entry_remove(struct vdt_entry *e)
{
	if (e->dir != NULL)
		vu_rm_rf(e->dir);
	if (e->lock_fd >= 0)
		close(e->lock_fd);
	vdt_entry_free(e);
}

void vdt_entries_free(struct vdt_entries *list)
{
	for (size_t i = 0; i < list->n; i++)
		vdt_entry_free(&list->v[i]);
	free(list->v);
	*list = (struct vdt_entries){ 0 };
}

/* Takes over the lock of a dead holder, so that two sweepers do not meet. */
static bool sweep_one(struct vdt_entry *e)
{
	e->lock_fd = take_lock(e->dir, O_RDWR);
	if (e->lock_fd < 0)
		return false;
	if (e->mountpoint != NULL && vdt_sysmount_is_ours(e->mountpoint, e->id))
		vdt_sysmount_detach(e->mountpoint);
	if (e->mountpoint != NULL && e->made_mountpoint)
		rmdir(e->mountpoint);
	vdt_entry_remove(e);
	return true;
}

unsigned vdt_state_sweep(const char *root, void (*swept)(const struct vdt_entry *e, void *ctx),
			 void *ctx)
{
	struct vdt_entries list;
	unsigned count = 0;

	if (vdt_state_load(root, &list) < 0)
		return 0;
	for (size_t i = 0; i < list.n; i++) {
		if (list.v[i].alive)
			continue;
		if (swept != NULL)
			swept(&list.v[i], ctx);
		count += sweep_one(&list.v[i]);
	}
	vdt_entries_free(&list);
	return count;
}
