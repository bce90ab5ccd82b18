/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contract with programs written for VDDK, rules 12 and 13: how keys and values are asked for,
 * and that a backup can write back onto a disk of any kind what it has read from one of any other.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "../api/client.h"
#include "../api/disks.h"

#define GUARD 0x5a

static VixDiskLibConnection conn;
static VixDiskLibHandle disk;

static const struct kind {
	const char *name;
	VixDiskLibDiskType type;
} kinds[] = {
	{ "monolithic-sparse", VIXDISKLIB_DISK_MONOLITHIC_SPARSE },
	{ "monolithic-flat", VIXDISKLIB_DISK_MONOLITHIC_FLAT },
	{ "split-sparse", VIXDISKLIB_DISK_SPLIT_SPARSE },
	{ "split-flat", VIXDISKLIB_DISK_SPLIT_FLAT },
	{ "vmfs-flat", VIXDISKLIB_DISK_VMFS_FLAT },
	{ "stream", VIXDISKLIB_DISK_STREAM_OPTIMIZED },
	{ "vmfs-thin", VIXDISKLIB_DISK_VMFS_THIN },
	{ "vmfs-sparse", VIXDISKLIB_DISK_VMFS_SPARSE },
};
#define N_KINDS (int)(sizeof(kinds) / sizeof(kinds[0]))

static void make_kind(const struct kind *k)
{
	const VixDiskLibCreateParams p = { .diskType = k->type,
					   .adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC,
					   .hwVersion = VIXDISKLIB_HWVERSION_ESX65,
					   .capacity = 4 * GRAIN };

	ck_assert_ok(VixDiskLib_Create(conn, in_dir(k->name), &p, NULL, NULL));
}

static void open_one(void)
{
	conn = connect_local();
	make_sparse("meta.vmdk", GRAIN, "X");
	disk = open_disk(conn, "meta.vmdk", 0);
}

static void close_one(void)
{
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}

/* Rule 12: first the length, then the text. */

START_TEST(rule_12_length_of_a_value_is_asked_with_null)
{
	size_t len = 0;
	char buf[200];

	ck_assert_uint_eq(VIX_E_BUFFER_TOOSMALL, 24);
	ck_assert_err(VixDiskLib_ReadMetadata(disk, "adapterType", NULL, 0, &len), BUFFER_TOOSMALL);
	ck_assert_uint_eq(len, sizeof("lsilogic"));
	memset(buf, GUARD, sizeof(buf));
	ck_assert_err(VixDiskLib_ReadMetadata(disk, "adapterType", buf, len - 1, NULL),
		      BUFFER_TOOSMALL);
	ck_assert_int_eq(buf[0], GUARD);
	ck_assert_ok(VixDiskLib_ReadMetadata(disk, "adapterType", buf, len, NULL));
	ck_assert_str_eq(buf, "lsilogic");
	ck_assert_int_eq(buf[len], GUARD);
	ck_assert_uint_eq(client_log.warnings, 0); /* asking is no trouble */
}
END_TEST

START_TEST(rule_12_length_of_the_keys_is_asked_with_null)
{
	char keys[1000], *key = keys;
	size_t len = 0, again = 0;
	unsigned n = 0;

	ck_assert_err(VixDiskLib_GetMetadataKeys(disk, NULL, 0, &len), BUFFER_TOOSMALL);
	ck_assert_uint_lt(len, sizeof(keys));
	memset(keys, GUARD, sizeof(keys));
	ck_assert_err(VixDiskLib_GetMetadataKeys(disk, keys, len - 1, &again), BUFFER_TOOSMALL);
	ck_assert_uint_eq(again, len);
	ck_assert_ok(VixDiskLib_GetMetadataKeys(disk, keys, len, NULL));
	for (; *key != '\0'; key += strlen(key) + 1)
		n++;
	ck_assert_uint_ge(n, 5);
	ck_assert_uint_eq((size_t)(key + 1 - keys), len); /* an empty key ends the list */
	ck_assert_int_eq(keys[len], GUARD);
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

START_TEST(rule_12_missing_key_is_16052)
{
	size_t len = 7;
	char buf[10];

	ck_assert_uint_eq(VIX_E_DISK_KEY_NOTFOUND, 16052);
	ck_assert_err(VixDiskLib_ReadMetadata(disk, "no-such", NULL, 0, &len), DISK_KEY_NOTFOUND);
	ck_assert_err(VixDiskLib_ReadMetadata(disk, "no-such", buf, sizeof(buf), NULL),
		      DISK_KEY_NOTFOUND);
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

/* Rule 13: what Bareos does when it restores: it stops at the first key that is refused. */

#define MOST_KEYS 40

struct pairs {
	char keys[4096];
	const char *key[MOST_KEYS]; /* in keys */
	char value[MOST_KEYS][200];
	unsigned n;
};

static void read_all(VixDiskLibHandle from, struct pairs *p)
{
	p->n = 0;
	ck_assert_ok(VixDiskLib_GetMetadataKeys(from, p->keys, sizeof(p->keys), NULL));
	for (const char *key = p->keys; *key != '\0'; key += strlen(key) + 1) {
		ck_assert_uint_lt(p->n, MOST_KEYS);
		p->key[p->n] = key;
		ck_assert_ok(VixDiskLib_ReadMetadata(from, key, p->value[p->n], sizeof(p->value[0]),
						     NULL));
		p->n++;
	}
}

/* Keys that VMware's products add in the course of a disk's life. */
static void add_keys_of_a_used_disk(VixDiskLibHandle to)
{
	static const char *const used[][2] = {
		{ "toolsVersion", "12352" },
		{ "toolsInstallType", "4" },
		{ "thinProvisioned", "1" },
		{ "encoding", "UTF-8" },
		{ "longContentID", "0123456789abcdef0123456789abcdef" },
		{ "iofilters", "vmwarelwd" },
		{ "deletable", "true" },
		{ "comment", "it is \"quoted\", = has | and # marks, and |41" },
		{ "geometry.biosCylinders", "522" },
		{ "geometry.biosHeads", "255" },
		{ "geometry.biosSectors", "63" },
		{ "empty", "" },
	};

	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
		ck_assert_msg(VixDiskLib_WriteMetadata(to, used[i][0], used[i][1]) == VIX_OK,
			      "%s = %s: %s", used[i][0], used[i][1], client_log.last_warning);
}

static void replay(const struct kind *to, const struct pairs *p)
{
	VixDiskLibHandle restored = open_disk(conn, to->name, 0);
	char got[200];

	for (unsigned i = 0; i < p->n; i++)
		ck_assert_msg(VixDiskLib_WriteMetadata(restored, p->key[i], p->value[i]) == VIX_OK,
			      "%s: %s = %s: %s", to->name, p->key[i], p->value[i],
			      client_log.last_warning);
	ck_assert_ok(VixDiskLib_Close(restored));
	restored = open_disk(conn, to->name, VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	for (unsigned i = 0; i < p->n; i++) {
		ck_assert_ok(VixDiskLib_ReadMetadata(restored, p->key[i], got, sizeof(got), NULL));
		ck_assert_str_eq(got, p->value[i]);
	}
	ck_assert_ok(VixDiskLib_Close(restored));
}

START_TEST(rule_13_every_key_is_written_back_onto_every_kind)
{
	const struct kind *from = &kinds[_i];
	struct pairs *p = malloc(sizeof(*p));
	VixDiskLibHandle source;

	for (int i = 0; i < N_KINDS; i++)
		make_kind(&kinds[i]);
	source = open_disk(conn, from->name, 0);
	add_keys_of_a_used_disk(source);
	read_all(source, p);
	ck_assert_ok(VixDiskLib_Close(source));
	ck_assert_uint_ge(p->n, 12 + 5);
	for (int i = 0; i < N_KINDS; i++)
		replay(&kinds[i], p);
	for (int i = 0; i < N_KINDS; i++)
		ck_assert_ok(VixDiskLib_Unlink(conn, in_dir(kinds[i].name)));
	free(p);
}
END_TEST

/* Lines that no product writes, but that are read. */
START_TEST(rule_13_odd_values_are_written_back_as_they_were)
{
	static const char *const odd[][2] = {
		{ "inner", "a \"b\" c" }, { "escaped", "a \"b\" c" }, { "bare", "it\"s" },
		{ "bars", "a|b|" },       { "bytes", "\xe9\xff" },    { "blanks", " both " },
	};
	VixDiskLibHandle rw;
	char got[80];

	make_raw("odd-flat", GRAIN);
	put_text("odd.vmdk", "# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n"
			     "createType=\"monolithicFlat\"\nRW 128 FLAT \"odd-flat\" 0\n"
			     "ddb.inner = \"a \"b\" c\"\nddb.escaped = \"a |22b|22 c\"\n"
			     "ddb.bare = it\"s\nddb.bars = \"a|b|\"\nddb.bytes = \xe9\xff\n"
			     "ddb.blanks = \" both \"\n");
	rw = open_disk(conn, "odd.vmdk", 0);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
			ck_assert_ok(
				VixDiskLib_ReadMetadata(rw, odd[i][0], got, sizeof(got), NULL));
			ck_assert_str_eq(got, odd[i][1]);
			ck_assert_ok(VixDiskLib_WriteMetadata(rw, odd[i][0], got));
		}
		ck_assert_ok(VixDiskLib_Close(rw));
		rw = open_disk(conn, "odd.vmdk", 0);
	}
	ck_assert_ok(VixDiskLib_Close(rw));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("contract: metadata");
	TCase *tc = client_tcase(s, "metadata");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, open_one, close_one);
	tcase_add_test(tc, rule_12_length_of_a_value_is_asked_with_null);
	tcase_add_test(tc, rule_12_length_of_the_keys_is_asked_with_null);
	tcase_add_test(tc, rule_12_missing_key_is_16052);
	tcase_add_test(tc, rule_13_odd_values_are_written_back_as_they_were);
	tcase_add_loop_test(tc, rule_13_every_key_is_written_back_onto_every_kind, 0, N_KINDS);
	return client_run(s);
}
