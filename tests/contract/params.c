/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contract with programs written for VDDK, rules 1 to 5, 8 and 9: connection parameters, whose
 * strings are whose, and how much of a structure may be read.
 */
#include "config.h"

#include <string.h>

#include "../api/client.h"
#include "../api/disks.h"
#include "lent.h"

#define READ_ONLY VIXDISKLIB_FLAG_OPEN_READ_ONLY

/* Programs have 80 bytes of the structure until VDDK 6.5, some 72, and 128 since. */
static const size_t sizes[] = { 72, 80, sizeof(VixDiskLibConnectParams) };
#define N_SIZES (int)(sizeof(sizes) / sizeof(sizes[0]))

/* Members are not const, whatever a program has there. */
static char *text(const char *literal)
{
	return (char *)literal;
}

/* What a program of the old kind has: strings of its own, and a last member that leads nowhere. */
static VixDiskLibConnectParams local_params(void)
{
	VixDiskLibConnectParams p = { 0 };

	p.vmxSpec = lend_text("");
	p.serverName = lend_text("");
	p.thumbPrint = lend_text("AA:BB:CC");
	p.credType = VIXDISKLIB_CRED_UID;
	p.creds.uid.userName = lend_text("");
	p.creds.uid.password = lend_text("left over");
	p.port = 443;
	p.vimApiVer = (char *)1;
	return p;
}

static VixDiskLibConnectParams server_params(void)
{
	VixDiskLibConnectParams p = local_params();

	p.vmxSpec = lend_text("moref=vm-16");
	p.serverName = lend_text(NOBODY);
	p.port = NOBODY_PORT;
	p.thumbPrint = lend_text(THUMBPRINT);
	p.creds.uid.userName = lend_text("ann");
	return p;
}

/* Rule 1: Free is for the structure; the strings in it stay the program's. */

START_TEST(rule_01_free_connect_params_leaves_client_strings)
{
	VixDiskLibConnectParams *p = VixDiskLib_AllocateConnectParams();
	char on_stack[] = "on the stack", *on_heap = strdup("on the heap");

	ck_assert_ptr_nonnull(p);
	p->serverName = text("a literal");
	p->vmxSpec = on_stack;
	p->thumbPrint = on_heap;
	p->credType = VIXDISKLIB_CRED_UID;
	p->creds.uid.userName = text("another");
	p->creds.uid.password = on_heap; /* as is the thumbPrint */
	p->spec.vStorageObjSpec.id = on_stack;
	VixDiskLib_FreeConnectParams(p);
	ck_assert_str_eq(on_stack, "on the stack");
	ck_assert_str_eq(on_heap, "on the heap");
	free(on_heap);
}
END_TEST

/* Is @s in the @len bytes behind the structure, where one free() reaches it? */
static bool is_in_block(const VixDiskLibConnectParams *p, size_t len, const char *s)
{
	const char *room = (const char *)(p + 1);

	return s >= room && s + strlen(s) + 1 <= room + len;
}

START_TEST(rule_01_get_connect_params_is_one_block)
{
	const size_t len = sizeof("AA:BB:CC") + sizeof("left over") + 3 * sizeof("");
	VixDiskLibConnectParams p = local_params(), *got;
	VixDiskLibConnection c;

	ck_assert_ok(VixDiskLib_Connect(&p, &c));
	take_back();
	ck_assert_ok(VixDiskLib_GetConnectParams(c, &got));
	ck_assert(is_in_block(got, len, got->thumbPrint));
	ck_assert(is_in_block(got, len, got->creds.uid.password));
	ck_assert(is_in_block(got, len, got->creds.uid.userName));
	ck_assert(is_in_block(got, len, got->vmxSpec));
	ck_assert(is_in_block(got, len, got->serverName));
	ck_assert_ok(VixDiskLib_Disconnect(c));
	ck_assert_str_eq(got->thumbPrint, "AA:BB:CC");
	VixDiskLib_FreeConnectParams(got);
}
END_TEST

/* A program may put strings of its own into what GetConnectParams returned, too. */
START_TEST(rule_01_a_copy_with_client_strings_is_freed_as_well)
{
	VixDiskLibConnection c = connect_local();
	VixDiskLibConnectParams *got;

	ck_assert_ok(VixDiskLib_GetConnectParams(c, &got));
	got->thumbPrint = text("a literal");
	VixDiskLib_FreeConnectParams(got);
	VixDiskLib_FreeConnectParams(NULL);
	ck_assert_ok(VixDiskLib_Disconnect(c));
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

/* Rule 2: whoever is called with strings copies what it needs later. */

START_TEST(rule_02_connect_copies_every_string)
{
	VixDiskLibConnectParams p = local_params(), *got;
	VixDiskLibConnection c, same;
	VixDiskLibHandle disk;

	make_flat("a.vmdk", GRAIN);
	ck_assert_ok(VixDiskLib_PrepareForAccess(lend(&p, sizeof(p)), lend_text("identity")));
	ck_assert_ok(VixDiskLib_ConnectEx(lend(&p, sizeof(p)), TRUE, lend_text("snapshot-1"),
					  lend_text("file:nbdssl"), &c));
	ck_assert_ok(VixDiskLib_Connect(lend(&p, sizeof(p)), &same));
	take_back();

	disk = open_disk(c, "a.vmdk", 0);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_GetConnectParams(same, &got));
	ck_assert_str_eq(got->thumbPrint, "AA:BB:CC");
	ck_assert_str_eq(got->creds.uid.password, "left over");
	VixDiskLib_FreeConnectParams(got);
	ck_assert_ok(VixDiskLib_Disconnect(same));
	ck_assert_ok(VixDiskLib_Disconnect(c));
}
END_TEST

/* The names of a disk that is in use are looked at again by what comes later. */
START_TEST(rule_02_paths_are_copied)
{
	VixDiskLibConnection c = connect_local();
	VixDiskLibHandle disk, child;
	VixDiskLibInfo *info;
	uint8 buf[512];

	make_flat("base.vmdk", GRAIN);
	ck_assert_ok(VixDiskLib_Open(c, lend_text(in_dir("base.vmdk")), 0, &disk));
	take_back();
	ck_assert_ok(VixDiskLib_CreateChild(disk, lend_text(in_dir("child.vmdk")),
					    VIXDISKLIB_DISK_MONOLITHIC_SPARSE, NULL, NULL));
	take_back();
	ck_assert_ok(VixDiskLib_Open(c, lend_text(in_dir("child.vmdk")), 0, &child));
	ck_assert_ok(VixDiskLib_WriteMetadata(child, lend_text("key"), lend_text("value")));
	take_back();

	ck_assert_ok(VixDiskLib_Read(child, 0, 1, buf));
	ck_assert_ok(VixDiskLib_Write(child, 1, 1, buf));
	ck_assert_ok(VixDiskLib_ReadMetadata(child, "key", (char *)buf, sizeof(buf), NULL));
	ck_assert_str_eq((char *)buf, "value");
	ck_assert_ok(VixDiskLib_GetInfo(child, &info));
	ck_assert_ptr_nonnull(strstr(info->parentFileNameHint, "base.vmdk"));
	VixDiskLib_FreeInfo(info);
	ck_assert_ok(VixDiskLib_Close(child));
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Disconnect(c));
}
END_TEST

START_TEST(rule_02_what_init_was_given_is_copied)
{
	VixDiskLibConnection c;

	put_text("config", "vixDiskLib.transport.LogLevel = 4\n");
	ck_assert_ok(VixDiskLib_InitEx(7, 0, client_log_info, client_log_warning, client_log_panic,
				       lend_text("/opt/vddk"), lend_text(in_dir("config"))));
	take_back();
	c = connect_local();
	ck_assert_ok(VixDiskLib_Disconnect(c));
	VixDiskLib_Exit();
}
END_TEST

/* Rule 3: "" is nothing, in every string that need not be given. */

START_TEST(rule_03_empty_strings_are_absent)
{
	VixDiskLibConnectParams p = { 0 };
	VixDiskLibConnection c;
	uint32 cleaned, remaining;

	p.vmxSpec = p.serverName = p.thumbPrint = p.vimApiVer = text("");
	p.credType = VIXDISKLIB_CRED_UID;
	p.creds.uid.userName = p.creds.uid.password = text("");
	ck_assert_ok(VixDiskLib_PrepareForAccess(&p, ""));
	ck_assert_ok(VixDiskLib_Connect(&p, &c));
	ck_assert_ok(VixDiskLib_Disconnect(c));
	ck_assert_ok(VixDiskLib_ConnectEx(&p, TRUE, "", "", &c));
	ck_assert_ok(VixDiskLib_Disconnect(c));
	ck_assert_ok(VixDiskLib_Cleanup(&p, &cleaned, &remaining));
	ck_assert_ok(VixDiskLib_EndAccess(&p, ""));
	p.credType = VIXDISKLIB_CRED_SESSIONID;
	p.creds.sessionId.cookie = p.creds.sessionId.userName = p.creds.sessionId.key = text("");
	ck_assert_ok(VixDiskLib_ConnectEx(&p, FALSE, "", "", &c));
	ck_assert_ok(VixDiskLib_Disconnect(c));
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

START_TEST(rule_03_empty_strings_are_absent_in_the_other_specs)
{
	VixDiskLibConnectParams *p = VixDiskLib_AllocateConnectParams();
	VixDiskLibConnection c;

	p->specType = VIXDISKLIB_SPEC_VSTORAGE_OBJECT;
	p->spec.vStorageObjSpec.id = text("");
	p->spec.vStorageObjSpec.datastoreMoRef = p->spec.vStorageObjSpec.ssId = text("");
	ck_assert_ok(VixDiskLib_ConnectEx(p, TRUE, "", "", &c));
	ck_assert_ok(VixDiskLib_Disconnect(c));
	p->specType = VIXDISKLIB_SPEC_DATASTORE;
	p->spec.dsSpec.datastoreMoRef = p->spec.dsSpec.diskFolder = text("");
	ck_assert_ok(VixDiskLib_ConnectEx(p, TRUE, "", "", &c));
	ck_assert_ok(VixDiskLib_Disconnect(c));
	VixDiskLib_FreeConnectParams(p);
}
END_TEST

START_TEST(rule_03_empty_strings_are_absent_for_init_and_texts)
{
	char *error = VixDiskLib_GetErrorText(VIX_E_FAIL, "");

	ck_assert_ptr_nonnull(error);
	VixDiskLib_FreeErrorText(error);
	ck_assert_ok(VixDiskLib_InitEx(8, 0, NULL, NULL, NULL, "", ""));
	VixDiskLib_Exit();
	ck_assert_ok(VixDiskLib_Init(8, 0, NULL, NULL, NULL, ""));
	VixDiskLib_Exit();
}
END_TEST

/* What must be given can't be "": an error, and nothing is made. */
START_TEST(rule_03_empty_paths_are_invalid)
{
	VixDiskLibConnection c = connect_local();
	VixDiskLibHandle disk = (VixDiskLibHandle)(void *)&client_log;
	VixDiskLibCreateParams how = { .diskType = VIXDISKLIB_DISK_MONOLITHIC_SPARSE,
				       .adapterType = VIXDISKLIB_ADAPTER_IDE,
				       .capacity = GRAIN };
	unsigned files = count_files();

	ck_assert_err(VixDiskLib_Open(c, "", READ_ONLY, &disk), INVALID_ARG);
	ck_assert_ptr_null(disk);
	ck_assert_err(VixDiskLib_Create(c, "", &how, NULL, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_Clone(c, "", c, in_dir("a"), &how, NULL, NULL, TRUE), INVALID_ARG);
	ck_assert_err(VixDiskLib_Clone(c, in_dir("a"), c, "", &how, NULL, NULL, TRUE), INVALID_ARG);
	ck_assert_err(VixDiskLib_Grow(c, "", GRAIN, FALSE, NULL, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_Rename("", in_dir("a")), INVALID_ARG);
	ck_assert_err(VixDiskLib_Rename(in_dir("a"), ""), INVALID_ARG);
	ck_assert_err(VixDiskLib_Unlink(c, ""), INVALID_ARG);
	ck_assert_err(VixDiskLib_CheckRepair(c, "", TRUE), INVALID_ARG);
	ck_assert_uint_eq(count_files(), files);
	ck_assert_ok(VixDiskLib_Disconnect(c));
}
END_TEST

/* Rule 4: no parameters are this host. */

START_TEST(rule_04_connect_null_is_local)
{
	VixDiskLibConnection c, ex;
	VixDiskLibHandle disk;

	make_flat("local.vmdk", GRAIN);
	ck_assert_ok(VixDiskLib_Connect(NULL, &c));
	ck_assert_ok(VixDiskLib_ConnectEx(NULL, TRUE, NULL, NULL, &ex));
	disk = open_disk(c, "local.vmdk", 0);
	ck_assert_str_eq(VixDiskLib_GetTransportMode(disk), "file");
	ck_assert_ok(VixDiskLib_Close(disk));
	disk = open_disk(ex, "local.vmdk", READ_ONLY);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Disconnect(ex));
	ck_assert_ok(VixDiskLib_Disconnect(c));
}
END_TEST

/* Rule 5: parameters may be there before the library is started, and after it was stopped. */

START_TEST(rule_05_allocate_connect_params_works_before_init_and_after_exit)
{
	static const VixDiskLibConnectParams empty;
	VixDiskLibConnectParams *before = VixDiskLib_AllocateConnectParams(), *after;
	VixDiskLibConnection c;

	ck_assert_ptr_nonnull(before);
	ck_assert_mem_eq(before, &empty, sizeof(empty));
	before->thumbPrint = text("AA");
	ck_assert_ok(VixDiskLib_Init(6, 5, NULL, NULL, NULL, NULL));
	ck_assert_ok(VixDiskLib_ConnectEx(before, TRUE, NULL, NULL, &c));
	VixDiskLib_Exit();
	after = VixDiskLib_AllocateConnectParams();
	ck_assert_ptr_nonnull(after);
	ck_assert_str_eq(before->thumbPrint, "AA");
	VixDiskLib_FreeConnectParams(before);
	VixDiskLib_FreeConnectParams(after);
}
END_TEST

/* Rule 8: what is for servers alone succeeds on this host, in any order. */

static void prepares_and_ends(const VixDiskLibConnectParams *p)
{
	uint32 cleaned = 1, remaining = 1;

	ck_assert_ok(VixDiskLib_EndAccess(p, "before Prepare"));
	ck_assert_ok(VixDiskLib_PrepareForAccess(p, "program"));
	ck_assert_ok(VixDiskLib_PrepareForAccess(p, NULL));
	ck_assert_ok(VixDiskLib_EndAccess(p, "program"));
	ck_assert_ok(VixDiskLib_EndAccess(p, NULL));
	ck_assert_ok(VixDiskLib_Cleanup(p, &cleaned, &remaining));
	ck_assert_uint_eq(cleaned, 0);
	ck_assert_uint_eq(remaining, 0);
	ck_assert_ok(VixDiskLib_Cleanup(p, NULL, NULL));
}

START_TEST(rule_08_access_and_cleanup_are_no_ops_here)
{
	VixDiskLibConnectParams mine = { 0 }, *ours = VixDiskLib_AllocateConnectParams();

	prepares_and_ends(NULL);
	prepares_and_ends(&mine);
	prepares_and_ends(ours);
	mine = local_params();
	prepares_and_ends(&mine);
	take_back();
	VixDiskLib_FreeConnectParams(ours);
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

START_TEST(rule_08_end_access_comes_after_a_connect_that_failed)
{
	VixDiskLibConnectParams p = { 0 };
	VixDiskLibConnection c = (VixDiskLibConnection)(void *)&p;

	ck_assert_ok(VixDiskLib_PrepareForAccess(&p, "program"));
	p.vmxSpec = text("moref=vm-1"); /* of which server? */
	ck_assert_err(VixDiskLib_ConnectEx(&p, TRUE, NULL, NULL, &c), INVALID_ARG);
	ck_assert_ptr_null(c);
	ck_assert_ok(VixDiskLib_EndAccess(&p, "program"));
}
END_TEST

/* Rule 9: no more is read than every release of the structure has. */

START_TEST(rule_09_nothing_is_read_behind_a_short_structure)
{
	VixDiskLibConnectParams full = local_params(), *got;
	const void *p = lend(&full, sizes[_i]);
	VixDiskLibConnection c, same;

	ck_assert_ok(VixDiskLib_PrepareForAccess(p, "program"));
	ck_assert_ok(VixDiskLib_Connect(p, &c));
	ck_assert_ok(VixDiskLib_ConnectEx(p, FALSE, "", "", &same));
	ck_assert_ok(VixDiskLib_GetConnectParams(c, &got));
	ck_assert_uint_eq(got->port, 443);
	ck_assert_ptr_null(got->vimApiVer);
	ck_assert_int_eq(got->specType, VIXDISKLIB_SPEC_VMX);
	ck_assert_ok(VixDiskLib_Cleanup(p, NULL, NULL));
	ck_assert_ok(VixDiskLib_EndAccess(p, "program"));
	VixDiskLib_FreeConnectParams((VixDiskLibConnectParams *)p); /* not ours: left alone */
	take_back();
	VixDiskLib_FreeConnectParams(got);
	ck_assert_ok(VixDiskLib_Disconnect(c));
	ck_assert_ok(VixDiskLib_Disconnect(same));
}
END_TEST

START_TEST(rule_09_nothing_is_read_behind_a_short_structure_of_a_server)
{
	VixDiskLibConnectParams full = server_params();
	const void *p = lend(&full, sizes[_i]);
	VixDiskLibConnection c;

	ck_assert_unreached(VixDiskLib_Connect(p, &c));
	ck_assert_unreached(VixDiskLib_ConnectEx(p, TRUE, "", "nbd", &c));
	ck_assert_unreached(VixDiskLib_PrepareForAccess(p, "program"));
	ck_assert_unreached(VixDiskLib_EndAccess(p, "program"));
	ck_assert_ok(VixDiskLib_Cleanup(p, NULL, NULL));
	take_back();
}
END_TEST

/* The kind of spec counts where there is no vmxSpec alone, and says nothing of a stranger's bytes. */
START_TEST(rule_09_spec_type_counts_without_vmx_spec_only)
{
	VixDiskLibConnectParams *p = VixDiskLib_AllocateConnectParams(), mine;
	VixDiskLibConnection c;

	*p = server_params();
	p->specType = VIXDISKLIB_SPEC_VSTORAGE_OBJECT; /* without an id */
	ck_assert_unreached(VixDiskLib_ConnectEx(p, TRUE, "", "", &c));
	p->vmxSpec = text("");
	ck_assert_err(VixDiskLib_ConnectEx(p, TRUE, "", "", &c), INVALID_ARG);
	p->spec.vStorageObjSpec.id = text("disk-1");
	p->spec.vStorageObjSpec.datastoreMoRef = text("datastore-1");
	ck_assert_unreached(VixDiskLib_ConnectEx(p, TRUE, "", "", &c));
	VixDiskLib_FreeConnectParams(p);

	mine = local_params();
	memset(&mine.reserved, 0xa5, sizeof(mine) - offsetof(VixDiskLibConnectParams, reserved));
	ck_assert_ok(VixDiskLib_ConnectEx(&mine, TRUE, "", "", &c));
	ck_assert_ok(VixDiskLib_Disconnect(c));
	take_back();
}
END_TEST

static void add_strings(Suite *s)
{
	TCase *tc = client_tcase(s, "whose strings");

	tcase_add_test(tc, rule_01_free_connect_params_leaves_client_strings);
	tcase_add_test(tc, rule_01_get_connect_params_is_one_block);
	tcase_add_test(tc, rule_01_a_copy_with_client_strings_is_freed_as_well);
	tcase_add_test(tc, rule_02_connect_copies_every_string);
	tcase_add_test(tc, rule_02_paths_are_copied);
	tcase_add_test(tc, rule_03_empty_strings_are_absent);
	tcase_add_test(tc, rule_03_empty_strings_are_absent_in_the_other_specs);
	tcase_add_test(tc, rule_03_empty_paths_are_invalid);
	tc = unit_tcase(s, "before Init");
	tcase_add_test(tc, rule_02_what_init_was_given_is_copied);
	tcase_add_test(tc, rule_03_empty_strings_are_absent_for_init_and_texts);
	tcase_add_test(tc, rule_05_allocate_connect_params_works_before_init_and_after_exit);
}

static void add_hosts(Suite *s)
{
	TCase *tc = client_tcase(s, "this host");

	tcase_add_test(tc, rule_04_connect_null_is_local);
	tcase_add_test(tc, rule_08_access_and_cleanup_are_no_ops_here);
	tcase_add_test(tc, rule_08_end_access_comes_after_a_connect_that_failed);
	tcase_add_loop_test(tc, rule_09_nothing_is_read_behind_a_short_structure, 0, N_SIZES);
	tcase_add_loop_test(tc, rule_09_nothing_is_read_behind_a_short_structure_of_a_server, 0,
			    N_SIZES);
	tcase_add_test(tc, rule_09_spec_type_counts_without_vmx_spec_only);
}

int main(void)
{
	Suite *s = suite_create("contract: parameters");

	add_strings(s);
	add_hosts(s);
	return client_run(s);
}
