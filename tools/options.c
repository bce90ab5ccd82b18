/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options of the command line; see options.h.
 */
#include "config.h"

#include "options.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "../common/log.h"
#include "message.h"
#include "program.h"
#include "size.h"

#define OPTIONS_MAX 32
#define FIRST_LONG  256 /* what getopt_long() returns for the first option of the table */

enum { OPT_JSON = 1 };

static const struct option common_options[] = {
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, OPT_JSON }, /* last: not every verb has it */
	{ NULL, 0, NULL, 0 },
};

struct parser {
	const char *verb;
	const struct vdt_option *options;
	size_t n;
	struct option longs[OPTIONS_MAX];
	char letters[2 * OPTIONS_MAX + 1];
};

/* As getopt_long() calls it. */
static int has_value(const struct vdt_option *o)
{
	if (o->kind == VDT_OPT_MAYBE)
		return optional_argument;
	return o->kind != VDT_OPT_FLAG ? required_argument : no_argument;
}

/* A letter takes no value that may be left out. */
static void add_letter(char **end, char letter, bool with_value)
{
	*(*end)++ = letter;
	if (with_value)
		*(*end)++ = ':';
}

/* What getopt_long() wants. */
static void prepare(struct parser *p, bool has_json)
{
	const size_t n_common = sizeof(common_options) / sizeof(common_options[0]) - 2 + has_json;
	char *letter = p->letters;

	*letter++ = ':'; /* tell a missing value from an unknown option */
	for (p->n = 0; p->options[p->n].name != NULL; p->n++) {
		const struct vdt_option *o = &p->options[p->n];

		assert(p->n + n_common + 1 < OPTIONS_MAX);
		p->longs[p->n] = (struct option){ o->name, has_value(o), NULL,
						  FIRST_LONG + (int)p->n };
		if (o->letter != 0)
			add_letter(&letter, o->letter, has_value(o) == required_argument);
	}
	memcpy(p->longs + p->n, common_options, n_common * sizeof(common_options[0]));
	memset(p->longs + p->n + n_common, 0, sizeof(p->longs[0]));
	strcpy(letter, "qvh");
}

static const struct vdt_option *find(const struct parser *p, int opt)
{
	if (opt >= FIRST_LONG)
		return &p->options[opt - FIRST_LONG];
	for (size_t i = 0; i < p->n; i++)
		if (p->options[i].letter == opt)
			return &p->options[i];
	return NULL;
}

bool vdt_parse_duration(const char *s, unsigned *ms_out)
{
	char *end;
	unsigned long v;
	unsigned long unit = 1000;

	if (s[0] < '0' || s[0] > '9')
		return false;
	errno = 0;
	v = strtoul(s, &end, 10);
	if (errno != 0)
		return false;
	if (*end == 'm' && end[1] == '\0')
		unit = 60 * 1000;
	else if (*end == 'h' && end[1] == '\0')
		unit = 3600 * 1000;
	else if (*end != '\0' && !(*end == 's' && end[1] == '\0'))
		return false;
	if (v > 0xffffffffu / unit)
		return false;
	*ms_out = (unsigned)(v * unit);
	return true;
}

static bool parse_fd(const char *s, int *fd_out)
{
	char *end;
	long v = strtol(s, &end, 10);

	if (s[0] < '0' || s[0] > '9' || *end != '\0' || v > 0xffff || fcntl((int)v, F_GETFD) < 0)
		return false;
	*fd_out = (int)v;
	return true;
}

/* Return: NULL, or what it takes instead of @value. */
static const char *apply(const struct vdt_option *o, const char *value)
{
	switch (o->kind) {
	case VDT_OPT_FLAG:
		*(bool *)o->to = true;
		return NULL;
	case VDT_OPT_TEXT:
		*(const char **)o->to = value;
		return NULL;
	case VDT_OPT_TIME:
		return vdt_parse_duration(value, o->to) ? NULL : "a time, such as 90s or 5m";
	case VDT_OPT_FD:
		return parse_fd(value, o->to) ? NULL : "the number of an open descriptor";
	case VDT_OPT_SIZE:
		return vdt_size_parse(value, 1, o->to) ? NULL : VDT_SIZE_WANTS;
	case VDT_OPT_TAKE:
	case VDT_OPT_MAYBE:
		return o->take(value, o->to) ? NULL : o->wants;
	}
	return NULL;
}

/* @opt: '?' or ':', of the argument that was taken last. */
static enum vdt_exit bad_option(const struct parser *p, int opt, const char *arg)
{
	const struct vdt_option *o = find(p, optopt);
	char letter[] = { '-', (char)optopt, '\0' };

	if (opt == ':')
		return vdt_usage(p->verb, "%s%s needs a value", o != NULL ? "--" : "",
				 o != NULL ? o->name : arg);
	if (strncmp(arg, "--", 2) != 0)
		arg = letter;
	return vdt_usage(p->verb, "%s: there is no such option, or it takes no value",
			 vu_log_quote(arg));
}

enum vdt_exit vdt_parse(const char *verb, int argc, char **argv, const struct vdt_option *options,
			bool *json)
{
	struct parser p = { .verb = verb, .options = options };
	bool quiet = false;
	int verbose = 0;
	int opt;

	prepare(&p, json != NULL);
	opterr = 0;
	while ((opt = getopt_long(argc, argv, p.letters, p.longs, NULL)) != -1) {
		const struct vdt_option *o = find(&p, opt);
		const char *wants = o != NULL ? apply(o, optarg) : NULL;

		if (wants != NULL)
			return vdt_usage(verb, "--%s takes %s, not \"%s\"", o->name, wants, optarg);
		if (opt == 'h')
			exit(vdt_help(verb));
		if (opt == OPT_JSON)
			*json = true;
		else if (opt == '?' || opt == ':')
			return bad_option(&p, opt, argv[optind - 1]);
		quiet |= opt == 'q';
		verbose += opt == 'v';
	}
	vdt_message_set(quiet, verbose);
	vdt_message_set_json(json != NULL && *json);
	return VDT_OK;
}
