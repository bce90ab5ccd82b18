/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/format/streamopt.c and inflate.c: compressed extents in their three layouts.
 */
#include "config.h"

#include "unit.h"

#include <libdeflate.h>
#include <pthread.h>

#include "extents.h"

#define GRAIN_BYTES (128u * VD_SECTOR_SIZE)

static const enum mk_layout layouts[] = { MK_STREAM_FOOTER, MK_STREAM_FRONT, MK_STREAM_QEMU };
#define N_LAYOUTS ((int)ARRAY_LEN(layouts))

START_TEST(read_gives_what_was_written)
{
	struct mk_spec spec = { .layout = layouts[_i], .capacity = 1024, .descriptor = descriptor };

	expect_content(&spec);
	spec.capacity = 1001;
	spec.kind = mixed;
	expect_content(&spec);
	spec.is_full_tail = true;
	spec.is_backwards = true;
	expect_content(&spec);
	spec.grain = 8;
	spec.gtes = 4;
	expect_content(&spec);
	spec.has_no_empty_tables = true;
	spec.kind = second_only;
	expect_content(&spec);
	expect_content(&(struct mk_spec){ .layout = layouts[_i],
					  .capacity = 9,
					  .grain = 1,
					  .gtes = 1,
					  .descriptor = descriptor });
}
END_TEST

START_TEST(open_takes_the_length_of_the_descriptor_when_that_is_less)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .layout = layouts[_i], .capacity = 1024 });
	struct vd_extent *ex = open_ok(&img, 1000);

	ck_assert_uint_eq(ex->sectors, 1000);
	vd_extent_close(ex);
	expect_open_error(&img, 1025, VIX_E_DISK_INVALIDDISK, "capacity of 1024");
}
END_TEST

START_TEST(descriptor_is_the_embedded_text)
{
	struct mk_image img = mk_build(&(struct mk_spec){
		.layout = layouts[_i], .capacity = 128, .descriptor = descriptor });
	struct vd_extent *ex = open_ok(&img, 0);

	expect_descriptor(ex, descriptor);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(map_gives_one_packed_grain_and_its_likely_length)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .layout = MK_STREAM_QEMU, .capacity = 1024 });
	struct vd_extent *ex = open_ok(&img, 0);
	struct vd_map m;

	ck_assert_uint_eq(vd_extent_map(ex, 130, 800, &m), VIX_OK);
	ck_assert_int_eq(m.kind, VD_MAP_PACKED);
	ck_assert_uint_eq(m.sectors, 126);
	ck_assert_uint_eq(m.off, mk_grain_off(&img, 1));
	ck_assert_uint_eq(m.packed_len, mk_grain_off(&img, 2) - m.off);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(map_merges_absent_grains)
{
	struct mk_image img = mk_build(&(struct mk_spec){ .layout = MK_STREAM_FOOTER,
							  .capacity = 4001,
							  .grain = 8,
							  .gtes = 4,
							  .kind = second_only });
	struct vd_extent *ex = open_ok(&img, 0);
	struct vd_map m;

	ck_assert_uint_eq(vd_extent_map(ex, 16, 3985, &m), VIX_OK);
	ck_assert_int_eq(m.kind, VD_MAP_ABSENT);
	ck_assert_uint_eq(m.sectors, 3985);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(small_reads_inflate_a_grain_once)
{
	const struct mk_spec spec = { .layout = MK_STREAM_QEMU, .capacity = 1024 };
	struct mk_image img = mk_build(&spec);
	struct vd_extent *ex = open_ok(&img, 0);
	unsigned before = memstore_reads();

	ck_assert(mk_check(ex, &spec, 8));
	ck_assert_uint_eq(memstore_reads() - before, 1 + 8); /* a slab and eight grains */
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(whole_grains_need_no_room_in_the_cache)
{
	const struct mk_spec spec = { .layout = MK_STREAM_QEMU, .capacity = 1024 };
	struct mk_image img = mk_build(&spec);
	struct vd_extent *ex = open_ok(&img, 0);

	ck_assert(mk_check(ex, &spec, 128));
	ck_assert_uint_lt(vd_cache_bytes(cache), GRAIN_BYTES + 1);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(a_length_that_was_guessed_too_short_is_read_on)
{
	const struct mk_spec spec = { .layout = MK_STREAM_QEMU, .capacity = 300 };
	struct mk_image img = mk_build(&spec);
	struct vd_extent *ex = open_ok(&img, 0);
	static char buf[GRAIN_BYTES], want[GRAIN_BYTES];
	struct vd_map m;

	mk_guest(&spec, 0, 128, want);
	ck_assert_uint_eq(vd_extent_map(ex, 0, 128, &m), VIX_OK);
	m.packed_len = VD_SECTOR_SIZE;
	ck_assert_uint_eq(vd_extent_read_packed(ex, &m, 0, 128, buf), VIX_OK);
	ck_assert_mem_eq(buf, want, GRAIN_BYTES);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

static const struct bad_field bad_header[] = {
	{ 8, 4, 0x10001, VIX_E_DISK_NOTSUPPORTED, "without markers" },
	{ 8, 4, 0x1, VIX_E_DISK_INVALIDDISK, "contradict" },
	{ 8, 4, 0x70001, VIX_E_DISK_NOTSUPPORTED, "flags 0x00070001" },
	{ 20, 8, 96, VIX_E_DISK_INVALIDDISK, "grainSize 96" },
	{ 56, 8, 0, VIX_E_DISK_INVALIDDISK, "gdOffset 0" },
	{ 77, 2, 0, VIX_E_DISK_INVALIDDISK, "contradict" },
	{ 77, 2, 2, VIX_E_DISK_NOTSUPPORTED, "compressAlgorithm 2" },
};

START_TEST(open_rejects_a_bad_header_field)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .layout = MK_STREAM_FRONT, .capacity = 1024 });

	put_field(&img, &bad_header[_i], 0);
	expect_open_error(&img, 0, bad_header[_i].code, bad_header[_i].text);
}
END_TEST

START_TEST(open_rejects_a_plain_extent)
{
	struct mk_image img = mk_build(&(struct mk_spec){ .capacity = 1024 });

	expect_open_error(&img, 0, VIX_E_DISK_INVALIDDISK, "not compressed");
}
END_TEST

/* Offsets are from the footer; its marker lies in front of it, the end marker behind it. */
static const struct bad_field bad_footer[] = {
	{ 0, 4, 0, VIX_E_DISK_INVALIDDISK, "magic number 0x00000000" },
	{ 4, 4, 4, VIX_E_DISK_UNSUPPORTEDDISKVERSION, "version 4" },
	{ 12, 8, 1025, VIX_E_DISK_INVALIDDISK, "footer contradicts" },
	{ 20, 8, 64, VIX_E_DISK_INVALIDDISK, "footer contradicts" },
	{ 44, 4, 256, VIX_E_DISK_INVALIDDISK, "footer contradicts" },
	{ 56, 8, UINT64_MAX, VIX_E_DISK_INVALIDDISK, "footer contradicts" },
	{ 56, 8, 1000000, VIX_E_DISK_INVALIDDISK, "gdOffset 1000000" },
	{ (size_t)-512 + 8, 4, 1, VIX_E_DISK_INVALIDDISK, "no footer marker" },
	{ (size_t)-512 + 12, 4, 2, VIX_E_DISK_INVALIDDISK, "no footer marker" },
	{ 512 + 8, 4, 1, VIX_E_DISK_INVALIDDISK, "no end-of-stream marker" },
	{ 512 + 12, 4, 1, VIX_E_DISK_INVALIDDISK, "no end-of-stream marker" },
};

START_TEST(open_rejects_a_bad_footer_field)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .layout = MK_STREAM_FOOTER, .capacity = 1024 });

	put_field(&img, &bad_footer[_i], img.footer_off);
	expect_open_error(&img, 0, bad_footer[_i].code, bad_footer[_i].text);
}
END_TEST

START_TEST(open_rejects_a_stream_that_is_cut_off)
{
	const struct mk_spec spec = { .layout = MK_STREAM_FOOTER, .capacity = 1024 };
	struct mk_image img = mk_build(&spec);

	img.len -= VD_SECTOR_SIZE;
	expect_open_error(&img, 0, VIX_E_DISK_INVALIDDISK, "cut off");
	img = mk_build(&spec);
	img.len = 3 * VD_SECTOR_SIZE;
	expect_open_error(&img, 0, VIX_E_DISK_INVALIDDISK, "too short for a footer");
}
END_TEST

static const struct bad_field bad_marker[] = {
	{ 0, 8, 128, VIX_E_DISK_INVALIDDISK, "is for sector 128 instead of 0" },
	{ 0, 8, UINT64_MAX, VIX_E_DISK_INVALIDDISK, "instead of 0" },
	{ 8, 4, 0, VIX_E_DISK_INVALIDDISK, "impossible length of 0 " },
	{ 8, 4, 2 * GRAIN_BYTES, VIX_E_DISK_INVALIDDISK, "impossible length of 131072 " },
	{ 8, 4, 0xffffffff, VIX_E_DISK_INVALIDDISK, "impossible length" },
	{ 8, 4, 2 * GRAIN_BYTES - 1, VIX_E_DISK_INVALIDDISK,
	  "impossible length" }, /* past the end */
	{ 8, 4, 20, VIX_E_DISK_INVALIDDISK, "damaged" },
	{ 12, 1, 0, VIX_E_DISK_INVALIDDISK, "damaged" },
	{ 300, 8, 0, VIX_E_DISK_INVALIDDISK, "damaged" },
};

START_TEST(read_rejects_a_bad_grain)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .layout = MK_STREAM_QEMU, .capacity = 512 });

	ck_assert_uint_lt(img.len, 2 * GRAIN_BYTES);
	put_field(&img, &bad_marker[_i], mk_grain_off(&img, 0));
	expect_read_error(&img, 0, bad_marker[_i].code, bad_marker[_i].text);
}
END_TEST

START_TEST(read_rejects_a_bad_place)
{
	const struct mk_spec spec = { .layout = MK_STREAM_QEMU,
				      .capacity = 512,
				      .descriptor = descriptor };
	struct mk_image img = mk_build(&spec);
	uint64_t gte = mk_gte_off(&img, 0);

	vu_put_le32(img.bytes + gte, 5);
	expect_read_error(&img, 0, VIX_E_DISK_INVALIDDISK, "inside metadata");
	img = mk_build(&spec);
	vu_put_le32(img.bytes + gte, 1000000);
	expect_read_error(&img, 0, VIX_E_DISK_INVALIDDISK, "the file ends");
	img = mk_build(&spec);
	vu_put_le32(img.bytes + gte, (uint32_t)(img.len / VD_SECTOR_SIZE - 1));
	img.len -= VD_SECTOR_SIZE - 5;
	expect_read_error(&img, 0, VIX_E_DISK_INVALIDDISK, "is cut off");
}
END_TEST

/* Gives @grain new content at the end of the file: @len zeros, compressed. */
static void replace_grain(struct mk_image *img, uint64_t grain, size_t len)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(9);
	char *plain = calloc(1, len), packed[4096];
	size_t size = libdeflate_zlib_compress(c, plain, len, packed, sizeof(packed));
	uint64_t off = vu_round_up(img->len, VD_SECTOR_SIZE);

	ck_assert_uint_ne(size, 0);
	vu_put_le32(img->bytes + mk_gte_off(img, grain), (uint32_t)(off / VD_SECTOR_SIZE));
	img->len = off + vu_round_up(12 + size, VD_SECTOR_SIZE);
	img->bytes = realloc(img->bytes, img->len);
	memset(img->bytes + off, 0, img->len - off);
	vu_put_le64(img->bytes + off, grain * img->grain);
	vu_put_le32(img->bytes + off + 8, (uint32_t)size);
	memcpy(img->bytes + off + 12, packed, size);
	free(plain);
	libdeflate_free_compressor(c);
}

START_TEST(read_rejects_a_stream_of_the_wrong_length)
{
	static const struct {
		uint64_t grain;
		size_t len;
		bool is_good;
	} cases[] = {
		{ 0, GRAIN_BYTES - 1, false },
		{ 0, GRAIN_BYTES + 1, false },
		{ 0, 1 << 20, false }, /* a bomb */
		{ 0, GRAIN_BYTES, true },
		{ 3, 99 * VD_SECTOR_SIZE, false }, /* the last one, with 100 sectors of the disk */
		{ 3, 100 * VD_SECTOR_SIZE, true },
		{ 3, 101 * VD_SECTOR_SIZE, true },
		{ 3, GRAIN_BYTES + 1, false },
	};
	static char buf[GRAIN_BYTES], zeros[GRAIN_BYTES];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mk_image img = mk_build(
			&(struct mk_spec){ .layout = MK_STREAM_QEMU, .capacity = 484 });
		uint64_t sector = cases[i].grain * 128;

		replace_grain(&img, cases[i].grain, cases[i].len);
		if (!cases[i].is_good) {
			expect_read_error(&img, sector, VIX_E_DISK_INVALIDDISK, "damaged");
			continue;
		}
		struct vd_extent *ex = open_ok(&img, 0);
		memset(buf, 1, sizeof(buf));
		ck_assert_uint_eq(mk_read(ex, sector, 100, buf), VIX_OK);
		ck_assert_mem_eq(buf, zeros, 100 * VD_SECTOR_SIZE);
		vd_extent_close(ex);
		mk_free(&img);
	}
}
END_TEST

START_TEST(no_failing_read_gives_wrong_bytes)
{
	const struct mk_spec spec = {
		.layout = layouts[_i], .capacity = 101, .grain = 8, .gtes = 16, .kind = mixed
	};
	struct mk_image img = mk_build(&spec);

	vu_put_le32(img.bytes + 8, 0x30001); /* without a redundant directory */
	expect_faults_are_told(&img, &spec);
	mk_free(&img);
}
END_TEST

START_TEST(every_changed_byte_is_survived)
{
	const struct mk_spec spec = {
		.layout = layouts[_i], .capacity = 60, .grain = 8, .gtes = 4, .kind = mixed
	};
	struct mk_image img = mk_build(&spec);

	for (size_t off = 0; off < img.len; off++) {
		unsigned char old = img.bytes[off];

		if (off >= 128 && old == 0 && off % 16 > 4) /* padding, mostly */
			continue;
		img.bytes[off] = old == 0 ? 0xff : 0;
		survive(&img, 60, 8);
		img.bytes[off] = old ^ 1;
		survive(&img, 60, 8);
		img.bytes[off] = old;
	}
	mk_free(&img);
}
END_TEST

START_TEST(every_cut_is_survived)
{
	struct mk_image img = mk_build(&(struct mk_spec){
		.layout = layouts[_i], .capacity = 60, .grain = 8, .gtes = 4, .kind = mixed });
	size_t len = img.len;

	for (img.len = 0; img.len < len; img.len += 10)
		survive(&img, 60, 8);
	mk_free(&img);
}
END_TEST

struct reader {
	struct vd_extent *ex;
	const struct mk_spec *spec;
	uint64_t seed;
	unsigned n_bad;
};

static void *read_at_random(void *arg)
{
	struct reader *r = arg;
	char *got = malloc(300 * VD_SECTOR_SIZE), *want = malloc(300 * VD_SECTOR_SIZE);
	uint64_t x = r->seed;

	for (int i = 0; i < 300; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		uint64_t count = 1 + (x >> 40) % 299, sector = (x >> 20) % (r->ex->sectors - count);

		mk_guest(r->spec, sector, count, want);
		if (mk_read(r->ex, sector, count, got) != VIX_OK ||
		    memcmp(got, want, count * VD_SECTOR_SIZE) != 0)
			r->n_bad++;
	}
	free(got);
	free(want);
	return NULL;
}

START_TEST(threads_read_the_right_bytes)
{
	const struct mk_spec spec = { .layout = layouts[_i], .capacity = 10000, .kind = mixed };
	struct mk_image img = mk_build(&spec);
	struct vd_extent *ex = open_ok(&img, 0);
	struct reader readers[4];
	pthread_t th[4];

	for (unsigned i = 0; i < 4; i++) {
		readers[i] = (struct reader){ ex, &spec, i, 0 };
		ck_assert_int_eq(pthread_create(&th[i], NULL, read_at_random, &readers[i]), 0);
	}
	for (unsigned i = 0; i < 4; i++) {
		pthread_join(th[i], NULL);
		ck_assert_uint_eq(readers[i].n_bad, 0);
	}
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("streamopt");
	TCase *tc = unit_tcase(s, "good");

	tested = &vd_format_streamopt;
	tcase_add_checked_fixture(tc, extents_setup, extents_teardown);
	tcase_add_loop_test(tc, read_gives_what_was_written, 0, N_LAYOUTS);
	tcase_add_loop_test(tc, open_takes_the_length_of_the_descriptor_when_that_is_less, 0,
			    N_LAYOUTS);
	tcase_add_loop_test(tc, descriptor_is_the_embedded_text, 0, N_LAYOUTS);
	tcase_add_test(tc, map_gives_one_packed_grain_and_its_likely_length);
	tcase_add_test(tc, map_merges_absent_grains);
	tcase_add_test(tc, small_reads_inflate_a_grain_once);
	tcase_add_test(tc, whole_grains_need_no_room_in_the_cache);
	tcase_add_test(tc, a_length_that_was_guessed_too_short_is_read_on);
	tcase_add_loop_test(tc, threads_read_the_right_bytes, 0, N_LAYOUTS);

	tc = unit_tcase(s, "bad");
	tcase_add_checked_fixture(tc, extents_setup, extents_teardown);
	tcase_add_loop_test(tc, open_rejects_a_bad_header_field, 0, ARRAY_LEN(bad_header));
	tcase_add_test(tc, open_rejects_a_plain_extent);
	tcase_add_loop_test(tc, open_rejects_a_bad_footer_field, 0, ARRAY_LEN(bad_footer));
	tcase_add_test(tc, open_rejects_a_stream_that_is_cut_off);
	tcase_add_loop_test(tc, read_rejects_a_bad_grain, 0, ARRAY_LEN(bad_marker));
	tcase_add_test(tc, read_rejects_a_bad_place);
	tcase_add_test(tc, read_rejects_a_stream_of_the_wrong_length);

	tc = unit_tcase(s, "faults");
	tcase_add_checked_fixture(tc, extents_setup, extents_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, no_failing_read_gives_wrong_bytes, 0, N_LAYOUTS);
	tcase_add_loop_test(tc, every_changed_byte_is_survived, 0, N_LAYOUTS);
	tcase_add_loop_test(tc, every_cut_is_survived, 0, N_LAYOUTS);
	return unit_run(s);
}
