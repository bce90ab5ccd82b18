/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any text as the name of a disk: what is taken for a URL names a server and a virtual machine, and
 * its one name is that of no other.
 */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "../../tools/source.h"

static void check_text(const char *s)
{
	FUZZ_CHECK(s == NULL || s[0] != '\0');
	for (; s != NULL && *s != '\0'; s++)
		FUZZ_CHECK((unsigned char)*s >= ' ' && *s != 0x7f);
}

static void check_url(const struct vdt_source *src)
{
	FUZZ_CHECK(src->host != NULL && src->vmx_spec != NULL);
	FUZZ_CHECK(src->port >= 1 && src->port <= 65535);
	FUZZ_CHECK(strpbrk(src->host, "/@?#[] ") == NULL);
	check_text(src->user);
	check_text(src->host);
	check_text(src->vmx_spec);
	check_text(src->disk);
	check_text(src->snapshot);
	check_text(src->transport);
}

/* Who reads the one name of a source finds that source. */
static void check_id(const char *text, const struct vdt_source *src)
{
	char *id = vdt_source_id(text), *again = vdt_source_id(id);
	struct vdt_source same;

	FUZZ_CHECK(strcmp(id, again) == 0);
	FUZZ_CHECK(vdt_source_parse(id, &same) == NULL);
	FUZZ_CHECK(same.user == NULL && same.transport == NULL && same.port == src->port);
	FUZZ_CHECK(strcmp(same.host, src->host) == 0);
	FUZZ_CHECK(strcmp(same.vmx_spec, src->vmx_spec) == 0);
	FUZZ_CHECK(vdt_source_has_key(&same) == vdt_source_has_key(src));
	vdt_source_free(&same);
	free(id);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct vdt_source src;
	const char *wrong = vdt_source_parse(text, &src);

	FUZZ_CHECK(wrong != NULL || (src.file == NULL) == vdt_source_is_remote(text));
	if (wrong == NULL && src.file == NULL) {
		check_url(&src);
		check_id(text, &src);
	}
	vdt_source_free(&src);
	free(text);
	return 0;
}
