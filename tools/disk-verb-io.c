/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk read and write: bytes of a disk to and from files and pipes.
 */
#include "config.h"

#include "disk-verbs.h"

#include <ctype.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/bytes.h"
#include "../common/log.h"
#include "copy.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "report.h"

struct io_options {
	const char *file; /* NULL: standard output or input */
	uint64_t offset, length;
	bool hex;
	int fill; /* -1: no */
	struct vdt_job_options job;
	struct vdt_login login;
};

#define IO_OPTIONS                                                                         \
	{                                                                                  \
		.length = VDT_ALL, .fill = -1, .job = VDT_JOB_OPTIONS, .login = VDT_LOGIN, \
	}

static enum vdt_exit take_disk(const char *verb, int argc)
{
	return optind + 1 == argc ? VDT_OK : vdt_usage(verb, "which disk?");
}

/* Reading. */

static enum vdt_exit parse_read(int argc, char **argv, struct io_options *o)
{
	const struct vdt_option options[] = {
		{ "offset", 's', VDT_OPT_SIZE, &o->offset, NULL, NULL },
		{ "length", 'l', VDT_OPT_SIZE, &o->length, NULL, NULL },
		{ "output", 'o', VDT_OPT_TEXT, &o->file, NULL, NULL },
		{ "hex", 'x', VDT_OPT_FLAG, &o->hex, NULL, NULL },
		VDT_OPTIONS_JOB(&o->job),
		VDT_OPTIONS_LOGIN(&o->login),
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	enum vdt_exit code = vdt_parse("read", argc, argv, options, NULL);

	if (code != VDT_OK)
		return code;
	if (o->hex && o->file != NULL)
		return vdt_usage("read", "--hex is for the standard output");
	if (!o->hex && o->file == NULL && isatty(STDOUT_FILENO))
		return vdt_usage("read",
				 "a terminal is no place for a disk: use --hex, or --output=FILE");
	return take_disk("read", argc);
}

static void print_hex_line(uint64_t off, const unsigned char *p, size_t n)
{
	printf("%012" PRIx64 " ", off);
	for (size_t i = 0; i < 16; i++) {
		if (i < n)
			printf(" %02x", p[i]);
		else
			fputs("   ", stdout);
	}
	fputs("  |", stdout);
	for (size_t i = 0; i < n; i++)
		putchar(p[i] >= 0x20 && p[i] < 0x7f ? p[i] : '.');
	puts("|");
}

/* Lines like the one before are shown as one "*", as hexdump does. */
static enum vdt_exit print_hex(const struct vdt_place *from, uint64_t off, uint64_t length)
{
	uint64_t end = length < from->size - vu_min(off, from->size) ? off + length : from->size;
	unsigned char buf[16 * 256], last[16];
	bool has_last = false, was_same = false;
	size_t got;

	for (; off < end; off += got) {
		VixError err = vdt_pread(from, off, buf, vu_min(sizeof(buf), end - off), &got);

		if (err != VIX_OK)
			return vdt_report(err, "cannot read %s", vu_log_quote(from->name));
		for (size_t i = 0; i < got; i += 16) {
			size_t n = vu_min(16, got - i);
			bool same = has_last && n == 16 && memcmp(last, buf + i, 16) == 0;

			if (!same)
				print_hex_line(off + i, buf + i, n);
			else if (!was_same)
				puts("*");
			was_same = same;
			has_last = n == 16;
			memcpy(last, buf + i, n);
		}
	}
	printf("%012" PRIx64 "\n", end);
	return VDT_OK;
}

static enum vdt_exit check_offset(const struct vdt_place *disk, uint64_t offset)
{
	if (offset <= disk->size)
		return VDT_OK;
	vdt_error(VDT_USAGE, "%s has %" PRIu64 " bytes only", vu_log_quote(disk->name), disk->size);
	return VDT_USAGE;
}

static enum vdt_exit read_disk(struct vdt_place *from, const struct io_options *o)
{
	struct vdt_place to;
	struct vdt_copy c = {
		.from = from,
		.to = &to,
		.from_off = o->offset,
		.len = o->length,
		.job = o->job,
		.verb = "reading",
	};
	enum vdt_exit code = check_offset(from, o->offset);

	if (code != VDT_OK)
		return code;
	if (o->hex)
		return print_hex(from, o->offset, o->length);
	code = vdt_place_output(o->file != NULL ? o->file : "-", false, from, &to);
	return code != VDT_OK ? code : vdt_place_close(&to, vdt_copy(&c));
}

enum vdt_exit vdt_verb_read(int argc, char **argv)
{
	struct io_options o = IO_OPTIONS;
	struct vdt_place from = { .fd = -1 };
	struct vdt_disklib lib = { 0 };
	enum vdt_exit code = parse_read(argc, argv, &o);

	if (code == VDT_OK)
		code = vdt_disklib_start(&lib, &o.login);
	if (code == VDT_OK)
		code = vdt_place_disk(&lib, argv[optind], false, &from);
	if (code == VDT_OK)
		code = read_disk(&from, &o);
	code = vdt_place_close(&from, code);
	vdt_disklib_stop(&lib);
	vdt_login_end(&o.login);
	return code;
}

/* Writing. */

static bool take_byte(const char *value, void *to)
{
	char *end;
	unsigned long v = strtoul(value, &end, 0);

	if (!isdigit((unsigned char)value[0]) || *end != '\0' || v > 255)
		return false;
	*(int *)to = (int)v;
	return true;
}

static enum vdt_exit parse_write(int argc, char **argv, struct io_options *o)
{
	const struct vdt_option options[] = {
		{ "offset", 's', VDT_OPT_SIZE, &o->offset, NULL, NULL },
		{ "length", 'l', VDT_OPT_SIZE, &o->length, NULL, NULL },
		{ "input", 'i', VDT_OPT_TEXT, &o->file, NULL, NULL },
		{ "fill", 0, VDT_OPT_TAKE, &o->fill, take_byte, "a byte, 0 to 255" },
		VDT_OPTIONS_JOB(&o->job),
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	enum vdt_exit code = vdt_parse("write", argc, argv, options, NULL);

	if (code != VDT_OK)
		return code;
	if (o->fill >= 0 && (o->length == VDT_ALL || o->file != NULL))
		return vdt_usage("write", "--fill needs --length, and no --input");
	return take_disk("write", argc);
}

static enum vdt_exit open_input(const struct io_options *o, struct vdt_place *p_out)
{
	if (o->fill < 0)
		return vdt_place_input(o->file != NULL ? o->file : "-", p_out);
	vdt_place_fill((unsigned char)o->fill, p_out);
	return VDT_OK;
}

static enum vdt_exit write_disk(struct vdt_place *to, const struct io_options *o)
{
	struct vdt_place from;
	struct vdt_copy c = {
		.from = &from,
		.to = to,
		.to_off = o->offset,
		.len = o->length,
		.job = o->job,
		.verb = "writing",
	};
	enum vdt_exit code = check_offset(to, o->offset);

	if (code == VDT_OK)
		code = open_input(o, &from);
	if (code != VDT_OK)
		return code;
	code = vdt_copy(&c);
	if (code == VDT_OK && c.done < o->length && o->length != VDT_ALL) {
		vdt_error(VDT_PARTIAL, "%s ended after %" PRIu64 " bytes", vu_log_quote(from.name),
			  c.done);
		code = VDT_PARTIAL;
	}
	return vdt_place_close(&from, code);
}

enum vdt_exit vdt_verb_write(int argc, char **argv)
{
	struct io_options o = IO_OPTIONS;
	struct vdt_place to = { .fd = -1 };
	struct vdt_disklib lib = { 0 };
	enum vdt_exit code = parse_write(argc, argv, &o);

	if (code == VDT_OK)
		code = vdt_disklib_start(&lib, NULL);
	if (code == VDT_OK)
		code = vdt_place_disk(&lib, argv[optind], true, &to);
	if (code == VDT_OK)
		code = write_disk(&to, &o);
	code = vdt_place_close(&to, code);
	vdt_disklib_stop(&lib);
	return code;
}
