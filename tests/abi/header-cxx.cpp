/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A C++ program that uses the headers as VDDK's programs do: headers.sh compiles it for every
 * standard from C++98 to C++20, with warnings as errors.
 */
#include "vixMntApi.h"
#include "vixDiskLib.h"
#include "vixMntapiExt.h"
#include "vixDiskLibExt.h"

#include <cstdio>
#include <string>

class Disk
{
      public:
	explicit Disk(VixDiskLibConnection connection, const std::string &path) : handle(NULL)
	{
		VixError err = VixDiskLib_Open(
			connection, path.c_str(),
			VIXDISKLIB_FLAG_OPEN_READ_ONLY | VIXDISKLIB_FLAG_OPEN_UNBUFFERED, &handle);
		if (VIX_FAILED(err) && VIX_ERROR_CODE(err) != VIX_E_FILE_NOT_FOUND)
			throw err;
	}

	~Disk()
	{
		VixDiskLib_Close(handle);
	}

	static Bool progress(void *self, int percent)
	{
		static_cast<Disk *>(self)->percent = percent;
		return TRUE;
	}

	VixDiskLibHandle handle;
	int percent;
};

static void message(const char *fmt, va_list args)
{
	std::vprintf(fmt, args);
}

int main()
{
	VixDiskLibConnectParams *params = VixDiskLib_AllocateConnectParams();
	const char *names[] = { "a.vmdk" };
	VixDiskLibConnection connection;
	VixDiskSetHandle set;
	VixVolumeHandle *volumes;
	size_t n = 0;

	params->vmxSpec = const_cast<char *>("moref=vm-1");
	params->creds.uid.password = NULL;
	params->specType = VIXDISKLIB_SPEC_VMX;
	VixDiskLib_InitEx(8, 0, message, &message, NULL, NULL, NULL);
	VixDiskLib_ConnectEx(params, TRUE, NULL, NULL, &connection);
	{
		Disk disk(connection, "a.vmdk");
		VixDiskLib_Shrink(disk.handle, Disk::progress, &disk);
		VixMntapi_OpenDiskSet(&disk.handle, 1, 0, &set);
	}
	VixMntapi_OpenDisks(connection, names, 1, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &set);
	VixMntapi_GetVolumeHandles(set, &n, &volumes);
	VixDiskLib_FreeConnectParams(params);
	return n == 0;
}
