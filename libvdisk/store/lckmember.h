/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a file of a lock directory (lckdir.h) says.  Nothing here touches the disk.
 *
 * It has 512 bytes: words that are separated by blanks, then zeros.
 *   machine    base64 of a hash of the host's name and of a network address, or uuid=...
 *   process    its number, "-", when it began, its name in parentheses
 *   number     of the order of those who wait; 1 for the first
 *   X or S     exclusive or shared
 * Source: docs/formats/locks.md
 */
#ifndef VD_LCKMEMBER_H
#define VD_LCKMEMBER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define VD_LCK_MEMBER_BYTES 512

struct vd_lck_member {
	char machine[VD_LCK_MEMBER_BYTES];
	char process[VD_LCK_MEMBER_BYTES];
	pid_t pid;
	uint64_t start; /* 0: unknown */
};

/**
 * vd_lck_member_parse() - read one
 * @text: VD_LCK_MEMBER_BYTES of it, any bytes
 * @m:    filled
 *
 * Return: false: it says nothing, as after a crash of the host.
 */
bool vd_lck_member_parse(const char *text, struct vd_lck_member *m);

#endif
