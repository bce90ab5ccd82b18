/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes and numbers: little- and big-endian loads and stores at any alignment, rounding,
 * and arithmetic that says when it overflows.
 */
#ifndef VU_BYTES_H
#define VU_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VU_DEFINE_LOAD_STORE(bits)                                    \
	static inline uint##bits##_t vu_le##bits(const void *p)       \
	{                                                             \
		uint##bits##_t v;                                     \
		memcpy(&v, p, sizeof(v));                             \
		return le##bits##toh(v);                              \
	}                                                             \
	static inline void vu_put_le##bits(void *p, uint##bits##_t v) \
	{                                                             \
		v = htole##bits(v);                                   \
		memcpy(p, &v, sizeof(v));                             \
	}                                                             \
	static inline uint##bits##_t vu_be##bits(const void *p)       \
	{                                                             \
		uint##bits##_t v;                                     \
		memcpy(&v, p, sizeof(v));                             \
		return be##bits##toh(v);                              \
	}                                                             \
	static inline void vu_put_be##bits(void *p, uint##bits##_t v) \
	{                                                             \
		v = htobe##bits(v);                                   \
		memcpy(p, &v, sizeof(v));                             \
	}

VU_DEFINE_LOAD_STORE(16)
VU_DEFINE_LOAD_STORE(32)
VU_DEFINE_LOAD_STORE(64)

static inline bool vu_is_pow2(uint64_t v)
{
	return v != 0 && (v & (v - 1)) == 0;
}

static inline uint64_t vu_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t vu_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline uint64_t vu_round_down(uint64_t v, uint64_t unit)
{
	return v - v % unit;
}

/* @v rounded up must fit: the caller has bounded it. */
static inline uint64_t vu_round_up(uint64_t v, uint64_t unit)
{
	return vu_round_down(v + unit - 1, unit);
}

/* How many @unit hold @v; no overflow for any @v. */
static inline uint64_t vu_div_up(uint64_t v, uint64_t unit)
{
	return v / unit + (v % unit != 0);
}

/* true when the sum or product fits; *@out is set either way. */
static inline bool vu_add_fits(uint64_t a, uint64_t b, uint64_t *out)
{
	return !__builtin_add_overflow(a, b, out);
}

static inline bool vu_mul_fits(uint64_t a, uint64_t b, uint64_t *out)
{
	return !__builtin_mul_overflow(a, b, out);
}

/* true when all of the bytes are 0; @len may be 0. */
static inline bool vu_is_zero(const void *p, size_t len)
{
	const unsigned char *b = p;

	return len == 0 || (b[0] == 0 && memcmp(b, b + 1, len - 1) == 0);
}

/* true when [off, off + len) lies inside [0, size). */
static inline bool vu_range_inside(uint64_t off, uint64_t len, uint64_t size)
{
	return off <= size && len <= size - off;
}

#endif
