/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Encodings of descriptors; see encoding.h.
 */
#include "config.h"

#include "encoding.h"

#include <iconv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../common/ascii.h"
#include "../common/cleanup.h"
#include "../common/log.h"

#define UTF8_BYTES_MAX 4u /* that one byte of any of these encodings can become */

/*
 * Names as in descriptors, and as iconv knows them.  Shift_JIS is what Windows calls so: there a
 * backslash is one.
 */
static const struct {
	const char *name, *iconv_name;
} encodings[] = {
	{ "Big5", "BIG5" },
	{ "Big5-HKSCS", "BIG5-HKSCS" },
	{ "EUC-JP", "EUC-JP" },
	{ "EUC-KR", "EUC-KR" },
	{ "GB18030", "GB18030" },
	{ "GB2312", "GBK" },
	{ "GBK", "GBK" },
	{ "ISO-8859-1", "ISO-8859-1" },
	{ "ISO-8859-2", "ISO-8859-2" },
	{ "ISO-8859-5", "ISO-8859-5" },
	{ "ISO-8859-15", "ISO-8859-15" },
	{ "KOI8-R", "KOI8-R" },
	{ "Shift_JIS", "CP932" },
	{ "windows-874", "CP874" },
	{ "windows-932", "CP932" },
	{ "windows-936", "GBK" },
	{ "windows-949", "CP949" },
	{ "windows-950", "BIG5" },
	{ "windows-1250", "CP1250" },
	{ "windows-1251", "CP1251" },
	{ "windows-1252", "CP1252" },
	{ "windows-1253", "CP1253" },
	{ "windows-1254", "CP1254" },
	{ "windows-1255", "CP1255" },
	{ "windows-1256", "CP1256" },
	{ "windows-1257", "CP1257" },
	{ "windows-1258", "CP1258" },
};

static const char *find_iconv_name(const char *encoding)
{
	for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
		if (vu_ascii_casecmp(encodings[i].name, encoding) == 0)
			return encodings[i].iconv_name;
	}
	return NULL;
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text >= 0x80)
			return false;
	}
	return true;
}

/* All of @text, or nothing. */
static bool convert(iconv_t cd, const char *text, char *out, size_t room)
{
	char *in = (char *)text; /* iconv() does not write there */
	size_t left = strlen(text);

	if (iconv(cd, &in, &left, &out, &room) == (size_t)-1 ||
	    iconv(cd, NULL, NULL, &out, &room) == (size_t)-1)
		return false;
	*out = '\0';
	return true;
}

VixError vd_encoding_to_utf8(const char *encoding, const char *text, char **utf8_out)
{
	const char *from = encoding != NULL ? find_iconv_name(encoding) : NULL;
	VU_AUTO(free) char *utf8 = NULL;
	iconv_t cd;
	bool ok;

	*utf8_out = NULL;
	if (from == NULL || is_ascii(text))
		return VIX_OK;
	utf8 = malloc(strlen(text) * UTF8_BYTES_MAX + 1);
	if (utf8 == NULL)
		return VIX_E_OUT_OF_MEMORY;
	cd = iconv_open("UTF-8", from);
	if (cd == (iconv_t)-1) {
		VU_DBG("descriptor", "this system can't convert from %s", from);
		return VIX_OK;
	}
	ok = convert(cd, text, utf8, strlen(text) * UTF8_BYTES_MAX);
	iconv_close(cd);
	if (ok && strcmp(utf8, text) != 0)
		*utf8_out = VU_STEAL(utf8);
	return VIX_OK;
}
