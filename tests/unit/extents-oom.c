/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Extents without memory: each allocation fails in turn.
 */
#include "config.h"

#include "unit.h"

#include "extents.h"
#include "oom.h"

/* Opens, reads a part and a whole of the disk, asks for the descriptor. */
static VixError use_extent(struct vd_store *st, struct vd_cache *fresh)
{
	static char buf[128 * VD_SECTOR_SIZE];
	struct vd_extent *ex;
	char *text = NULL;
	size_t len;
	VixError err = vd_extent_open(tested, st, 0, 0, fresh, &ex);

	if (err != VIX_OK)
		return err;
	err = mk_read(ex, 1, 1, buf);
	if (err == VIX_OK)
		err = mk_read(ex, 0, ex->sectors, buf);
	if (err == VIX_OK)
		err = vd_extent_descriptor(ex, &text, &len);
	free(text);
	vd_extent_close(ex);
	return err;
}

/* How many allocations there are, failing each of them once. */
static unsigned count_failures(const struct mk_spec *spec)
{
	struct mk_image img = mk_build(spec);
	VixError err;
	unsigned n = 0;

	memstore_add(MK_PATH, img.bytes, img.len);
	do {
		struct vd_store *st = memstore_open(MK_PATH);
		struct vd_cache *fresh = vd_cache_new(1 << 20);

		oom_countdown = ++n;
		err = use_extent(st, fresh);
		oom_countdown = 0;
		ck_assert_uint_eq(memstore_n_open(), 0);
		vd_cache_free(fresh);
		ck_assert(err == VIX_OK || err == VIX_E_OUT_OF_MEMORY);
	} while (err == VIX_E_OUT_OF_MEMORY);
	mk_free(&img);
	return n - 1;
}

START_TEST(plain_extents_report_each_failing_allocation)
{
	tested = &vd_format_sparse;
	/* The extent, its directory, a table's block twice, the descriptor. */
	ck_assert_uint_ge(count_failures(&(struct mk_spec){
				  .capacity = 100, .grain = 8, .descriptor = descriptor }),
			  5);
}
END_TEST

START_TEST(compressed_extents_report_each_failing_allocation)
{
	tested = &vd_format_streamopt;
	/* Those, a grain's block twice, an inflater twice. */
	ck_assert_uint_ge(count_failures(&(struct mk_spec){ .layout = MK_STREAM_FOOTER,
							    .capacity = 100,
							    .grain = 8,
							    .descriptor = descriptor }),
			  9);
}
END_TEST

START_TEST(cache_and_store_report_it_too)
{
	struct vd_store *st;

	oom_countdown = 1;
	ck_assert_ptr_null(vd_cache_new(1 << 20));
	memstore_add("f", "", 0);
	oom_countdown = 1;
	ck_assert_uint_eq(vd_store_open(&memstore_ops, "f", 0, &st), VIX_E_OUT_OF_MEMORY);
	ck_assert_ptr_null(st);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("extents-oom");
	TCase *tc = unit_tcase(s, "oom");

	tcase_add_checked_fixture(tc, extents_setup, extents_teardown);
	tcase_add_test(tc, plain_extents_report_each_failing_allocation);
	tcase_add_test(tc, compressed_extents_report_each_failing_allocation);
	tcase_add_test(tc, cache_and_store_report_it_too);
	return unit_run(s);
}
