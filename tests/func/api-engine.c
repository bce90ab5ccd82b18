/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client of the mount interface on the real engine, for 024-api-engine.sh.  One disk set, with
 * the volumes of mount/mkdisks.sh mounted, ends in one of the ways it can end:
 *
 *	api-engine CASE CONFIG DISK
 *
 *	close        a file is open, then not; CloseDiskSet; everything once more
 *	disconnect   VixDiskLib_Disconnect() with a file open
 *	mount-exit   VixMntapi_Exit() with a file open
 *	disk-exit    VixDiskLib_Exit() with a file open, VixMntapi_Exit() after it
 *	wait         says "ready" and waits to be killed
 *	init         no set: VixMntapi_Init() and VixMntapi_Exit()
 *
 * Ends with 1 at the first surprise and says which.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vixMntapi.h"

#define VOLUMES 7
#define MOUNTED 3 /* of them: the first, one more, and the last */

static const VixVolumeType types[VOLUMES] = {
	VIXMNTAPI_GPT_PARTITION, VIXMNTAPI_GPT_PARTITION, VIXMNTAPI_GPT_PARTITION,
	VIXMNTAPI_GPT_PARTITION, VIXMNTAPI_GPT_PARTITION, VIXMNTAPI_LVM_VOLUME,
	VIXMNTAPI_LVM_VOLUME,
};
static const size_t mounted[MOUNTED] = { 0, 4, VOLUMES - 1 };

static unsigned warnings; /* since forget_warnings() */
static unsigned advices;  /* those of them that name the call which should have come first */

static VixDiskLibConnection conn;
static VixDiskLibHandle disk;
static VixDiskSetHandle set;
static VixVolumeHandle volumes[VOLUMES];
static char paths[MOUNTED][4096];
static int held = -1; /* a file on the last one */

static void fail(const char *what)
{
	fprintf(stderr, "api-engine: %s\n", what);
	exit(1);
}

static void must(bool is_so, const char *what)
{
	if (!is_so)
		fail(what);
}

static void expect(VixError got, VixError wanted, const char *call)
{
	if (got == wanted)
		return;
	fprintf(stderr, "api-engine: %s: %d, not %d\n", call, (int)got, (int)wanted);
	exit(1);
}

/* EXPECT(VixMntapi_CloseDiskSet(set), VIX_OK): the code, or the end. */
#define EXPECT(call, wanted) expect(call, wanted, #call)

static void say(const char *fmt, va_list args)
{
	vfprintf(stderr, fmt, args);
}

static void warn(const char *fmt, va_list args)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, args);
	fprintf(stderr, "warning: %s", text);
	warnings++;
	advices += strstr(text, "VixMntapi_CloseDiskSet") != NULL;
}

static void forget_warnings(void)
{
	warnings = advices = 0;
}

/* Return: a descriptor; -1 with errno. */
static int open_in(const char *dir, const char *name, int flags)
{
	int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = dir_fd >= 0 ? openat(dir_fd, name, flags | O_CLOEXEC, 0600) : -1;
	int err = errno;

	if (dir_fd >= 0)
		close(dir_fd);
	errno = err;
	return fd;
}

static bool is_readable(const char *dir)
{
	static const char wanted[] = "hello, world\n";
	int fd = open_in(dir, "hello.txt", O_RDONLY);
	char text[64];
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text));
	close(fd);
	return n == (ssize_t)strlen(wanted) && memcmp(text, wanted, strlen(wanted)) == 0;
}

static void start(const char *config)
{
	EXPECT(VixDiskLib_InitEx(8, 0, say, warn, warn, NULL, config), VIX_OK);
	EXPECT(VixMntapi_Init(1, 0, say, warn, warn, NULL, config), VIX_OK);
	EXPECT(VixDiskLib_Connect(NULL, &conn), VIX_OK);
}

static void open_set(const char *name)
{
	VixVolumeHandle *handles;
	size_t n;

	EXPECT(VixDiskLib_Open(conn, name, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &disk), VIX_OK);
	EXPECT(VixMntapi_OpenDiskSet(&disk, 1, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &set), VIX_OK);
	EXPECT(VixMntapi_GetVolumeHandles(set, &n, &handles), VIX_OK);
	must(n == VOLUMES, "there are not as many volumes as were made");
	memcpy(volumes, handles, sizeof(volumes));
	VixMntapi_FreeVolumeHandles(handles);
}

static void check_set_info(void)
{
	VixDiskSetInfo *info;
	struct stat st;

	EXPECT(VixMntapi_GetDiskSetInfo(set, &info), VIX_OK);
	must(info->openFlags == VIXDISKLIB_FLAG_OPEN_READ_ONLY, "the set's flags are others");
	must(stat(info->mountPath, &st) == 0 && S_ISDIR(st.st_mode), "mountPath is no directory");
	VixMntapi_FreeDiskSetInfo(info);
}

static void check_os_info(void)
{
	VixOsInfo *info;

	EXPECT(VixMntapi_GetOsInfo(set, &info), VIX_OK);
	must(info->family == VIXMNTAPI_OTHER, "the system's family is not OTHER");
	must(info->majorVersion == 12 && info->minorVersion == 4, "the version is not 12.4");
	must(strcmp(info->vendor, "Debian") == 0, "the vendor is not Debian");
	must(strcmp(info->osFolder, "/") == 0, "the system's folder is not /");
	VixMntapi_FreeOsInfo(info);
}

/* Before anything is mounted. */
static void check_volumes(void)
{
	for (size_t i = 0; i < VOLUMES; i++) {
		VixVolumeInfo *info;

		EXPECT(VixMntapi_GetVolumeInfo(volumes[i], &info), VIX_OK);
		must(info->type == types[i], "a volume is of another type");
		must(!info->isMounted && info->symbolicLink == NULL, "a volume is mounted");
		VixMntapi_FreeVolumeInfo(info);
	}
}

/* Opened for writing is still mounted read-only. */
static void mount_some(void)
{
	for (size_t i = 0; i < MOUNTED; i++) {
		VixVolumeHandle v = volumes[mounted[i]];
		VixVolumeInfo *info;

		EXPECT(VixMntapi_MountVolume(v, i == 0 ? FALSE : TRUE), VIX_OK);
		EXPECT(VixMntapi_MountVolume(v, TRUE), VIX_E_MNTAPI_VOLUME_ALREADY_MOUNTED);
		EXPECT(VixMntapi_GetVolumeInfo(v, &info), VIX_OK);
		must(info->isMounted, "a volume is not mounted");
		snprintf(paths[i], sizeof(paths[i]), "%s", info->symbolicLink);
		VixMntapi_FreeVolumeInfo(info);
	}
}

static void check_mounted(void)
{
	for (size_t i = 0; i < MOUNTED; i++)
		must(is_readable(paths[i]), "a file of a mounted volume has other content");
	must(open_in(paths[0], "new", O_WRONLY | O_CREAT) < 0 && errno == EROFS,
	     "a mount is not read-only");
}

/* One that was not read: what was, the kernel remembers. */
static void hold_file(void)
{
	held = open_in(paths[MOUNTED - 1], "noise.bin", O_RDONLY);
	must(held >= 0, "a file cannot be opened");
}

/* Every call on what has gone. */
static void check_dead(VixError wanted)
{
	VixDiskSetInfo *set_info;
	VixVolumeInfo *volume_info;
	VixOsInfo *os_info;
	VixVolumeHandle *handles;
	size_t n;

	EXPECT(VixMntapi_GetDiskSetInfo(set, &set_info), wanted);
	EXPECT(VixMntapi_GetOsInfo(set, &os_info), wanted);
	EXPECT(VixMntapi_GetVolumeHandles(set, &n, &handles), wanted);
	EXPECT(VixMntapi_CloseDiskSet(set), wanted);
	for (size_t i = 0; i < VOLUMES; i++) {
		EXPECT(VixMntapi_MountVolume(volumes[i], TRUE), wanted);
		EXPECT(VixMntapi_DismountVolume(volumes[i], TRUE), wanted);
		EXPECT(VixMntapi_GetVolumeInfo(volumes[i], &volume_info), wanted);
	}
	for (size_t i = 0; i < MOUNTED; i++)
		must(access(paths[i], F_OK) < 0 && errno == ENOENT, "a mount point is left");
}

static void check_held_file_is_dead(void)
{
	char byte;

	must(pread(held, &byte, 1, 0) < 0, "a file of a mount that was taken away is read");
	close(held);
}

static void end_by_close(void)
{
	uint8 sector[VIXDISKLIB_SECTOR_SIZE];

	EXPECT(VixMntapi_CloseDiskSet(set), VIX_E_MNTAPI_OPEN_HANDLES);
	check_mounted(); /* nothing has changed */
	EXPECT(VixDiskLib_Close(disk), VIX_E_OBJECT_IS_BUSY);
	check_mounted();
	EXPECT(VixMntapi_DismountVolume(volumes[VOLUMES - 1], FALSE), VIX_E_MNTAPI_OPEN_HANDLES);
	EXPECT(VixMntapi_DismountVolume(volumes[1], FALSE), VIX_E_MNTAPI_VOLUME_NOT_MOUNTED);
	close(held);
	EXPECT(VixMntapi_DismountVolume(volumes[0], FALSE), VIX_OK);
	EXPECT(VixMntapi_DismountVolume(volumes[0], FALSE), VIX_E_MNTAPI_VOLUME_NOT_MOUNTED);
	forget_warnings();
	EXPECT(VixMntapi_CloseDiskSet(set), VIX_OK);
	must(warnings == 0, "a close in the right order is warned of");
	check_dead(VIX_E_INVALID_HANDLE);
	EXPECT(VixDiskLib_Read(disk, 0, 1, sector), VIX_OK); /* the client's, not the set's */
	EXPECT(VixDiskLib_Close(disk), VIX_OK);
	EXPECT(VixDiskLib_Close(disk), VIX_E_INVALID_HANDLE);
	EXPECT(VixDiskLib_Disconnect(conn), VIX_OK);
	VixMntapi_Exit();
	VixDiskLib_Exit();
}

static void end_by_disconnect(void)
{
	uint8 sector[VIXDISKLIB_SECTOR_SIZE];

	EXPECT(VixDiskLib_Disconnect(conn), VIX_OK);
	must(advices == 1, "Disconnect has not warned once");
	check_held_file_is_dead();
	check_dead(VIX_E_INVALID_HANDLE);
	EXPECT(VixDiskLib_Read(disk, 0, 1, sector), VIX_E_INVALID_HANDLE);
	EXPECT(VixDiskLib_Close(disk), VIX_E_INVALID_HANDLE);
	EXPECT(VixDiskLib_Disconnect(conn), VIX_E_DISK_INVALID_CONNECTION);
	VixMntapi_Exit();
	VixDiskLib_Exit();
}

static void end_by_mount_exit(void)
{
	uint8 sector[VIXDISKLIB_SECTOR_SIZE];

	VixMntapi_Exit();
	check_held_file_is_dead();
	check_dead(VIX_E_DISK_NOINIT);
	EXPECT(VixDiskLib_Read(disk, 0, 1, sector), VIX_OK);
	VixMntapi_Exit();
	VixDiskLib_Exit();
	EXPECT(VixDiskLib_Close(disk), VIX_E_DISK_NOINIT);
}

static void end_by_disk_exit(void)
{
	VixDiskLib_Exit();
	must(advices == 1, "Exit has not warned once");
	check_held_file_is_dead();
	check_dead(VIX_E_INVALID_HANDLE);
	EXPECT(VixDiskLib_Close(disk), VIX_E_DISK_NOINIT);
	VixMntapi_Exit();
	check_dead(VIX_E_DISK_NOINIT);
}

static void wait_for_the_end(void)
{
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

static void run(const char *name, void (*end)(void))
{
	open_set(name);
	check_set_info();
	check_volumes();
	check_os_info();
	mount_some();
	check_mounted();
	hold_file();
	forget_warnings();
	end();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*end)(void);
	} cases[] = {
		{ "close", end_by_close },           { "disconnect", end_by_disconnect },
		{ "mount-exit", end_by_mount_exit }, { "disk-exit", end_by_disk_exit },
		{ "wait", wait_for_the_end },
	};

	must(argc >= 3, "api-engine CASE CONFIG [DISK]");
	start(argv[2]);
	for (size_t i = 0; argc == 4 && i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(argv[1], cases[i].name) == 0) {
			run(argv[3], cases[i].end);
			return 0;
		}
	must(strcmp(argv[1], "init") == 0, "no such case");
	EXPECT(VixDiskLib_Disconnect(conn), VIX_OK);
	VixMntapi_Exit();
	VixDiskLib_Exit();
	return 0;
}
