/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sample: the sequence of calls of the program that comes with VDDK.
 *
 *	sample COMMAND [VALUE..] [OPTION..] DISK
 *
 *	-create             -redo PARENT         -clone SOURCE       -info     -dump    -fill
 *	-meta               -rmeta KEY           -wmeta KEY VALUE    -check 0|1
 *	-readbench N        -writebench N        -readasyncbench N   -writeasyncbench N
 *	-getallocatedblocks -multithread N
 *
 * Exit status 0, or 1 after "Error: [FILE:LINE]  CODE TEXT" on standard output.
 */
#include "config.h"

#include "sample.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sample_lib lib;

VixError sample_failed(const char *file, int line, VixError err)
{
	char *text = lib.GetErrorText(err, NULL);

	printf("Error: [%s:%d]  %" PRIx64 " %s\n", file, line, (uint64_t)err, text);
	lib.FreeErrorText(text);
	return err;
}

uint8 *sample_buffer(uint64 sectors, uint8 byte)
{
	uint8 *buf = malloc(sectors * VIXDISKLIB_SECTOR_SIZE);

	if (buf == NULL)
		abort();
	return memset(buf, byte, sectors * VIXDISKLIB_SECTOR_SIZE);
}

VixError sample_capacity(VixDiskLibHandle disk, uint64 *capacity_out)
{
	VixDiskLibInfo *info = NULL;

	TRY(lib.GetInfo(disk, &info));
	*capacity_out = info->capacity;
	lib.FreeInfo(info);
	return VIX_OK;
}

/* The sizes of sectors are newer than the oldest sample, which leaves there whatever there was. */
VixDiskLibCreateParams sample_create_params(const struct sample *s, VixDiskLibDiskType type,
					    uint64 capacity)
{
	VixDiskLibCreateParams p;

	memset(&p, 0xa5, sizeof(p));
	p.diskType = type;
	p.adapterType = s->adapter;
	p.hwVersion = VIXDISKLIB_HWVERSION_WORKSTATION_5;
	p.capacity = capacity;
	return p;
}

/* Loading: every function, or none. */
static bool load(void)
{
	void *handle = dlopen("libvixDiskLib.so", RTLD_LAZY);

	if (handle == NULL) {
		printf("%s\n", dlerror());
		return false;
	}
#define F(name)                                                   \
	*(void **)&lib.name = dlsym(handle, "VixDiskLib_" #name); \
	if (lib.name == NULL) {                                   \
		printf("there is no VixDiskLib_" #name "\n");     \
		return false;                                     \
	}
	SAMPLE_FUNCTIONS(F)
#undef F
	return true;
}

static const struct command {
	const char *name;
	int n_values;
	bool open, write; /* is the disk open, and for writing? */
	VixError (*run)(struct sample *s);
} commands[] = {
	{ "-create", 0, false, false, sample_create },
	{ "-redo", 1, false, false, sample_redo },
	{ "-clone", 1, false, false, sample_clone },
	{ "-check", 1, false, false, sample_check },
	{ "-multithread", 1, false, false, sample_threads },
	{ "-info", 0, true, false, sample_info },
	{ "-dump", 0, true, false, sample_dump },
	{ "-fill", 0, true, true, sample_fill },
	{ "-meta", 0, true, false, sample_meta },
	{ "-rmeta", 1, true, false, sample_rmeta },
	{ "-wmeta", 2, true, true, sample_wmeta },
	{ "-readbench", 1, true, false, sample_read },
	{ "-writebench", 1, true, true, sample_write },
	{ "-readasyncbench", 1, true, false, sample_read_async },
	{ "-writeasyncbench", 1, true, true, sample_write_async },
	{ "-getallocatedblocks", 0, true, false, sample_blocks },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* An option that names a server or who logs in there; the strings stay those of the command line. */
static bool remote_option(struct sample *s, const char *name, char *value)
{
	if (strcmp(name, "-host") == 0)
		s->params->serverName = value;
	else if (strcmp(name, "-user") == 0)
		s->params->creds.uid.userName = value;
	else if (strcmp(name, "-password") == 0)
		s->params->creds.uid.password = value;
	else if (strcmp(name, "-vm") == 0)
		s->params->vmxSpec = value;
	else if (strcmp(name, "-thumb") == 0)
		s->params->thumbPrint = value;
	else if (strcmp(name, "-port") == 0)
		s->params->port = (uint32)strtoul(value, NULL, 0);
	else
		return false;
	s->is_remote = true;
	s->params->credType = VIXDISKLIB_CRED_UID;
	return true;
}

static bool text_option(struct sample *s, const char *name, char *value)
{
	if (strcmp(name, "-libdir") == 0)
		s->libdir = value;
	else if (strcmp(name, "-initex") == 0)
		s->config = value;
	else if (strcmp(name, "-ssmoref") == 0)
		s->snapshot = value;
	else if (strcmp(name, "-mode") == 0)
		s->modes = value;
	else
		return false;
	s->is_ex = s->snapshot != NULL || s->modes != NULL;
	return true;
}

static bool number_option(struct sample *s, const char *name, const char *value)
{
	uint64 n = strtoull(value, NULL, 0);

	if (strcmp(name, "-start") == 0)
		s->start = n;
	else if (strcmp(name, "-count") == 0)
		s->count = n;
	else if (strcmp(name, "-val") == 0)
		s->val = (uint8)n;
	else if (strcmp(name, "-cap") == 0)
		s->mib = (uint32)n;
	else if (strcmp(name, "-chunksize") == 0)
		s->chunk = n;
	else if (strcmp(name, "-adapter") == 0)
		s->adapter = strcmp(value, "scsi") == 0 ? VIXDISKLIB_ADAPTER_SCSI_BUSLOGIC
							: VIXDISKLIB_ADAPTER_IDE;
	else
		return false;
	return true;
}

static bool flag_option(struct sample *s, const char *name)
{
	if (strcmp(name, "-single") == 0)
		s->flags |= VIXDISKLIB_FLAG_OPEN_SINGLE_LINK;
	else if (strcmp(name, "-unbuffered") == 0)
		s->flags |= VIXDISKLIB_FLAG_OPEN_UNBUFFERED;
	else if (strcmp(name, "-cleanup") == 0)
		s->cleanup = true;
	else
		return false;
	return true;
}

/* The command, or NULL where the line has something else. */
static const struct command *parse(struct sample *s, int argc, char **argv)
{
	const struct command *command = argc > 2 ? find_command(argv[1]) : NULL;
	int i = 2;

	if (command == NULL)
		return NULL;
	for (int v = 0; v < command->n_values && i < argc - 1; v++)
		s->value[v] = argv[i++];
	for (; i < argc - 1; i++) {
		if (flag_option(s, argv[i]))
			continue;
		if (i + 1 == argc - 1)
			return NULL;
		if (!remote_option(s, argv[i], argv[i + 1]) &&
		    !text_option(s, argv[i], argv[i + 1]) &&
		    !number_option(s, argv[i], argv[i + 1]))
			return NULL;
		i++;
	}
	s->path = argv[argc - 1];
	return command;
}

static void say(const char *fmt, va_list args)
{
	printf("Log: ");
	vprintf(fmt, args);
}

static void complain(const char *fmt, va_list args)
{
	printf("Warning: ");
	vprintf(fmt, args);
}

static VixError start(struct sample *s)
{
	uint32 cleaned, remaining;

	if (s->config != NULL)
		TRY(lib.InitEx(6, 8, say, complain, complain, s->libdir, s->config));
	else
		TRY(lib.Init(6, 8, NULL, NULL, NULL, s->libdir));
	if (s->cleanup) {
		TRY(lib.Cleanup(s->params, &cleaned, &remaining));
		printf("Remaining: %u, cleaned: %u\n", remaining, cleaned);
	}
	TRY(lib.PrepareForAccess(s->params, "Sample"));
	return VIX_OK;
}

static VixError run(struct sample *s, const struct command *command)
{
	uint32 flags = s->flags | (command->write ? 0 : VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	VixError err;

	if (s->is_ex)
		TRY(lib.ConnectEx(s->params, !command->write, s->snapshot, s->modes, &s->conn));
	else
		TRY(lib.Connect(s->params, &s->conn));
	if (command->open) {
		TRY(lib.Open(s->conn, s->path, flags, &s->disk));
		printf("Disk \"%s\" is open using transport mode \"%s\".\n", s->path,
		       lib.GetTransportMode(s->disk));
	}
	err = command->run(s);
	lib.Close(s->disk);
	return err;
}

int main(int argc, char **argv)
{
	struct sample s = {
		.adapter = VIXDISKLIB_ADAPTER_SCSI_BUSLOGIC,
		.count = 1,
		.chunk = VIXDISKLIB_MIN_CHUNK_SIZE,
		.mib = 100,
		.val = 255,
	};
	const struct command *command;
	VixError err;

	if (!load())
		return 1;
	s.params = lib.AllocateConnectParams();
	command = parse(&s, argc, argv);
	if (s.params == NULL || command == NULL) {
		printf("usage: sample COMMAND [VALUE..] [OPTION..] DISK\n");
		return 2;
	}
	err = start(&s);
	if (err == VIX_OK)
		err = run(&s, command);
	if (s.conn != NULL)
		lib.Disconnect(s.conn);
	lib.EndAccess(s.params, "Sample");
	lib.FreeConnectParams(s.params);
	lib.Exit();
	return err == VIX_OK ? 0 : 1;
}
