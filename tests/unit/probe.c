/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/format/probe.c and the score() of every format.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "mkvmdk.h"

static const char *probed(const void *head, size_t len)
{
	const struct vd_probe p = { .path = "x", .size = len, .head = head, .head_len = len };
	const struct vd_format_ops *ops = vd_format_probe(&p);

	return ops != NULL ? ops->name : "none";
}

START_TEST(probe_tells_plain_from_compressed_extents)
{
	static const char *const names[] = {
		[MK_SPARSE] = "sparse",
		[MK_STREAM_FOOTER] = "streamopt",
		[MK_STREAM_FRONT] = "streamopt",
		[MK_STREAM_QEMU] = "streamopt",
	};
	struct mk_image img = mk_build(&(struct mk_spec){ .layout = _i, .capacity = 128 });

	ck_assert_str_eq(probed(img.bytes, VD_PROBE_BYTES), names[_i]);
	mk_free(&img);
}
END_TEST

START_TEST(probe_needs_a_whole_header)
{
	struct mk_image img = mk_build(&(struct mk_spec){ .capacity = 128 });

	ck_assert_str_eq(probed(img.bytes, 512), "sparse");
	ck_assert_str_eq(probed(img.bytes, 511), "none");
	mk_free(&img);
}
END_TEST

START_TEST(probe_knows_nothing_else)
{
	static const char descriptor[512] = "# Disk DescriptorFile\n", zeros[512];

	ck_assert_str_eq(probed(descriptor, 512), "none");
	ck_assert_str_eq(probed(zeros, 512), "none");
	ck_assert_str_eq(probed(zeros, 0), "none");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probe");
	TCase *tc = unit_tcase(s, "probe");

	tcase_add_loop_test(tc, probe_tells_plain_from_compressed_extents, MK_SPARSE,
			    MK_STREAM_QEMU + 1);
	tcase_add_test(tc, probe_needs_a_whole_header);
	tcase_add_test(tc, probe_knows_nothing_else);
	return unit_run(s);
}
