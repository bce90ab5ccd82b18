/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A doubly linked list whose links lie inside the elements; the head is a link too.
 */
#ifndef VMNT_FUSE_LIST_H
#define VMNT_FUSE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct vmnt_link {
	struct vmnt_link *prev, *next;
};

/* The element of which @link is the member @member. */
#define VMNT_ENTRY(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

static inline void vmnt_list_init(struct vmnt_link *head)
{
	head->prev = head->next = head;
}

static inline bool vmnt_list_is_empty(const struct vmnt_link *head)
{
	return head->next == head;
}

static inline void vmnt_list_remove(struct vmnt_link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	l->prev = l->next = l;
}

static inline void vmnt_list_add_tail(struct vmnt_link *head, struct vmnt_link *l)
{
	l->prev = head->prev;
	l->next = head;
	head->prev->next = l;
	head->prev = l;
}

static inline void vmnt_list_move_tail(struct vmnt_link *head, struct vmnt_link *l)
{
	vmnt_list_remove(l);
	vmnt_list_add_tail(head, l);
}

#endif
