/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables of errors in docs/vsphere.md and docs/formats/folder.md, row by row: the server is made to
 * say it, and the program gets that code. What is lost for good takes as long as it is tried again.
 */
#include "config.h"

#include "onserver.h"

#define READ_ONLY VIXDISKLIB_FLAG_OPEN_READ_ONLY

/* With a disk there. */
static void begin(void)
{
	put_disks(0);
	connect_to(0, NULL);
}

static VixError open_one(VixDiskLibHandle *disk)
{
	return VixDiskLib_Open(conn, beside_vmx("one.vmdk"), READ_ONLY, disk);
}

/* The server is well again, and so are we. */
static void end(void)
{
	VixDiskLibHandle disk;

	vserver_tell(server, "clear");
	ck_assert_ok(open_one(&disk));
	ck_assert_ok(VixDiskLib_Close(disk));
	disconnect();
}

/* What a program gets of a server that answers so; @fault: a query of the server's `fault`. */
static void check_answer(const char *fault, VixError code)
{
	VixDiskLibHandle disk;
	VixError err;

	vserver_tell(server, "clear");
	vserver_tell(server, "fault?%s&times=-1", fault);
	err = open_one(&disk);
	ck_assert_msg(VIX_ERROR_CODE(err) == code, "%s is %d, not %d", fault, (int)err, (int)code);
}

static const struct {
	const char *fault;
	VixError code;
} faults[] = {
	{ "PasswordExpired", VIX_E_AUTHENTICATION_FAIL },
	{ "NoClientCertificate", VIX_E_AUTHENTICATION_FAIL },
	{ "NoPermission", VIX_E_FILE_ACCESS_ERROR },
	{ "CannotAccessFile", VIX_E_FILE_ACCESS_ERROR },
	{ "InaccessibleDatastore", VIX_E_FILE_ACCESS_ERROR },
	{ "FileNotWritable", VIX_E_FILE_READ_ONLY },
	{ "DatastoreNotWritableOnHost", VIX_E_FILE_READ_ONLY },
	{ "InvalidLicense", VIX_E_LICENSE },
	{ "LicenseRestricted", VIX_E_LICENSE },
	{ "RestrictedVersion", VIX_E_LICENSE },
	{ "ManagedObjectNotFound", VIX_E_OBJECT_NOT_FOUND },
	{ "NotFound", VIX_E_OBJECT_NOT_FOUND },
	{ "FileNotFound", VIX_E_FILE_NOT_FOUND },
	{ "FileAlreadyExists", VIX_E_FILE_ALREADY_EXISTS },
	{ "AlreadyExists", VIX_E_ALREADY_EXISTS },
	{ "DuplicateName", VIX_E_DUPLICATE_NAME },
	{ "InvalidDatastore", VIX_E_FILE_NAME_INVALID },
	{ "InvalidDatastorePath", VIX_E_FILE_NAME_INVALID },
	{ "InvalidName", VIX_E_FILE_NAME_INVALID },
	{ "FileLocked", VIX_E_FILE_ALREADY_LOCKED },
	{ "TaskInProgress", VIX_E_OBJECT_IS_BUSY },
	{ "ConcurrentAccess", VIX_E_OBJECT_IS_BUSY },
	{ "ResourceInUse", VIX_E_OBJECT_IS_BUSY },
	{ "InvalidState", VIX_E_OBJECT_IS_BUSY },
	{ "InvalidPowerState", VIX_E_OBJECT_IS_BUSY },
	{ "MethodDisabled", VIX_E_OBJECT_IS_BUSY },
	{ "MethodAlreadyDisabled", VIX_E_OBJECT_IS_BUSY },
	{ "MethodAlreadyDisabledFault", VIX_E_OBJECT_IS_BUSY },
	{ "RequestCanceled", VIX_E_CANCELLED },
	{ "NoDiskSpace", VIX_E_DISK_FULL },
	{ "FileTooLarge", VIX_E_FILE_TOO_BIG },
	{ "FileFault", VIX_E_FILE_ERROR },
	{ "InvalidArgument", VIX_E_INVALID_ARG },
	{ "OutOfBounds", VIX_E_INVALID_ARG },
	{ "InvalidType", VIX_E_INVALID_ARG },
	{ "NotSupported", VIX_E_NOT_SUPPORTED },
	{ "NotImplemented", VIX_E_NOT_SUPPORTED },
	{ "MethodNotFound", VIX_E_NOT_SUPPORTED },
	{ "InvalidRequest", VIX_E_NOT_SUPPORTED },
	{ "InvalidProperty", VIX_E_NOT_SUPPORTED },
	{ "HostNotConnected", VIX_E_VM_HOST_DISCONNECTED },
	{ "HostNotReachable", VIX_E_VM_HOST_DISCONNECTED },
	{ "HostCommunication", VIX_E_VM_HOST_DISCONNECTED },
	{ "InvalidHostState", VIX_E_HOST_SERVER_NOT_AVAILABLE },
	{ "SystemError", VIX_E_FAIL },
};

START_TEST(a_fault_is_its_code)
{
	char fault[128];

	begin();
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		snprintf(fault, sizeof(fault), "kind=soap&fault=%s&call=RetrievePropertiesEx",
			 faults[i].fault);
		check_answer(fault, faults[i].code);
	}
	end();
}
END_TEST

static const struct {
	const char *fault;
	VixError code;
} statuses[] = {
	{ "kind=status&code=403&path=/folder", VIX_E_FILE_ACCESS_ERROR },
	{ "kind=status&code=404&path=/folder", VIX_E_FILE_NOT_FOUND },
	{ "kind=status&code=409&path=/folder", VIX_E_FILE_ALREADY_LOCKED },
	{ "kind=status&code=423&path=/folder", VIX_E_FILE_ALREADY_LOCKED },
	{ "kind=status&code=418&path=/folder", VIX_E_NET_HTTP_TRANSFER },
	{ "kind=status&code=500&path=/folder", VIX_E_NET_HTTP_TRANSFER },
};

START_TEST(a_status_is_its_code)
{
	begin();
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		check_answer(statuses[i].fault, statuses[i].code);
	end();
}
END_TEST

static const struct {
	const char *fault;
	VixError code;
} losses[] = {
	{ "kind=status&code=502", VIX_E_NET_HTTP_TRANSFER },
	{ "kind=status&code=503", VIX_E_OBJECT_IS_BUSY },
	{ "kind=close", VIX_E_HOST_TCP_CONN_LOST },
	{ "kind=cut&at=100", VIX_E_HOST_TCP_CONN_LOST },
	{ "kind=range&by=512", VIX_E_NET_HTTP_TRANSFER },
	{ "kind=norange", VIX_E_NET_HTTP_TRANSFER },
};

/* In the middle of a disk that is open: never wrong data, and good ones when the server is well again. */
START_TEST(what_is_lost_for_good_is_an_error_of_the_read)
{
	VixDiskLibHandle disk;
	uint8 buf[4 * 512];

	begin();
	ck_assert_ok(open_one(&disk));
	vserver_tell(server, "fault?%s&path=/folder&times=-1", losses[_i].fault);
	ck_assert_uint_eq(VIX_ERROR_CODE(VixDiskLib_Read(disk, CAPACITY - 4, 4, buf)),
			  losses[_i].code);
	vserver_tell(server, "clear");
	ck_assert_ok(VixDiskLib_Read(disk, CAPACITY - 4, 4, buf));
	ck_assert_uint_eq(buf[sizeof(buf) - 1], 'x');
	ck_assert_uint_eq(buf[0], 0);
	ck_assert_ok(VixDiskLib_Close(disk));
	end();
}
END_TEST

/* A session that ends again right after each login. */
START_TEST(a_session_that_cannot_be_had_again_is_an_error)
{
	VixDiskLibHandle disk;

	begin();
	vserver_tell(server,
		     "fault?kind=soap&fault=NotAuthenticated&call=RetrievePropertiesEx&times=-1");
	ck_assert_err(open_one(&disk), AUTHENTICATION_FAIL);
	end();
	begin();
	vserver_tell(server, "fault?kind=status&code=401&path=/folder&times=-1");
	ck_assert_err(open_one(&disk), AUTHENTICATION_FAIL);
	end();
}
END_TEST

START_TEST(who_is_not_let_in_is_told)
{
	VixDiskLibConnection c;

	use_server(0);
	params->creds.uid.password = (char *)"wrong";
	ck_assert_err(VixDiskLib_Connect(params, &c), AUTHENTICATION_FAIL);
	VixDiskLib_FreeConnectParams(params);
	use_server(0);
	params->vmxSpec = (char *)"moref=vm-99999";
	ck_assert_err(VixDiskLib_Connect(params, &c), OBJECT_NOT_FOUND);
	VixDiskLib_FreeConnectParams(params);
	ck_assert_int_eq(vserver_counter(server, "sessions"), 0);
}
END_TEST

int main(void)
{
	int status = vserver_start(&servers[0], NULL);
	Suite *s = suite_create("server-errors");
	TCase *tc = client_tcase(s, "server-errors");

	if (status != 0)
		return vserver_skip(status);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, a_fault_is_its_code);
	tcase_add_test(tc, a_status_is_its_code);
	tcase_add_loop_test(tc, what_is_lost_for_good_is_an_error_of_the_read, 0,
			    sizeof(losses) / sizeof(losses[0]));
	tcase_add_test(tc, a_session_that_cannot_be_had_again_is_an_error);
	tcase_add_test(tc, who_is_not_let_in_is_told);
	status = client_run(s);
	vserver_stop(servers[0]);
	return status;
}
