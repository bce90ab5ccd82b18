/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * spnego TARGET - a client's tokens for TARGET ("host@localhost"), in base64, one a line: the first, and
 * one for each that a line of standard input has. Ends when the context is complete, with its last token
 * or an empty line. selftest-sspi.sh builds it.
 */
#include "config.h"

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void print_base64(const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i += 3) {
		unsigned n = (unsigned)p[i] << 16;

		n |= i + 1 < len ? (unsigned)p[i + 1] << 8 : 0;
		n |= i + 2 < len ? p[i + 2] : 0;
		putchar(digits[n >> 18]);
		putchar(digits[n >> 12 & 63]);
		putchar(i + 1 < len ? digits[n >> 6 & 63] : '=');
		putchar(i + 2 < len ? digits[n & 63] : '=');
	}
	putchar('\n');
	fflush(stdout);
}

/* Decodes a line of base64 in place. */
static size_t decode_base64(char *line)
{
	unsigned long n = 0;
	size_t len = 0;
	int bits = 0;

	for (const char *p = line, *d; *p && (d = strchr(digits, *p)); p++) {
		n = n << 6 | (unsigned long)(d - digits);
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		line[len++] = (char)(n >> bits);
	}
	return len;
}

int main(int argc, char **argv)
{
	static gss_OID_desc spnego = { 6, (void *)"\x2b\x06\x01\x05\x05\x02" };
	static char line[1 << 16];
	gss_buffer_desc name = { argc > 1 ? strlen(argv[1]) : 0, argc > 1 ? argv[1] : NULL };
	gss_buffer_desc in = GSS_C_EMPTY_BUFFER, out = GSS_C_EMPTY_BUFFER;
	gss_ctx_id_t context = GSS_C_NO_CONTEXT;
	OM_uint32 major, minor;
	gss_name_t target;

	if (gss_import_name(&minor, &name, GSS_C_NT_HOSTBASED_SERVICE, &target))
		return EXIT_FAILURE;
	for (;;) {
		major = gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &context, target, &spnego,
					     GSS_C_MUTUAL_FLAG, 0, NULL, &in, NULL, &out, NULL,
					     NULL);
		if (GSS_ERROR(major)) {
			fprintf(stderr, "spnego: 0x%x\n", (unsigned)major);
			return EXIT_FAILURE;
		}
		print_base64(out.value, out.length);
		gss_release_buffer(&minor, &out);
		if (major == GSS_S_COMPLETE)
			return EXIT_SUCCESS;
		if (!fgets(line, sizeof(line), stdin))
			return EXIT_SUCCESS;
		in.length = decode_base64(line);
		in.value = line;
	}
}
