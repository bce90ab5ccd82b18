/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any text as a vmxSpec: what it names is a reference or a path on a datastore, never both, and that
 * path means itself when it is given again.
 */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "../../libvdisk/vim/dspath.h"
#include "../../libvdisk/vim/spec.h"

static void check_path(const char *vmx)
{
	struct vim_dspath p;
	char *beside = vim_dspath_beside(vmx, "x");

	FUZZ_CHECK(vim_dspath_split(vmx, &p));
	FUZZ_CHECK(p.ds_len > 0 && p.file[0] != '\0' && p.file[0] != '/');
	FUZZ_CHECK(vim_dspath_equal(vmx, vmx));
	FUZZ_CHECK(vim_dspath_split(beside, &p));
	free(beside);
}

/* Where nothing in it has a meaning of its own. */
static void check_again(const char *vmx)
{
	struct vim_spec again;

	if (strchr(vmx, '?') != NULL)
		return;
	FUZZ_CHECK(vim_spec_parse(vmx, &again) == VIX_OK);
	FUZZ_CHECK(vim_dspath_equal(vmx, again.vmx));
	vim_spec_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct vim_spec spec;

	if (vim_spec_parse(text, &spec) == VIX_OK) {
		FUZZ_CHECK((spec.moref != NULL) != (spec.vmx != NULL));
		FUZZ_CHECK(spec.moref == NULL || vim_is_moref(spec.moref));
		if (spec.vmx != NULL) {
			check_path(spec.vmx);
			check_again(spec.vmx);
		}
		vim_spec_free(&spec);
	} else {
		FUZZ_CHECK(spec.moref == NULL && spec.vmx == NULL && spec.dc_path == NULL);
	}
	free(text);
	return 0;
}
