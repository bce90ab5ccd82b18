# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvixMntapi as ctypes sees it, as _native.py has libvixDiskLib."""

from ctypes import POINTER, Structure, c_bool, c_char_p, c_size_t, c_uint32, c_uint64, c_void_p

from ._native import Error, Handle, LogFunc

SONAMES = ("libvixMntapi.so.1", "libvixMntapi.so")

MOUNT_SINGLE = 1
MOUNT_PARTIAL = 2
MOUNT_CHECK = 4
SIZE_UNKNOWN = 2**64 - 1


class OsInfo(Structure):
    _fields_ = [
        ("family", c_uint32),
        ("majorVersion", c_uint32),
        ("minorVersion", c_uint32),
        ("osIs64Bit", c_bool),
        ("vendor", c_char_p),
        ("edition", c_char_p),
        ("osFolder", c_char_p),
    ]


class VolumeInfo(Structure):
    _fields_ = [
        ("type", c_uint32),
        ("isMounted", c_bool),
        ("symbolicLink", c_char_p),
        ("numGuestMountPoints", c_size_t),
        ("inGuestMountPoints", c_char_p * 1),
    ]


class DiskSetInfo(Structure):
    _fields_ = [("openFlags", c_uint32), ("mountPath", c_char_p)]


class VolumeDetails(Structure):
    _fields_ = [
        ("structSize", c_size_t),
        ("number", c_uint32),
        ("disk", c_uint32),
        ("name", c_char_p),
        ("kind", c_char_p),
        ("fileSystem", c_char_p),
        ("label", c_char_p),
        ("uuid", c_char_p),
        ("state", c_char_p),
        ("device", c_char_p),
        ("sizeBytes", c_uint64),
        ("usedBytes", c_uint64),
        ("mountable", c_bool),
    ]


class MountOptions(Structure):
    _fields_ = [
        ("structSize", c_size_t),
        ("mountPoint", c_char_p),
        ("fuseOptions", c_char_p),
        ("sourceName", c_char_p),
        ("symlinks", c_uint32),
        ("flags", c_uint32),
    ]


# The C name of each structure above.
STRUCTURES = {
    OsInfo: "VixOsInfo",
    VolumeInfo: "VixVolumeInfo",
    DiskSetInfo: "VixDiskSetInfo",
    VolumeDetails: "VixVolumeDetails",
    MountOptions: "VixMountOptions",
}

_STR, _OUT = c_char_p, POINTER(Handle)

# Name without VixMntapi_, result, arguments.
PROTOTYPES = (
    ("Init", Error, c_uint32, c_uint32, LogFunc, LogFunc, LogFunc, _STR, _STR),
    ("Exit", None),
    ("OpenDiskSet", Error, _OUT, c_size_t, c_uint32, _OUT),
    ("OpenDisks", Error, Handle, POINTER(_STR), c_size_t, c_uint32, _OUT),
    ("CloseDiskSet", Error, Handle),
    ("GetDiskSetInfo", Error, Handle, POINTER(POINTER(DiskSetInfo))),
    ("FreeDiskSetInfo", None, POINTER(DiskSetInfo)),
    ("GetOsInfo", Error, Handle, POINTER(POINTER(OsInfo))),
    ("FreeOsInfo", None, POINTER(OsInfo)),
    ("GetVolumeHandles", Error, Handle, POINTER(c_size_t), POINTER(_OUT)),
    ("FreeVolumeHandles", None, _OUT),
    ("MountVolume", Error, Handle, c_bool),
    ("DismountVolume", Error, Handle, c_bool),
    ("GetVolumeInfo", Error, Handle, POINTER(POINTER(VolumeInfo))),
    ("FreeVolumeInfo", None, POINTER(VolumeInfo)),
    ("ListVolumes", Error, Handle, POINTER(c_void_p), POINTER(c_size_t)),
    ("FreeVolumeList", None, c_void_p),
    ("GetVolumeDetails", Error, Handle, POINTER(POINTER(VolumeDetails))),
    ("FreeVolumeDetails", None, POINTER(VolumeDetails)),
    ("MountDiskSet", Error, Handle, _OUT, c_size_t, POINTER(MountOptions)),
    ("DismountDiskSet", Error, Handle, c_bool),
    ("GetEngineInfo", Error, Handle, _STR, c_size_t),
)
