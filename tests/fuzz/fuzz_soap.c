/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server that answers anything: a session is opened, in two ways, used and closed, and whatever comes
 * back, all ends, nothing is left, and no login is sent twice that was refused.
 */
#include "config.h"

#include "replies.h"

#include "../../libvdisk/vim/fault.h"
#include "../../libvdisk/vim/properties.h"
#include "../../libvdisk/vim/soap.h"

static void use(struct vim_session *s)
{
	static const char *const paths[] = { "name", "config.hardware.device", NULL };
	const struct vim_ref vm = { "VirtualMachine", "vm-1" };
	const struct vim_ask ask = { vm.type, paths, &vm, 1, NULL };
	struct vim_props *p;
	vim_node *n;

	if (vim_props_lookup(s, &ask, &p) != VIX_OK) {
		FUZZ_CHECK(p == NULL);
		return;
	}
	for (size_t i = 0; i < vim_props_count(p); i++) {
		struct vim_ref ref = vim_props_object(p, i);

		FUZZ_CHECK(ref.type != NULL && ref.value != NULL);
		vim_props_text(p, ref.value, "name");
		if (vim_props_need(p, ref.value, "config.hardware.device", &n) == VIX_OK)
			FUZZ_CHECK(n != NULL);
	}
	vim_props_free(p);
}

static void open_and_close(enum vim_credentials by, const uint8_t *data, size_t size)
{
	struct vim_session *s;

	if (replies_open(by, data, size, &s) == VIX_OK) {
		FUZZ_CHECK(vim_session_content(s)->session_manager != NULL);
		use(s);
	}
	replies_close(s);
}

/* Every element and its getters. */
static void walk(vim_node *n)
{
	for (n = vim_xml_child(n); n != NULL; n = vim_xml_next(n)) {
		uint64_t value;

		FUZZ_CHECK(vim_xml_name(n)[0] != '\0' && vim_xml_text(n, "") != NULL);
		FUZZ_CHECK(vim_xml_type(n) != NULL && vim_xml_ref_type(n) != NULL);
		vim_xml_uint(n, "", &value);
		vim_xml_is(n, "");
		walk(n);
	}
}

static void read_alone(const uint8_t *data, size_t size)
{
	struct vim_fault f;
	struct vim_xml *x;

	if (vim_soap_read((const char *)data, size, "Login", &x, &f) == VIX_OK) {
		FUZZ_CHECK(x != NULL && vim_xml_root(x) != NULL && f.message != NULL);
		walk(vim_xml_root(x));
	} else {
		FUZZ_CHECK(x == NULL);
	}
	vim_xml_free(x);
	if (vim_xml_parse((const char *)data, size, &x) == VIX_OK) {
		walk(vim_xml_root(x));
		vim_fault_localized(vim_xml_root(x), &f);
		FUZZ_CHECK(f.name[0] != '\0');
	}
	vim_xml_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_alone(data + (size > 0), size - (size > 0));
	open_and_close(VIM_BY_PASSWORD, data, size);
	open_and_close(VIM_BY_SESSION, data, size);
	return 0;
}
