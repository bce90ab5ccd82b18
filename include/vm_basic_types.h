/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vm_basic_types.h - the scalar types that the disk and mount APIs are written in
 *
 * Programs written for VDDK take TRUE, FALSE, Bool, uint8 .. uint64 and the
 * printf pieces FMT64 and FMTSZ from here, so all of them are part of the API.
 *
 * Invariants:
 *  1. Compiles as C90 (-pedantic) and as C++98 and later; includes <stdint.h> only.
 *  2. Every type has the size that its name says; Bool is one byte, never int or _Bool:
 *     it lies inside structures and travels in the low byte of a register.
 *  3. The names are VDDK's and change no more.
 */
#ifndef _VM_BASIC_TYPES_H_
#define _VM_BASIC_TYPES_H_

#include <stdint.h>

typedef int8_t int8;
typedef int16_t int16;
typedef int32_t int32;
typedef int64_t int64;

typedef uint8_t uint8;
typedef uint16_t uint16;
typedef uint32_t uint32;
typedef uint64_t uint64;

/* A truth value: TRUE, FALSE, or from careless callers any other byte that is not zero. */
typedef char Bool;

#ifndef FALSE
#define FALSE 0
#endif

#ifndef TRUE
#define TRUE 1
#endif

/*
 * Length modifiers for printf: FMT64 for int64 and uint64, FMTSZ for size_t.
 * printf("%" FMT64 "u sectors\n", info->capacity);
 */
#ifndef FMT64
#if defined(__LP64__) || defined(_LP64)
#define FMT64 "l"
#else
#define FMT64 "ll"
#endif
#endif

#ifndef FMTSZ
#define FMTSZ "z"
#endif

#endif /* _VM_BASIC_TYPES_H_ */
