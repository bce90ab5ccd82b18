/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connection parameters; see connparams.h.
 *
 * What was handed out is on a list, so that a structure can be told from a client's own by its
 * address alone: nothing in front of or behind it is read.
 */
#include "config.h"

#include "connparams.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../common/cleanup.h"
#include "../common/log.h"

#define MAX_STRINGS 9 /* three of its own, up to three of creds and of spec */

/* Number of VIXDISKLIB_SPEC_DATASTORE in bindings made before it became public. */
#define SPEC_DATASTORE_OLD 128

struct params_block {
	struct params_block *next; /* guarded by list_lock */
	size_t size;               /* of the whole block */
	VixDiskLibConnectParams params;
	char strings[]; /* of a copy */
};

struct string_slots {
	char **v[MAX_STRINGS];
	size_t n;
};

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER; /* leaf: nothing is taken under it */
static struct params_block *blocks;                           /* guarded by list_lock */

/* Where @p stands on the list, or the NULL at its end.  list_lock is held. */
static struct params_block **find_block(const VixDiskLibConnectParams *p)
{
	struct params_block **at = &blocks;

	while (*at != NULL && &(*at)->params != p)
		at = &(*at)->next;
	return at;
}

static bool is_ours(const VixDiskLibConnectParams *p)
{
	VU_LOCK(&list_lock);

	return *find_block(p) != NULL;
}

static struct params_block *new_block(size_t string_bytes)
{
	size_t size = sizeof(struct params_block) + string_bytes;
	struct params_block *b = calloc(1, size);

	if (b != NULL)
		b->size = size;
	return b;
}

static VixDiskLibConnectParams *hand_out(struct params_block *b)
{
	VU_LOCK(&list_lock);

	b->next = blocks;
	blocks = b;
	return &b->params;
}

static bool is_given(const char *s)
{
	return s != NULL && s[0] != '\0';
}

/* What of a client's structure may be read, everything else zero. */
static void take_known_members(const VixDiskLibConnectParams *from, VixDiskLibConnectParams *to)
{
	memset(to, 0, sizeof(*to));
	if (from == NULL)
		return;
	memcpy(to, from, VD_PARAMS_FOREIGN_BYTES);
	if (!is_ours(from))
		return;
	to->spec = from->spec;
	to->specType = from->specType;
}

static void add_slot(struct string_slots *s, char **member)
{
	s->v[s->n++] = member;
}

static void find_cred_strings(VixDiskLibConnectParams *p, struct string_slots *s)
{
	switch (p->credType) {
	case VIXDISKLIB_CRED_UID:
		add_slot(s, &p->creds.uid.userName);
		add_slot(s, &p->creds.uid.password);
		break;
	case VIXDISKLIB_CRED_SESSIONID:
		add_slot(s, &p->creds.sessionId.cookie);
		add_slot(s, &p->creds.sessionId.userName);
		add_slot(s, &p->creds.sessionId.key);
		break;
	default:
		memset(&p->creds, 0, sizeof(p->creds));
	}
}

static void find_spec_strings(VixDiskLibConnectParams *p, struct string_slots *s)
{
	switch ((int)p->specType) {
	case VIXDISKLIB_SPEC_VSTORAGE_OBJECT:
		add_slot(s, &p->spec.vStorageObjSpec.id);
		add_slot(s, &p->spec.vStorageObjSpec.datastoreMoRef);
		add_slot(s, &p->spec.vStorageObjSpec.ssId);
		break;
	case VIXDISKLIB_SPEC_DATASTORE:
	case SPEC_DATASTORE_OLD:
		add_slot(s, &p->spec.dsSpec.datastoreMoRef);
		add_slot(s, &p->spec.dsSpec.diskFolder);
		break;
	default:
		memset(&p->spec, 0, sizeof(p->spec));
	}
}

/* The strings that @p's kind gives it; members without meaning become zero. */
static void find_strings(VixDiskLibConnectParams *p, struct string_slots *s)
{
	s->n = 0;
	add_slot(s, &p->vmxSpec);
	add_slot(s, &p->serverName);
	add_slot(s, &p->thumbPrint);
	find_cred_strings(p, s);
	find_spec_strings(p, s);
}

static size_t measure_strings(const struct string_slots *s)
{
	size_t total = 0;

	for (size_t i = 0; i < s->n; i++)
		total += *s->v[i] != NULL ? strlen(*s->v[i]) + 1 : 0;
	return total;
}

/* Moves the strings to @room, which holds them all. */
static void move_strings(const struct string_slots *s, char *room)
{
	for (size_t i = 0; i < s->n; i++) {
		char *from = *s->v[i];

		if (from == NULL)
			continue;
		*s->v[i] = room;
		room = stpcpy(room, from) + 1;
	}
}

VixDiskLibConnectParams *vd_params_new(void)
{
	struct params_block *b = new_block(0);

	return b != NULL ? hand_out(b) : NULL;
}

VixError vd_params_copy(const VixDiskLibConnectParams *from, VixDiskLibConnectParams **copy_out)
{
	VixDiskLibConnectParams known;
	struct string_slots slots;
	struct params_block *b;

	*copy_out = NULL;
	take_known_members(from, &known);
	find_strings(&known, &slots);
	b = new_block(measure_strings(&slots));
	if (b == NULL)
		return VIX_E_OUT_OF_MEMORY;
	move_strings(&slots, b->strings);
	b->params = known;
	*copy_out = hand_out(b);
	return VIX_OK;
}

/* The block that @p is in, off the list; NULL when there is none. */
static struct params_block *take_back(const VixDiskLibConnectParams *p)
{
	VU_LOCK(&list_lock);
	struct params_block **at = find_block(p);
	struct params_block *b = *at;

	if (b != NULL)
		*at = b->next;
	return b;
}

void vd_params_free(VixDiskLibConnectParams *p)
{
	struct params_block *b;

	if (p == NULL)
		return;
	b = take_back(p);
	if (b == NULL) {
		VU_WARN("connect",
			"connection parameters that are not ours to free are left alone");
		return;
	}
	explicit_bzero(b, b->size);
	free(b);
}

bool vd_params_is_remote(const VixDiskLibConnectParams *p)
{
	return p != NULL && is_given(p->serverName);
}

static VixError missing(const char *what)
{
	VU_ERR("connect", "cannot connect: %s", what);
	return VIX_E_INVALID_ARG;
}

static bool has_spec(const VixDiskLibConnectParams *p)
{
	switch ((int)p->specType) {
	case VIXDISKLIB_SPEC_VSTORAGE_OBJECT:
		return is_given(p->spec.vStorageObjSpec.id);
	case VIXDISKLIB_SPEC_DATASTORE:
	case SPEC_DATASTORE_OLD:
		return is_given(p->spec.dsSpec.datastoreMoRef);
	default:
		return false;
	}
}

static bool has_user_or_session(const VixDiskLibConnectParams *p)
{
	switch (p->credType) {
	case VIXDISKLIB_CRED_UID:
		return is_given(p->creds.uid.userName);
	case VIXDISKLIB_CRED_SESSIONID:
		return is_given(p->creds.sessionId.cookie);
	case VIXDISKLIB_CRED_SSPI:
		return true;
	default:
		return false;
	}
}

/* An empty password is one.  Who has a ticket of Kerberos needs none. */
static bool has_password(const VixDiskLibConnectParams *p)
{
	return p->creds.uid.password != NULL ||
	       strcmp(p->creds.uid.userName, VD_PARAMS_SSPI_USER) == 0;
}

VixError vd_params_check_login(const VixDiskLibConnectParams *p)
{
	if (p->credType == VIXDISKLIB_CRED_TICKETID) {
		VU_ERR("connect", "cannot connect with a ticket: log in with a user or a session");
		return VIX_E_NOT_SUPPORTED;
	}
	if (!has_user_or_session(p))
		return missing("a server is named, but neither user nor session");
	if (p->credType == VIXDISKLIB_CRED_UID && !has_password(p))
		return missing("a server and a user are named, but there is no password");
	return VIX_OK;
}

VixError vd_params_check(const VixDiskLibConnectParams *p)
{
	bool has_place = is_given(p->vmxSpec) || has_spec(p);

	if (!vd_params_is_remote(p)) {
		if (has_place)
			return missing("a VM or datastore is named, but no server");
		if (has_user_or_session(p))
			return missing("credentials are given, but no server");
		return VIX_OK;
	}
	if (!has_place)
		return missing("a server is named, but no VM or datastore");
	return vd_params_check_login(p);
}
