/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of what a server has: it escapes in them what means something in paths of them.
 */
#ifndef VIM_NAME_H
#define VIM_NAME_H

#include <stdbool.h>

#define VIM_LEVELS_MAX 128u /* above an object; a server that has more may lead in a circle */

/**
 * vim_name_unescape() - a name as users have given it, in place: without "%25", "%5c" and "%2f"
 * @is_alone: false: it becomes part of a path, where "%2f" stays, since a slash would mean something
 */
void vim_name_unescape(char *name, bool is_alone);

#endif
