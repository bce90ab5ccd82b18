/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/properties.c, against fakevim.c.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libvdisk/vim/properties.h"
#include "fakevim.h"
#include "said.h"

static struct vim_session *session;

static void start(void)
{
	const struct vim_login login = { .server.host = "vc.test",
					 .by = VIM_BY_PASSWORD,
					 .user = FAKEVIM_USER,
					 .password = FAKEVIM_PASSWORD };

	fakevim_reset();
	fakevim.pages = 1;
	said_start();
	ck_assert_uint_eq(vim_session_open(&login, &session), VIX_OK);
}

static void stop(void)
{
	vim_session_close(session);
	ck_assert_uint_eq(fakevim.sessions, 0);
	said_stop();
}

static const char *const paths[] = { "name", "config", NULL };
static const struct vim_ref machine = { "VirtualMachine", "vm-0" };
static const struct vim_ask ask = { "VirtualMachine", paths, &machine, 1, NULL };

static struct vim_props *asked(const struct vim_ask *a)
{
	struct vim_props *p;

	ck_assert_uint_eq(vim_props_lookup(session, a, &p), VIX_OK);
	return p;
}

START_TEST(question_is_in_the_order_of_the_schema)
{
	struct vim_props *p = asked(&ask);

	ck_assert_ptr_nonnull(strstr(
		fakevim.last_body,
		"<RetrievePropertiesEx xmlns=\"urn:vim25\"><_this type=\"PropertyCollector\">"
		"propertyCollector</_this><specSet><propSet><type>VirtualMachine</type>"
		"<pathSet>name</pathSet><pathSet>config</pathSet></propSet><objectSet>"
		"<obj type=\"VirtualMachine\">vm-0</obj><skip>false</skip></objectSet></specSet>"
		"<options><maxObjects>100</maxObjects></options></RetrievePropertiesEx>"));
	vim_props_free(p);
}
END_TEST

START_TEST(steps_go_from_object_to_object)
{
	static const struct vim_step steps[] = { { "Folder", "childEntity", true },
						 { "Datacenter", "vmFolder", false },
						 { 0 } };
	const struct vim_ask far = { "VirtualMachine", paths, &machine, 1, steps };
	struct vim_props *p = asked(&far);

	ck_assert_ptr_nonnull(strstr(
		fakevim.last_body,
		"<skip>false</skip><selectSet xsi:type=\"TraversalSpec\"><name>0</name>"
		"<type>Folder</type><path>childEntity</path><skip>false</skip>"
		"<selectSet><name>0</name></selectSet><selectSet><name>1</name></selectSet>"
		"</selectSet><selectSet xsi:type=\"TraversalSpec\"><name>1</name>"
		"<type>Datacenter</type><path>vmFolder</path><skip>false</skip></selectSet>"));
	vim_props_free(p);
}
END_TEST

START_TEST(values_are_found_by_object_and_path)
{
	struct vim_props *p = asked(&ask);
	struct vim_ref ref = vim_props_object(p, 0);
	vim_node *n;

	ck_assert_uint_eq(vim_props_count(p), 1);
	ck_assert_str_eq(ref.type, "VirtualMachine");
	ck_assert_str_eq(ref.value, "vm-0");
	ck_assert_str_eq(vim_props_text(p, "vm-0", "name"), "machine 0");
	ck_assert_ptr_null(vim_props_text(p, "vm-0", "config"));
	ck_assert_ptr_null(vim_props_text(p, "vm-0", "Name"));
	ck_assert_ptr_null(vim_props_text(p, "vm-1", "name"));
	ck_assert(said_nothing());
	ck_assert_uint_eq(vim_props_need(p, "vm-0", "name", &n), VIX_OK);
	ck_assert_str_eq(vim_xml_type(n), "string");
	vim_props_free(p);
}
END_TEST

START_TEST(what_is_needed_and_missing_is_told)
{
	struct vim_props *p = asked(&ask);
	vim_node *n;

	ck_assert_uint_eq(vim_props_need(p, "vm-0", "config", &n), VIX_E_FILE_ACCESS_ERROR);
	ck_assert(said("vc.test:443 refuses property config of vm-0: NoPermission: no"));
	ck_assert_uint_eq(vim_props_need(p, "vm-0", "guest", &n), VIX_E_OBJECT_NOT_FOUND);
	ck_assert(said("expected vm-0 with property guest, came none of it"));
	ck_assert_uint_eq(vim_props_need(p, "vm-9", "name", &n), VIX_E_OBJECT_NOT_FOUND);
	ck_assert(said("expected vm-9 with property name, came no such object"));
	ck_assert_uint_eq(said_lines(), 3);
	vim_props_free(p);
}
END_TEST

START_TEST(all_pages_are_read)
{
	struct vim_props *p;
	char name[20];

	fakevim.pages = 25;
	p = asked(&ask);
	ck_assert_uint_eq(vim_props_count(p), 25);
	ck_assert_uint_eq(fakevim_calls("RetrievePropertiesEx"), 1);
	ck_assert_uint_eq(fakevim_calls("ContinueRetrievePropertiesEx"), 24);
	for (unsigned i = 0; i < 25; i++) {
		struct vim_ref ref = vim_props_object(p, i);

		snprintf(name, sizeof(name), "machine %u", i);
		ck_assert_str_eq(vim_props_text(p, ref.value, "name"), name);
	}
	vim_props_free(p);
}
END_TEST

START_TEST(page_that_does_not_come_starts_anew)
{
	struct vim_props *p;

	fakevim.pages = 3;
	fakevim.garble = "ContinueRetrievePropertiesEx";
	fakevim.garble_status = 500;
	fakevim.garble_body =
		"<Envelope><Body><Fault><detail><InvalidArgumentFault/></detail></Fault>"
		"</Body></Envelope>";
	fakevim.garble_times = 1;
	p = asked(&ask);
	ck_assert_uint_eq(vim_props_count(p), 3);
	ck_assert_uint_eq(fakevim_calls("RetrievePropertiesEx"), 2);
	ck_assert(said_nothing());
	vim_props_free(p);
	fakevim.garble = "ContinueRetrievePropertiesEx";
	fakevim.garble_times = 0;
	ck_assert_uint_eq(vim_props_lookup(session, &ask, &p), VIX_E_INVALID_ARG);
	ck_assert_ptr_null(p);
	ck_assert_uint_eq(said_lines(), 1);
}
END_TEST

START_TEST(pages_without_end_are_not_read)
{
	struct vim_props *p;

	fakevim.endless = true;
	ck_assert_uint_eq(vim_props_lookup(session, &ask, &p), VIX_E_NET_HTTP_TRANSFER);
	ck_assert(said("expected the end of a list of properties, came more after 1024 objects"));
}
END_TEST

START_TEST(page_without_objects_has_to_be_the_last)
{
	struct vim_props *p;

	fakevim.garble = "RetrievePropertiesEx";
	fakevim.garble_status = 200;
	fakevim.garble_body =
		"<Envelope><Body><RetrievePropertiesExResponse><returnval><token>1</token>"
		"</returnval></RetrievePropertiesExResponse></Body></Envelope>";
	ck_assert_uint_eq(vim_props_lookup(session, &ask, &p), VIX_E_NET_HTTP_TRANSFER);
	fakevim.garble_body = "<Envelope><Body><RetrievePropertiesExResponse/></Body></Envelope>";
	p = asked(&ask);
	ck_assert_uint_eq(vim_props_count(p), 0);
	ck_assert_ptr_null(vim_props_find(p, "vm-0", "name"));
	vim_props_free(p);
}
END_TEST

START_TEST(unauthenticated_properties_are_asked_for_again)
{
	struct vim_props *p;

	fakevim.missing_not_fault = true;
	fakevim_expire();
	p = asked(&ask);
	ck_assert_str_eq(vim_props_text(p, "vm-0", "name"), "machine 0");
	ck_assert_uint_eq(fakevim_calls("Login"), 2);
	vim_props_free(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("properties");
	TCase *tc = unit_tcase(s, "lookup");

	tcase_add_checked_fixture(tc, start, stop);
	tcase_add_test(tc, question_is_in_the_order_of_the_schema);
	tcase_add_test(tc, steps_go_from_object_to_object);
	tcase_add_test(tc, values_are_found_by_object_and_path);
	tcase_add_test(tc, what_is_needed_and_missing_is_told);
	tcase_add_test(tc, all_pages_are_read);
	tcase_add_test(tc, page_that_does_not_come_starts_anew);
	tcase_add_test(tc, pages_without_end_are_not_read);
	tcase_add_test(tc, page_without_objects_has_to_be_the_last);
	tcase_add_test(tc, unauthenticated_properties_are_asked_for_again);
	return unit_run(s);
}
