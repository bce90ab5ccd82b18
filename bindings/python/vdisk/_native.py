# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvixDiskLib as ctypes sees it: structures, prototypes, the shared library itself.

The layouts are those of vixDiskLib.h and vixDiskLibExt.h; tests/test_layout.py has a C compiler
compare every size, offset and constant.
"""

import ctypes
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    Union,
    c_bool,
    c_char,
    c_char_p,
    c_int,
    c_long,
    c_size_t,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
)

SONAMES = ("libvixDiskLib.so.8", "libvixDiskLib.so")

SECTOR_SIZE = 512
MIN_CHUNK_SIZE = 128
MAX_CHUNK_SIZE = 131072
MAX_CHUNK_NUMBER = 524288

OPEN_UNBUFFERED = 1 << 0
OPEN_SINGLE_LINK = 1 << 1
OPEN_READ_ONLY = 1 << 2

CRED_UID = 1
HWVERSION_CURRENT = 13
MAP_RUNS_MAX = 16384
OFFSET_NONE = 2**64 - 1

Error = c_uint64
Handle = c_void_p

# The va_list that a log function gets is an address on every machine that Linux runs on.
LogFunc = CFUNCTYPE(None, c_void_p, c_void_p)
ProgressFunc = CFUNCTYPE(c_bool, c_void_p, c_int)


class Geometry(Structure):
    _fields_ = [("cylinders", c_uint32), ("heads", c_uint32), ("sectors", c_uint32)]


class CreateParams(Structure):
    _fields_ = [
        ("diskType", c_uint32),
        ("adapterType", c_uint32),
        ("hwVersion", c_uint16),
        ("capacity", c_uint64),
        ("logicalSectorSize", c_uint32),
        ("physicalSectorSize", c_uint32),
    ]


class Info(Structure):
    _fields_ = [
        ("biosGeo", Geometry),
        ("physGeo", Geometry),
        ("capacity", c_uint64),
        ("adapterType", c_uint32),
        ("numLinks", c_int),
        ("parentFileNameHint", c_char_p),
        ("uuid", c_char_p),
        ("logicalSectorSize", c_uint32),
        ("physicalSectorSize", c_uint32),
    ]


class Block(Structure):
    _fields_ = [("offset", c_uint64), ("length", c_uint64)]


class BlockList(Structure):
    _fields_ = [("numBlocks", c_uint32), ("blocks", Block * 1)]


class UidCreds(Structure):
    _fields_ = [("userName", c_char_p), ("password", c_char_p)]


class SessionIdCreds(Structure):
    _fields_ = [("cookie", c_char_p), ("userName", c_char_p), ("key", c_char_p)]


class Creds(Union):
    _fields_ = [("uid", UidCreds), ("sessionId", SessionIdCreds), ("ticketId", c_void_p)]


class VStorageObjectSpec(Structure):
    _fields_ = [("id", c_char_p), ("datastoreMoRef", c_char_p), ("ssId", c_char_p)]


class DatastoreSpec(Structure):
    _fields_ = [("datastoreMoRef", c_char_p), ("diskFolder", c_char_p)]


class Spec(Union):
    _fields_ = [("vStorageObjSpec", VStorageObjectSpec), ("dsSpec", DatastoreSpec)]


class ConnectParams(Structure):
    _fields_ = [
        ("vmxSpec", c_char_p),
        ("serverName", c_char_p),
        ("thumbPrint", c_char_p),
        ("privateUse", c_long),
        ("credType", c_uint32),
        ("creds", Creds),
        ("port", c_uint32),
        ("nfcHostPort", c_uint32),
        ("vimApiVer", c_char_p),
        ("reserved", c_char * 8),
        ("state", c_void_p),
        ("spec", Spec),
        ("specType", c_uint32),
    ]


class Extent(Structure):
    _fields_ = [
        ("structSize", c_size_t),
        ("path", c_char_p),
        ("format", c_char_p),
        ("firstSector", c_uint64),
        ("numSectors", c_uint64),
        ("grainSectors", c_uint32),
        ("compressed", c_bool),
    ]


class Link(Structure):
    _fields_ = [
        ("structSize", c_size_t),
        ("path", c_char_p),
        ("createType", c_char_p),
        ("capacity", c_uint64),
        ("contentID", c_uint32),
        ("parentContentID", c_uint32),
        ("hasParent", c_bool),
        ("parentHint", c_char_p),
        ("problem", Error),
        ("lookedFor", c_void_p),
        ("extents", c_void_p),
        ("numExtents", c_size_t),
    ]


class MapRun(Structure):
    _fields_ = [
        ("structSize", c_size_t),
        ("firstSector", c_uint64),
        ("numSectors", c_uint64),
        ("kind", c_uint32),
        ("link", c_uint32),
        ("extent", c_uint32),
        ("fileOffset", c_uint64),
    ]


class Problem(Structure):
    _fields_ = [
        ("structSize", c_size_t),
        ("kind", c_uint32),
        ("canMend", c_bool),
        ("isMended", c_bool),
        ("code", Error),
        ("file", c_char_p),
        ("offset", c_uint64),
        ("what", c_char_p),
        ("advice", c_char_p),
        ("clusters", c_uint64),
    ]


class CheckReport(Structure):
    _fields_ = [
        ("structSize", c_size_t),
        ("result", Error),
        ("damages", c_uint64),
        ("damagesMended", c_uint64),
        ("leaks", c_uint64),
        ("leaksMended", c_uint64),
        ("troubles", c_uint64),
        ("clusters", c_uint64),
        ("allocated", c_uint64),
        ("compressed", c_uint64),
        ("fragmented", c_uint64),
        ("endOffset", c_uint64),
        ("problems", c_void_p),
        ("numProblems", c_size_t),
    ]


# The C name of each structure above.
STRUCTURES = {
    Geometry: "VixDiskLibGeometry",
    CreateParams: "VixDiskLibCreateParams",
    Info: "VixDiskLibInfo",
    Block: "VixDiskLibBlock",
    BlockList: "VixDiskLibBlockList",
    VStorageObjectSpec: "VixDiskLibVStorageObjectSpec",
    DatastoreSpec: "VixDiskLibDatastoreSpec",
    ConnectParams: "VixDiskLibConnectParams",
    Extent: "VixDiskLibExtent",
    Link: "VixDiskLibLink",
    MapRun: "VixDiskLibMapRun",
    Problem: "VixDiskLibProblem",
    CheckReport: "VixDiskLibCheckReport",
}

_STR, _SECTOR = c_char_p, c_uint64
_PROGRESS = (ProgressFunc, c_void_p)
_COPY = (Handle, _STR, POINTER(CreateParams))

# Name without VixDiskLib_, result, arguments. Those that return Error raise through
# _library.check().
PROTOTYPES = (
    ("InitEx", Error, c_uint32, c_uint32, LogFunc, LogFunc, LogFunc, _STR, _STR),
    ("Exit", None),
    ("ListTransportModes", _STR),
    ("GetErrorText", c_void_p, Error, _STR),
    ("FreeErrorText", None, c_void_p),
    ("AllocateConnectParams", POINTER(ConnectParams)),
    ("FreeConnectParams", None, POINTER(ConnectParams)),
    ("ConnectEx", Error, POINTER(ConnectParams), c_bool, _STR, _STR, POINTER(Handle)),
    ("Disconnect", Error, Handle),
    ("Open", Error, Handle, _STR, c_uint32, POINTER(Handle)),
    ("Close", Error, Handle),
    ("GetInfo", Error, Handle, POINTER(POINTER(Info))),
    ("FreeInfo", None, POINTER(Info)),
    ("GetTransportMode", _STR, Handle),
    ("Read", Error, Handle, _SECTOR, _SECTOR, c_void_p),
    ("Write", Error, Handle, _SECTOR, _SECTOR, c_void_p),
    ("Flush", Error, Handle),
    ("QueryAllocatedBlocks", Error, Handle, _SECTOR, _SECTOR, _SECTOR, POINTER(POINTER(BlockList))),
    ("FreeBlockList", Error, POINTER(BlockList)),
    ("ReadMetadata", Error, Handle, _STR, c_void_p, c_size_t, POINTER(c_size_t)),
    ("WriteMetadata", Error, Handle, _STR, _STR),
    ("GetMetadataKeys", Error, Handle, c_void_p, c_size_t, POINTER(c_size_t)),
    ("Create", Error, *_COPY, *_PROGRESS),
    ("CreateChild", Error, Handle, _STR, c_uint32, *_PROGRESS),
    ("Clone", Error, Handle, _STR, *_COPY, *_PROGRESS, c_bool),
    ("Grow", Error, Handle, _STR, _SECTOR, c_bool, *_PROGRESS),
    ("Shrink", Error, Handle, *_PROGRESS),
    ("Defragment", Error, Handle, *_PROGRESS),
    ("Rename", Error, _STR, _STR),
    ("Unlink", Error, Handle, _STR),
    ("Attach", Error, Handle, Handle),
    ("SpaceNeededForClone", Error, Handle, c_uint32, POINTER(c_uint64)),
    ("CheckDisk", Error, Handle, _STR, c_bool, POINTER(POINTER(CheckReport))),
    ("FreeCheckReport", None, POINTER(CheckReport)),
    ("ListLinks", Error, Handle, _STR, POINTER(c_void_p), POINTER(c_size_t)),
    ("FreeLinkList", None, c_void_p),
    ("SetParent", Error, Handle, _STR, c_uint32),
    ("QueryMap", Error, Handle, _SECTOR, _SECTOR, POINTER(c_void_p), POINTER(c_size_t)),
    ("FreeMap", None, c_void_p),
)


def _load_first(sonames):
    reasons = []
    for soname in sonames:
        try:
            return ctypes.CDLL(soname)
        except OSError as e:
            reasons.append(str(e))
    raise ImportError("; ".join(reasons))


def load(sonames, prefix, prototypes):
    """The first of these libraries that there is, its functions declared.

    VMware's library lacks the functions of the extensions: those are left out."""
    lib = _load_first(sonames)
    for name, result, *arguments in prototypes:
        function = getattr(lib, prefix + name, None)
        if function is not None:
            function.restype = result
            function.argtypes = arguments
    return lib


def elements(structure, address, count):
    """The elements of an array whose structures tell their distance themselves: structSize."""
    for i in range(count):
        element = structure.from_address(address)
        yield element
        address += element.structSize
