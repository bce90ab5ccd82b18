/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk meta: the table of metadata of a disk, the "ddb." lines of its descriptor.
 */
#include "config.h"

#include "disk-verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "disklib.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "report.h"

/* NULL when the disk has no such key, or that has been told. */
static char *read_value(VixDiskLibHandle disk, const char *key, VixError *err_out)
{
	size_t len = 0;
	char *value;

	*err_out = VixDiskLib_ReadMetadata(disk, key, NULL, 0, &len);
	if (*err_out != VIX_E_BUFFER_TOOSMALL)
		return NULL;
	value = vu_calloc_array(len, 1);
	*err_out = value != NULL ? VixDiskLib_ReadMetadata(disk, key, value, len, NULL)
				 : VIX_E_OUT_OF_MEMORY;
	return value;
}

/* Names, each with its NUL, and one more. */
static char *read_keys(VixDiskLibHandle disk, VixError *err_out)
{
	size_t len = 0;
	char *keys;

	*err_out = VixDiskLib_GetMetadataKeys(disk, NULL, 0, &len);
	if (*err_out != VIX_E_BUFFER_TOOSMALL)
		return NULL;
	keys = vu_calloc_array(len, 1);
	*err_out = keys != NULL ? VixDiskLib_GetMetadataKeys(disk, keys, len, NULL)
				: VIX_E_OUT_OF_MEMORY;
	return keys;
}

static enum vdt_exit list(VixDiskLibHandle disk, const char *path, bool json)
{
	VixError err;
	VU_AUTO(free) char *keys = read_keys(disk, &err);
	json_t *values = json_object();

	for (const char *key = keys; err == VIX_OK && *key != '\0'; key += strlen(key) + 1) {
		VU_AUTO(free) char *value = read_value(disk, key, &err);

		if (err == VIX_OK && json)
			json_object_set_new(values, vu_log_quote(key), vdt_json_text(value));
		else if (err == VIX_OK)
			printf("%s = \"%s\"\n", vu_log_quote(key), vu_log_quote(value));
	}
	if (err == VIX_OK && json) {
		json_t *doc = vdt_json_document("disk-metadata");

		json_object_set_new(doc, "filename", vdt_json_text(path));
		json_object_set(doc, "metadata", values);
		vdt_json_print(doc);
	}
	json_decref(values);
	return err == VIX_OK ? VDT_OK
			     : vdt_report(err, "cannot read metadata of %s", vu_log_quote(path));
}

static enum vdt_exit get(VixDiskLibHandle disk, const char *path, const char *key)
{
	VixError err;
	VU_AUTO(free) char *value = read_value(disk, key, &err);

	if (err == VIX_E_DISK_KEY_NOTFOUND) {
		vdt_error(VDT_NOT_FOUND, "%s has no metadata called %s", vu_log_quote(path),
			  vu_log_quote(key));
		vdt_hint("`vdisk meta list %s` shows what it has", vu_log_quote(path));
		return VDT_NOT_FOUND;
	}
	if (err != VIX_OK)
		return vdt_report(err, "cannot read metadata of %s", vu_log_quote(path));
	puts(isatty(STDOUT_FILENO) ? vu_log_quote(value) : value);
	return VDT_OK;
}

static enum vdt_exit set(VixDiskLibHandle disk, const char *path, const char *key,
			 const char *value)
{
	VixError err = VixDiskLib_WriteMetadata(disk, key, value);

	return err == VIX_OK ? VDT_OK
			     : vdt_report(err, "cannot set metadata of %s", vu_log_quote(path));
}

struct call {
	const char *what; /* list, get, set */
	char **args;      /* DISK [KEY [VALUE]] */
	bool json;
	struct vdt_login login;
};

static enum vdt_exit carry_out(const struct vdt_disklib *lib, const struct call *c)
{
	bool writes = strcmp(c->what, "set") == 0;
	VixDiskLibHandle disk = NULL;
	enum vdt_exit closed, code;

	code = vdt_disklib_open(lib, c->args[0], writes ? 0 : VIXDISKLIB_FLAG_OPEN_READ_ONLY,
				&disk);
	if (code != VDT_OK)
		return code;
	if (writes)
		code = set(disk, c->args[0], c->args[1], c->args[2]);
	else if (strcmp(c->what, "get") == 0)
		code = get(disk, c->args[0], c->args[1]);
	else
		code = list(disk, c->args[0], c->json);
	closed = vdt_disklib_close(disk, c->args[0]);
	return code != VDT_OK ? code : closed;
}

static enum vdt_exit parse(int argc, char **argv, struct call *c)
{
	static const struct {
		const char *what, *usage;
		int args;
	} calls[] = {
		{ "list", "list takes a disk", 1 },
		{ "get", "get takes a disk and a key", 2 },
		{ "set", "set takes a disk, a key and its value", 3 },
	};
	const struct vdt_option options[] = {
		VDT_OPTIONS_LOGIN(&c->login),
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	enum vdt_exit code = vdt_parse("meta", argc, argv, options, &c->json);

	if (code != VDT_OK)
		return code;
	c->what = optind < argc ? argv[optind++] : "";
	c->args = argv + optind;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(calls[i].what, c->what) != 0)
			continue;
		return argc - optind == calls[i].args ? VDT_OK
						      : vdt_usage("meta", "%s", calls[i].usage);
	}
	return vdt_usage("meta", "list, get or set?");
}

enum vdt_exit vdt_verb_meta(int argc, char **argv)
{
	struct vdt_disklib lib = { 0 };
	struct call c = { .login = VDT_LOGIN };
	enum vdt_exit code = parse(argc, argv, &c);

	if (code == VDT_OK)
		code = vdt_disklib_start(&lib, &c.login);
	if (code == VDT_OK)
		code = carry_out(&lib, &c);
	vdt_disklib_stop(&lib);
	vdt_login_end(&c.login);
	return code;
}
