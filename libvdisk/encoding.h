/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text of descriptors in other encodings than UTF-8: VMware's products on Windows write file names
 * in the encoding of the host and name it.
 *
 * 1. Only encodings of a fixed list are handed to iconv(3): the name comes from a stranger.
 * 2. The locale is neither looked at nor changed.
 */
#ifndef VD_ENCODING_H
#define VD_ENCODING_H

#include "vixDiskLib.h"

/**
 * vd_encoding_to_utf8() - a text in UTF-8
 * @encoding: as a descriptor names it, in any case; NULL is UTF-8
 * @text:     bytes
 * @utf8_out: filled: for the caller to free(); NULL where there is nothing to convert: it is the
 *            same in UTF-8, it is no text in that encoding, or we do not know that encoding
 *
 * Errors: OUT_OF_MEMORY
 */
VixError vd_encoding_to_utf8(const char *encoding, const char *text, char **utf8_out);

#endif
