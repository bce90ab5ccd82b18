/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors in moderation; see fdpool.h.
 *
 * 1. The lock guards all of pool.  A slot with users keeps its owner and its descriptor.
 * 2. A slot without owner has no descriptor.
 */
#include "config.h"

#include "fdpool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "../../common/cleanup.h"

#define SLOTS 16

struct slot {
	const void *owner;
	int fd;
	unsigned users;
	uint64_t last_use; /* pool.clock then */
};

static struct {
	pthread_mutex_t lock; /* rank 6; no store has another one */
	struct slot slot[SLOTS];
	uint64_t clock;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

static atomic_ulong n_kept;

static unsigned long most_kept(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	return limit.rlim_cur / 2;
}

bool vd_fd_keep(bool must)
{
	if (atomic_fetch_add(&n_kept, 1) < most_kept() || must)
		return true;
	vd_fd_unkeep();
	return false;
}

void vd_fd_unkeep(void)
{
	atomic_fetch_sub(&n_kept, 1);
}

/* Takes the descriptor out of a slot without users; -1 where there is none. */
static int empty_slot(struct slot *s)
{
	int fd = s->owner != NULL ? s->fd : -1;

	s->owner = NULL;
	return fd;
}

static struct slot *find_owner(const void *owner)
{
	for (struct slot *s = pool.slot; s < pool.slot + SLOTS; s++) {
		if (s->owner == owner)
			return s;
	}
	return NULL;
}

/* The slot that was not used for longest; NULL when all are in use. */
static struct slot *find_oldest(void)
{
	struct slot *oldest = NULL;

	for (struct slot *s = pool.slot; s < pool.slot + SLOTS; s++) {
		if (s->users == 0 && (oldest == NULL || s->last_use < oldest->last_use))
			oldest = s;
	}
	return oldest;
}

static int use_slot(struct slot *s, struct vd_fd_loan *loan_out)
{
	s->users++;
	s->last_use = ++pool.clock;
	loan_out->fd = s->fd;
	loan_out->slot = (int)(s - pool.slot);
	return 0;
}

/* Gives the new descriptor a slot, if one is free.  Return: what is to be closed, or -1. */
static int adopt(const void *owner, struct vd_fd_loan *loan)
{
	VU_LOCK(&pool.lock);
	struct slot *s = find_oldest();
	int old;

	if (s == NULL)
		return -1;
	old = empty_slot(s);
	s->owner = owner;
	s->fd = loan->fd;
	use_slot(s, loan);
	return old;
}

static bool find_loan(const void *owner, struct vd_fd_loan *loan_out)
{
	VU_LOCK(&pool.lock);
	struct slot *s = find_owner(owner);

	return s != NULL && use_slot(s, loan_out) == 0;
}

int vd_fd_borrow(void *owner, vd_fd_open_fn *open, struct vd_fd_loan *loan_out)
{
	int fd, old;

	if (find_loan(owner, loan_out))
		return 0;
	fd = open(owner);
	if (fd < 0)
		return fd;
	*loan_out = (struct vd_fd_loan){ .fd = fd, .slot = -1 };
	old = adopt(owner, loan_out);
	if (old >= 0)
		close(old);
	return 0;
}

static void release_slot(int slot)
{
	VU_LOCK(&pool.lock);

	pool.slot[slot].users--;
}

void vd_fd_return(const struct vd_fd_loan *loan)
{
	if (loan->slot >= 0)
		release_slot(loan->slot);
	else
		close(loan->fd);
}

static int take_idle(const void *owner)
{
	VU_LOCK(&pool.lock);

	for (struct slot *s = pool.slot; s < pool.slot + SLOTS; s++) {
		if (s->owner != NULL && s->users == 0 && (owner == NULL || s->owner == owner))
			return empty_slot(s);
	}
	return -1;
}

void vd_fd_forget(const void *owner)
{
	int fd;

	while ((fd = take_idle(owner)) >= 0)
		close(fd);
}
