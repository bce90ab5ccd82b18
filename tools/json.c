/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON of the tools; see json.h.
 */
#include "config.h"

#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "message.h"

json_t *vdt_json_text(const char *s)
{
	json_t *j = s != NULL && s[0] != '\0' ? json_string(s) : json_null();

	return j != NULL ? j : json_string(vu_log_quote(s));
}

static json_t *hex_of(const char *s)
{
	VU_AUTO(free) char *hex = vu_calloc_array(strlen(s) + 1, 2);

	for (size_t i = 0; hex != NULL && s[i] != '\0'; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned char)s[i]);
	return hex != NULL ? json_pack("{s:s}", "hex", hex) : NULL;
}

json_t *vdt_json_bytes(const char *s)
{
	json_t *j = json_string(s);

	return j != NULL ? j : hex_of(s);
}

char *vdt_json_to_bytes(const json_t *o)
{
	const char *text = json_string_value(o);
	const char *hex = json_string_value(json_object_get(o, "hex"));
	char *s;

	if (text != NULL || hex == NULL)
		return text != NULL ? strdup(text) : NULL;
	s = vu_calloc_array(strlen(hex) / 2 + 1, 1);
	for (size_t i = 0; s != NULL && i < strlen(hex) / 2; i++) {
		unsigned byte = 0;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1 || byte == 0) {
			free(s);
			return NULL;
		}
		s[i] = (char)byte;
	}
	return s;
}

json_t *vdt_json_problem(enum vdt_exit code, const char *volume, const char *message)
{
	return json_pack("{s:s, s:o, s:o}", "code", vdt_exit_name(code), "volume",
			 vdt_json_text(volume), "message", vdt_json_text(message));
}

json_t *vdt_json_document(const char *type)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "schema", "vdisk/1", "tool", vdt_message_prog(),
			 "version", PACKAGE_VERSION, "type", type);
}

void vdt_json_print(json_t *doc)
{
	json_dumpf(doc, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(doc);
}
