/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Symbolic links of a guest, made safe to follow on the host; see symlink.h.
 */
#include "config.h"

#include "symlink.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* One component of a path. */
struct part {
	const char *s;
	size_t len;
};

/* The next component that is not empty or "."; false at the end. */
static bool next_part(const char **path, struct part *p_out)
{
	do {
		*path += strspn(*path, "/");
		p_out->s = *path;
		p_out->len = strcspn(*path, "/");
		*path += p_out->len;
	} while (p_out->len == 1 && p_out->s[0] == '.');
	return p_out->len > 0;
}

static bool is_up(const struct part *p)
{
	return p->len == 2 && p->s[0] == '.' && p->s[1] == '.';
}

/* symlink.h, 1 to 3 */
static bool is_safe(const char *target, unsigned depth)
{
	bool named = false;
	unsigned ups = 0;
	struct part p;

	if (target[0] == '/')
		return false;
	while (next_part(&target, &p)) {
		if (!is_up(&p))
			named = true;
		else if (named || ++ups > depth)
			return false;
	}
	return true;
}

/* A path taken apart by text: so many steps up, then "/name/name". */
struct walk {
	unsigned ups;
	size_t len;
	char names[PATH_MAX];
};

static int add_name(struct walk *w, const struct part *p)
{
	if (p->len >= sizeof(w->names) - w->len - 1)
		return -ENAMETOOLONG;
	w->names[w->len++] = '/';
	memcpy(w->names + w->len, p->s, p->len);
	w->len += p->len;
	return 0;
}

static void go_up(struct walk *w, unsigned depth)
{
	const char *slash = memrchr(w->names, '/', w->len);

	if (slash != NULL)
		w->len = (size_t)(slash - w->names);
	else if (w->ups < depth)
		w->ups++;
}

static int take_apart(const char *target, unsigned depth, struct walk *w)
{
	struct part p;
	int rc = 0;

	w->ups = target[0] == '/' ? depth : 0;
	w->len = 0;
	while (rc == 0 && next_part(&target, &p)) {
		if (is_up(&p))
			go_up(w, depth);
		else
			rc = add_name(w, &p);
	}
	return rc;
}

/* "../../name/name", "..", "." when nothing is left. */
static int put_together(const struct walk *w, bool slash_at_end, char out[PATH_MAX])
{
	size_t len = 0;

	/* w->len counts a slash in front that is not put out: room for the one at the end. */
	if (w->ups > PATH_MAX / 3 ||
	    (size_t)w->ups * 3 + w->len + (slash_at_end ? 1 : 0) > PATH_MAX)
		return -ENAMETOOLONG;
	for (unsigned i = 0; i < w->ups; i++, len += 3)
		memcpy(out + len, "../", 3);
	if (w->len > 0) {
		memcpy(out + len, w->names + 1, w->len - 1);
		len += w->len - 1;
		if (slash_at_end)
			out[len++] = '/';
	} else if (w->ups > 0) {
		len--;
	} else {
		out[len++] = '.';
	}
	out[len] = '\0';
	return (int)len;
}

int vmnt_symlink_confine(const char *target, unsigned depth, char out[PATH_MAX])
{
	size_t len = strlen(target);
	struct walk w;
	int rc;

	if (is_safe(target, depth)) {
		if (len >= PATH_MAX)
			return -ENAMETOOLONG;
		memcpy(out, target, len + 1);
		return (int)len;
	}
	rc = take_apart(target, depth, &w);
	return rc < 0 ? rc : put_together(&w, target[len - 1] == '/', out);
}
