/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is mounted: one directory for each mount, kept by its holder process.
 *
 *	ROOT/mounts/ID/lock        held (flock) for the holder's life: a held lock means alive
 *	               state.json  what is mounted where; 0600, no secrets
 *	               ctl.sock    the holder's ear
 *	               log         what the holder would have printed
 *
 * 1. A directory appears under its ID with its lock already held.
 * 2. Whoever finds a free lock may remove the directory; the mount point is detached first.
 */
#ifndef VDT_STATE_H
#define VDT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "exitcode.h"

#define VDT_ID_LEN 4

/* A volume that was left out of a mount. */
struct vdt_problem {
	enum vdt_exit code; /* VDT_LOCKED, VDT_UNSUPPORTED, VDT_CORRUPT */
	char *volume;
	char *message;
};

struct vdt_entry {
	char id[VDT_ID_LEN + 1];
	char *dir;      /* ROOT/mounts/ID */
	int lock_fd;    /* -1 unless this process made the entry */
	bool alive;     /* its lock is held */
	char **sources; /* as vdt_source_id() calls them */
	size_t n_sources;
	char *mountpoint;       /* absolute */
	bool made_mountpoint;   /* remove it after unmounting */
	pid_t pid;              /* of the holder */
	long long started;      /* seconds since the epoch */
	unsigned volumes;       /* mounted */
	unsigned volumes_total; /* mountable */
	char *backend;          /* "guestfs (emulated)"; NULL or "": it is being mounted */
	struct vdt_problem *problems;
	size_t n_problems, problems_cap;
};

/** vdt_state_root() - the state directory of this user, made if need be, for the caller to free().
 * Return: 0 or -errno */
int vdt_state_root(char **root_out);

/**
 * vdt_state_lock() - keep others from adding entries, from the look at them until one is added
 *
 * Return: a descriptor, to be closed; or -errno
 */
int vdt_state_lock(const char *root);

/**
 * vdt_entry_new() - a new entry, locked
 * @e: filled but for what the caller knows; vdt_entry_remove() or vdt_entry_free()
 *
 * Return: 0 or -errno
 */
int vdt_entry_new(const char *root, struct vdt_entry *e);

/** vdt_entry_set() - note what will be mounted where, both copied.  0 or -ENOMEM */
int vdt_entry_set(struct vdt_entry *e, char *const *sources, size_t n, const char *mountpoint);

/** vdt_entry_add_problem() - note a volume that is left out; texts are copied.  0 or -ENOMEM */
int vdt_entry_add_problem(struct vdt_entry *e, enum vdt_exit code, const char *volume,
			  const char *message);

/** vdt_entry_reload() - what its holder has saved meanwhile.  0 or -ENOMEM */
int vdt_entry_reload(struct vdt_entry *e);

/** vdt_entry_save() - write state.json, atomically.  0 or -errno */
int vdt_entry_save(const struct vdt_entry *e);

/** vdt_entry_path() - a file of the entry's directory, for the caller to free() */
char *vdt_entry_path(const struct vdt_entry *e, const char *name);

/** vdt_entry_remove() - remove the directory, give up the lock, free */
void vdt_entry_remove(struct vdt_entry *e);

/** vdt_entry_free() - what the struct owns; the directory stays */
void vdt_entry_free(struct vdt_entry *e);

struct vdt_entries {
	struct vdt_entry *v;
	size_t n, cap;
};

/** vdt_state_load() - every entry, in order of their start.  0 or -errno */
int vdt_state_load(const char *root, struct vdt_entries *list_out);

/** vdt_entries_free() - a list and what it owns */
void vdt_entries_free(struct vdt_entries *list);

/** vdt_entry_is_alive() - is the lock of the entry held now? */
bool vdt_entry_is_alive(const struct vdt_entry *e);

/**
 * vdt_state_sweep() - remove what dead holders left: detach mounts, remove mount points that we
 * made, remove directories
 * @swept: called for each, before it goes; NULL is fine
 *
 * Return: how many
 */
unsigned vdt_state_sweep(const char *root, void (*swept)(const struct vdt_entry *e, void *ctx),
			 void *ctx);

#endif
