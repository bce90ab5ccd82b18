# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disks of virtual machines: files of their bytes, their snapshots, the volumes on them.

    import vdisk

    with vdisk.open("web01.vmdk") as disk:          # a raw binary file
        boot_sector = disk.read(512)

    with vdisk.connect() as here:                   # this host
        here.create("new.vmdk", 10 << 30)
        here.clone("web01.vmdk", "copy.vmdk", vdisk.DiskType.STREAM_OPTIMIZED)

    with vdisk.mount("web01.vmdk", "/mnt/web01") as mount:
        print(os.listdir(mount))

The package is a thin layer over libvixDiskLib.so.8 and, for volumes, libvixMntapi.so.1, which the
dynamic loader must find. Positions and sizes are bytes. Failures are exceptions of the class
VixError. What the libraries tell goes to the logger "vdisk".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._library import disklib
from ._library import encode as _encode
from .codes import Code
from .connection import Connection
from .disk import Disk
from .errors import (
    AccessError,
    ArgumentError,
    CancelledError,
    DamagedError,
    DiskExistsError,
    DiskNotFoundError,
    HandleError,
    KeyNotFoundError,
    LockedError,
    NotSupportedError,
    VixError,
)
from .kinds import (
    AdapterType,
    CheckReport,
    DiskInfo,
    DiskType,
    Extent,
    Geometry,
    Link,
    MapKind,
    MapRun,
    OsFamily,
    OsInfo,
    Path,
    Problem,
    ProblemKind,
    Run,
    Symlinks,
    VolumeDetails,
    VolumeInfo,
    VolumeType,
)
from .metadata import Metadata

if TYPE_CHECKING:
    from .diskset import Disks, DiskSet, Mount

__version__ = "0.1.0"

__all__ = [
    "AccessError",
    "AdapterType",
    "ArgumentError",
    "CancelledError",
    "CheckReport",
    "Code",
    "Connection",
    "DamagedError",
    "Disk",
    "DiskExistsError",
    "DiskInfo",
    "DiskNotFoundError",
    "DiskType",
    "Extent",
    "Geometry",
    "HandleError",
    "KeyNotFoundError",
    "Link",
    "LockedError",
    "MapKind",
    "MapRun",
    "Metadata",
    "NotSupportedError",
    "OsFamily",
    "OsInfo",
    "Problem",
    "ProblemKind",
    "Run",
    "Symlinks",
    "VixError",
    "VolumeDetails",
    "VolumeInfo",
    "VolumeType",
    "connect",
    "exit",
    "init",
    "mount",
    "open",
    "open_set",
    "transport_modes",
]


def init(config: Path | None = None) -> None:
    """Start the library with a configuration file, and keep it until exit().

    Needed for a configuration only: connections start the library themselves. Calls are counted.
    RuntimeError: it is in use with another configuration.
    """
    disklib.keep(None if config is None else _encode(config))


def exit() -> None:
    """End what init() began; without it, do nothing."""
    disklib.drop()


def transport_modes() -> list[str]:
    """The ways in which the library can reach disks: ["file"]."""
    return disklib.raw("ListTransportModes").decode().split(":")


def connect(
    server: str | None = None, user: str | None = None, password: str | None = None, **options: Any
) -> Connection:
    """A Connection: to this host, or to a server.

    Options: vm ("moref=vm-16"), thumbprint, port, nfc_port, read_only, snapshot, transports.
    """
    return Connection(server, user, password, **options)


def open(
    path: Path, mode: str = "r", *, single_link: bool = False, unbuffered: bool = False
) -> Disk:
    """Open a disk of this host, for reading ("r") or for both ("r+"), with all its parents.

    single_link: this link only. unbuffered: past the host's page cache. Closing the disk closes the
    connection that it has to itself.
    """
    connection = Connection()
    try:
        return Disk(
            connection, path, mode, single_link=single_link, unbuffered=unbuffered, owned=True
        )
    except BaseException:
        connection.close()
        raise


def open_set(disks: Disks, connection: Connection | None = None) -> DiskSet:
    """A DiskSet of one path or Disk, or of a list of paths, or of a list of Disks.

    Disks that share volumes (LVM, RAID) belong in one set. Members that are open stay open, and
    can't be closed before the set.
    """
    from .diskset import DiskSet

    if connection is not None:
        return DiskSet(connection, disks)
    connection = Connection(read_only=True)
    try:
        return DiskSet(connection, disks, owned=True)
    except BaseException:
        connection.close()
        raise


def mount(disks: Disks, directory: Path, **options: Any) -> Mount:
    """Mount all volumes of disks for reading, each as a directory below an empty directory.

    The result is a Mount, whose path is the directory; closing it unmounts, and ends the DiskSet
    that it has to itself. Options: those of DiskSet.mount().
    """
    disk_set = open_set(disks)
    try:
        return disk_set.mount(directory, owned=True, **options)
    except BaseException:
        disk_set.close()
        raise
