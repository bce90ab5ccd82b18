/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk vsphere: what is asked for, and of whom.
 */
#include "config.h"

#include "disk-verbs.h"

#include <getopt.h>
#include <string.h>

#include "../common/log.h"
#include "disklib.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "remote.h"
#include "report.h"
#include "vsphere.h"

enum { TABLE = 1, SIZES = 2, RANGE = 4, CREATE = 8, REMOVE = 16, JOB = 32 };

static const struct what {
	const char *name, *usage;
	enum vdt_exit (*run)(struct vdt_vsphere *v);
	int args;       /* operands */
	unsigned takes; /* options */
	bool of_server; /* not of a machine */
} whats[] = {
	{ "list", "list takes a server: vsphere://HOST", vdt_vsphere_list, 1, TABLE, true },
	{ "disks", "disks takes a virtual machine", vdt_vsphere_disks, 1, TABLE | SIZES, false },
	{ "snapshots", "snapshots takes a virtual machine", vdt_vsphere_snapshots, 1, TABLE,
	  false },
	{ "changes", "changes takes a disk", vdt_vsphere_changes, 1, RANGE, false },
	{ "snapshot-create", "snapshot-create takes a virtual machine and a name",
	  vdt_vsphere_create, 2, CREATE | JOB, false },
	{ "snapshot-remove", "snapshot-remove takes a virtual machine and a snapshot's ID",
	  vdt_vsphere_remove, 2, REMOVE | JOB, false },
	{ NULL, NULL, NULL, 0, 0, false },
};

/* Was an option given that others take? */
static enum vdt_exit check_options(const struct vdt_vsphere *v, const struct what *w)
{
	const struct {
		bool given;
		unsigned of;
		const char *name;
	} options[] = {
		{ v->columns != NULL, TABLE, "columns" },
		{ v->no_headings, TABLE, "no-headings" },
		{ v->bytes, SIZES, "bytes" },
		{ v->since != NULL, RANGE, "since" },
		{ v->offset != 0, RANGE, "start-offset" },
		{ v->length != UINT64_MAX, RANGE, "max-length" },
		{ v->description != NULL, CREATE, "description" },
		{ v->quiesce, CREATE, "quiesce" },
		{ v->memory, CREATE, "memory" },
		{ v->children, REMOVE, "children" },
		{ v->job.shown || v->job.fd >= 0, JOB, "progress" },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].given && (w->takes & options[i].of) == 0)
			return vdt_usage("vsphere", "%s takes no --%s", w->name, options[i].name);
	if (v->since == NULL && (w->takes & RANGE) != 0)
		return vdt_usage("vsphere", "since when? --since=CHANGE-ID, or --since='*' for all "
					    "that is allocated");
	return VDT_OK;
}

static enum vdt_exit take_operands(int argc, char **argv, struct vdt_vsphere *v,
				   const struct what **what_out)
{
	const struct what *w = whats;

	v->what = optind < argc ? argv[optind++] : "";
	while (w->name != NULL && strcmp(w->name, v->what) != 0)
		w++;
	*what_out = w;
	if (w->name == NULL)
		return vdt_usage("vsphere", "list, disks, snapshots, changes, snapshot-create or "
					    "snapshot-remove?");
	if (argc - optind != w->args)
		return vdt_usage("vsphere", "%s", w->usage);
	v->name = argv[optind];
	v->arg = w->args > 1 ? argv[optind + 1] : NULL;
	return check_options(v, w);
}

static enum vdt_exit parse(int argc, char **argv, struct vdt_vsphere *v,
			   const struct what **what_out)
{
	const struct vdt_option options[] = {
		{ "columns", 0, VDT_OPT_TEXT, &v->columns, NULL, NULL },
		{ "no-headings", 0, VDT_OPT_FLAG, &v->no_headings, NULL, NULL },
		{ "bytes", 0, VDT_OPT_FLAG, &v->bytes, NULL, NULL },
		{ "since", 0, VDT_OPT_TEXT, &v->since, NULL, NULL },
		{ "start-offset", 's', VDT_OPT_SIZE, &v->offset, NULL, NULL },
		{ "max-length", 'l', VDT_OPT_SIZE, &v->length, NULL, NULL },
		{ "description", 0, VDT_OPT_TEXT, &v->description, NULL, NULL },
		{ "quiesce", 0, VDT_OPT_FLAG, &v->quiesce, NULL, NULL },
		{ "memory", 0, VDT_OPT_FLAG, &v->memory, NULL, NULL },
		{ "children", 0, VDT_OPT_FLAG, &v->children, NULL, NULL },
		VDT_OPTIONS_JOB(&v->job),
		VDT_OPTIONS_LOGIN(&v->login),
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	enum vdt_exit code = vdt_parse("vsphere", argc, argv, options, &v->json);

	return code != VDT_OK ? code : take_operands(argc, argv, v, what_out);
}

static enum vdt_exit parse_name(struct vdt_vsphere *v, bool of_server)
{
	const char *wrong = of_server ? vdt_source_parse_server(v->name, &v->src)
				      : vdt_source_parse(v->name, &v->src);

	if (wrong == NULL && v->src.file != NULL)
		wrong = "it is a file of this host";
	if (wrong == NULL)
		return VDT_OK;
	vdt_error(VDT_USAGE, "cannot use this name of a %s: %s",
		  of_server ? "server" : "virtual machine", wrong);
	vdt_hint("such as vsphere://USER@HOST%s; SOURCES in the manual has it all",
		 of_server ? "" : "/moref=vm-57");
	return VDT_USAGE;
}

static enum vdt_exit carry_out(struct vdt_vsphere *v, const struct what *w)
{
	enum vdt_exit code = VDT_OK;

	if (!w->of_server)
		code = vdt_login_connect(&v->login, &v->src, &v->conn);
	if (code == VDT_OK)
		code = w->run(v);
	if (v->conn != NULL)
		VixDiskLib_Disconnect(v->conn);
	return code;
}

enum vdt_exit vdt_verb_vsphere(int argc, char **argv)
{
	struct vdt_vsphere v = { .login = VDT_LOGIN, .job = VDT_JOB_OPTIONS, .length = UINT64_MAX };
	const struct what *w;
	enum vdt_exit code = parse(argc, argv, &v, &w);

	if (code == VDT_OK)
		code = parse_name(&v, w->of_server);
	if (code == VDT_OK)
		code = vdt_login_learn(&v.login, &v.src);
	if (code == VDT_OK)
		code = vdt_disklib_init(&v.login);
	if (code == VDT_OK) {
		code = carry_out(&v, w);
		VixDiskLib_Exit();
	}
	vdt_source_free(&v.src);
	vdt_login_end(&v.login);
	return code;
}
