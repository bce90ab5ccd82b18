/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text in URLs: bytes as %xx.
 */
#ifndef VU_PERCENT_H
#define VU_PERCENT_H

#include <stddef.h>

#include "strbuf.h"

/**
 * vu_percent_decode() - the text that @s with its %xx stands for
 * @out: the text, for the caller to free()
 *
 * Return: 0; -EINVAL where two hexadecimal digits do not follow a %, or where they, or anything
 * else, are a NUL; -ENOMEM.
 */
int vu_percent_decode(const char *s, size_t len, char **out);

/** vu_percent_encode() - append @s; blanks, control characters, % and those in @special as %xx */
void vu_percent_encode(struct vu_strbuf *b, const char *s, const char *special);

#endif
