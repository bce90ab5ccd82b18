/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmware-vdiskmanager; see vdiskmanager.h.
 *
 * 1. What scripts look for is said on the standard output, failures ("Failed to ..") on the
 *    standard error.
 * 2. Sizes without a unit are sectors.
 */
#include "config.h"

#include "vdiskmanager.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "disklib.h"
#include "disktype.h"
#include "job.h"
#include "message.h"
#include "size.h"
#include "streams.h"

/* One call: options and operands. */
struct call {
	char operation; /* its letter; 0: none */
	int n_operations;
	bool quiet, remote;
	const char *source;         /* of -r and -n */
	const char *disk;           /* the operand */
	uint64_t size;              /* bytes; of -s and -x */
	const char *type, *adapter; /* NULL: not given */
	VixDiskLibCreateParams params;
	const struct vdt_disklib *lib;
	const char *progress; /* "Create"; told at each percent */
};

static const char usage[] =
	"Usage: vmware-vdiskmanager OPERATION [OPTIONS] DISK\n"
	"\n"
	"Operations, one at a time:\n"
	"  -c               create a disk: needs -s, takes -t and -a\n"
	"  -r SOURCE        convert SOURCE into a new DISK: takes -t and -a\n"
	"  -x SIZE          expand the disk to SIZE\n"
	"  -d               defragment the disk\n"
	"  -k               shrink the disk\n"
	"  -n SOURCE        rename SOURCE to DISK\n"
	"  -R               check the disk, and repair it\n"
	"  -e               check the chain of the disk's snapshots\n"
	"  -D               make the disk deletable\n"
	"  -U               delete the disk with all its files\n"
	"\n"
	"Options:\n"
	"  -q               say nothing but what fails\n"
	"  -s SIZE          a number of sectors, or with KB, MB, GB or TB\n"
	"  -a ADAPTER       ide, buslogic or lsilogic\n"
	"  -t TYPE          0 one growing file          1 growing files of 2 GB\n"
	"                   2 one file of full size     3 files of 2 GB of full size\n"
	"                   4 for ESX, of full size     5 compressed, for streaming\n"
	"                   6 for ESX, growing\n"
	"\n"
	"This is vdisk(1) under another name, with this program's options.\n";

/* Operations. */

static Bool tell_percent(void *data, int percent)
{
	const struct call *c = data;

	if (!c->quiet && c->progress != NULL) {
		printf("\r  %s: %d%% done.", c->progress, percent);
		vdt_streams_flush();
	}
	return vdt_job_progress(NULL, percent);
}

static void say(const struct call *c, const char *fmt, const char *name)
{
	if (!c->quiet)
		printf(fmt, name);
}

static VixError run_create(struct call *c)
{
	say(c, "Creating disk '%s'\n", c->disk);
	c->params.capacity = c->size / VIXDISKLIB_SECTOR_SIZE;
	return VixDiskLib_Create(c->lib->conn, c->disk, &c->params, tell_percent, c);
}

static VixError source_info(struct call *c)
{
	VixDiskLibHandle disk;
	VixDiskLibInfo *info;
	VixError err = VixDiskLib_Open(c->lib->conn, c->source, VIXDISKLIB_FLAG_OPEN_READ_ONLY,
				       &disk);

	if (err != VIX_OK)
		return err;
	err = VixDiskLib_GetInfo(disk, &info);
	if (err == VIX_OK && c->adapter == NULL && info->adapterType != VIXDISKLIB_ADAPTER_UNKNOWN)
		c->params.adapterType = info->adapterType;
	if (err == VIX_OK)
		c->params.capacity = info->capacity;
	VixDiskLib_FreeInfo(info);
	VixDiskLib_Close(disk);
	return err;
}

static VixError run_convert(struct call *c)
{
	VixError err = source_info(c);

	if (err != VIX_OK)
		return err;
	say(c, "Creating disk '%s'\n", c->disk);
	return VixDiskLib_Clone(c->lib->conn, c->disk, c->lib->conn, c->source, &c->params,
				tell_percent, c, 0);
}

static VixError run_expand(struct call *c)
{
	return VixDiskLib_Grow(c->lib->conn, c->disk, c->size / VIXDISKLIB_SECTOR_SIZE, 1,
			       tell_percent, c);
}

static VixError with_disk(struct call *c,
			  VixError (*run)(VixDiskLibHandle, VixDiskLibProgressFunc, void *))
{
	VixDiskLibHandle disk;
	VixError closed, err = VixDiskLib_Open(c->lib->conn, c->disk, 0, &disk);

	if (err != VIX_OK)
		return err;
	err = run(disk, tell_percent, c);
	closed = VixDiskLib_Close(disk);
	return err != VIX_OK ? err : closed;
}

static VixError run_defragment(struct call *c)
{
	return with_disk(c, VixDiskLib_Defragment);
}

static VixError run_shrink(struct call *c)
{
	return with_disk(c, VixDiskLib_Shrink);
}

static VixError run_rename(struct call *c)
{
	return VixDiskLib_Rename(c->source, c->disk);
}

static VixError run_repair(struct call *c)
{
	VixError err = VixDiskLib_CheckRepair(c->lib->conn, c->disk, 0);

	if (err != VIX_E_DISK_NEEDSREPAIR) {
		if (err == VIX_OK)
			say(c, "No errors were found on the virtual disk, '%s'.\n", c->disk);
		return err;
	}
	free(vdt_lib_take());
	err = VixDiskLib_CheckRepair(c->lib->conn, c->disk, 1);
	if (err == VIX_OK)
		say(c,
		    "The virtual disk, '%s', was corrupted and has been successfully repaired.\n",
		    c->disk);
	return err;
}

static VixError run_chain(struct call *c)
{
	VixDiskLibHandle disk;
	VixError err = VixDiskLib_Open(c->lib->conn, c->disk, VIXDISKLIB_FLAG_OPEN_READ_ONLY,
				       &disk);

	return err != VIX_OK ? err : VixDiskLib_Close(disk);
}

static VixError set_deletable(VixDiskLibHandle disk, VixDiskLibProgressFunc fn, void *data)
{
	(void)fn;
	(void)data;
	return VixDiskLib_WriteMetadata(disk, "deletable", "true");
}

static VixError run_deletable(struct call *c)
{
	return with_disk(c, set_deletable);
}

static VixError run_delete(struct call *c)
{
	return VixDiskLib_Unlink(c->lib->conn, c->disk);
}

static const struct operation {
	char letter;
	bool needs_size;
	const char *progress; /* NULL: none is told */
	const char *failed;   /* behind "Failed to " */
	const char *done;     /* NULL: it says so itself */
	VixError (*run)(struct call *c);
} operations[] = {
	{ 'c', true, "Create", "create disk", "Virtual disk creation successful.", run_create },
	{ 'r', false, "Convert", "convert disk", "Virtual disk conversion successful.",
	  run_convert },
	{ 'x', true, "Grow", "expand disk",
	  "Disk expansion completed successfully.\n\n"
	  "WARNING: partitions and file systems on it are as they were; enlarge them in the guest.",
	  run_expand },
	{ 'd', false, "Defragment", "defragment disk", "Defragmentation completed successfully.",
	  run_defragment },
	{ 'k', false, "Shrink", "shrink disk", "Shrink completed successfully.", run_shrink },
	{ 'n', false, NULL, "rename disk", "Renaming completed successfully.", run_rename },
	{ 'R', false, NULL, "check disk", NULL, run_repair },
	{ 'e', false, NULL, "check the chain of disk", "Disk chain is consistent.", run_chain },
	{ 'D', false, NULL, "make deletable disk", "The disk is deletable now.", run_deletable },
	{ 'U', false, NULL, "delete disk", "Virtual disk deletion successful.", run_delete },
};

static const struct operation *find_operation(char letter)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (operations[i].letter == letter)
			return &operations[i];
	return NULL;
}

/* The call. */

static int fail(const char *what, const char *disk, const char *why)
{
	fprintf(stderr, "Failed to %s '%s': %s\n", what, vu_log_quote(disk), why);
	return EXIT_FAILURE;
}

static int bad_call(const char *why)
{
	fprintf(stderr, "%s\n\n%s", why, usage);
	return EXIT_FAILURE;
}

static void take_option(struct call *c, int opt)
{
	if (find_operation((char)opt) != NULL) {
		c->operation = (char)opt;
		c->n_operations++;
	}
	if (opt == 'r' || opt == 'n')
		c->source = optarg;
	else if ((opt == 's' || opt == 'x') &&
		 !vdt_size_parse(optarg, VIXDISKLIB_SECTOR_SIZE, &c->size))
		c->size = 0;
	else if (opt == 't')
		c->type = optarg;
	else if (opt == 'a')
		c->adapter = optarg;
	else if (opt == 'q')
		c->quiet = true;
	else if (opt == 'h' || opt == 'u' || opt == 'f')
		c->remote = true;
}

/* NULL, or what is wrong. */
static const char *check_call(struct call *c, int n_operands)
{
	if (c->n_operations != 1)
		return "Exactly one operation is needed.";
	if (n_operands != 1)
		return "Exactly one disk is needed.";
	if (c->remote)
		return "Disks of servers can't be reached.";
	if (c->type != NULL && !vdt_type_parse(c->type, &c->params.diskType))
		return "This type of disk is not known.";
	if (c->adapter != NULL && !vdt_adapter_parse(c->adapter, &c->params.adapterType))
		return "This type of adapter is not known.";
	if (find_operation(c->operation)->needs_size && c->size == 0)
		return "The size is missing, or is none.";
	return NULL;
}

/* Options and operands, in any order; "-n SOURCE DISK" too. */
static const char *parse(int argc, char **argv, struct call *c)
{
	int opt;

	opterr = 0;
	while ((opt = getopt(argc, argv, "cdkReDUqpn:r:x:s:t:a:h:u:f:")) != -1) {
		if (opt == '?')
			return "An option is not known, or lacks its value.";
		if (opt == 'p')
			return "Free space can't be overwritten with zeros (-p) from outside.";
		take_option(c, opt);
	}
	c->disk = argv[optind];
	return check_call(c, argc - optind);
}

static int carry_out(struct call *c)
{
	const struct operation *op = find_operation(c->operation);
	const struct vdt_job_options job = { .fd = -1, .quiet = true };
	VU_AUTO(free) char *said = NULL;
	char *text;
	VixError err;

	c->progress = op->progress;
	vdt_job_begin(&job, op->failed, c->disk);
	err = op->run(c);
	vdt_job_finish();
	if (op->progress != NULL && !c->quiet && err == VIX_OK)
		putchar('\n');
	if (err == VIX_OK) {
		if (op->done != NULL)
			say(c, "%s\n", op->done);
		return EXIT_SUCCESS;
	}
	vdt_streams_flush();
	said = vdt_lib_take();
	text = VixDiskLib_GetErrorText(err, NULL);
	fail(op->failed, c->disk, said != NULL ? said : text != NULL ? text : "error");
	VixDiskLib_FreeErrorText(text);
	return EXIT_FAILURE;
}

static int run(int argc, char **argv)
{
	struct call c = {
		.params = { .diskType = VIXDISKLIB_DISK_MONOLITHIC_SPARSE,
			    .adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC,
			    .hwVersion = VIXDISKLIB_HWVERSION_WORKSTATION_5 },
	};
	struct vdt_disklib lib = { 0 };
	const char *wrong;
	int status = EXIT_FAILURE;

	if (argc < 2) {
		printf("VMware Virtual Disk Manager - vdisk %s.\n%s", PACKAGE_VERSION, usage);
		return EXIT_FAILURE;
	}
	wrong = parse(argc, argv, &c);
	if (wrong != NULL)
		return bad_call(wrong);
	if (vdt_disklib_start(&lib, NULL) == VDT_OK) {
		c.lib = &lib;
		status = carry_out(&c);
	}
	vdt_disklib_stop(&lib);
	return status;
}

int vdt_vdiskmanager(int argc, char **argv)
{
	vdt_streams_begin();
	setlocale(LC_CTYPE, "C.UTF-8");
	vdt_message_init(VDT_VDISKMANAGER);
	vdt_message_set(true, 0);
	return vdt_streams_end((enum vdt_exit)run(argc, argv)) == VDT_OK ? EXIT_SUCCESS
									 : EXIT_FAILURE;
}
