#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ctypesclient.py info|read|write|blocks DISK - the calls of Python programs that use ctypes.

What is particular: structures as they were before version 6.5, so parameters of 80 bytes with
nothing behind them; a Bool of 16 bits; InitEx with one version after the other until one is
accepted; log functions that format their va_list with vsnprintf(); no path to the library, whose
name is libvixDiskLib.so; no FreeConnectParams, since the strings are Python's.

"read" writes the disk to standard output and "write" reads it from standard input.
"""
import ctypes
import mmap
import sys

OPEN_READ_ONLY = 4
CRED_UID = 1
VIX_ASYNC = 25000
VERSIONS = ((8, 0), (7, 0), (6, 7), (6, 5), (6, 0))
SECTOR = 512
BATCH = 2048

LOG_FUNC = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_void_p)
COMPLETION = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64)


class UidPasswd(ctypes.Structure):
    _fields_ = [("userName", ctypes.c_char_p), ("password", ctypes.c_char_p)]


class SessionId(ctypes.Structure):
    _fields_ = [(name, ctypes.c_char_p) for name in ("cookie", "userName", "key")]


class Creds(ctypes.Union):
    _fields_ = [("uid", UidPasswd), ("sessionId", SessionId), ("ticketId", ctypes.c_void_p)]


class ConnectParams(ctypes.Structure):
    _fields_ = [
        ("vmxSpec", ctypes.c_char_p),
        ("serverName", ctypes.c_char_p),
        ("thumbPrint", ctypes.c_char_p),
        ("privateUse", ctypes.c_long),
        ("credType", ctypes.c_uint32),
        ("creds", Creds),
        ("port", ctypes.c_uint32),
        ("nfcHostPort", ctypes.c_uint32),
        ("vimApiVer", ctypes.c_char_p),
    ]


class Geometry(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("cylinders", "heads", "sectors")]


class Info(ctypes.Structure):
    _fields_ = [
        ("biosGeo", Geometry),
        ("physGeo", Geometry),
        ("capacity", ctypes.c_uint64),
        ("adapterType", ctypes.c_int),
        ("numLinks", ctypes.c_int),
        ("parentFileNameHint", ctypes.c_char_p),
        ("uuid", ctypes.c_char_p),
    ]


class Block(ctypes.Structure):
    _fields_ = [("offset", ctypes.c_uint64), ("length", ctypes.c_uint64)]


class BlockList(ctypes.Structure):
    _fields_ = [("numBlocks", ctypes.c_uint32), ("blocks", Block * 1)]


libc = ctypes.CDLL(None)
lib = ctypes.CDLL("libvixDiskLib.so")
for name in ("InitEx", "ConnectEx", "Disconnect", "PrepareForAccess", "EndAccess", "Open", "Close",
             "GetInfo", "Read", "Write", "ReadAsync", "Wait", "QueryAllocatedBlocks",
             "FreeBlockList"):
    getattr(lib, "VixDiskLib_" + name).restype = ctypes.c_uint64
lib.VixDiskLib_GetErrorText.restype = ctypes.c_void_p
lib.VixDiskLib_GetTransportMode.restype = ctypes.c_char_p
lib.VixDiskLib_ConnectEx.argtypes = [
    ctypes.POINTER(ConnectParams), ctypes.c_uint16, ctypes.c_char_p, ctypes.c_char_p,
    ctypes.POINTER(ctypes.c_void_p)]


def log_func(kind):
    def log(fmt, args):
        line = ctypes.create_string_buffer(1000)
        libc.vsnprintf(line, len(line), fmt, ctypes.c_void_p(args))
        if kind != "log":
            print(f"{kind}: {line.value.decode()}", end="", file=sys.stderr)
    return LOG_FUNC(log)


LOGS = [log_func(kind) for kind in ("log", "warning", "panic")]


def must(err, what):
    if err == 0:
        return
    text = lib.VixDiskLib_GetErrorText(ctypes.c_uint64(err), None)
    message = ctypes.string_at(text).decode()
    lib.VixDiskLib_FreeErrorText(ctypes.c_void_p(text))
    sys.exit(f"{what}: {message} [{err}]")


def init():
    for major, minor in VERSIONS:
        err = lib.VixDiskLib_InitEx(major, minor, *LOGS, None, None)
        if err == 0:
            return
    must(err, "InitEx")


def short_params():
    """Parameters at the end of a page that has nothing to read behind it."""
    page = mmap.PAGESIZE
    area = mmap.mmap(-1, 2 * page)
    at = ctypes.addressof(ctypes.c_char.from_buffer(area))
    if libc.mprotect(ctypes.c_void_p(at + page), page, 0) != 0:
        sys.exit("mprotect fails")
    size = ctypes.sizeof(ConnectParams)
    assert size == 80
    params = ConnectParams.from_buffer(area, page - size)
    params.credType = CRED_UID
    return params


def connect(params, read_only):
    conn = ctypes.c_void_p()
    must(lib.VixDiskLib_ConnectEx(ctypes.byref(params), 0x0100 if not read_only else 0x0101, None,
                                  None, ctypes.byref(conn)), "ConnectEx")
    return conn


def info(disk):
    found = ctypes.POINTER(Info)()
    must(lib.VixDiskLib_GetInfo(disk, ctypes.byref(found)), "GetInfo")
    seen = found.contents
    print(f"capacity {seen.capacity}")
    print(f"adapter {seen.adapterType} links {seen.numLinks} parent {seen.parentFileNameHint}")
    print(f"mode {lib.VixDiskLib_GetTransportMode(disk).decode()}")
    lib.VixDiskLib_FreeInfo(found)


def capacity(disk):
    found = ctypes.POINTER(Info)()
    must(lib.VixDiskLib_GetInfo(disk, ctypes.byref(found)), "GetInfo")
    sectors = found.contents.capacity
    lib.VixDiskLib_FreeInfo(found)
    return sectors


def read(disk):
    """Half by plain calls, half by one call after the other that tells when it is done."""
    end = capacity(disk)
    results = []
    done = COMPLETION(lambda data, result: results.append(result))
    buf = ctypes.create_string_buffer(BATCH * SECTOR)
    for at in range(0, end, BATCH):
        n = min(BATCH, end - at)
        start, count = ctypes.c_uint64(at), ctypes.c_uint64(n)
        if at // BATCH % 2 == 0:
            must(lib.VixDiskLib_Read(disk, start, count, buf), "Read")
        else:
            err = lib.VixDiskLib_ReadAsync(disk, start, count, buf, done, None)
            assert err == VIX_ASYNC, err
            must(lib.VixDiskLib_Wait(disk), "Wait")
            assert results.pop() == 0 and not results
        sys.stdout.buffer.write(buf.raw[:n * SECTOR])


def write(disk):
    at = 0
    while data := sys.stdin.buffer.read(BATCH * SECTOR):
        must(lib.VixDiskLib_Write(disk, ctypes.c_uint64(at), ctypes.c_uint64(len(data) // SECTOR),
                                  data), "Write")
        at += len(data) // SECTOR


def blocks(disk):
    found = ctypes.POINTER(BlockList)()
    count = capacity(disk) // 128 * 128
    must(lib.VixDiskLib_QueryAllocatedBlocks(disk, ctypes.c_uint64(0), ctypes.c_uint64(count),
                                             ctypes.c_uint64(128), ctypes.byref(found)),
         "QueryAllocatedBlocks")
    n = found.contents.numBlocks
    array = ctypes.cast(ctypes.byref(found.contents.blocks), ctypes.POINTER(Block * n)).contents
    for block in array:
        print(block.offset, block.length)
    must(lib.VixDiskLib_FreeBlockList(found), "FreeBlockList")


def main(what, path):
    read_only = what is not write
    init()
    params = short_params()
    must(lib.VixDiskLib_PrepareForAccess(ctypes.byref(params), b"python"), "PrepareForAccess")
    conn = connect(params, read_only)
    disk = ctypes.c_void_p()
    must(lib.VixDiskLib_Open(conn, path.encode(), OPEN_READ_ONLY if read_only else 0,
                             ctypes.byref(disk)), "Open")
    what(disk)
    must(lib.VixDiskLib_Close(disk), "Close")
    must(lib.VixDiskLib_Disconnect(conn), "Disconnect")
    must(lib.VixDiskLib_EndAccess(ctypes.byref(params), b"python"), "EndAccess")
    lib.VixDiskLib_Exit()


main({"info": info, "read": read, "write": write, "blocks": blocks}[sys.argv[1]], sys.argv[2])
