/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vixDiskLib.h - virtual disks: connect, open, read, write, create, convert
 *
 * The interface of VMware's Virtual Disk Development Kit 8.0 (Linux), for programs that are
 * linked with -lvixDiskLib or load libvixDiskLib.so with dlopen. What this library does not do
 * yet returns VIX_E_NOT_SUPPORTED; docs/COMPAT.md lists it.
 *
 * Invariants:
 *  1. Types, values and layouts are those of VDDK 8.0 on 64-bit Linux, in natural alignment.
 *     They never change within one soname; tests/abi/ compares every number.
 *  2. Compiles as C90 (-pedantic) and as C++98 and later, alone or after any other header.
 *  3. Structures that programs declare themselves keep their size. Only those that the library
 *     allocates may grow, at their end.
 *
 * The order of calls:
 *
 *	InitEx, [PrepareForAccess], ConnectEx, Open, Read .., Close, Disconnect, [EndAccess], Exit
 *
 * Rules for all functions, not repeated below:
 *
 *  Units     Positions and counts are sectors of VIXDISKLIB_SECTOR_SIZE (512) bytes, whatever
 *            the sector size that the guest sees.
 *  Strings   NUL-terminated UTF-8. Strings passed in are borrowed for the call and copied where
 *            the library keeps them. An optional string may be NULL or "".
 *  Results   Handles and pointers returned through an argument are NULL after a failure. What the
 *            library allocates is given back with the Free function named beside it, never
 *            with free(). Every Free function accepts NULL.
 *  Errors    Listed without the prefix VIX_E_, each with its cause. Functions that are "not built
 *            yet" check their arguments; what else is listed for them is what will come. A code
 *            has its upper 48 bits clear, so it may be compared with ==. What went wrong in detail
 *            (path, sector, errno) goes to the log functions given to InitEx.
 *  Handles   A closed, foreign or NULL handle gives INVALID_HANDLE (DISK_INVALID_CONNECTION for a
 *            connection) and never a crash.
 *  Threads   Any function may be called from any thread, also several at once, and on the same
 *            handle, except where a "Threads" line says less. Programs that also run on VMware's
 *            library must keep to its narrower rules: open and close from one thread, and one
 *            call at a time on a handle.
 *  Callbacks Run without a lock of the library held.
 *  Fork      The library starts no thread before the first call that needs one. After fork() the
 *            child may call VixDiskLib_Exit() only: that closes what the parent has open, for the
 *            child alone. A disk that the parent writes, the child can't write.
 *
 * "Source" names where the behaviour is known from: "guide" is VMware's Virtual Disk Programming
 * Guide and its release notes, "clients" is what the published programs that use VDDK rely on,
 * "here" is a decision of this library where neither says anything.
 */
#ifndef _VIXDISKLIB_H_
#define _VIXDISKLIB_H_

#include <stdlib.h>
#include <stdarg.h>

#include "vm_basic_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Errors. A program that also uses VMware's VIX API includes its vix.h first; it has the same
 * definitions and the guard that is asked for here.
 */
#ifndef _VIX_H_

/*
 * The result of a call. Bits 0-15 are one of the codes below. Bits 16-63 may say more in results
 * of VMware's library; in ours they are zero.
 */
typedef uint64 VixError;

#define VIX_ERROR_CODE(err) ((err)&0xFFFF)

/* Note that VIX_ASYNC, the success of the asynchronous calls, counts as failed for both. */
#define VIX_SUCCEEDED(err) (VIX_OK == (err))
#define VIX_FAILED(err)    (VIX_OK != (err))

/* VixDiskLib_GetErrorText() has a sentence for each. */
enum {
	/* Success and general errors */
	VIX_OK = 0,
	VIX_E_FAIL = 1,
	VIX_E_OUT_OF_MEMORY = 2,
	VIX_E_INVALID_ARG = 3,
	VIX_E_FILE_NOT_FOUND = 4,
	VIX_E_OBJECT_IS_BUSY = 5,
	VIX_E_NOT_SUPPORTED = 6,
	VIX_E_FILE_ERROR = 7,
	VIX_E_DISK_FULL = 8,
	VIX_E_INCORRECT_FILE_TYPE = 9,
	VIX_E_CANCELLED = 10,
	VIX_E_FILE_READ_ONLY = 11,
	VIX_E_FILE_ALREADY_EXISTS = 12,
	VIX_E_FILE_ACCESS_ERROR = 13,
	VIX_E_REQUIRES_LARGE_FILES = 14,
	VIX_E_FILE_ALREADY_LOCKED = 15,
	VIX_E_VMDB = 16,
	VIX_E_NOT_SUPPORTED_ON_REMOTE_OBJECT = 20,
	VIX_E_FILE_TOO_BIG = 21,
	VIX_E_FILE_NAME_INVALID = 22,
	VIX_E_ALREADY_EXISTS = 23,
	VIX_E_BUFFER_TOOSMALL = 24,
	VIX_E_OBJECT_NOT_FOUND = 25,
	VIX_E_HOST_NOT_CONNECTED = 26,
	VIX_E_INVALID_UTF8_STRING = 27,
	VIX_E_UNFINISHED_JOB = 29,
	VIX_E_NEED_KEY = 30,
	VIX_E_OPERATION_ALREADY_IN_PROGRESS = 31,
	VIX_E_LICENSE = 32,
	VIX_E_VM_HOST_DISCONNECTED = 34,
	VIX_E_AUTHENTICATION_FAIL = 35,
	VIX_E_HOST_CONNECTION_LOST = 36,
	VIX_E_DUPLICATE_NAME = 41,
	VIX_E_ARGUMENT_TOO_BIG = 44,

	/* Handles of the VIX API */
	VIX_E_INVALID_HANDLE = 1000,
	VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE = 1001,
	VIX_E_TOO_MANY_HANDLES = 1002,

	/* XML */
	VIX_E_NOT_FOUND = 2000,
	VIX_E_TYPE_MISMATCH = 2001,
	VIX_E_INVALID_XML = 2002,

	/* VM control */
	VIX_E_TIMEOUT_WAITING_FOR_TOOLS = 3000,
	VIX_E_UNRECOGNIZED_COMMAND = 3001,
	VIX_E_OP_NOT_SUPPORTED_ON_GUEST = 3003,
	VIX_E_PROGRAM_NOT_STARTED = 3004,
	VIX_E_CANNOT_START_READ_ONLY_VM = 3005,
	VIX_E_VM_NOT_RUNNING = 3006,
	VIX_E_VM_IS_RUNNING = 3007,
	VIX_E_CANNOT_CONNECT_TO_VM = 3008,
	VIX_E_POWEROP_SCRIPTS_NOT_AVAILABLE = 3009,
	VIX_E_NO_GUEST_OS_INSTALLED = 3010,
	VIX_E_VM_INSUFFICIENT_HOST_MEMORY = 3011,
	VIX_E_SUSPEND_ERROR = 3012,
	VIX_E_VM_NOT_ENOUGH_CPUS = 3013,
	VIX_E_HOST_USER_PERMISSIONS = 3014,
	VIX_E_GUEST_USER_PERMISSIONS = 3015,
	VIX_E_TOOLS_NOT_RUNNING = 3016,
	VIX_E_GUEST_OPERATIONS_PROHIBITED = 3017,
	VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED = 3018,
	VIX_E_ROOT_GUEST_OPERATIONS_PROHIBITED = 3019,
	VIX_E_MISSING_ANON_GUEST_ACCOUNT = 3023,
	VIX_E_CANNOT_AUTHENTICATE_WITH_GUEST = 3024,
	VIX_E_UNRECOGNIZED_COMMAND_IN_GUEST = 3025,
	VIX_E_CONSOLE_GUEST_OPERATIONS_PROHIBITED = 3026,
	VIX_E_MUST_BE_CONSOLE_USER = 3027,
	VIX_E_VMX_MSG_DIALOG_AND_NO_UI = 3028,
	VIX_E_OPERATION_NOT_ALLOWED_FOR_LOGIN_TYPE = 3031,
	VIX_E_LOGIN_TYPE_NOT_SUPPORTED = 3032,
	VIX_E_EMPTY_PASSWORD_NOT_ALLOWED_IN_GUEST = 3033,
	VIX_E_INTERACTIVE_SESSION_NOT_PRESENT = 3034,
	VIX_E_INTERACTIVE_SESSION_USER_MISMATCH = 3035,
	VIX_E_CANNOT_POWER_ON_VM = 3041,
	VIX_E_NO_DISPLAY_SERVER = 3043,
	VIX_E_TOO_MANY_LOGONS = 3046,
	VIX_E_INVALID_AUTHENTICATION_SESSION = 3047,

	/* Virtual machines */
	VIX_E_VM_NOT_FOUND = 4000,
	VIX_E_NOT_SUPPORTED_FOR_VM_VERSION = 4001,
	VIX_E_CANNOT_READ_VM_CONFIG = 4002,
	VIX_E_TEMPLATE_VM = 4003,
	VIX_E_VM_ALREADY_LOADED = 4004,
	VIX_E_VM_ALREADY_UP_TO_DATE = 4006,
	VIX_E_VM_UNSUPPORTED_GUEST = 4011,

	/* Properties */
	VIX_E_UNRECOGNIZED_PROPERTY = 6000,
	VIX_E_INVALID_PROPERTY_VALUE = 6001,
	VIX_E_READ_ONLY_PROPERTY = 6002,
	VIX_E_MISSING_REQUIRED_PROPERTY = 6003,
	VIX_E_INVALID_SERIALIZED_DATA = 6004,
	VIX_E_PROPERTY_TYPE_MISMATCH = 6005,

	/* Completion */
	VIX_E_BAD_VM_INDEX = 8000,

	/* Messages */
	VIX_E_INVALID_MESSAGE_HEADER = 10000,
	VIX_E_INVALID_MESSAGE_BODY = 10001,

	/* Snapshots */
	VIX_E_SNAPSHOT_INVAL = 13000,
	VIX_E_SNAPSHOT_DUMPER = 13001,
	VIX_E_SNAPSHOT_DISKLIB = 13002,
	VIX_E_SNAPSHOT_NOTFOUND = 13003,
	VIX_E_SNAPSHOT_EXISTS = 13004,
	VIX_E_SNAPSHOT_VERSION = 13005,
	VIX_E_SNAPSHOT_NOPERM = 13006,
	VIX_E_SNAPSHOT_CONFIG = 13007,
	VIX_E_SNAPSHOT_NOCHANGE = 13008,
	VIX_E_SNAPSHOT_CHECKPOINT = 13009,
	VIX_E_SNAPSHOT_LOCKED = 13010,
	VIX_E_SNAPSHOT_INCONSISTENT = 13011,
	VIX_E_SNAPSHOT_NAMETOOLONG = 13012,
	VIX_E_SNAPSHOT_VIXFILE = 13013,
	VIX_E_SNAPSHOT_DISKLOCKED = 13014,
	VIX_E_SNAPSHOT_DUPLICATEDDISK = 13015,
	VIX_E_SNAPSHOT_INDEPENDENTDISK = 13016,
	VIX_E_SNAPSHOT_NONUNIQUE_NAME = 13017,
	VIX_E_SNAPSHOT_MEMORY_ON_INDEPENDENT_DISK = 13018,
	VIX_E_SNAPSHOT_MAXSNAPSHOTS = 13019,
	VIX_E_SNAPSHOT_MIN_FREE_SPACE = 13020,
	VIX_E_SNAPSHOT_HIERARCHY_TOODEEP = 13021,
	VIX_E_SNAPSHOT_NOT_REVERTABLE = 13024,

	/* Host and network */
	VIX_E_HOST_DISK_INVALID_VALUE = 14003,
	VIX_E_HOST_DISK_SECTORSIZE = 14004,
	VIX_E_HOST_FILE_ERROR_EOF = 14005,
	VIX_E_HOST_NETBLKDEV_HANDSHAKE = 14006,
	VIX_E_HOST_SOCKET_CREATION_ERROR = 14007,
	VIX_E_HOST_SERVER_NOT_FOUND = 14008,
	VIX_E_HOST_NETWORK_CONN_REFUSED = 14009,
	VIX_E_HOST_TCP_SOCKET_ERROR = 14010,
	VIX_E_HOST_TCP_CONN_LOST = 14011,
	VIX_E_HOST_NBD_HASHFILE_VOLUME = 14012,
	VIX_E_HOST_NBD_HASHFILE_INIT = 14013,
	VIX_E_HOST_SERVER_SHUTDOWN = 14014,
	VIX_E_HOST_SERVER_NOT_AVAILABLE = 14015,

	/* Disks and their files */
	VIX_E_DISK_INVAL = 16000,
	VIX_E_DISK_NOINIT = 16001,
	VIX_E_DISK_NOIO = 16002,
	VIX_E_DISK_PARTIALCHAIN = 16003,
	VIX_E_DISK_NEEDSREPAIR = 16006,
	VIX_E_DISK_OUTOFRANGE = 16007,
	VIX_E_DISK_CID_MISMATCH = 16008,
	VIX_E_DISK_CANTSHRINK = 16009,
	VIX_E_DISK_PARTMISMATCH = 16010,
	VIX_E_DISK_UNSUPPORTEDDISKVERSION = 16011,
	VIX_E_DISK_OPENPARENT = 16012,
	VIX_E_DISK_NOTSUPPORTED = 16013,
	VIX_E_DISK_NEEDKEY = 16014,
	VIX_E_DISK_NOKEYOVERRIDE = 16015,
	VIX_E_DISK_NOTENCRYPTED = 16016,
	VIX_E_DISK_NOKEY = 16017,
	VIX_E_DISK_INVALIDPARTITIONTABLE = 16018,
	VIX_E_DISK_NOTNORMAL = 16019,
	VIX_E_DISK_NOTENCDESC = 16020,
	VIX_E_DISK_NEEDVMFS = 16022,
	VIX_E_DISK_RAWTOOBIG = 16024,
	VIX_E_DISK_TOOMANYOPENFILES = 16027,
	VIX_E_DISK_TOOMANYREDO = 16028,
	VIX_E_DISK_RAWTOOSMALL = 16029,
	VIX_E_DISK_INVALIDCHAIN = 16030,
	VIX_E_DISK_KEY_NOTFOUND = 16052,
	VIX_E_DISK_SUBSYSTEM_INIT_FAIL = 16053,
	VIX_E_DISK_INVALID_CONNECTION = 16054,
	VIX_E_DISK_ENCODING = 16061,
	VIX_E_DISK_CANTREPAIR = 16062,
	VIX_E_DISK_INVALIDDISK = 16063,
	VIX_E_DISK_NOLICENSE = 16064,
	VIX_E_DISK_NODEVICE = 16065,
	VIX_E_DISK_UNSUPPORTEDDEVICE = 16066,
	VIX_E_DISK_CAPACITY_MISMATCH = 16067,
	VIX_E_DISK_PARENT_NOTALLOWED = 16068,
	VIX_E_DISK_ATTACH_ROOTLINK = 16069,

	/* Encryption */
	VIX_E_CRYPTO_UNKNOWN_ALGORITHM = 17000,
	VIX_E_CRYPTO_BAD_BUFFER_SIZE = 17001,
	VIX_E_CRYPTO_INVALID_OPERATION = 17002,
	VIX_E_CRYPTO_RANDOM_DEVICE = 17003,
	VIX_E_CRYPTO_NEED_PASSWORD = 17004,
	VIX_E_CRYPTO_BAD_PASSWORD = 17005,
	VIX_E_CRYPTO_NOT_IN_DICTIONARY = 17006,
	VIX_E_CRYPTO_NO_CRYPTO = 17007,
	VIX_E_CRYPTO_ERROR = 17008,
	VIX_E_CRYPTO_BAD_FORMAT = 17009,
	VIX_E_CRYPTO_LOCKED = 17010,
	VIX_E_CRYPTO_EMPTY = 17011,
	VIX_E_CRYPTO_KEYSAFE_LOCATOR = 17012,

	/* Connecting to a server */
	VIX_E_CANNOT_CONNECT_TO_HOST = 18000,
	VIX_E_NOT_FOR_REMOTE_HOST = 18001,
	VIX_E_INVALID_HOSTNAME_SPECIFICATION = 18002,

	/* Screen capture */
	VIX_E_SCREEN_CAPTURE_ERROR = 19000,
	VIX_E_SCREEN_CAPTURE_BAD_FORMAT = 19001,
	VIX_E_SCREEN_CAPTURE_COMPRESSION_FAIL = 19002,
	VIX_E_SCREEN_CAPTURE_LARGE_DATA = 19003,

	/* Guest files and processes */
	VIX_E_GUEST_VOLUMES_NOT_FROZEN = 20000,
	VIX_E_NOT_A_FILE = 20001,
	VIX_E_NOT_A_DIRECTORY = 20002,
	VIX_E_NO_SUCH_PROCESS = 20003,
	VIX_E_FILE_NAME_TOO_LONG = 20004,
	VIX_E_OPERATION_DISABLED = 20005,

	/* Installing VMware Tools */
	VIX_E_TOOLS_INSTALL_NO_IMAGE = 21000,
	VIX_E_TOOLS_INSTALL_IMAGE_INACCESIBLE = 21001,
	VIX_E_TOOLS_INSTALL_NO_DEVICE = 21002,
	VIX_E_TOOLS_INSTALL_DEVICE_NOT_CONNECTED = 21003,
	VIX_E_TOOLS_INSTALL_CANCELLED = 21004,
	VIX_E_TOOLS_INSTALL_INIT_FAILED = 21005,
	VIX_E_TOOLS_INSTALL_AUTO_NOT_SUPPORTED = 21006,
	VIX_E_TOOLS_INSTALL_GUEST_NOT_READY = 21007,
	VIX_E_TOOLS_INSTALL_SIG_CHECK_FAILED = 21008,
	VIX_E_TOOLS_INSTALL_ERROR = 21009,
	VIX_E_TOOLS_INSTALL_ALREADY_UP_TO_DATE = 21010,
	VIX_E_TOOLS_INSTALL_IN_PROGRESS = 21011,
	VIX_E_TOOLS_INSTALL_IMAGE_COPY_FAILED = 21012,

	/* VIX wrapper */
	VIX_E_WRAPPER_WORKSTATION_NOT_INSTALLED = 22001,
	VIX_E_WRAPPER_VERSION_NOT_FOUND = 22002,
	VIX_E_WRAPPER_SERVICEPROVIDER_NOT_FOUND = 22003,
	VIX_E_WRAPPER_PLAYER_NOT_INSTALLED = 22004,
	VIX_E_WRAPPER_RUNTIME_NOT_INSTALLED = 22005,
	VIX_E_WRAPPER_MULTIPLE_SERVICEPROVIDERS = 22006,

	/* Mounting: disks and mount points (up to 24299) */
	VIX_E_MNTAPI_MOUNTPT_NOT_FOUND = 24000,
	VIX_E_MNTAPI_MOUNTPT_IN_USE = 24001,
	VIX_E_MNTAPI_DISK_NOT_FOUND = 24002,
	VIX_E_MNTAPI_DISK_NOT_MOUNTED = 24003,
	VIX_E_MNTAPI_DISK_IS_MOUNTED = 24004,
	VIX_E_MNTAPI_DISK_NOT_SAFE = 24005,
	VIX_E_MNTAPI_DISK_CANT_OPEN = 24006,
	VIX_E_MNTAPI_CANT_READ_PARTS = 24007,
	VIX_E_MNTAPI_UMOUNT_APP_NOT_FOUND = 24008,
	VIX_E_MNTAPI_UMOUNT = 24009,
	VIX_E_MNTAPI_NO_MOUNTABLE_PARTITONS = 24010,
	VIX_E_MNTAPI_PARTITION_RANGE = 24011,
	VIX_E_MNTAPI_PERM = 24012,
	VIX_E_MNTAPI_DICT = 24013,
	VIX_E_MNTAPI_DICT_LOCKED = 24014,
	VIX_E_MNTAPI_OPEN_HANDLES = 24015,
	VIX_E_MNTAPI_CANT_MAKE_VAR_DIR = 24016,
	VIX_E_MNTAPI_NO_ROOT = 24017,
	VIX_E_MNTAPI_LOOP_FAILED = 24018,
	VIX_E_MNTAPI_DAEMON = 24019,
	VIX_E_MNTAPI_INTERNAL = 24020,
	VIX_E_MNTAPI_SYSTEM = 24021,
	VIX_E_MNTAPI_NO_CONNECTION_DETAILS = 24022,

	/* Mounting: volumes and operating systems (the typing errors are VMware's) */
	VIX_E_MNTAPI_INCOMPATIBLE_VERSION = 24300,
	VIX_E_MNTAPI_OS_ERROR = 24301,
	VIX_E_MNTAPI_DRIVE_LETTER_IN_USE = 24302,
	VIX_E_MNTAPI_DRIVE_LETTER_ALREADY_ASSIGNED = 24303,
	VIX_E_MNTAPI_VOLUME_NOT_MOUNTED = 24304,
	VIX_E_MNTAPI_VOLUME_ALREADY_MOUNTED = 24305,
	VIX_E_MNTAPI_FORMAT_FAILURE = 24306,
	VIX_E_MNTAPI_NO_DRIVER = 24307,
	VIX_E_MNTAPI_ALREADY_OPENED = 24308,
	VIX_E_MNTAPI_ITEM_NOT_FOUND = 24309,
	VIX_E_MNTAPI_UNSUPPROTED_BOOT_LOADER = 24310,
	VIX_E_MNTAPI_UNSUPPROTED_OS = 24311,
	VIX_E_MNTAPI_CODECONVERSION = 24312,
	VIX_E_MNTAPI_REGWRITE_ERROR = 24313,
	VIX_E_MNTAPI_UNSUPPORTED_FT_VOLUME = 24314,
	VIX_E_MNTAPI_PARTITION_NOT_FOUND = 24315,
	VIX_E_MNTAPI_PUTFILE_ERROR = 24316,
	VIX_E_MNTAPI_GETFILE_ERROR = 24317,
	VIX_E_MNTAPI_REG_NOT_OPENED = 24318,
	VIX_E_MNTAPI_REGDELKEY_ERROR = 24319,
	VIX_E_MNTAPI_CREATE_PARTITIONTABLE_ERROR = 24320,
	VIX_E_MNTAPI_OPEN_FAILURE = 24321,
	VIX_E_MNTAPI_VOLUME_NOT_WRITABLE = 24322,

	/* Not an error: the request was accepted and is under way */
	VIX_ASYNC = 25000,

	/* Asynchronous I/O */
	VIX_E_ASYNC_MIXEDMODE_UNSUPPORTED = 26000,

	/* HTTP and TLS: mostly 30000 + the number of libcurl's error */
	VIX_E_NET_HTTP_UNSUPPORTED_PROTOCOL = 30001,
	VIX_E_NET_HTTP_URL_MALFORMAT = 30003,
	VIX_E_NET_HTTP_COULDNT_RESOLVE_PROXY = 30005,
	VIX_E_NET_HTTP_COULDNT_RESOLVE_HOST = 30006,
	VIX_E_NET_HTTP_COULDNT_CONNECT = 30007,
	VIX_E_NET_HTTP_HTTP_RETURNED_ERROR = 30022,
	VIX_E_NET_HTTP_OPERATION_TIMEDOUT = 30028,
	VIX_E_NET_HTTP_SSL_CONNECT_ERROR = 30035,
	VIX_E_NET_HTTP_TOO_MANY_REDIRECTS = 30047,
	VIX_E_NET_HTTP_TRANSFER = 30200,
	VIX_E_NET_HTTP_SSL_SECURITY = 30201,
	VIX_E_NET_HTTP_GENERIC = 30202
};

#endif /* _VIX_H_ */

/* ------------------------------------------------------------------------------------------ */
/* Constants                                                                                  */
/* ------------------------------------------------------------------------------------------ */

/* Bytes in a sector, the unit of every position and count. */
#define VIXDISKLIB_SECTOR_SIZE 512

/* Limits of VixDiskLib_QueryAllocatedBlocks(): sectors in a chunk (64 KiB .. 64 MiB), chunks. */
#define VIXDISKLIB_MIN_CHUNK_SIZE   128
#define VIXDISKLIB_MAX_CHUNK_SIZE   131072
#define VIXDISKLIB_MAX_CHUNK_NUMBER 524288

/*
 * Virtual hardware, for VixDiskLibCreateParams.hwVersion. Newer hardware has numbers without a
 * name here (14 to 21 up to ESXi 8.0); any number is accepted.
 */
#define VIXDISKLIB_HWVERSION_WORKSTATION_4 3
#define VIXDISKLIB_HWVERSION_WORKSTATION_5 4
#define VIXDISKLIB_HWVERSION_ESX30         VIXDISKLIB_HWVERSION_WORKSTATION_5
#define VIXDISKLIB_HWVERSION_WORKSTATION_6 6
#define VIXDISKLIB_HWVERSION_ESX4X         7
#define VIXDISKLIB_HWVERSION_ESX50         8
#define VIXDISKLIB_HWVERSION_ESX51         9
#define VIXDISKLIB_HWVERSION_ESX55         10
#define VIXDISKLIB_HWVERSION_ESX60         11
#define VIXDISKLIB_HWVERSION_ESX65         13
#define VIXDISKLIB_HWVERSION_CURRENT       VIXDISKLIB_HWVERSION_ESX65

/* How to open a disk: bits of the flags of VixDiskLib_Open() and VixMntapi_OpenDisks(). */
#define VIXDISKLIB_FLAG_OPEN_UNBUFFERED         (1 << 0) /* do not use the host's page cache */
#define VIXDISKLIB_FLAG_OPEN_SINGLE_LINK        (1 << 1) /* this link only, not its parents */
#define VIXDISKLIB_FLAG_OPEN_READ_ONLY          (1 << 2) /* never write, take no lock */
#define VIXDISKLIB_FLAG_OPEN_COMPRESSION_ZLIB   (1 << 4) /* nbd, nbdssl: compress on the wire */
#define VIXDISKLIB_FLAG_OPEN_COMPRESSION_FASTLZ (1 << 5)
#define VIXDISKLIB_FLAG_OPEN_COMPRESSION_SKIPZ  (1 << 6)
#define VIXDISKLIB_FLAG_OPEN_COMPRESSION_MASK   0x3f0 /* bits 4-9, three of them reserved */

/* ------------------------------------------------------------------------------------------ */
/* Types                                                                                      */
/* ------------------------------------------------------------------------------------------ */

/* A position on a disk, or a number of sectors. */
typedef uint64 VixDiskLibSectorType;

/* A connection to this host or to a server; made by Connect and ConnectEx. */
struct VixDiskLibConnectParam;
typedef struct VixDiskLibConnectParam *VixDiskLibConnection;

/* An open disk; made by Open. */
struct VixDiskLibHandleStruct;
typedef struct VixDiskLibHandleStruct VixDiskLibHandleStruct;
typedef VixDiskLibHandleStruct *VixDiskLibHandle;

/* What kind of files a disk is made of. */
typedef enum {
	VIXDISKLIB_DISK_MONOLITHIC_SPARSE = 1, /* one growing file */
	VIXDISKLIB_DISK_MONOLITHIC_FLAT = 2,   /* one file of full size beside a descriptor */
	VIXDISKLIB_DISK_SPLIT_SPARSE = 3,      /* growing files of up to 2 GB of the disk each */
	VIXDISKLIB_DISK_SPLIT_FLAT = 4,        /* files of up to 2 GB, of full size */
	VIXDISKLIB_DISK_VMFS_FLAT = 5,         /* ESXi, space reserved */
	VIXDISKLIB_DISK_STREAM_OPTIMIZED = 6,  /* one compressed file, written once */
	VIXDISKLIB_DISK_VMFS_THIN = 7,         /* ESXi, space taken when written */
	VIXDISKLIB_DISK_VMFS_SPARSE = 8,       /* ESXi, a snapshot's differences */
	VIXDISKLIB_DISK_UNKNOWN = 256
} VixDiskLibDiskType;

/* The virtual controller that a disk is made for. */
typedef enum {
	VIXDISKLIB_ADAPTER_IDE = 1,
	VIXDISKLIB_ADAPTER_SCSI_BUSLOGIC = 2,
	VIXDISKLIB_ADAPTER_SCSI_LSILOGIC = 3,
	VIXDISKLIB_ADAPTER_UNKNOWN = 256
} VixDiskLibAdapterType;

/* How to log in: which member of VixDiskLibConnectParams.creds counts. */
typedef enum {
	VIXDISKLIB_CRED_UID = 1,       /* creds.uid: user name and password */
	VIXDISKLIB_CRED_SESSIONID = 2, /* creds.sessionId: a session that is logged in */
	VIXDISKLIB_CRED_TICKETID = 3,  /* creds.ticketId: not for programs */
	VIXDISKLIB_CRED_SSPI = 4,      /* the identity of the process, Windows only */
	VIXDISKLIB_CRED_UNKNOWN = 256
} VixDiskLibCredType;

/* What a connection is for: which member of VixDiskLibConnectParams.spec counts. */
typedef enum {
	VIXDISKLIB_SPEC_VMX = 0,             /* a VM, named by vmxSpec */
	VIXDISKLIB_SPEC_VSTORAGE_OBJECT = 1, /* spec.vStorageObjSpec: a disk without a VM */
	VIXDISKLIB_SPEC_DATASTORE = 2,       /* spec.dsSpec: a folder of disks; from 8.0.1 */
	VIXDISKLIB_SPEC_UNKNOWN = 3          /* last; was 2 before 8.0.1 */
} VixDiskLibSpecType;

/* Cylinders, heads and sectors per track. */
typedef struct {
	uint32 cylinders;
	uint32 heads;
	uint32 sectors;
} VixDiskLibGeometry;

/*
 * What to create. Programs built for VDDK before 7.0 have a structure that ends after capacity:
 * the two sector sizes are looked at only where the program asked Init for version 7.0 or later,
 * and values other than 0, 512 and 4096 are taken as 0.
 */
typedef struct {
	VixDiskLibDiskType diskType;
	VixDiskLibAdapterType adapterType;
	uint16 hwVersion;              /* VIXDISKLIB_HWVERSION_* */
	VixDiskLibSectorType capacity; /* in sectors of 512 bytes */
	uint32 logicalSectorSize;      /* bytes, as the guest sees them; 0 is 512 */
	uint32 physicalSectorSize;     /* bytes, as the guest sees them; 0 is 512 */
} VixDiskLibCreateParams;

/* What VixDiskLib_GetInfo() tells. Allocated by the library only. */
typedef struct {
	VixDiskLibGeometry biosGeo;    /* for partitioning and booting */
	VixDiskLibGeometry physGeo;    /* as recorded with the disk */
	VixDiskLibSectorType capacity; /* in sectors of 512 bytes */
	VixDiskLibAdapterType adapterType;
	int numLinks;              /* files chained by snapshots, 1 for a disk without parents */
	char *parentFileNameHint;  /* the parent's path as the disk names it; NULL without parent */
	char *uuid;                /* as text in the disk's metadata; NULL where it has none */
	uint32 logicalSectorSize;  /* bytes */
	uint32 physicalSectorSize; /* bytes */
} VixDiskLibInfo;

/* A run of allocated space. */
typedef struct {
	VixDiskLibSectorType offset;
	VixDiskLibSectorType length;
} VixDiskLibBlock;

/* The answer of VixDiskLib_QueryAllocatedBlocks(): numBlocks elements, ascending, not touching. */
typedef struct {
	uint32 numBlocks;
	VixDiskLibBlock blocks[1];
} VixDiskLibBlockList;

/* A disk without a VM ("first class disk"). */
typedef struct {
	char *id;             /* of the disk object */
	char *datastoreMoRef; /* "datastore-12" */
	char *ssId;           /* of a snapshot of the object, or NULL */
} VixDiskLibVStorageObjectSpec;

/* Disks in a folder of a datastore, without a VM. */
typedef struct {
	char *datastoreMoRef; /* "datastore-12" */
	char *diskFolder;     /* folder in the datastore */
} VixDiskLibDatastoreSpec;

struct VixDiskLibTicketIdCreds;
struct VixDiskLibConnectParamsState;

/*
 * Where to connect to, and as whom. All of it zero is this host.
 *
 * Programs built for VDDK before 6.7 have a structure of 80 bytes: the members after vimApiVer
 * are looked at only in structures that came from VixDiskLib_AllocateConnectParams().
 */
typedef struct {
	char *vmxSpec;    /* the VM: "moref=vm-16", or "Dir/VM.vmx?dcPath=DC&dsName=DS" */
	char *serverName; /* name or address of a vCenter server or an ESXi host */
	char *thumbPrint; /* of its certificate: SHA-1 or SHA-256 as "AA:BB:.." */
	long privateUse;  /* not used */
	VixDiskLibCredType credType;
	union VixDiskLibCreds {
		struct VixDiskLibUidPasswdCreds {
			char *userName;
			char *password;
		} uid;
		struct VixDiskLibSessionIdCreds {
			char *cookie;
			char *userName;
			char *key;
		} sessionId;
		struct VixDiskLibTicketIdCreds *ticketId;
	} creds;
	uint32 port;                                /* of the server's HTTPS; 0 is 443 */
	uint32 nfcHostPort;                         /* of the disk data on an ESXi host; 0 is 902 */
	char *vimApiVer;                            /* not used, never read */
	char reserved[8];                           /* zero */
	struct VixDiskLibConnectParamsState *state; /* the library's own */
	union {
		VixDiskLibVStorageObjectSpec vStorageObjSpec;
		VixDiskLibDatastoreSpec dsSpec;
	} spec;
	VixDiskLibSpecType specType;
} VixDiskLibConnectParams;

/*
 * Takes one message. @fmt is a printf format and @args may be consumed once. Messages end with a
 * newline. Called from any thread, one call at a time, without a lock of the library held except
 * the one that keeps messages apart: it must not call the library.
 */
typedef void(VixDiskLibGenericLogFunc)(const char *fmt, va_list args);

/* The same with a number that says where the message comes from. No function takes one. */
typedef void(VixDiskLibGenericLogVFunc)(int routing, const char *fmt, va_list args);

/*
 * Told how far a long operation is, on the thread that called it: 0 first, 100 once and last when it
 * has succeeded, others perhaps more than once. A function that has returned TRUE before cancels the
 * operation with FALSE: it gives VIX_E_CANCELLED, and leaves what was there before. One that never
 * returned TRUE cancels nothing, since VMware's library does not look at the value.
 */
typedef Bool (*VixDiskLibProgressFunc)(void *progressData, int percentCompleted);

/*
 * Told once that a request of ReadAsync or WriteAsync is done, with its result. Runs on a thread of
 * the library that holds no lock, perhaps before that call returns, and several at once. The buffer
 * is the caller's again from then on. It may call Read, Write, ReadAsync, WriteAsync and
 * GetErrorText for any disk; Wait, Close and Disconnect give VIX_E_OBJECT_IS_BUSY there, and Exit
 * does nothing.
 */
typedef void (*VixDiskLibCompletionCB)(void *cbData, VixError result);

/* ------------------------------------------------------------------------------------------ */
/* The library                                                                                */
/* ------------------------------------------------------------------------------------------ */

/**
 * VixDiskLib_Init() - start the library without a configuration file
 * @majorVersion: VDDK release that the program is written for
 * @minorVersion: its second number
 * @log:          gets information; NULL discards it
 * @warn:         gets failures and problems; NULL discards them
 * @panic:        not called: the library never ends the process
 * @libDir:       root of the VDDK tree; optional, need not exist, not used
 *
 * VixDiskLib_InitEx() with @configFile NULL; see there.
 *
 * Errors:  as VixDiskLib_InitEx()
 * Source:  guide; superseded by InitEx there
 */
VixError VixDiskLib_Init(uint32 majorVersion, uint32 minorVersion, VixDiskLibGenericLogFunc *log,
			 VixDiskLibGenericLogFunc *warn, VixDiskLibGenericLogFunc *panic,
			 const char *libDir);

/**
 * VixDiskLib_InitEx() - start the library
 * @majorVersion: VDDK release that the program is written for: 1 to 8
 * @minorVersion: its second number
 * @log:          gets information; NULL discards it
 * @warn:         gets failures and problems; NULL discards them
 * @panic:        not called: the library never ends the process
 * @libDir:       root of the VDDK tree; optional, need not exist, not used
 * @configFile:   file of "name = value" lines. Names are told apart without regard to case;
 *                unknown ones are ignored, and lines that are none are warned about. Optional:
 *                without it /etc/vmware/config and $HOME/.vmware/config are read where they exist
 *
 * Needed before any other call except AllocateConnectParams, FreeConnectParams, GetErrorText,
 * FreeErrorText and ListTransportModes. Calls are counted: a second one only has its version
 * checked, keeps the first one's functions and configuration, and needs an Exit of its own.
 *
 * Errors:  INVALID_ARG        the version is newer than 8
 *          FILE_NOT_FOUND     there is no @configFile
 *          FILE_ACCESS_ERROR  it may not be read
 *          FILE_ERROR         reading it failed
 *          OUT_OF_MEMORY      memory ran out
 * Threads: one thread, before the program's others use the library
 * Source:  guide; clients (older versions are accepted, NULL everywhere, repeated calls)
 */
VixError VixDiskLib_InitEx(uint32 majorVersion, uint32 minorVersion, VixDiskLibGenericLogFunc *log,
			   VixDiskLibGenericLogFunc *warn, VixDiskLibGenericLogFunc *panic,
			   const char *libDir, const char *configFile);

/**
 * VixDiskLib_Exit() - stop the library
 *
 * The call that matches the first Init closes what is still open: disk sets, disks, connections,
 * in that order, so that no lock, mount or child process stays behind. Callbacks of ReadAsync and
 * WriteAsync run before it returns: reads that have not begun get VIX_E_CANCELLED, writes are carried
 * out. More calls do nothing.
 *
 * Threads: no other call may be running
 * Source:  guide; clients (leave with connections open)
 */
void VixDiskLib_Exit(void);

/**
 * VixDiskLib_ListTransportModes() - the ways that this library can reach disks
 *
 * Works before Init.
 *
 * Returns: names separated by ':', preferred first, such as "file:nbdssl:nbd"; static, not freed
 * Source:  guide
 */
const char *VixDiskLib_ListTransportModes(void);

/**
 * VixDiskLib_Cleanup() - remove what crashed programs left behind
 * @connectParams: as for ConnectEx, without vmxSpec
 * @numCleanedUp:  filled: leftovers removed; may be NULL
 * @numRemaining:  filled: leftovers that could not be removed; may be NULL
 *
 * Leftovers are disks that a program of this host has attached to the virtual machine it runs in, over
 * the transport hotadd, and has not detached before it was killed. Disks of programs that live are none,
 * nor are those that somebody else has attached. Where nothing is left, no server is asked. Sessions of
 * a crashed program end by themselves, after half an hour or what the server is set to; what
 * PrepareForAccess has forbidden, EndAccess permits.
 *
 * Errors:  DISK_NOINIT    before Init
 *          those of ConnectEx, where something is left; those of the server, when a disk could not be
 *          detached: it is one of numRemaining
 * Source:  guide; clients (call it for local disks too)
 */
VixError VixDiskLib_Cleanup(const VixDiskLibConnectParams *connectParams, uint32 *numCleanedUp,
			    uint32 *numRemaining);

/**
 * VixDiskLib_GetErrorText() - what an error means
 * @err:    any result; bits above 15 are ignored
 * @locale: NULL; anything else is taken as NULL
 *
 * Works before Init.
 *
 * Returns: one English sentence, also for unknown codes, freed with FreeErrorText; NULL only where
 *          memory ran out
 * Source:  guide; clients (print the text without looking)
 */
char *VixDiskLib_GetErrorText(VixError err, const char *locale);

/**
 * VixDiskLib_FreeErrorText() - free a text of GetErrorText
 * @errMsg: consumed; may be NULL
 *
 * Source:  guide
 */
void VixDiskLib_FreeErrorText(char *errMsg);

/* ------------------------------------------------------------------------------------------ */
/* Connections                                                                                */
/* ------------------------------------------------------------------------------------------ */

/**
 * VixDiskLib_AllocateConnectParams() - make an empty VixDiskLibConnectParams
 *
 * The way to use the members after vimApiVer. The strings that the program stores in it stay the
 * program's own. Works before Init.
 *
 * Returns: a structure of zeros, freed with FreeConnectParams; NULL where memory ran out
 * Source:  guide 6.7
 */
VixDiskLibConnectParams *VixDiskLib_AllocateConnectParams(void);

/**
 * VixDiskLib_FreeConnectParams() - free a structure of Allocate- or GetConnectParams
 * @connectParams: consumed; may be NULL
 *
 * Frees the strings of a structure from GetConnectParams, and no string of one from
 * AllocateConnectParams. Any other pointer is left alone.
 *
 * Source:  guide; clients (store borrowed strings)
 */
void VixDiskLib_FreeConnectParams(VixDiskLibConnectParams *connectParams);

/**
 * VixDiskLib_Connect() - connect to this host or to a server
 * @connectParams: whereto; borrowed, all of it is copied. NULL is this host
 * @connection:    filled: the connection, ended with Disconnect
 *
 * VixDiskLib_ConnectEx() for reading and writing, without snapshot, with the default transports.
 * Disks of a server are opened for reading only, all the same: see VixDiskLib_Open().
 *
 * Errors:  as VixDiskLib_ConnectEx()
 * Source:  guide
 */
VixError VixDiskLib_Connect(const VixDiskLibConnectParams *connectParams,
			    VixDiskLibConnection *connection);

/**
 * VixDiskLib_ConnectEx() - connect, and say how disks will be reached
 * @connectParams:  whereto; borrowed, all of it is copied. NULL, or without vmxSpec, serverName
 *                  and credentials, is this host
 * @readOnly:       TRUE: every disk of the connection is opened read-only
 * @snapshotRef:    the VM's snapshot to read, "snapshot-123"; optional, for servers only
 * @transportModes: names as in ListTransportModes, tried in this order by Open; optional
 * @connection:     filled: the connection, ended with Disconnect
 *
 * On this host every disk is reached as "file", whatever @transportModes says.
 *
 * To a server the call logs in and finds the virtual machine, so that what is wrong with that is told
 * here and not by Open. Each connection has a session of its own, which Disconnect or Exit ends; a
 * session that a program lends (VIXDISKLIB_CRED_SESSIONID) is never ended. Who the server is, its
 * thumbprint decides; without one, the authorities that this host trusts, and its name.
 *
 * Errors:  INVALID_ARG                  @connection is NULL, the parameters are incomplete, or
 *                                       vmxSpec, thumbPrint or @snapshotRef is none; or vmxSpec means
 *                                       several virtual machines
 *          NOT_SUPPORTED                @connectParams names a server and the library was built
 *                                       without them; credentials of another kind; first-class disks
 *                                       of a server that has none; the user __sspi__ with an ESXi host
 *                                       or without GSSAPI
 *          CANNOT_CONNECT_TO_HOST       the server can't be reached, or is not who it has to be: the
 *                                       message has both thumbprints
 *          AUTHENTICATION_FAIL          the login was refused
 *          OBJECT_NOT_FOUND             the server has no such virtual machine, snapshot of it,
 *                                       datastore or first-class disk
 *          FILE_ACCESS_ERROR            the user may not see it
 *          DISK_NOINIT                  before Init
 *          OUT_OF_MEMORY                memory ran out
 * Source:  guide; clients (free their strings after the call, pass "" for nothing)
 */
VixError VixDiskLib_ConnectEx(const VixDiskLibConnectParams *connectParams, Bool readOnly,
			      const char *snapshotRef, const char *transportModes,
			      VixDiskLibConnection *connection);

/**
 * VixDiskLib_Disconnect() - end a connection
 * @connection: consumed
 *
 * Whatever is still open through it is shut down first: disk sets are unmounted and closed, then
 * disks are flushed and closed. That is reported to the warn function once, and the handles are
 * dead from then on.
 *
 * Errors:  DISK_INVALID_CONNECTION  @connection is not a connection, or was ended before
 *          OBJECT_IS_BUSY           this is the callback of a request
 *          DISK_NOINIT              before Init
 * Threads: calls that use its disks are waited for
 * Source:  guide (invalidates handles); the order is from here
 */
VixError VixDiskLib_Disconnect(VixDiskLibConnection connection);

/**
 * VixDiskLib_PrepareForAccess() - keep a VM from being moved while it is backed up
 * @connectParams: server and VM, by vmxSpec; borrowed
 * @identity:      any text that names the program, of 1 to 50 bytes
 *
 * A vCenter then refuses to move the disks to another datastore, until EndAccess; the session of this
 * call ends with it. For this host nothing is to be done, and the call succeeds.
 *
 * Errors:  INVALID_ARG     @identity, or no VM is named
 *          NOT_SUPPORTED   an ESXi host, which moves nothing, or a vCenter that can't be told
 *          OBJECT_IS_BUSY  another program has done so
 *          DISK_NOINIT     before Init
 *          those of VixDiskLib_ConnectEx()
 * Source:  guide; clients (call it for local disks too)
 */
VixError VixDiskLib_PrepareForAccess(const VixDiskLibConnectParams *connectParams,
				     const char *identity);

/**
 * VixDiskLib_EndAccess() - undo PrepareForAccess
 * @connectParams: as given to PrepareForAccess
 * @identity:      as given to PrepareForAccess
 *
 * Also for what a program that crashed has forbidden. For this host nothing is to be done, and the call
 * succeeds, also without PrepareForAccess.
 *
 * Errors:  as VixDiskLib_PrepareForAccess()
 * Source:  guide; clients (call it after a failed Connect)
 */
VixError VixDiskLib_EndAccess(const VixDiskLibConnectParams *connectParams, const char *identity);

/**
 * VixDiskLib_GetConnectParams() - what a connection was made with
 * @connection:    borrowed
 * @connectParams: filled: a copy with its own strings, freed with FreeConnectParams
 *
 * The copy holds passwords and session keys too; FreeConnectParams wipes them.
 *
 * Errors:  INVALID_ARG              @connectParams is NULL
 *          DISK_INVALID_CONNECTION  @connection is not a connection
 *          DISK_NOINIT              before Init
 *          OUT_OF_MEMORY            memory ran out
 * Source:  guide
 */
VixError VixDiskLib_GetConnectParams(const VixDiskLibConnection connection,
				     VixDiskLibConnectParams **connectParams);

/* ------------------------------------------------------------------------------------------ */
/* Disks: open, close, describe                                                               */
/* ------------------------------------------------------------------------------------------ */

/**
 * VixDiskLib_Open() - open a disk
 * @connection: borrowed; must outlive the disk
 * @path:       on this host a path, absolute or from the current directory; on a server
 *              "[datastore] dir/disk.vmdk", or a name beside the VM's .vmx file
 * @flags:      VIXDISKLIB_FLAG_OPEN_* bits; 0 opens for reading and writing
 * @diskHandle: filled: the disk, ended with Close
 *
 * Opens a snapshot's disk with all its parents, newest link first, unless OPEN_SINGLE_LINK is set.
 * Handles of one process that are open for writing share the disk, its lock and what is buffered;
 * with and without OPEN_SINGLE_LINK they exclude each other. A handle for reading only sees what they
 * wrote before it was opened; of later writes, what was in the files when it looked there.
 *
 * A read-only open writes nothing beside the disk and takes no lock; a connection for reading only
 * opens every disk so. Compression bits have no effect.
 *
 * Of a server's virtual machine any file of a disk may be named: it is opened with its parents, which
 * the server tells. Over a connection with a snapshot all of them mean the disk as it was then. Disks
 * of a server are opened for reading only. The newest file of a running machine is locked: a snapshot
 * has to be made first.
 *
 * Errors:  INVALID_ARG                  @diskHandle is NULL, @path is empty, or @flags has unknown
 *                                       bits
 *          DISK_INVALID_CONNECTION      @connection is not a connection
 *          DISK_NOINIT                  before Init
 *          FILE_NOT_FOUND               @path, or a file that the disk consists of, does not exist,
 *                                       or is of no disk of the VM
 *          FILE_ACCESS_ERROR            a file may not be opened, or the descriptor names one
 *                                       outside its directory
 *          FILE_READ_ONLY               opened for writing on a file system that is read-only, or on
 *                                       a server
 *          FILE_ALREADY_LOCKED          opened for writing, and another process writes it, or does
 *                                       not permit that; opened for reading while this process
 *                                       shrinks or defragments it, or a parent of it
 *          FILE_ERROR                   opening or reading a file failed
 *          INCORRECT_FILE_TYPE          @path is a directory, socket or the like
 *          NOT_SUPPORTED                no transport that is built serves the connection; a disk of
 *                                       a server that maps a LUN
 *          AUTHENTICATION_FAIL          the session has ended, and the server takes no other
 *          NET_HTTP_TRANSFER            a server's answer makes no sense
 *          DISK_NOTSUPPORTED            a kind of disk, extent or compression that is not built
 *                                       yet, or another product's
 *          DISK_INVALIDDISK             descriptor, header or tables contradict themselves or the
 *                                       files
 *          DISK_UNSUPPORTEDDISKVERSION  a format version that is not known
 *          DISK_NEEDKEY                 the disk is encrypted
 *          DISK_OPENPARENT              a parent, or a file of one, is missing
 *          DISK_CID_MISMATCH            a parent was changed after the snapshot was taken
 *          DISK_CAPACITY_MISMATCH       a parent is larger than its child
 *          DISK_INVALIDCHAIN            the chain of parents leads back to one of its links, or to
 *                                       a file that is not a VMDK
 *          DISK_TOOMANYREDO             the chain has too many links, extents or descriptors
 *          DISK_TOOMANYOPENFILES        the process may not have more files open
 *          OUT_OF_MEMORY                memory ran out
 * Source:  guide; clients (several handles on one file, locks only for writing)
 */
VixError VixDiskLib_Open(const VixDiskLibConnection connection, const char *path, uint32 flags,
			 VixDiskLibHandle *diskHandle);

/**
 * VixDiskLib_Close() - close a disk
 * @diskHandle: consumed, except after OBJECT_IS_BUSY
 *
 * Waits for calls and requests on the disk, writes out what is buffered, and gives up the lock.
 *
 * Errors:  INVALID_HANDLE  @diskHandle is not a disk, or was closed before
 *          OBJECT_IS_BUSY  an open disk set uses it: call VixMntapi_CloseDiskSet() first. The disk
 *                          stays open. Or this is the callback of a request
 *          DISK_NOINIT     before Init
 *          FILE_ERROR, DISK_FULL  buffered data could not be written; the disk is closed all the
 *                          same
 * Source:  guide; clients (close NULL); refusing while in use is from here
 */
VixError VixDiskLib_Close(VixDiskLibHandle diskHandle);

/**
 * VixDiskLib_GetInfo() - size, geometry and identity of a disk
 * @diskHandle: borrowed
 * @info:       filled: freed with FreeInfo
 *
 * Errors:  INVALID_ARG     @info is NULL
 *          INVALID_HANDLE  @diskHandle is not a disk
 *          DISK_NOINIT     before Init
 *          OUT_OF_MEMORY   memory ran out
 * Source:  guide
 */
VixError VixDiskLib_GetInfo(VixDiskLibHandle diskHandle, VixDiskLibInfo **info);

/**
 * VixDiskLib_FreeInfo() - free what GetInfo returned
 * @info: consumed; may be NULL
 *
 * Source:  guide
 */
void VixDiskLib_FreeInfo(VixDiskLibInfo *info);

/**
 * VixDiskLib_GetTransportMode() - how a disk is reached
 * @diskHandle: borrowed
 *
 * Returns: "file" on this host, else "nbd", "nbdssl", "hotadd" or "san"; static, not freed. NULL
 *          where @diskHandle is not a disk
 * Source:  guide
 */
const char *VixDiskLib_GetTransportMode(VixDiskLibHandle diskHandle);

/* ------------------------------------------------------------------------------------------ */
/* Disks: contents                                                                            */
/* ------------------------------------------------------------------------------------------ */

/**
 * VixDiskLib_Read() - read sectors
 * @diskHandle:  borrowed
 * @startSector: the first one
 * @numSectors:  how many, 1 or more
 * @readBuffer:  filled: @numSectors * 512 bytes; undefined after an error
 *
 * What was never written reads as zeros; with OPEN_SINGLE_LINK so does what only a parent holds.
 *
 * Errors:  INVALID_ARG       @readBuffer is NULL or @numSectors 0
 *          INVALID_HANDLE    @diskHandle is not a disk
 *          DISK_NOINIT       before Init
 *          DISK_OUTOFRANGE   the range goes past the end of the disk; nothing was read
 *          DISK_INVALIDDISK  a table points outside its file, or compressed data is damaged
 *          FILE_ERROR        the host could not read a file
 *          OUT_OF_MEMORY     memory ran out
 * Source:  guide; clients (DISK_OUTOFRANGE at the end)
 */
VixError VixDiskLib_Read(VixDiskLibHandle diskHandle, VixDiskLibSectorType startSector,
			 VixDiskLibSectorType numSectors, uint8 *readBuffer);

/**
 * VixDiskLib_Write() - write sectors
 * @diskHandle:  borrowed
 * @startSector: the first one
 * @numSectors:  how many, 1 or more
 * @writeBuffer: @numSectors * 512 bytes, borrowed
 *
 * Goes to the newest link of a chain. A disk that has children must not be written.
 * Durable once Flush or Close has returned.
 *
 * Errors:  NOT_SUPPORTED    the disk is of a kind that can only be read, or part of a grain would
 *                           have to come from a parent that is not open (OPEN_SINGLE_LINK)
 *          INVALID_ARG      @writeBuffer is NULL or @numSectors 0
 *          INVALID_HANDLE   @diskHandle is not a disk
 *          DISK_NOINIT      before Init
 *          FILE_READ_ONLY   the disk, or the part that is written, is for reading only
 *          DISK_OUTOFRANGE  the range goes past the end of the disk; nothing was written
 *          DISK_FULL        the host has no space left
 *          FILE_ERROR       the host could not write a file
 * Source:  guide
 */
VixError VixDiskLib_Write(VixDiskLibHandle diskHandle, VixDiskLibSectorType startSector,
			  VixDiskLibSectorType numSectors, const uint8 *writeBuffer);

/**
 * VixDiskLib_ReadAsync() - start to read sectors
 * @diskHandle:  borrowed
 * @startSector: the first one
 * @numSectors:  how many, 1 or more
 * @readBuffer:  filled until @callback runs: @numSectors * 512 bytes
 * @callback:    told the result once, perhaps before this call returns; not called where this
 *               call fails
 * @cbData:      given to @callback
 *
 * Order: requests of one handle that have a sector in common, at least one of them a WriteAsync, are
 * carried out in the order of their calls, and their callbacks run in that order. All others run
 * side by side and end in any order. Against Read and Write, and other handles, only this holds: a
 * read that begins after a write's callback began, or after Write has returned, sees that write.
 *
 * A handle may have 1024 requests under way. At the next one this call waits until one is done,
 * except in a callback, where it never waits: do not call it with a lock held that a callback takes.
 * What the arguments show is told by this call, what happens to the disk by @callback.
 *
 * Returns: VIX_ASYNC where the request was accepted, never VIX_OK
 * Errors:  INVALID_ARG      @readBuffer or @callback is NULL, or @numSectors 0
 *          INVALID_HANDLE   @diskHandle is not a disk
 *          DISK_NOINIT      before Init
 *          DISK_OUTOFRANGE  the range goes past the end of the disk
 *          OUT_OF_MEMORY    memory ran out, or no thread could be started
 *          @callback gets those of VixDiskLib_Read(), and
 *          CANCELLED        Exit came before the request had begun
 *          ASYNC_MIXEDMODE_UNSUPPORTED is of no use: Read and ReadAsync may be mixed
 * Source:  guide 6.5; clients (VIX_ASYNC only, early callbacks); order and bound are from here
 */
VixError VixDiskLib_ReadAsync(VixDiskLibHandle diskHandle, VixDiskLibSectorType startSector,
			      VixDiskLibSectorType numSectors, uint8 *readBuffer,
			      VixDiskLibCompletionCB callback, void *cbData);

/**
 * VixDiskLib_WriteAsync() - start to write sectors
 * @diskHandle:  borrowed
 * @startSector: the first one
 * @numSectors:  how many, 1 or more
 * @writeBuffer: @numSectors * 512 bytes, borrowed until @callback runs
 * @callback:    told the result once, perhaps before this call returns; not called where this
 *               call fails
 * @cbData:      given to @callback
 *
 * Order and bound: see VixDiskLib_ReadAsync(). Durable after a Flush that was called after @callback
 * began. An accepted request is carried out, also when Close, Disconnect or Exit come meanwhile.
 *
 * Returns: VIX_ASYNC where the request was accepted, never VIX_OK
 * Errors:  INVALID_ARG      @writeBuffer or @callback is NULL, or @numSectors 0
 *          INVALID_HANDLE   @diskHandle is not a disk
 *          DISK_NOINIT      before Init
 *          FILE_READ_ONLY   the disk is open for reading only
 *          DISK_OUTOFRANGE  the range goes past the end of the disk
 *          OUT_OF_MEMORY    memory ran out, or no thread could be started
 *          @callback gets those of VixDiskLib_Write()
 * Source:  guide 6.5; clients (VIX_ASYNC only, early callbacks)
 */
VixError VixDiskLib_WriteAsync(VixDiskLibHandle diskHandle, VixDiskLibSectorType startSector,
			       VixDiskLibSectorType numSectors, const uint8 *writeBuffer,
			       VixDiskLibCompletionCB callback, void *cbData);

/**
 * VixDiskLib_Wait() - wait for the requests of a disk
 * @diskHandle: borrowed
 *
 * Returns when every request of ReadAsync and WriteAsync on this handle that was accepted before is
 * done and its callback has returned. What went wrong with them the callbacks were told.
 *
 * Errors:  INVALID_HANDLE  @diskHandle is not a disk
 *          DISK_NOINIT     before Init
 *          OBJECT_IS_BUSY  called by a callback
 * Threads: not from a callback
 * Source:  guide 6.5
 */
VixError VixDiskLib_Wait(VixDiskLibHandle diskHandle);

/**
 * VixDiskLib_Flush() - make what was written last through a crash of the host
 * @diskHandle: borrowed
 *
 * Covers the writes that had returned, or whose callback had run, before the call. Does nothing
 * for a disk that is open for reading only.
 *
 * Errors:  INVALID_HANDLE  @diskHandle is not a disk
 *          DISK_NOINIT     before Init
 *          DISK_FULL, FILE_ERROR  the host could not write a file
 * Source:  guide; clients (flush disks that are read-only)
 */
VixError VixDiskLib_Flush(VixDiskLibHandle diskHandle);

/**
 * VixDiskLib_QueryAllocatedBlocks() - which parts of a disk hold data
 * @diskHandle:  borrowed
 * @startSector: where to begin, a multiple of @chunkSize
 * @numSectors:  how far to look, a multiple of @chunkSize, 1 to VIXDISKLIB_MAX_CHUNK_NUMBER chunks
 * @chunkSize:   the unit of the answer in sectors, VIXDISKLIB_MIN_CHUNK_SIZE to
 *               VIXDISKLIB_MAX_CHUNK_SIZE
 * @blockList:   filled: freed with FreeBlockList
 *
 * A chunk is listed where any of its sectors may hold something else than zeros, over the whole
 * chain unless the disk was opened with OPEN_SINGLE_LINK. Neighbours are joined. The range may end
 * past the end of the disk by less than a chunk; the last block ends with the disk. No block at all
 * is an answer too.
 *
 * Errors:  INVALID_ARG       @blockList is NULL, or a number breaks a rule above
 *          INVALID_HANDLE    @diskHandle is not a disk
 *          DISK_NOINIT       before Init
 *          DISK_OUTOFRANGE   the range begins or ends a chunk or more past the end of the disk
 *          DISK_INVALIDDISK  a table points outside its file
 *          FILE_ERROR        the host could not read a file
 *          OUT_OF_MEMORY     memory ran out
 * Source:  guide 6.7; clients (ends rounded up past the disk); the alignment rule is from here
 */
VixError VixDiskLib_QueryAllocatedBlocks(VixDiskLibHandle diskHandle,
					 VixDiskLibSectorType startSector,
					 VixDiskLibSectorType numSectors,
					 VixDiskLibSectorType chunkSize,
					 VixDiskLibBlockList **blockList);

/**
 * VixDiskLib_FreeBlockList() - free what QueryAllocatedBlocks returned
 * @blockList: consumed; may be NULL
 *
 * Errors:  none: always VIX_OK
 * Source:  guide 6.7
 */
VixError VixDiskLib_FreeBlockList(VixDiskLibBlockList *blockList);

/* ------------------------------------------------------------------------------------------ */
/* Disks: metadata                                                                            */
/* ------------------------------------------------------------------------------------------ */

/**
 * VixDiskLib_ReadMetadata() - read a value from a disk's table of metadata
 * @diskHandle:  borrowed
 * @key:         name without "ddb.", such as "uuid" or "geometry.heads"
 * @buf:         filled: the value with its NUL; may be NULL where @bufLen is 0
 * @bufLen:      bytes in @buf
 * @requiredLen: filled: bytes needed with the NUL, also after BUFFER_TOOSMALL; may be NULL
 *
 * Errors:  BUFFER_TOOSMALL    @bufLen is less than needed; @buf was not touched
 *          DISK_KEY_NOTFOUND  the disk has no such key
 *          INVALID_ARG        @key is NULL, or @buf is where @bufLen is not 0
 *          INVALID_HANDLE     @diskHandle is not a disk
 *          DISK_NOINIT        before Init
 * Source:  guide; clients (ask with NULL and 0 for the length)
 */
VixError VixDiskLib_ReadMetadata(VixDiskLibHandle diskHandle, const char *key, char *buf,
				 size_t bufLen, size_t *requiredLen);

/**
 * VixDiskLib_WriteMetadata() - add or replace a value in a disk's table of metadata
 * @diskHandle: borrowed, open for writing
 * @key:        name without "ddb."
 * @val:        one line; "" empties a key, which can not be removed
 *
 * Durable when this returns.
 *
 * Errors:  NOT_SUPPORTED   the disk is raw data, or of a kind that can only be read
 *          INVALID_ARG     an argument is NULL or not fit for a descriptor
 *          INVALID_HANDLE  @diskHandle is not a disk
 *          DISK_NOINIT     before Init
 *          FILE_READ_ONLY  the disk is open for reading only
 *          DISK_FULL       also: a sparse file has no more room for its descriptor
 *          FILE_ERROR      the descriptor could not be written
 * Source:  guide; clients (write back every key that was read)
 */
VixError VixDiskLib_WriteMetadata(VixDiskLibHandle diskHandle, const char *key, const char *val);

/**
 * VixDiskLib_GetMetadataKeys() - list the keys of a disk's table of metadata
 * @diskHandle:  borrowed
 * @keys:        filled: names, each with its NUL, and one more NUL; may be NULL where @maxLen is 0
 * @maxLen:      bytes in @keys
 * @requiredLen: filled: bytes needed with every NUL, also after BUFFER_TOOSMALL; may be NULL
 *
 * Errors:  BUFFER_TOOSMALL  @maxLen is less than needed; @keys was not touched
 *          INVALID_ARG      @keys is NULL where @maxLen is not 0
 *          INVALID_HANDLE   @diskHandle is not a disk
 *          DISK_NOINIT      before Init
 *          OUT_OF_MEMORY    memory ran out
 * Source:  guide; clients (ask with NULL and 0 for the length)
 */
VixError VixDiskLib_GetMetadataKeys(VixDiskLibHandle diskHandle, char *keys, size_t maxLen,
				    size_t *requiredLen);

/* ------------------------------------------------------------------------------------------ */
/* Making and changing disks                                                                  */
/* ------------------------------------------------------------------------------------------ */

/**
 * VixDiskLib_Create() - create a disk
 * @connection:           borrowed
 * @path:                 of the new disk; the files are named after it
 * @createParams:         kind, size and adapter; borrowed
 * @progressFunc:         told the progress; may be NULL
 * @progressCallbackData: given to @progressFunc
 *
 * The disk is not opened. Kinds are all of VixDiskLibDiskType but UNKNOWN. Disks of full size get
 * their room on the host at once, VMFS_THIN and growing ones when they are written, whatever their
 * capacity; a STREAM_OPTIMIZED disk is empty. Other files are named after @path: "X-flat.vmdk" and the
 * like for "X.vmdk". After an error, or when the process is killed, no file of a disk is there.
 *
 * hwVersion 0 is VIXDISKLIB_HWVERSION_WORKSTATION_5. Sector sizes are looked at only if Init asked for
 * release 7 or newer; what is not 4096 counts as 512.
 *
 * On a server it is the server that makes the disk, in a directory that is there: of the kinds VMFS_FLAT and
 * VMFS_THIN, a sector larger where the capacity is odd, and of no machine so far. Of @createParams it
 * looks at kind, adapter and capacity. Paths there are "[datastore] dir/x.vmdk", or "x.vmdk" beside the
 * machine's files.
 *
 * Errors:  INVALID_ARG                     an argument is NULL, or @createParams makes no sense: an
 *                                          unknown kind or adapter, a capacity of 0 or too large for
 *                                          the kind
 *          DISK_INVALID_CONNECTION         @connection is not a connection
 *          DISK_NOINIT                     before Init
 *          FILE_ALREADY_EXISTS             @path, or a file named after it, exists
 *          FILE_NOT_FOUND, FILE_ACCESS_ERROR  its directory is missing, or not writable
 *          FILE_NAME_INVALID               @path has a line end in its last part, or does not end in
 *                                          ".vmdk" on a server
 *          CANCELLED                       by @progressFunc
 *          DISK_FULL, FILE_ERROR           a file could not be written
 *          NOT_SUPPORTED_ON_REMOTE_OBJECT  @connection is to a server, and that is another kind: make it
 *                                          on this host, and Clone it
 *          FILE_READ_ONLY                  @connection is to a server, and for reading only
 *          as docs/vsphere.md, "Faults"    the server refused
 * Source:  guide
 */
VixError VixDiskLib_Create(const VixDiskLibConnection connection, const char *path,
			   const VixDiskLibCreateParams *createParams,
			   VixDiskLibProgressFunc progressFunc, void *progressCallbackData);

/**
 * VixDiskLib_CreateChild() - create a disk that holds the differences to another
 * @diskHandle:           the parent, borrowed; it must not be written from now on
 * @childPath:            of the new disk
 * @diskType:             VIXDISKLIB_DISK_MONOLITHIC_SPARSE, VIXDISKLIB_DISK_SPLIT_SPARSE or
 *                        VIXDISKLIB_DISK_VMFS_SPARSE
 * @progressFunc:         told the progress; may be NULL
 * @progressCallbackData: given to @progressFunc
 *
 * Capacity, adapter, geometry and hardware version are the parent's, which may itself be a child, and
 * open for writing: its next write changes its content ID, and the child can't be opened on it then.
 * The child names its parent relative to its own directory where that is in there, else by its whole
 * path; what of that Open follows, its comment tells.
 *
 * Errors:  as VixDiskLib_Create(), and
 *          INVALID_HANDLE          @diskHandle is not a disk
 *          NOT_SUPPORTED           another @diskType
 *          DISK_PARENT_NOTALLOWED  the parent is raw data, which has no content ID
 * Source:  guide
 */
VixError VixDiskLib_CreateChild(VixDiskLibHandle diskHandle, const char *childPath,
				VixDiskLibDiskType diskType, VixDiskLibProgressFunc progressFunc,
				void *progressCallbackData);

/**
 * VixDiskLib_Clone() - copy a disk, from any kind to any other
 * @dstConnection:        where the copy goes; borrowed
 * @dstPath:              of the copy
 * @srcConnection:        where the disk is; borrowed
 * @srcPath:              of the disk; its snapshots become one disk
 * @createParams:         kind and adapter of the copy; borrowed. The capacity is that of the disk,
 *                        whatever it says.
 * @progressFunc:         told the progress; may be NULL
 * @progressCallbackData: given to @progressFunc
 * @overWrite:            TRUE replaces what is at @dstPath, with all files of that disk
 *
 * The disk must not be written meanwhile. Its geometry goes along where the adapter stays the same,
 * and what its data base tells of VMware Tools; the copy gets IDs of its own. Zeros take no room in
 * kinds that grow. Until all is done and durable, @dstPath is as it was; after an error it still is.
 *
 * From a server, all transports serve; where the files of a disk are refused or not found, the server is
 * asked to export it (vixDiskLib.exportLease, vixDiskLib(3)): that takes room for the disk twice, beside
 * @dstPath, until it is done. To a server, the copy is of the kind VMFS_THIN if that is wanted, else
 * VMFS_FLAT, and all its bytes are sent, zeros too. It is made beside @dstPath, as "x.partial-89abcdef.vmdk",
 * and gets its name when it is whole; who is killed before leaves that behind. A disk with snapshots is not
 * replaced, and what the data base tells of VMware Tools does not go along.
 *
 * Errors:  as VixDiskLib_Open() for the disk and as VixDiskLib_Create() for the copy, and
 *          FILE_ALREADY_EXISTS  @dstPath exists and @overWrite is FALSE; or another file that the copy
 *                               needs is there and does not belong to the disk at @dstPath
 *          INVALID_ARG          @dstPath is part of the disk
 *          FILE_ALREADY_LOCKED  the disk at @dstPath is open for writing
 *          CANCELLED            @progressFunc said so
 *          DISK_FULL            there is no space left; what was copied is removed
 *          NOT_SUPPORTED        on a server: @dstPath has snapshots, or lies on a datastore without flat
 *                               files, such as vSAN
 *          NET_HTTP_TRANSFER    the server has not kept all bytes
 * Source:  guide
 */
VixError VixDiskLib_Clone(const VixDiskLibConnection dstConnection, const char *dstPath,
			  const VixDiskLibConnection srcConnection, const char *srcPath,
			  const VixDiskLibCreateParams *createParams,
			  VixDiskLibProgressFunc progressFunc, void *progressCallbackData,
			  Bool overWrite);

/**
 * VixDiskLib_Grow() - make a disk larger
 * @connection:           to this host, borrowed
 * @path:                 of a disk that is not open and has no parent
 * @capacity:             the new size in sectors, not the difference; the one that it has is fine
 * @updateGeometry:       TRUE: the geometry becomes that of a new disk of this size
 * @progressFunc:         told the progress; may be NULL
 * @progressCallbackData: given to @progressFunc
 *
 * What is added reads as zeros. Partitions and file systems stay as they are, and so do content ID
 * and metadata. A disk of full size gets its room on the host at once; of one in parts of 2 GB the
 * last part is filled, then come new ones. A disk with a child beside it is refused; children
 * elsewhere can't be opened any more, since they are smaller then.
 * When the process is killed or the power fails meanwhile, the disk has its old size or its new one.
 *
 * Errors:  DISK_NOINIT          before Init
 *          DISK_INVALID_CONNECTION  @connection is none
 *          NOT_SUPPORTED_ON_REMOTE_OBJECT  @connection is to a server
 *          FILE_READ_ONLY       the connection, or the descriptor, is for reading only
 *          INVALID_ARG          @path is empty; @capacity is less than the disk has, or more than a
 *                               disk of its kind can have
 *          NOT_SUPPORTED        streamOptimized, seSparse, raw data, devices, or several extents that
 *                               are no parts of 2 GB
 *          DISK_NOTNORMAL       the disk has a parent, or a child beside it, or content behind its
 *                               end
 *          FILE_ALREADY_LOCKED  this process has the disk open, or another one writes it
 *          FILE_ALREADY_EXISTS  a file has the name that a new part would get
 *          DISK_NEEDSREPAIR     the disk is damaged
 *          DISK_FULL            the host has no space left, or a sparse file would be longer than
 *                               2 TiB; all files are as they were
 *          CANCELLED            @progressFunc said so; likewise
 *          FILE_ERROR           a file could not be written
 *          as VixDiskLib_Open()
 * Source:  guide
 */
VixError VixDiskLib_Grow(VixDiskLibConnection connection, const char *path,
			 VixDiskLibSectorType capacity, Bool updateGeometry,
			 VixDiskLibProgressFunc progressFunc, void *progressCallbackData);

/**
 * VixDiskLib_Shrink() - give space that holds zeros back to the host
 * @diskHandle:           borrowed, open for writing, growing and without parent
 * @progressFunc:         told the progress; may be NULL
 * @progressCallbackData: given to @progressFunc
 *
 * Only whole grains (64 KiB) are given back, so programs fill the free space of the guest's file
 * systems with zeros before. The file becomes shorter in its place; it reads the same all along,
 * also after a crash, and may be read and written meanwhile, by handles for writing. Those for
 * reading only, of this or another process, and children of the disk remember where its data was:
 * no other process may have it open.
 *
 * Errors:  INVALID_HANDLE   @diskHandle is not a disk
 *          DISK_NOINIT      before Init
 *          FILE_READ_ONLY   the disk is open for reading only
 *          DISK_CANTSHRINK  the disk is of full size, or has a parent
 *          FILE_ALREADY_LOCKED  this process has it open for reading only, too, or a child of it
 *          DISK_INVALIDDISK two grains share a place
 *          NOT_SUPPORTED    grains lie where only other programs put them
 *          CANCELLED        @progressFunc said so; some space may have been given back
 *          OBJECT_IS_BUSY   others write too much meanwhile
 *          DISK_FULL, FILE_ERROR  a file could not be written
 *          OUT_OF_MEMORY    memory ran out
 * Source:  guide
 */
VixError VixDiskLib_Shrink(VixDiskLibHandle diskHandle, VixDiskLibProgressFunc progressFunc,
			   void *progressCallbackData);

/**
 * VixDiskLib_Defragment() - put the data of a growing disk into the guest's order
 * @diskHandle:           borrowed, open for writing
 * @progressFunc:         told the progress; may be NULL
 * @progressCallbackData: given to @progressFunc
 *
 * Succeeds without doing anything for disks of full size. Of a disk with parents, those stay as they
 * are. Done in place and in small steps, as VixDiskLib_Shrink(); space that no grain uses is given
 * back, but grains of zeros stay.
 *
 * Errors:  INVALID_HANDLE  @diskHandle is not a disk
 *          DISK_NOINIT     before Init
 *          FILE_READ_ONLY  the disk is open for reading only
 *          DISK_INVALIDDISK, NOT_SUPPORTED, CANCELLED, FILE_ALREADY_LOCKED, OBJECT_IS_BUSY,
 *          DISK_FULL, FILE_ERROR, OUT_OF_MEMORY  as VixDiskLib_Shrink()
 * Source:  guide
 */
VixError VixDiskLib_Defragment(VixDiskLibHandle diskHandle, VixDiskLibProgressFunc progressFunc,
			       void *progressCallbackData);

/**
 * VixDiskLib_Rename() - rename a disk on this host, with all its files
 * @srcFileName: path of a disk that is not open
 * @dstFileName: its new path, in the same file system
 *
 * Files that are named after the disk are named after its new name, and its descriptor names them so.
 * The hint of a child that is moved to another directory leads to its parent from there; hints of its
 * own children are not changed. When the process is killed the disk has its old name, its new one, or
 * both.
 *
 * Errors:  INVALID_ARG          an argument is NULL or empty
 *          DISK_NOINIT          before Init
 *          FILE_NOT_FOUND       there is no @srcFileName, or no directory for @dstFileName
 *          FILE_ALREADY_EXISTS  @dstFileName, or a file named after it, exists
 *          FILE_ALREADY_LOCKED  the disk is open, in another process for writing
 *          FILE_NAME_INVALID    @dstFileName ends in "/", or has a line end in its last part
 *          FILE_ACCESS_ERROR    a directory or file is not writable
 *          FILE_ERROR           a file could not be renamed; also: another file system
 *          DISK_INVALIDDISK     no VMDK disk, or a part of one
 *          NOT_SUPPORTED        files in subdirectories can't be moved to another directory
 * Source:  guide
 */
VixError VixDiskLib_Rename(const char *srcFileName, const char *dstFileName);

/**
 * VixDiskLib_Unlink() - delete a disk with all its files
 * @connection: borrowed
 * @path:       of a disk that is not open; its parents stay
 *
 * Its files are those that its descriptor names, beside it or below its directory, with names that end
 * in ".vmdk"; others stay. Files that are missing are no error, so that it can be called again
 * after one, or after the process was killed: the descriptor goes last. Of a server's disk, the server
 * deletes what it takes for its files.
 *
 * Errors:  INVALID_ARG              an argument is NULL or empty
 *          DISK_INVALID_CONNECTION  @connection is not a connection
 *          DISK_NOINIT              before Init
 *          FILE_NOT_FOUND           there is no @path
 *          FILE_ALREADY_LOCKED      the disk is open, in another process for writing
 *          FILE_ACCESS_ERROR        its directory or a file is not writable
 *          FILE_ERROR               a file could not be removed
 *          DISK_INVALIDDISK         no VMDK disk, or a part of one
 *          NOT_SUPPORTED            the machine has snapshots of it; a first-class disk
 *          FILE_READ_ONLY           @connection is to a server, and for reading only
 *          as docs/vsphere.md, "Faults"  the server refused
 * Source:  guide
 */
VixError VixDiskLib_Unlink(VixDiskLibConnection connection, const char *path);

/**
 * VixDiskLib_IsAttachPossible() - could a disk be the parent of another
 * @parent: borrowed
 * @child:  borrowed, opened with OPEN_SINGLE_LINK
 *
 * Errors:  INVALID_HANDLE          a handle is not a disk
 *          DISK_NOINIT             before Init
 *          DISK_CAPACITY_MISMATCH  the disks differ in size
 *          DISK_PARENT_NOTALLOWED  @child has its parents open, or @parent is raw data
 *          DISK_ATTACH_ROOTLINK    @child is made to have no parent
 *          DISK_CID_MISMATCH       @child was made on another state of @parent
 *          DISK_INVALIDCHAIN       @child is a part of @parent
 *          DISK_TOOMANYREDO        the chain would have more than 255 links
 * Source:  guide
 */
VixError VixDiskLib_IsAttachPossible(VixDiskLibHandle parent, VixDiskLibHandle child);

/**
 * VixDiskLib_Attach() - put an open disk under another as its parent
 * @parent: consumed, also after an error but the first three; a Close of it, at any time before the end
 *          of its connection, succeeds and does nothing; other functions give VIX_E_INVALID_HANDLE
 * @child:  borrowed, opened with OPEN_SINGLE_LINK; then reads through to the parent
 *
 * The parent is closed with the child. One that was open for writing can't be opened so again until
 * then (VIX_E_FILE_ALREADY_LOCKED).
 *
 * Errors:  INVALID_HANDLE   @parent is not a disk
 *          DISK_NOINIT, INVALID_ARG  before Init; @parent is @child
 *          OBJECT_IS_BUSY   called by a completion callback; also, consuming @parent, where that is
 *                           open for writing through another handle, too
 *          as VixDiskLib_IsAttachPossible()
 *          DISK_FULL, FILE_ERROR  what was written to @parent could not be made durable
 * Source:  guide 6.7.1
 */
VixError VixDiskLib_Attach(VixDiskLibHandle parent, VixDiskLibHandle child);

/**
 * VixDiskLib_SpaceNeededForClone() - how much space a copy would take
 * @diskHandle:    borrowed
 * @cloneDiskType: kind of the copy; VIXDISKLIB_DISK_UNKNOWN is the disk's own
 * @spaceNeeded:   filled: bytes on the host, never less than the copy takes
 *
 * A copy takes less where allocated space holds zeros, and where it is compressed: then it is told
 * what it takes at most.
 *
 * Errors:  INVALID_ARG     @spaceNeeded is NULL, or the kind is not known
 *          INVALID_HANDLE  @diskHandle is not a disk
 *          DISK_NOINIT     before Init
 *          FILE_ERROR      the host could not read a file
 * Source:  guide
 */
VixError VixDiskLib_SpaceNeededForClone(VixDiskLibHandle diskHandle,
					VixDiskLibDiskType cloneDiskType, uint64 *spaceNeeded);

/**
 * VixDiskLib_CheckRepair() - look for damage in a disk, and mend it
 * @connection: to this host, borrowed
 * @filename:   path of a disk that is not open for writing
 * @repair:     TRUE: mend what can be mended
 *
 * Looks at descriptor, headers and tables, at compressed data, and whether the parents are those
 * that the disk was made for. The log functions get a line for each problem. What a second copy
 * makes up for is mended, the mark of a disk that was not closed is taken away, room at the end of
 * a file that nothing uses is given back, and so is what an operation that was killed has left
 * beside the disk. Nothing that can be read is lost, whatever interrupts it.
 *
 * Errors:  as VixDiskLib_Open() where the disk can't be opened for another reason than damage, and
 *          NOT_SUPPORTED        @connection is to a server
 *          INVALID_ARG          @filename is NULL or empty
 *          FILE_READ_ONLY       @repair is TRUE, and the connection for reading only
 *          FILE_ALREADY_LOCKED  somebody has the disk open for writing
 *          DISK_NEEDSREPAIR     damaged, and @repair is FALSE
 *          DISK_CANTREPAIR      damaged beyond repair; what could be mended was
 *          DISK_FULL, FILE_ERROR  what is to be mended could not be written
 * Source:  guide
 */
VixError VixDiskLib_CheckRepair(const VixDiskLibConnection connection, const char *filename,
				Bool repair);

#ifdef __cplusplus
}
#endif

#endif /* _VIXDISKLIB_H_ */
