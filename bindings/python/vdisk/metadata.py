# SPDX-License-Identifier: LGPL-2.1-or-later
"""The data base of a disk, as a mapping."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING

from ._library import decode, disklib, encode
from .codes import Code
from .errors import VixError

if TYPE_CHECKING:
    from .disk import Disk


class Metadata(MutableMapping):
    """Disk.metadata: keys such as "uuid" and "geometry.heads", without "ddb."

    A value is durable when its assignment is done. Keys can be emptied, but not removed.
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def _text(self, name, *key):
        needed = ctypes.c_size_t(256)
        while True:
            size = needed.value
            buffer = ctypes.create_string_buffer(size)
            arguments = self._disk.handle, *key, buffer, size, needed
            try:
                disklib.call(name, *arguments, filename=self._disk.name)
                return buffer.raw[: needed.value]
            except VixError as e:
                if e.code != Code.BUFFER_TOOSMALL or needed.value <= size:
                    raise

    def __getitem__(self, key: str) -> str:
        return decode(self._text("ReadMetadata", encode(key)).rstrip(b"\0"))

    def __setitem__(self, key: str, value: str) -> None:
        disk = self._disk
        disklib.call(
            "WriteMetadata", disk.handle, encode(key), encode(value), filename=disk.name
        )

    def __delitem__(self, key: str) -> None:
        raise TypeError("keys of a disk's metadata can be emptied, but not removed")

    def __iter__(self) -> Iterator[str]:
        keys = self._text("GetMetadataKeys")
        return (decode(key) for key in keys.split(b"\0") if key)

    def __len__(self) -> int:
        return sum(1 for _ in self)
