/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is mounted where; see mountinfo.h, and proc(5) for the lines:
 *
 *	36 35 98:0 /root /mount/point options - fstype source superoptions
 *
 * Blanks, backslashes and # inside a field are written as \OOO.
 */
#include "config.h"

#include "mountinfo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "array.h"
#include "cleanup.h"

#define MOUNTINFO    "/proc/self/mountinfo"
#define DEVICE_FIELD 2 /* fields before the device */
#define POINT_FIELD  4 /* fields before the mount point */

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* "\040" to " ", in place. */
static void unescape(char *s)
{
	char *to = s;

	while (*s != '\0') {
		if (s[0] == '\\' && is_octal(s[1]) && is_octal(s[2]) && is_octal(s[3])) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* Takes @line apart, in place: what is filled points into it. */
static bool parse_line(char *line, struct vu_mounted *m_out)
{
	char *save = NULL, *field = strtok_r(line, " \n", &save);
	unsigned major = 0, minor = 0;

	for (int i = 0; i < POINT_FIELD && field != NULL; i++) {
		field = strtok_r(NULL, " \n", &save);
		if (i + 1 == DEVICE_FIELD && field != NULL)
			sscanf(field, "%u:%u", &major, &minor);
	}
	m_out->dev = makedev(major, minor);
	m_out->point = field;
	while (field != NULL && strcmp(field, "-") != 0)
		field = strtok_r(NULL, " \n", &save);
	m_out->fstype = field != NULL ? strtok_r(NULL, " \n", &save) : NULL;
	if (m_out->point == NULL || m_out->fstype == NULL)
		return false;
	field = strtok_r(NULL, " \n", &save);
	m_out->source = field != NULL ? field : m_out->fstype + strlen(m_out->fstype);
	unescape(m_out->point);
	unescape(m_out->source);
	return true;
}

static bool is_at_or_below(const char *point, const char *dir)
{
	size_t len = strlen(dir);

	if (len > 0 && dir[len - 1] == '/') /* the root */
		len--;
	return strncmp(point, dir, len) == 0 && (point[len] == '\0' || point[len] == '/');
}

static void clear(struct vu_mounted *m)
{
	free(m->point);
	free(m->fstype);
	free(m->source);
}

void vu_mountinfo_free(struct vu_mounted *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		clear(&m[i]);
	free(m);
}

int vu_mountinfo_below(const char *dir, struct vu_mounted **m_out, size_t *n_out)
{
	VU_AUTO(fclose) FILE *f = fopen(MOUNTINFO, "re");
	VU_AUTO(free) char *line = NULL;
	VU_ARRAY(struct vu_mounted) found = { 0 };
	size_t cap = 0;

	if (f == NULL)
		return -errno;
	while (getline(&line, &cap, f) >= 0) {
		struct vu_mounted m;

		if (!parse_line(line, &m) || !is_at_or_below(m.point, dir))
			continue;
		m.point = strdup(m.point);
		m.fstype = strdup(m.fstype);
		m.source = strdup(m.source);
		if (m.point == NULL || m.fstype == NULL || m.source == NULL ||
		    VU_ARRAY_PUSH(&found, m) < 0) {
			clear(&m);
			vu_mountinfo_free(found.v, found.n);
			return -ENOMEM;
		}
	}
	*m_out = found.v;
	*n_out = found.n;
	return 0;
}

struct vu_mounted *vu_mountinfo_on(const char *dir)
{
	struct vu_mounted *m = NULL, last;
	size_t n = 0, at;

	if (vu_mountinfo_below(dir, &m, &n) < 0)
		return NULL;
	for (at = n; at > 0 && strcmp(m[at - 1].point, dir) != 0;)
		at--;
	if (at == 0) {
		vu_mountinfo_free(m, n);
		return NULL;
	}
	last = m[at - 1];
	m[at - 1] = m[0];
	m[0] = last;
	for (size_t i = 1; i < n; i++)
		clear(&m[i]);
	return m;
}
