# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disk sets: the volumes on disks, and mounting them on this host for reading."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Union

from . import _native, _native_mount
from ._closable import Closable
from ._library import Library, decode, disklib, encode
from .codes import Code
from .disk import Disk
from .errors import VixError
from .kinds import (
    OsFamily,
    OsInfo,
    Path,
    Symlinks,
    VolumeDetails,
    VolumeInfo,
    VolumeType,
    member,
)

if TYPE_CHECKING:
    from .connection import Connection

mntlib = Library(
    _native_mount.SONAMES,
    "VixMntapi_",
    _native_mount.PROTOTYPES,
    init="Init",
    version=(1, 0),
    below=disklib,
)
atexit.register(mntlib.shut_down)
os.register_at_fork(after_in_child=mntlib.forget)

_ENGINE_TEXT = 64

Disks = Union[Path, Disk, Iterable[Path], Iterable[Disk]]


def _as_list(disks: Disks) -> list:
    """One path or Disk is a list of one."""
    return [disks] if isinstance(disks, (str, bytes, os.PathLike, Disk)) else list(disks)


class DiskSet(Closable):
    """Disks of one machine, in the order of its controller, and the volumes on them.

    Made by vdisk.open_set(). The first question about volumes starts the engine, a small virtual
    machine, which takes seconds. Everything in guests' file systems is read in there.
    """

    close_order = 0

    def __init__(self, connection: Connection, disks: Disks, *, owned: bool = False) -> None:
        self._handle = None
        self._connection = connection
        self._connections = [connection]
        self._owned = [connection] if owned else []
        self._volumes = None
        self.disks = _as_list(disks)
        mntlib.acquire()
        self._life = mntlib.life()
        try:
            self._handle = self._open()
        except BaseException:
            mntlib.release()
            raise
        for needed in self._connections:
            needed.register(self)

    def _open(self):
        handle, count = _native.Handle(), len(self.disks)
        if count and all(isinstance(disk, Disk) for disk in self.disks):
            handles = (_native.Handle * count)(*(disk.handle for disk in self.disks))
            self._connections += [disk.connection for disk in self.disks]
            mntlib.call("OpenDiskSet", handles, count, _native.OPEN_READ_ONLY, handle)
        else:
            names = (ctypes.c_char_p * count)(*(encode(path) for path in self.disks))
            filename = self.disks[0] if count == 1 else None
            mntlib.call(
                "OpenDisks",
                self._connection.handle,
                names,
                count,
                _native.OPEN_READ_ONLY,
                handle,
                filename=filename,
            )
        return handle.value

    def __repr__(self):
        return "<vdisk.DiskSet %r%s>" % (self.disks, " closed" if self.closed else "")

    @property
    def closed(self) -> bool:
        """True after close(), and after a connection was closed or the library stopped."""
        return self._handle is None or self._is_gone()

    def _is_gone(self):
        return self._life != mntlib.life() or any(c.closed for c in self._connections)

    @property
    def handle(self) -> int:
        """The library's own handle, for what this package does not wrap; ValueError if closed."""
        if self.closed:
            raise ValueError("the disk set is closed")
        return self._handle

    def close(self, force: bool = False) -> None:
        """Unmount what is mounted, stop the engine, close the disks. May be called again.

        LockedError: a file in a mount is in use; nothing has changed. With force, programs that use
        it get errors instead.
        """
        handle, self._handle = self._handle, None
        if handle is None:
            return
        with contextlib.ExitStack() as stack:
            for owned in self._owned:
                stack.callback(owned.close)
            if self._life == mntlib.life():
                stack.callback(mntlib.release)
            if self._is_gone():
                return
            if force:
                self._dismount_all(handle)
            try:
                mntlib.call("CloseDiskSet", handle)
            except VixError as e:
                if e.code == Code.MNTAPI_OPEN_HANDLES:
                    self._handle = handle
                    stack.pop_all()
                raise

    def _dismount_all(self, handle):
        for name, target in [("DismountDiskSet", handle)] + [
            ("DismountVolume", volume.handle) for volume in self._volumes or ()
        ]:
            with contextlib.suppress(OSError):
                mntlib.call(name, target, True)

    @property
    def path(self) -> str:
        """The directory on this host that the mounts of volumes appear in."""
        info = ctypes.POINTER(_native_mount.DiskSetInfo)()
        mntlib.call("GetDiskSetInfo", self.handle, info)
        try:
            return decode(info.contents.mountPath)
        finally:
            mntlib.raw("FreeDiskSetInfo", info)

    @property
    def engine(self) -> str:
        """Which engine serves the set, as text for people."""
        text = ctypes.create_string_buffer(_ENGINE_TEXT)
        mntlib.call("GetEngineInfo", self.handle, text, len(text))
        return decode(text.value)

    @property
    def os(self) -> OsInfo:
        """The operating system on the disks: an OsInfo. The first look takes seconds."""
        info = ctypes.POINTER(_native_mount.OsInfo)()
        mntlib.call("GetOsInfo", self.handle, info)
        try:
            return _os_info(info.contents)
        finally:
            mntlib.raw("FreeOsInfo", info)

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """What can be mounted: a tuple of Volume, in the same order every time."""
        handle = self.handle
        if self._volumes is None:
            count = ctypes.c_size_t()
            handles = ctypes.POINTER(_native.Handle)()
            mntlib.call("GetVolumeHandles", handle, count, handles)
            try:
                self._volumes = tuple(Volume(self, h) for h in handles[: count.value])
            finally:
                mntlib.raw("FreeVolumeHandles", handles)
        return self._volumes

    def list_volumes(self) -> list[VolumeDetails]:
        """Everything that was found, also what can't be mounted: a list of VolumeDetails."""
        address, count = ctypes.c_void_p(), ctypes.c_size_t()
        mntlib.call("ListVolumes", self.handle, address, count)
        try:
            found = _native.elements(_native_mount.VolumeDetails, address.value, count.value)
            return [_details(d) for d in found]
        finally:
            mntlib.raw("FreeVolumeList", address)

    def mount(
        self,
        directory: Path,
        volumes: Iterable[Volume] = (),
        *,
        single: bool = False,
        partial: bool = False,
        symlinks: Symlinks = Symlinks.GUEST,
        options: str | None = None,
        source: str | None = None,
        owned: bool = False,
    ) -> Mount:
        """Mount volumes together on an empty directory, each as a directory below it.

        Without volumes: all of them. single: the one volume's root is the directory itself.
        partial: damaged volumes are left out. options are FUSE's: "allow_other". source is shown as
        the device of the mount. The result is closed to unmount; owned: then the set is, too.
        """
        mount_options = _native_mount.MountOptions(
            structSize=ctypes.sizeof(_native_mount.MountOptions),
            mountPoint=encode(directory),
            fuseOptions=None if options is None else encode(options),
            sourceName=None if source is None else encode(source),
            symlinks=symlinks,
            flags=(_native_mount.MOUNT_SINGLE if single else 0)
            | (_native_mount.MOUNT_PARTIAL if partial else 0),
        )
        handles = [volume.handle for volume in volumes]
        array = (_native.Handle * len(handles))(*handles) if handles else None
        mntlib.call(
            "MountDiskSet", self.handle, array, len(handles), mount_options, filename=directory
        )
        return Mount(self, "DismountDiskSet", self.handle, os.fsdecode(directory), owned)


class Volume:
    """A volume that can be mounted; dead when its set is closed."""

    def __init__(self, disk_set: DiskSet, handle: int) -> None:
        self._set = disk_set
        self._handle = handle

    def __repr__(self):
        return "<vdisk.Volume %#x of %r>" % (self._handle, self._set)

    @property
    def handle(self) -> int:
        """The library's own handle, for what this package does not wrap; ValueError if closed."""
        self._set.handle
        return self._handle

    @property
    def info(self) -> VolumeInfo:
        """What it lies in, and where it is mounted: a VolumeInfo."""
        info = ctypes.POINTER(_native_mount.VolumeInfo)()
        mntlib.call("GetVolumeInfo", self.handle, info)
        try:
            return _volume_info(info.contents)
        finally:
            mntlib.raw("FreeVolumeInfo", info)

    @property
    def details(self) -> VolumeDetails:
        """Name, kind, file system, sizes: a VolumeDetails. Looks into the file system."""
        details = ctypes.POINTER(_native_mount.VolumeDetails)()
        mntlib.call("GetVolumeDetails", self.handle, details)
        try:
            return _details(details.contents)
        finally:
            mntlib.raw("FreeVolumeDetails", details)

    def mount(self) -> Mount:
        """Mount it below the set's directory, for reading; the result is closed to unmount."""
        mntlib.call("MountVolume", self.handle, True)
        return Mount(self._set, "DismountVolume", self.handle, self.info.path)


class Mount(Closable):
    """Something that is mounted: path is where. It ends when it is closed, or its set is."""

    def __init__(
        self, disk_set: DiskSet, dismount: str, handle: int, path: str, owned: bool = False
    ) -> None:
        self._set = disk_set
        self._dismount = dismount
        self._handle = handle
        self._owned = [disk_set] if owned else []
        self.path = path

    def __repr__(self):
        return "<vdisk.Mount on %r%s>" % (self.path, " closed" if self.closed else "")

    def __fspath__(self) -> str:
        return self.path

    @property
    def disk_set(self) -> DiskSet:
        """The DiskSet that it belongs to."""
        return self._set

    @property
    def closed(self) -> bool:
        """True after close(), and after the set was closed."""
        return self._handle is None or self._set.closed

    def close(self, force: bool = False) -> None:
        """Unmount. May be called again.

        LockedError: a file in it is in use, and it stays mounted. With force, programs that use it
        get errors instead.
        """
        if not self.closed:
            mntlib.call(self._dismount, self._handle, force, filename=self.path)
        self._handle = None
        while self._owned:
            self._owned.pop().close(force)


def _os_info(o):
    return OsInfo(
        family=member(OsFamily, o.family),
        version=(o.majorVersion, o.minorVersion),
        is_64bit=o.osIs64Bit,
        vendor=decode(o.vendor),
        edition=decode(o.edition),
        folder=decode(o.osFolder),
    )


def _volume_info(v):
    paths = ctypes.cast(v.inGuestMountPoints, ctypes.POINTER(ctypes.c_char_p))
    return VolumeInfo(
        type=member(VolumeType, v.type),
        path=decode(v.symbolicLink) if v.isMounted else None,
        guest_paths=tuple(decode(p) for p in paths[: v.numGuestMountPoints]),
    )


def _details(d):
    return VolumeDetails(
        number=d.number,
        disk=d.disk,
        name=decode(d.name),
        kind=decode(d.kind),
        file_system=decode(d.fileSystem),
        label=decode(d.label),
        uuid=decode(d.uuid),
        state=decode(d.state),
        device=decode(d.device),
        size=d.sizeBytes,
        used=None if d.usedBytes == _native_mount.SIZE_UNKNOWN else d.usedBytes,
        mountable=d.mountable,
    )
