/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process has around it, which a library must leave alone: threads, signals, locale, umask,
 * directory, environment, descriptors, limits, rounding, and the like.
 */
#ifndef ABI_SURROUNDINGS_H
#define ABI_SURROUNDINGS_H

/* Nothing is as it is by default, so that whoever puts defaults back is seen. */
void surroundings_unusual(void);

/* All of it as text, for the caller to free. */
char *surroundings_tell(void);

/* Fails where they are not the same as in @before, naming @when and the first line that differs. */
void surroundings_are(const char *before, const char *when);

#endif
