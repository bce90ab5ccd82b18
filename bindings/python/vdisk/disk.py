# SPDX-License-Identifier: LGPL-2.1-or-later
"""Open disks: files of bytes, over a library of sectors."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import io
import operator
import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from . import _native
from ._buffer import memory
from ._closable import Closable
from ._library import decode, disklib, encode, run, sectors, unsigned
from .errors import LockedError
from .kinds import (
    AdapterType,
    DiskInfo,
    DiskType,
    Geometry,
    Link,
    MapKind,
    MapRun,
    Path,
    Progress,
    Run,
    member,
)
from .metadata import Metadata

if TYPE_CHECKING:
    from .connection import Connection

_SECTOR = _native.SECTOR_SIZE
_MODES = {"r": False, "rb": False, "r+": True, "rb+": True, "r+b": True}


class Disk(Closable, io.RawIOBase):
    """An open disk, which is a raw binary file: io.BufferedReader and shutil.copyfileobj take it.

    Made by vdisk.open() and Connection.open(). read(), write() and seek() work on any byte; whole
    sectors go straight between the caller's memory and the library. Those that share a position
    must not be called by several threads at once; read_sectors() and write_sectors() may.
    """

    close_order = 1

    def __init__(
        self,
        connection: Connection,
        path: Path,
        mode: str = "r",
        *,
        single_link: bool = False,
        unbuffered: bool = False,
        owned: bool = False,
    ) -> None:
        self._handle = None
        self._connection = connection
        self._owned = [connection] if owned else []
        if mode not in _MODES:
            raise ValueError("mode is one of %s, not %r" % (", ".join(_MODES), mode))
        self._writable = _MODES[mode]
        self.name = os.fspath(path)
        self.mode = mode
        flags = 0 if self._writable else _native.OPEN_READ_ONLY
        flags |= _native.OPEN_SINGLE_LINK if single_link else 0
        flags |= _native.OPEN_UNBUFFERED if unbuffered else 0
        handle = _native.Handle()
        disklib.call("Open", connection.handle, encode(path), flags, handle, filename=path)
        self._handle = handle.value
        connection.register(self)
        self._position = 0
        self._lock = threading.Lock()
        self._size = self.info.capacity

    def __repr__(self):
        return "<vdisk.Disk %r mode=%r%s>" % (
            self.name,
            self.mode,
            " closed" if self.closed else "",
        )

    # What a file is

    @property
    def closed(self) -> bool:
        """True after close(), and after the connection was closed or the library stopped."""
        return self._handle is None or self._connection.closed

    @property
    def handle(self) -> int:
        """The library's own handle, for what this package does not wrap; ValueError if closed."""
        self._require_open()
        return self._handle

    def _require_open(self):
        if self.closed:
            raise ValueError("I/O operation on closed disk")

    @property
    def connection(self) -> Connection:
        """The Connection that it was opened over."""
        return self._connection

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return self._size

    def close(self) -> None:
        """Write out what is buffered and close. May be called again.

        LockedError: a DiskSet has the disk; it stays open.
        """
        handle, self._handle = self._handle, None
        try:
            if handle is not None and not self._connection.closed:
                disklib.call("Close", handle, filename=self.name)
        except LockedError:
            self._handle = handle
            raise
        finally:
            if self._handle is None:
                super().close()
                while self._owned:
                    self._owned.pop().close()

    def flush(self) -> None:
        """Have what was written survive a crash of the host. Does nothing once closed."""
        if self._writable and not self.closed:
            disklib.call("Flush", self._handle, filename=self.name)

    def readable(self) -> bool:
        self._require_open()
        return True

    def writable(self) -> bool:
        self._require_open()
        return self._writable

    def seekable(self) -> bool:
        self._require_open()
        return True

    def tell(self) -> int:
        self._require_open()
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._require_open()
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}
        if whence not in start:
            raise ValueError("invalid whence: %r" % (whence,))
        position = start[whence] + operator.index(offset)
        if position < 0:
            raise ValueError("negative seek position %d" % position)
        self._position = position
        return position

    def readinto(self, buffer: Any) -> int:
        self._require_open()
        with memory(buffer, writable=True) as (address, length):
            length = min(length, max(0, self._size - self._position))
            self._in_pieces(self._read_piece, address, length)
        self._position += length
        return length

    def write(self, buffer: Any) -> int:
        """Write bytes at the position, as many as there is room for; OSError (ENOSPC) for none."""
        if not self.writable():
            raise io.UnsupportedOperation("the disk is open for reading only")
        with memory(buffer) as (address, length):
            room = max(0, self._size - self._position)
            if length > 0 and room == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.name)
            length = min(length, room)
            with self._lock:
                self._in_pieces(self._write_piece, address, length)
        self._position += length
        return length

    # A piece is a run of whole sectors, or a part of one.

    def _in_pieces(self, move, address, length):
        offset = self._position
        while length > 0:
            first, skip = divmod(offset, _SECTOR)
            if skip or length < _SECTOR:
                piece = min(length, _SECTOR - skip)
            else:
                piece = length - length % _SECTOR
            move(address, first, skip, piece)
            address, offset, length = address + piece, offset + piece, length - piece

    def _read_piece(self, address, first, skip, length):
        if length % _SECTOR == 0:
            self._io("Read", first, address, length)
        else:
            ctypes.memmove(address, self._sector(first)[skip:], length)

    def _write_piece(self, address, first, skip, length):
        if length % _SECTOR == 0:
            self._io("Write", first, address, length)
        else:
            sector = ctypes.create_string_buffer(self._sector(first), _SECTOR)
            ctypes.memmove(ctypes.addressof(sector) + skip, address, length)
            self._io("Write", first, ctypes.addressof(sector), _SECTOR)

    def _sector(self, first):
        sector = ctypes.create_string_buffer(_SECTOR)
        self._io("Read", first, ctypes.addressof(sector), _SECTOR)
        return sector.raw

    def _io(self, name, first, address, length):
        disklib.call(name, self.handle, first, length // _SECTOR, address, filename=self.name)

    # What only disks have

    def _sectors_io(self, name, first, buffer, writable):
        self._require_open()
        unsigned(first, 64, "first")
        with memory(buffer, writable) as (address, length):
            if length % _SECTOR:
                raise ValueError("the buffer is not a multiple of 512 bytes: %d" % length)
            if length:
                self._io(name, first, address, length)

    def read_sectors(self, first: int, buffer: Any) -> None:
        """Fill a writable buffer with whole sectors, from sector number first on."""
        self._sectors_io("Read", first, buffer, True)

    def write_sectors(self, first: int, buffer: Any) -> None:
        """Write a buffer of whole sectors, from sector number first on."""
        self._sectors_io("Write", first, buffer, False)

    @property
    def info(self) -> DiskInfo:
        """Capacity, geometry and identity: a DiskInfo."""
        info = ctypes.POINTER(_native.Info)()
        disklib.call("GetInfo", self.handle, info, filename=self.name)
        try:
            return _disk_info(info.contents)
        finally:
            disklib.raw("FreeInfo", info)

    @property
    def metadata(self) -> Metadata:
        """The keys of the disk's data base and their values, all text: a mapping."""
        return Metadata(self)

    @property
    def links(self) -> list[Link]:
        """The disk and its parents, newest first, with their files; looked for by its name."""
        return self._connection.links(self.name)

    @property
    def transport(self) -> str:
        """How the disk is reached: "file" on this host."""
        return decode(disklib.raw("GetTransportMode", self.handle))

    def extents(
        self,
        start: int = 0,
        end: int | None = None,
        granularity: int = _native.MIN_CHUNK_SIZE * _SECTOR,
    ) -> Iterator[Run]:
        """The parts that hold data, ascending: an iterator of Run.

        start must be a multiple of granularity, which is 64 KiB to 64 MiB, in whole sectors.
        """
        sectors(start, "start")
        sectors(granularity, "granularity")
        end = self._size if end is None else min(end, self._size)
        last = None
        for run_ in self._allocated(start, end, granularity):
            if last is not None and last.offset + last.length == run_.offset:
                last = Run(last.offset, last.length + run_.length)
                continue
            if last is not None:
                yield last
            last = run_
        if last is not None:
            yield last

    def _allocated(self, start, end, granularity):
        step = granularity * _native.MAX_CHUNK_NUMBER
        for at in range(start, end, step):
            length = min(step, -(-(end - at) // granularity) * granularity)
            for offset, size in self._query(at, length, granularity):
                yield Run(offset, min(size, end - offset))

    def _query(self, *what):
        result = ctypes.POINTER(_native.BlockList)()
        numbers = [number // _SECTOR for number in what]
        disklib.call("QueryAllocatedBlocks", self.handle, *numbers, result, filename=self.name)
        try:
            count = result.contents.numBlocks
            blocks = ctypes.cast(result.contents.blocks, ctypes.POINTER(_native.Block))
            return [(b.offset * _SECTOR, b.length * _SECTOR) for b in blocks[:count]]
        finally:
            disklib.raw("FreeBlockList", result)

    def map(self, start: int = 0, end: int | None = None) -> Iterator[MapRun]:
        """Where every sector from start to end lies: an iterator of MapRun, without gaps."""
        end = self._size if end is None else min(end, self._size)
        at, stop = sectors(start, "start"), sectors(end, "end")
        while at < stop:
            for run_ in self._map_some(at, stop - at):
                yield run_
                at = (run_.offset + run_.length) // _SECTOR

    def _map_some(self, first, count):
        address, n = ctypes.c_void_p(), ctypes.c_size_t()
        disklib.call("QueryMap", self.handle, first, count, address, n, filename=self.name)
        try:
            return [_map_run(r) for r in _native.elements(_native.MapRun, address.value, n.value)]
        finally:
            disklib.raw("FreeMap", address)

    # What changes disks

    def create_child(
        self,
        path: Path,
        type: DiskType = DiskType.MONOLITHIC_SPARSE,
        *,
        progress: Progress = None,
    ) -> None:
        """Make a disk that holds the differences to this one, which must not be written then."""
        run("CreateChild", self.handle, encode(path), type, progress=progress, filename=path)

    def attach(self, parent: Disk) -> None:
        """Put another open disk under this one, which was opened with single_link.

        The parent is closed with this disk, and can't be used from now on.
        """
        if parent is self:
            raise ValueError("a disk is not its own parent")
        handles = parent.handle, self.handle
        try:
            disklib.call("Attach", *handles, filename=self.name)
        finally:
            # The connection that the parent has to itself lives as long as this disk.
            self._owned[:0], parent._owned = parent._owned, []
            with contextlib.suppress(OSError):
                parent.close()

    def set_parent(self, hint: Path, content_id: int) -> None:
        """Have the disk, opened for writing with single_link, look for its parent elsewhere."""
        unsigned(content_id, 32, "content_id")
        disklib.call("SetParent", self.handle, encode(hint), content_id, filename=self.name)

    def shrink(self, *, progress: Progress = None) -> None:
        """Give room that holds zeros back to the host."""
        run("Shrink", self.handle, progress=progress, filename=self.name)

    def defragment(self, *, progress: Progress = None) -> None:
        """Put the data of a growing disk into the guest's order."""
        run("Defragment", self.handle, progress=progress, filename=self.name)

    def space_needed_for_clone(self, type: DiskType = DiskType.UNKNOWN) -> int:
        """Bytes that a copy of this kind takes at most; UNKNOWN is the disk's own kind."""
        needed = ctypes.c_uint64()
        disklib.call("SpaceNeededForClone", self.handle, type, needed, filename=self.name)
        return needed.value


def _geometry(g):
    return Geometry(g.cylinders, g.heads, g.sectors)


def _disk_info(i):
    return DiskInfo(
        capacity=i.capacity * _SECTOR,
        adapter=member(AdapterType, i.adapterType),
        links=i.numLinks,
        parent_hint=decode(i.parentFileNameHint),
        uuid=decode(i.uuid),
        bios_geometry=_geometry(i.biosGeo),
        physical_geometry=_geometry(i.physGeo),
        logical_sector_size=i.logicalSectorSize,
        physical_sector_size=i.physicalSectorSize,
    )


def _map_run(r):
    has_offset = r.kind in (MapKind.DATA, MapKind.HOLE)
    return MapRun(
        offset=r.firstSector * _SECTOR,
        length=r.numSectors * _SECTOR,
        kind=member(MapKind, r.kind),
        link=r.link,
        extent=r.extent,
        file_offset=r.fileOffset if has_offset else None,
    )
