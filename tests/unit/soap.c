/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/soap.c, args.c and fault.c: requests as they are sent, replies taken apart.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/vim/fault.h"
#include "../../libvdisk/vim/soap.h"
#include "fakevim.h"
#include "said.h"

static void start(void)
{
	fakevim_reset();
	said_start();
}

/* Appends an argument; what that gives has to be @xml. */
#define GIVES(call, xml)                     \
	do {                                 \
		struct vu_strbuf b = { 0 };  \
		char *text;                  \
                                             \
		call;                        \
		text = vu_strbuf_take(&b);   \
		ck_assert_str_eq(text, xml); \
		free(text);                  \
	} while (0)

START_TEST(arguments_are_escaped)
{
	GIVES(vim_arg_text(&b, "a", "x"), "<a>x</a>");
	GIVES(vim_arg_text(&b, "a", ""), "<a></a>");
	GIVES(vim_arg_text(&b, "a", "</a>&\"'\r\n\x01тест"),
	      "<a>&lt;/a&gt;&amp;&quot;&apos;&#13;&#10;&#1;тест</a>");
	GIVES(vim_arg_uint(&b, "n", UINT64_MAX), "<n>18446744073709551615</n>");
	GIVES(vim_arg_bool(&b, "t", true), "<t>true</t>");
	GIVES(vim_arg_bool(&b, "t", false), "<t>false</t>");
	GIVES(vim_arg_ref(&b, "obj", ((struct vim_ref){ "Vir\"tual", "vm-<1>" })),
	      "<obj type=\"Vir&quot;tual\">vm-&lt;1&gt;</obj>");
}
END_TEST

static void send_call(const struct vim_call *call)
{
	struct vim_reply r;
	struct vim_http *h;

	ck_assert_uint_eq(vim_http_new(&(struct vim_server){ .host = "vc.test" }, &h), VIX_OK);
	ck_assert_uint_eq(vim_soap_send(h, "6.7", call, &r), VIX_OK);
	vim_reply_free(&r);
	vim_http_free(h);
}

START_TEST(request_has_an_envelope_and_an_action)
{
	send_call(&(struct vim_call){ .method = "DisableMethods",
				      .of = { "AuthorizationManager", "Authorization&Manager" },
				      .args = "<sourceId>me</sourceId>",
				      .is_internal = true });
	ck_assert_str_eq(fakevim.last_body,
			 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			 "<E:Envelope xmlns:E=\"http://schemas.xmlsoap.org/soap/envelope/\" "
			 "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
			 "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"><E:Body>"
			 "<DisableMethods xmlns=\"urn:internalvim25\">"
			 "<_this type=\"AuthorizationManager\">Authorization&amp;Manager</_this>"
			 "<sourceId>me</sourceId></DisableMethods></E:Body></E:Envelope>\n");
	ck_assert_str_eq(fakevim.last_headers, "Content-Type: text/xml; charset=utf-8\r\n"
					       "SOAPAction: \"urn:vim25/6.7\"\r\n");
	send_call(&(struct vim_call){ .method = "Logout", .of = { "SessionManager", "s" } });
	ck_assert_ptr_nonnull(strstr(fakevim.last_body,
				     "<Logout xmlns=\"urn:vim25\"><_this type=\"SessionManager\">s"
				     "</_this></Logout>"));
}
END_TEST

#define ENVELOPE(body)                                                                 \
	"<soapenv:Envelope xmlns:soapenv='http://schemas.xmlsoap.org/soap/envelope/' " \
	"xmlns:XMLSchema-instance='http://www.w3.org/2001/XMLSchema-instance'>"        \
	"<soapenv:Body>" body "</soapenv:Body></soapenv:Envelope>"
#define FAULT(detail)                                                                 \
	ENVELOPE("<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>" \
		 "Can&#39;t</faultstring>" detail "</soapenv:Fault>")

static VixError read_reply(const char *text, const char *method, struct vim_xml **x_out,
			   struct vim_fault *f_out)
{
	return vim_soap_read(text, strlen(text), method, x_out, f_out);
}

START_TEST(response_is_the_root)
{
	struct vim_fault f;
	struct vim_xml *x;

	ck_assert_uint_eq(read_reply(ENVELOPE("\n<CurrentTimeResponse xmlns='urn:vim25'><returnval>"
					      "now</returnval></CurrentTimeResponse>"),
				     "CurrentTime", &x, &f),
			  VIX_OK);
	ck_assert_str_eq(f.name, "");
	ck_assert_str_eq(f.message, "");
	ck_assert_str_eq(vim_xml_name(vim_xml_root(x)), "CurrentTimeResponse");
	ck_assert_str_eq(vim_xml_text(vim_xml_root(x), "returnval"), "now");
	vim_xml_free(x);
}
END_TEST

static const struct {
	const char *text, *name, *message;
} faults[] = {
	{ FAULT("<detail><InvalidLoginFault XMLSchema-instance:type='InvalidLogin'/></detail>"),
	  "InvalidLogin", "Can't" },
	{ FAULT("<detail><Fault "
		"XMLSchema-instance:type='vim25:NoPermission'><x/></Fault></detail>"),
	  "NoPermission", "Can't" },
	/* without a type, the element has the name */
	{ FAULT("<detail><NotAuthenticatedFault/></detail>"), "NotAuthenticated", "Can't" },
	{ FAULT("<detail><FileFaultFault/></detail>"), "FileFault", "Can't" },
	{ FAULT("<detail><FileFault XMLSchema-instance:type='FileFault'/></detail>"), "FileFault",
	  "Can't" },
	{ FAULT("<detail/>"), "Fault", "Can't" },
	{ FAULT(""), "Fault", "Can't" },
	{ ENVELOPE("<Fault/>"), "Fault", "" },
	{ FAULT("<detail><Fault/></detail>"), "Fault", "Can't" },
};

START_TEST(fault_has_a_name_and_a_message)
{
	struct vim_fault f;
	struct vim_xml *x;

	ck_assert_uint_eq(read_reply(faults[_i].text, "Login", &x, &f), VIX_OK);
	ck_assert_str_eq(f.name, faults[_i].name);
	ck_assert_str_eq(f.message, faults[_i].message);
	ck_assert_str_eq(vim_xml_name(vim_xml_root(x)), "Fault");
	vim_xml_free(x);
}
END_TEST

START_TEST(detail_of_a_fault_can_be_read)
{
	struct vim_fault f;
	struct vim_xml *x;

	ck_assert_uint_eq(
		read_reply(FAULT("<detail><SSPIChallengeFault><base64Token>dA==</base64Token>"
				 "</SSPIChallengeFault></detail>"),
			   "LoginBySSPI", &x, &f),
		VIX_OK);
	ck_assert(vim_fault_is(&f, "SSPIChallenge"));
	ck_assert_str_eq(vim_xml_text(f.detail, "base64Token"), "dA==");
	vim_xml_free(x);
}
END_TEST

START_TEST(name_of_a_fault_is_bounded)
{
	char text[600], name[301];
	struct vim_fault f;
	struct vim_xml *x;

	memset(name, 'x', 300);
	name[300] = '\0';
	snprintf(text, sizeof(text), ENVELOPE("<Fault><detail><%s/></detail></Fault>"), name);
	ck_assert_uint_eq(read_reply(text, "Login", &x, &f), VIX_OK);
	ck_assert_uint_eq(strlen(f.name), sizeof(f.name) - 1);
	vim_xml_free(x);
}
END_TEST

static const char *const no_soap[] = {
	"<html><Body><LoginResponse/></Body></html>",
	"<Envelope/>",
	"<Envelope><Body/></Envelope>",
	"<Envelope><Header/><Body>text</Body></Envelope>",
	"<Envelope><Body><Login/></Body></Envelope>",
	"<Envelope><Body><LoginResponseX/></Body></Envelope>",
	"<Envelope><Body><LoginBySSPIResponse/></Body></Envelope>",
	"<Envelope><Body><Logi/></Body></Envelope>",
	"garbage",
};

START_TEST(another_answer_is_none)
{
	struct vim_fault f;
	struct vim_xml *x;

	ck_assert_uint_eq(read_reply(no_soap[_i], "Login", &x, &f), VIX_E_NET_HTTP_TRANSFER);
	ck_assert_ptr_null(x);
}
END_TEST

static const struct {
	const char *name;
	VixError code;
} codes[] = {
	{ "InvalidLogin", VIX_E_AUTHENTICATION_FAIL },
	{ "NotAuthenticated", VIX_E_AUTHENTICATION_FAIL },
	{ "NoPermission", VIX_E_FILE_ACCESS_ERROR },
	{ "ManagedObjectNotFound", VIX_E_OBJECT_NOT_FOUND },
	{ "NotFound", VIX_E_OBJECT_NOT_FOUND },
	{ "FileNotFound", VIX_E_FILE_NOT_FOUND },
	{ "FileLocked", VIX_E_FILE_ALREADY_LOCKED },
	{ "FileAlreadyExists", VIX_E_FILE_ALREADY_EXISTS },
	{ "NoDiskSpace", VIX_E_DISK_FULL },
	{ "InvalidDatastore", VIX_E_FILE_NAME_INVALID },
	{ "InvalidDatastorePath", VIX_E_FILE_NAME_INVALID },
	{ "TaskInProgress", VIX_E_OBJECT_IS_BUSY },
	{ "InvalidState", VIX_E_OBJECT_IS_BUSY },
	{ "InvalidPowerState", VIX_E_OBJECT_IS_BUSY },
	{ "MethodDisabled", VIX_E_OBJECT_IS_BUSY },
	{ "NotSupported", VIX_E_NOT_SUPPORTED },
	{ "MethodNotFound", VIX_E_NOT_SUPPORTED },
	{ "InvalidHostState", VIX_E_HOST_SERVER_NOT_AVAILABLE },
	{ "SystemError", VIX_E_FAIL },
	{ "invalidLogin", VIX_E_FAIL },
	{ "", VIX_E_FAIL },
};

START_TEST(each_fault_has_its_code)
{
	ck_assert_uint_eq(vim_fault_code(codes[_i].name), codes[_i].code);
}
END_TEST

START_TEST(fault_of_a_task_is_read_and_said)
{
	static const char text[] = "<error xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>"
				   "<fault xsi:type='FileLocked'/><localizedMessage>in "
				   "use&#10;</localizedMessage></error>";
	struct vim_fault f;
	struct vim_xml *x;

	ck_assert_uint_eq(vim_xml_parse(text, strlen(text), &x), VIX_OK);
	vim_fault_localized(vim_xml_root(x), &f);
	ck_assert_uint_eq(vim_fault_log("h:1", "task-1", &f), VIX_E_FILE_ALREADY_LOCKED);
	ck_assert(said("h:1 refuses task-1: FileLocked: in use\\x0a (VIX_E_FILE_ALREADY_LOCKED)"));
	vim_xml_free(x);
}
END_TEST

START_TEST(fault_without_a_name_is_a_fault)
{
	struct vim_fault f;
	struct vim_xml *x;

	ck_assert_uint_eq(vim_xml_parse("<error><fault type='x'/></error>", 32, &x), VIX_OK);
	vim_fault_localized(vim_xml_root(x), &f);
	ck_assert_str_eq(f.name, "Fault");
	ck_assert_uint_eq(vim_fault_log("h:1", "task-1", &f), VIX_E_FAIL);
	ck_assert(said("h:1 refuses task-1: Fault (VIX_E_FAIL)"));
	vim_fault_localized(NULL, &f);
	ck_assert_str_eq(f.name, "Fault");
	ck_assert_str_eq(f.message, "");
	vim_xml_free(x);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("soap");
	TCase *tc = unit_tcase(s, "request");

	tcase_add_checked_fixture(tc, start, said_stop);
	tcase_add_test(tc, arguments_are_escaped);
	tcase_add_test(tc, request_has_an_envelope_and_an_action);
	tc = unit_tcase(s, "reply");
	tcase_add_test(tc, response_is_the_root);
	tcase_add_loop_test(tc, fault_has_a_name_and_a_message, 0,
			    sizeof(faults) / sizeof(faults[0]));
	tcase_add_test(tc, detail_of_a_fault_can_be_read);
	tcase_add_test(tc, name_of_a_fault_is_bounded);
	tcase_add_loop_test(tc, another_answer_is_none, 0, sizeof(no_soap) / sizeof(no_soap[0]));
	tc = unit_tcase(s, "fault");
	tcase_add_checked_fixture(tc, start, said_stop);
	tcase_add_loop_test(tc, each_fault_has_its_code, 0, sizeof(codes) / sizeof(codes[0]));
	tcase_add_test(tc, fault_of_a_task_is_read_and_said);
	tcase_add_test(tc, fault_without_a_name_is_a_fault);
	return unit_run(s);
}
