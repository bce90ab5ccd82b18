/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sizes, as people write and read them.  Units are powers of 1024, whatever they are called.
 */
#ifndef VDT_SIZE_H
#define VDT_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VDT_SIZE_WANTS "a size, such as 512M, 1.5G or 2097152s (sectors)"

/** vdt_size_short() - "38G", "6.1M": bytes for the column of a table, in @buf */
void vdt_size_short(uint64_t bytes, char *buf, size_t size);

/** vdt_size_long() - "38 GiB", "6.12 MiB": three digits, as qemu-img writes them, in @buf */
void vdt_size_long(uint64_t bytes, char *buf, size_t size);

/**
 * vdt_size_parse() - "1.5G", "512MB", "64KiB", "4096", "8s"
 * @unit: what one is where no unit is named, bytes
 *
 * Return: false where it is no size, or none below 2^63.
 */
bool vdt_size_parse(const char *s, uint64_t unit, uint64_t *bytes_out);

#endif
