# SPDX-License-Identifier: LGPL-2.1-or-later
"""What functions of this package return and take: enumerations and records.

Positions and sizes are bytes, everywhere."""

import enum
import os
from dataclasses import dataclass
from typing import Callable, Optional, Tuple, Union

from .codes import Code


# What names a file; and what is told the percents of a long operation.
Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
Progress = Optional[Callable[[int], object]]


class DiskType(enum.IntEnum):
    """What kind of files a disk is made of."""

    MONOLITHIC_SPARSE = 1
    MONOLITHIC_FLAT = 2
    SPLIT_SPARSE = 3
    SPLIT_FLAT = 4
    VMFS_FLAT = 5
    STREAM_OPTIMIZED = 6
    VMFS_THIN = 7
    VMFS_SPARSE = 8
    UNKNOWN = 256


class AdapterType(enum.IntEnum):
    """The virtual controller that a disk is made for."""

    IDE = 1
    SCSI_BUSLOGIC = 2
    SCSI_LSILOGIC = 3
    UNKNOWN = 256


class MapKind(enum.IntEnum):
    """What there is in a run of a disk."""

    ABSENT = 0
    DATA = 1
    ZERO = 2
    HOLE = 3
    COMPRESSED = 4
    UNKNOWN = 256


class ProblemKind(enum.IntEnum):
    """What a problem that check() found is."""

    DAMAGE = 1
    LEAK = 2
    TROUBLE = 3
    UNKNOWN = 256


class OsFamily(enum.IntEnum):
    """The family of a guest's operating system."""

    NO_OS = 0
    WINDOWS = 1
    OTHER = 255


class VolumeType(enum.IntEnum):
    """What a volume lies in."""

    UNKNOWN_VOLTYPE = 0
    BASIC_PARTITION = 1
    GPT_PARTITION = 2
    DYNAMIC_VOLUME = 3
    LVM_VOLUME = 4


class Symlinks(enum.IntEnum):
    """What a guest's symbolic link that leads out of its file system becomes in a mount."""

    GUEST = 0
    RAW = 1
    DENY = 2


def member(kind, value):
    """The member of an enumeration; the plain number where a newer library has more of them."""
    try:
        return kind(value)
    except ValueError:
        return value


@dataclass(frozen=True)
class Geometry:
    cylinders: int
    heads: int
    sectors: int


@dataclass(frozen=True)
class DiskInfo:
    capacity: int
    adapter: AdapterType
    links: int
    parent_hint: Optional[str]
    uuid: Optional[str]
    bios_geometry: Geometry
    physical_geometry: Geometry
    logical_sector_size: int
    physical_sector_size: int


@dataclass(frozen=True)
class Run:
    """A part of a disk that holds data."""

    offset: int
    length: int


@dataclass(frozen=True)
class MapRun:
    """A part of a disk, all of one kind, and where it lies: a link and its extent, by number."""

    offset: int
    length: int
    kind: MapKind
    link: int
    extent: int
    file_offset: Optional[int]


@dataclass(frozen=True)
class Extent:
    """A file, or a part of one, of a link."""

    path: str
    format: str
    offset: int
    length: int
    grain_size: int
    compressed: bool


@dataclass(frozen=True)
class Link:
    """One disk of a chain of snapshots; problem is why it can't be opened, or None."""

    path: str
    create_type: str
    capacity: int
    content_id: int
    parent_content_id: Optional[int]
    parent_hint: str
    problem: Optional[Code]
    extents: Tuple[Extent, ...]


@dataclass(frozen=True)
class Problem:
    """Something that is wrong with a disk."""

    kind: ProblemKind
    can_mend: bool
    is_mended: bool
    code: Code
    file: str
    offset: Optional[int]
    what: str
    advice: str
    clusters: int


@dataclass(frozen=True)
class CheckReport:
    """What check() found; result is OK where nothing is wrong, or all of it was mended."""

    result: Code
    damages: int
    damages_mended: int
    leaks: int
    leaks_mended: int
    troubles: int
    clusters: int
    allocated: int
    compressed: int
    fragmented: int
    end_offset: int
    problems: Tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        return self.result == Code.OK


@dataclass(frozen=True)
class OsInfo:
    """The operating system on the disks of a set."""

    family: OsFamily
    version: Tuple[int, int]
    is_64bit: bool
    vendor: str
    edition: str
    folder: str


@dataclass(frozen=True)
class VolumeInfo:
    """Where a volume is mounted: path on this host, or None; guest_paths in the guest itself."""

    type: VolumeType
    path: Optional[str]
    guest_paths: Tuple[str, ...]


@dataclass(frozen=True)
class VolumeDetails:
    """Something found on the disks of a set; number is 0 where it can't be mounted."""

    number: int
    disk: int
    name: str
    kind: str
    file_system: str
    label: str
    uuid: str
    state: str
    device: str
    size: int
    used: Optional[int]
    mountable: bool
