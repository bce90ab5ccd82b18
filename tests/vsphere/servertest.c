/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The servers as check programs have them: vsphere/server.h. selftest*.sh look at the servers themselves. */
#include "config.h"

#include "server.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../unit/unit.h"

static struct vserver *server;

START_TEST(info_names_what_there_is)
{
	struct stat st;

	ck_assert_int_eq(strncmp(vserver_info(server, "url"), "https://127.0.0.1:", 18), 0);
	ck_assert_str_eq(vserver_info(server, "datacenter"), "ha-datacenter");
	ck_assert_int_eq(stat(vserver_info(server, "vm_dir"), &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	ck_assert_int_eq(strlen(vserver_info(server, "sha256")), 32 * 3 - 1);
}
END_TEST

START_TEST(commands_are_answered)
{
	char *left;

	vserver_tell(server, "fault?kind=status&code=%d&times=%d", 503, 2);
	left = vserver_ctl(server, "faults");
	ck_assert_str_eq(left, "status 2\n");
	free(left);
	vserver_tell(server, "clear");
	left = vserver_ctl(server, "faults");
	ck_assert_str_eq(left, "");
	free(left);
}
END_TEST

START_TEST(counters_with_blanks_can_be_asked_for)
{
	ck_assert_int_eq(vserver_counter(server, "open connections"), 0);
	ck_assert_int_eq(vserver_counter(server, "certificates"), 1);
}
END_TEST

START_TEST(body_goes_with_a_command)
{
	char command[128], path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/x.vmdk", vserver_info(server, "vm_dir"));
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs("# Disk DescriptorFile\ncreateType=\"vmfs\"\nRW 100 VMFS \"x-flat.vmdk\"\n", f);
	ck_assert_int_eq(fclose(f), 0);
	snprintf(command, sizeof(command), "disks?moref=%s", vserver_info(server, "moref"));
	free(vserver_ctl_body(server, command, "[{\"file\": \"x.vmdk\", \"key\": 2005}]"));
}
END_TEST

int main(void)
{
	static const char *const esx[] = { "-esx", "-machines", "1", NULL };
	int status = vserver_start(&server, esx);
	Suite *s = suite_create("server");
	TCase *tc = unit_tcase(s, "server");

	if (status)
		return vserver_skip(status);
	tcase_add_test(tc, info_names_what_there_is);
	tcase_add_test(tc, commands_are_answered);
	tcase_add_test(tc, counters_with_blanks_can_be_asked_for);
	tcase_add_test(tc, body_goes_with_a_command);
	status = unit_run(s);
	vserver_stop(server);
	return status;
}
