/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests of the API that go to a server: which one, its connection, and disks on it.
 */
#ifndef ONSERVER_H
#define ONSERVER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../vsphere/server.h"
#include "client.h"

#define CAPACITY 20480u /* sectors of the disks that are put there */

static struct vserver *servers[2]; /* a vCenter, an ESXi host */
static struct vserver *server;     /* of this test */
static VixDiskLibConnectParams *params;
static VixDiskLibConnection conn;

static inline char *read_password(void)
{
	static char line[256];
	FILE *f = fopen(vserver_info(server, "password_file"), "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static inline void use_server(int i)
{
	static char spec[128];

	server = servers[i];
	vserver_tell(server, "clear");
	snprintf(spec, sizeof(spec), "moref=%s", vserver_info(server, "moref"));
	params = VixDiskLib_AllocateConnectParams();
	params->vmxSpec = spec;
	params->serverName = (char *)vserver_info(server, "host");
	params->port = (uint32)strtoul(vserver_info(server, "port"), NULL, 10);
	params->thumbPrint = (char *)vserver_info(server, "thumbprint");
	params->credType = VIXDISKLIB_CRED_UID;
	params->creds.uid.userName = (char *)vserver_info(server, "user");
	params->creds.uid.password = read_password();
}

static inline void connect_to(int i, const char *snapshot)
{
	use_server(i);
	ck_assert_ok(VixDiskLib_ConnectEx(params, TRUE, snapshot, NULL, &conn));
}

/* Every session of ours has ended. */
static inline void disconnect(void)
{
	ck_assert_ok(VixDiskLib_Disconnect(conn));
	VixDiskLib_FreeConnectParams(params);
	ck_assert_int_eq(vserver_counter(server, "sessions"), 0);
}

/* A descriptor beside the machine's .vmx file, and its flat extent. */
static inline void put_disk(const char *name)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.vmdk", vserver_info(server, "vm_dir"), name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f,
		"# Disk DescriptorFile\nversion=1\nCID=11111111\nparentCID=ffffffff\n"
		"createType=\"vmfs\"\nRW %u VMFS \"%s-flat.vmdk\"\n",
		CAPACITY, name);
	ck_assert_int_eq(fclose(f), 0);
	snprintf(path, sizeof(path), "%s/%s-flat.vmdk", vserver_info(server, "vm_dir"), name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fseek(f, CAPACITY * 512 - 1, SEEK_SET), 0);
	fputc('x', f);
	ck_assert_int_eq(fclose(f), 0);
}

static inline void put_disks(int i)
{
	use_server(i);
	put_disk("one");
	put_disk("two words");
	vserver_tell(server, "disks?moref=%s&tracking=yes&file=one.vmdk&file=two words.vmdk",
		     vserver_info(server, "moref"));
	VixDiskLib_FreeConnectParams(params);
}

/* "[ds] dir/" of the machine, and @name. */
static inline const char *beside_vmx(const char *name)
{
	static char path[512];
	const char *vmx = vserver_info(server, "vm_path");
	int len = (int)(strrchr(vmx, '/') - vmx + 1);

	snprintf(path, sizeof(path), "%.*s%s", len, vmx, name);
	return path;
}

#endif
