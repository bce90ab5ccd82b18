/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program of the shape of the one that comes with VDDK: what its files share.
 *
 * It links no library: it loads libvixDiskLib.so and asks for every function by name, needed or not,
 * and ends if one is missing. It frees nothing on the way out of an error.
 */
#ifndef CLIENTS_SAMPLE_H
#define CLIENTS_SAMPLE_H

#include <stdbool.h>

#include "vixDiskLib.h"

#define SAMPLE_FUNCTIONS(F)      \
	F(Init)                  \
	F(InitEx)                \
	F(Exit)                  \
	F(ListTransportModes)    \
	F(Cleanup)               \
	F(GetErrorText)          \
	F(FreeErrorText)         \
	F(AllocateConnectParams) \
	F(FreeConnectParams)     \
	F(Connect)               \
	F(ConnectEx)             \
	F(Disconnect)            \
	F(PrepareForAccess)      \
	F(EndAccess)             \
	F(Create)                \
	F(CreateChild)           \
	F(Open)                  \
	F(Close)                 \
	F(GetInfo)               \
	F(FreeInfo)              \
	F(GetTransportMode)      \
	F(Read)                  \
	F(Write)                 \
	F(ReadAsync)             \
	F(WriteAsync)            \
	F(Wait)                  \
	F(Flush)                 \
	F(QueryAllocatedBlocks)  \
	F(FreeBlockList)         \
	F(ReadMetadata)          \
	F(WriteMetadata)         \
	F(GetMetadataKeys)       \
	F(Clone)                 \
	F(Grow)                  \
	F(Shrink)                \
	F(Defragment)            \
	F(Rename)                \
	F(Unlink)                \
	F(Attach)                \
	F(SpaceNeededForClone)   \
	F(CheckRepair)

/* The functions, found at run time. */
struct sample_lib {
#define F(name) __typeof__(VixDiskLib_##name) *name;
	SAMPLE_FUNCTIONS(F)
#undef F
};
extern struct sample_lib lib;

/* A run of the program: what the command line says, and what is open. */
struct sample {
	char *value[2]; /* of the command */
	char *path;
	VixDiskLibAdapterType adapter;
	uint64 start, count, chunk; /* sectors */
	uint32 flags, mib;
	uint8 val;
	bool is_remote, is_ex, cleanup; /* is_ex: ConnectEx is wanted */
	char *libdir, *config, *snapshot, *modes;

	VixDiskLibConnectParams *params;
	VixDiskLibConnection conn;
	VixDiskLibHandle disk; /* for the commands that want it open */
};

/* TRY(call) - end the function, and in the end the program, where a call fails */
#define TRY(call)                                                           \
	do {                                                                \
		VixError try_err_ = (call);                                 \
		if (try_err_ != VIX_OK)                                     \
			return sample_failed(__FILE__, __LINE__, try_err_); \
	} while (0)

/* Prints an error as the sample does, and returns it. */
VixError sample_failed(const char *file, int line, VixError err);

/* A buffer of @sectors, filled with @byte; or ends the program. */
uint8 *sample_buffer(uint64 sectors, uint8 byte);

/* Sectors of an open disk. */
VixError sample_capacity(VixDiskLibHandle disk, uint64 *capacity_out);

/* What the program makes where it is asked for a new disk. */
VixDiskLibCreateParams sample_create_params(const struct sample *s, VixDiskLibDiskType type,
					    uint64 capacity);

/* The commands. */
VixError sample_create(struct sample *s);
VixError sample_redo(struct sample *s);
VixError sample_info(struct sample *s);
VixError sample_dump(struct sample *s);
VixError sample_fill(struct sample *s);
VixError sample_wmeta(struct sample *s);
VixError sample_rmeta(struct sample *s);
VixError sample_meta(struct sample *s);
VixError sample_clone(struct sample *s);
VixError sample_check(struct sample *s);
VixError sample_read(struct sample *s);
VixError sample_write(struct sample *s);
VixError sample_read_async(struct sample *s);
VixError sample_write_async(struct sample *s);
VixError sample_blocks(struct sample *s);
VixError sample_threads(struct sample *s);

#endif
