/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a file of a lock directory says; see lckmember.h.
 */
#include "config.h"

#include "lckmember.h"

#include <stdlib.h>
#include <string.h>

/* The word at *@at, of which there must be more behind it; *@at moves behind its blank. */
static bool take_word(const char *text, size_t len, size_t *at, char *word_out)
{
	const char *begin = text + *at;
	const char *blank = memchr(begin, ' ', len - *at);

	if (blank == NULL)
		return false;
	memcpy(word_out, begin, (size_t)(blank - begin));
	word_out[blank - begin] = '\0';
	*at = (size_t)(blank + 1 - text);
	return true;
}

static bool parse_process(struct vd_lck_member *m)
{
	char *end;
	long pid = strtol(m->process, &end, 10);

	m->pid = (pid_t)pid;
	m->start = *end == '-' ? strtoull(end + 1, NULL, 10) : 0;
	return m->pid > 0 && m->pid == pid;
}

bool vd_lck_member_parse(const char *text, struct vd_lck_member *m)
{
	size_t len = strnlen(text, VD_LCK_MEMBER_BYTES);
	size_t at = 0;

	*m = (struct vd_lck_member){ 0 };
	return take_word(text, len, &at, m->machine) && m->machine[0] != '\0' &&
	       take_word(text, len, &at, m->process) && parse_process(m);
}
