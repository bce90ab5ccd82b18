/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON of the tools: documents on stdout, and file names, which are bytes.
 */
#ifndef VDT_JSON_H
#define VDT_JSON_H

#include <jansson.h>

#include "exitcode.h"

/** vdt_json_text() - for readers: what is not UTF-8 is shown escaped (\xNN); NULL and "" are null */
json_t *vdt_json_text(const char *s);

/** vdt_json_bytes() - for vdt_json_to_bytes(): a string, or {"hex": ..} where it is not UTF-8 */
json_t *vdt_json_bytes(const char *s);

/** vdt_json_to_bytes() - for the caller to free(); NULL: @o is not from vdt_json_bytes() */
char *vdt_json_to_bytes(const json_t *o);

/** vdt_json_problem() - a volume that can't be mounted, and why */
json_t *vdt_json_problem(enum vdt_exit code, const char *volume, const char *message);

/** vdt_json_document() - {"schema": .., "tool": .., "version": .., "type": @type} */
json_t *vdt_json_document(const char *type);

/** vdt_json_print() - on stdout, with a line end; consumes @doc */
void vdt_json_print(json_t *doc);

#endif
