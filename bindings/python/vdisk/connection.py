# SPDX-License-Identifier: LGPL-2.1-or-later
"""Connections, and what is done to disks that are not open: create, copy, change, check, remove."""

from __future__ import annotations

import contextlib
import ctypes
import weakref

from . import _native, disk
from ._closable import Closable
from ._library import decode, disklib, encode, run, sectors, unsigned
from .codes import Code
from .kinds import (
    AdapterType,
    CheckReport,
    DiskType,
    Extent,
    Link,
    Path,
    Problem,
    ProblemKind,
    Progress,
    member,
)


def _create_params(disk_type, adapter, capacity=0, hw_version=0, sector_sizes=(0, 0)):
    return _native.CreateParams(
        diskType=disk_type,
        adapterType=adapter,
        hwVersion=unsigned(hw_version, 16, "hw_version") or _native.HWVERSION_CURRENT,
        capacity=capacity,
        logicalSectorSize=unsigned(sector_sizes[0], 32, "logical_sector_size"),
        physicalSectorSize=unsigned(sector_sizes[1], 32, "physical_sector_size"),
    )


class Connection(Closable):
    """A connection to this host, or to a server; closing it closes all that was opened over it.

    Made by vdisk.connect().
    """

    def __init__(
        self,
        server: str | None = None,
        user: str | None = None,
        password: str | None = None,
        *,
        vm: str | None = None,
        thumbprint: str | None = None,
        port: int = 0,
        nfc_port: int = 0,
        read_only: bool = False,
        snapshot: str | None = None,
        transports: str | None = None,
    ) -> None:
        self._handle = None
        self._opened = weakref.WeakSet()
        strings = {
            "serverName": server,
            "vmxSpec": vm,
            "thumbPrint": thumbprint,
            "user": user,
            "password": password,
        }
        strings = {name: encode(text) for name, text in strings.items() if text is not None}
        modes = [None if text is None else encode(text) for text in (snapshot, transports)]
        disklib.acquire()
        try:
            self._connect(strings, port, nfc_port, read_only, modes)
        except BaseException:
            disklib.release()
            raise
        self._life = disklib.life()

    def _connect(self, strings, port, nfc_port, read_only, modes):
        handle = _native.Handle()
        params = disklib.raw("AllocateConnectParams")
        if not params:
            raise MemoryError
        try:
            p = params.contents
            p.serverName = strings.get("serverName")
            p.vmxSpec = strings.get("vmxSpec")
            p.thumbPrint = strings.get("thumbPrint")
            p.port = unsigned(port, 16, "port")
            p.nfcHostPort = unsigned(nfc_port, 16, "nfc_port")
            if "user" in strings or "password" in strings:
                p.credType = _native.CRED_UID
                p.creds.uid.userName = strings.get("user")
                p.creds.uid.password = strings.get("password")
            disklib.call("ConnectEx", params, read_only, *modes, handle, filename=p.serverName)
        finally:
            disklib.raw("FreeConnectParams", params)
        self._handle = handle.value

    def __repr__(self):
        return "<vdisk.Connection%s>" % (" closed" if self.closed else "")

    @property
    def closed(self) -> bool:
        """True after close(), and after the library was stopped."""
        return self._handle is None or self._life != disklib.life()

    @property
    def handle(self) -> int:
        """The library's own handle, for what this package does not wrap; ValueError if closed."""
        self._require_open()
        return self._handle

    def _require_open(self):
        if self.closed:
            raise ValueError("the connection is closed")

    def close(self) -> None:
        """End the connection: mounts, disk sets and disks first. May be called again."""
        if self.closed:
            return
        with contextlib.ExitStack() as stack:
            stack.callback(self._disconnect)
            for opened in sorted(self._opened, key=lambda o: o.close_order, reverse=True):
                stack.callback(opened.close)

    def _disconnect(self):
        if self.closed:
            return
        handle, self._handle = self._handle, None
        try:
            disklib.call("Disconnect", handle)
        finally:
            disklib.release()

    def register(self, opened):
        """Have something closed before the connection; those with a low close_order first."""
        self._opened.add(opened)

    def open(
        self, path: Path, mode: str = "r", *, single_link: bool = False, unbuffered: bool = False
    ) -> disk.Disk:
        """Open a disk; see vdisk.open()."""
        return disk.Disk(self, path, mode, single_link=single_link, unbuffered=unbuffered)

    def create(
        self,
        path: Path,
        capacity: int,
        type: DiskType = DiskType.MONOLITHIC_SPARSE,
        adapter: AdapterType = AdapterType.SCSI_LSILOGIC,
        *,
        hw_version: int = 0,
        logical_sector_size: int = 0,
        physical_sector_size: int = 0,
        progress: Progress = None,
    ) -> None:
        """Make a disk of this many bytes, which is not opened."""
        params = _create_params(
            type,
            adapter,
            sectors(capacity, "capacity"),
            hw_version,
            (logical_sector_size, physical_sector_size),
        )
        run("Create", self.handle, encode(path), params, progress=progress, filename=path)

    def clone(
        self,
        source: Path,
        copy: Path,
        type: DiskType = DiskType.MONOLITHIC_SPARSE,
        adapter: AdapterType | None = None,
        *,
        source_connection: Connection | None = None,
        overwrite: bool = False,
        progress: Progress = None,
    ) -> None:
        """Copy a disk into one of any kind; its snapshots become one disk.

        The copy gets the adapter of the disk unless another is given. After an error, or an
        exception of progress(), what was at copy is as it was.
        """
        theirs = self if source_connection is None else source_connection
        if adapter is None:
            with theirs.open(source) as original:
                adapter = original.info.adapter
        if adapter == AdapterType.UNKNOWN:
            adapter = AdapterType.SCSI_LSILOGIC
        run(
            "Clone",
            self.handle,
            encode(copy),
            theirs.handle,
            encode(source),
            _create_params(type, adapter),
            progress=progress,
            after=(overwrite,),
            filename=copy,
        )

    def grow(
        self,
        path: Path,
        capacity: int,
        *,
        update_geometry: bool = False,
        progress: Progress = None,
    ) -> None:
        """Make a disk that is not open larger: capacity is its new size in bytes."""
        count = sectors(capacity, "capacity")
        run(
            "Grow",
            self.handle,
            encode(path),
            count,
            update_geometry,
            progress=progress,
            filename=path,
        )

    def rename(self, path: Path, new_path: Path) -> None:
        """Rename a disk that is not open, with all its files."""
        self._require_open()
        disklib.call("Rename", encode(path), encode(new_path), filename=path)

    def unlink(self, path: Path) -> None:
        """Delete a disk that is not open, with all its files; its parents stay."""
        disklib.call("Unlink", self.handle, encode(path), filename=path)

    def check(self, path: Path, repair: bool = False) -> CheckReport:
        """Look for damage in a disk that nobody writes; with repair mend what can be mended."""
        report = ctypes.POINTER(_native.CheckReport)()
        disklib.call("CheckDisk", self.handle, encode(path), repair, report, filename=path)
        try:
            return _check_report(report.contents)
        finally:
            disklib.raw("FreeCheckReport", report)

    def links(self, path: Path) -> list[Link]:
        """The disk and its parents, newest first; also of one that can't be opened."""
        address, count = ctypes.c_void_p(), ctypes.c_size_t()
        disklib.call("ListLinks", self.handle, encode(path), address, count, filename=path)
        try:
            return [_link(l) for l in _native.elements(_native.Link, address.value, count.value)]
        finally:
            disklib.raw("FreeLinkList", address)


def _extent(e):
    return Extent(
        path=decode(e.path),
        format=decode(e.format),
        offset=e.firstSector * _native.SECTOR_SIZE,
        length=e.numSectors * _native.SECTOR_SIZE,
        grain_size=e.grainSectors * _native.SECTOR_SIZE,
        compressed=e.compressed,
    )


def _link(l):
    extents = _native.elements(_native.Extent, l.extents, l.numExtents)
    return Link(
        path=decode(l.path),
        create_type=decode(l.createType),
        capacity=l.capacity * _native.SECTOR_SIZE,
        content_id=l.contentID,
        parent_content_id=l.parentContentID if l.hasParent else None,
        parent_hint=decode(l.parentHint),
        problem=member(Code, l.problem) if l.problem else None,
        extents=tuple(_extent(e) for e in extents),
    )


def _problem(p):
    return Problem(
        kind=member(ProblemKind, p.kind),
        can_mend=p.canMend,
        is_mended=p.isMended,
        code=member(Code, p.code),
        file=decode(p.file),
        offset=None if p.offset == _native.OFFSET_NONE else p.offset,
        what=decode(p.what),
        advice=decode(p.advice),
        clusters=p.clusters,
    )


def _check_report(r):
    problems = _native.elements(_native.Problem, r.problems, r.numProblems)
    return CheckReport(
        result=member(Code, r.result),
        damages=r.damages,
        damages_mended=r.damagesMended,
        leaks=r.leaks,
        leaks_mended=r.leaksMended,
        troubles=r.troubles,
        clusters=r.clusters,
        allocated=r.allocated,
        compressed=r.compressed,
        fragmented=r.fragmented,
        end_offset=r.endOffset,
        problems=tuple(_problem(p) for p in problems),
    )
