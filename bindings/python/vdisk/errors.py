# SPDX-License-Identifier: LGPL-2.1-or-later
"""The exceptions of this package.

Every failure of the libraries is a VixError. It is an OSError too, so that code which copies files
handles disks the same way; where Python has an exception of its own for a cause, the class is also
that one: FileNotFoundError, FileExistsError, PermissionError, ValueError, KeyError.
"""

from __future__ import annotations

import errno

from .codes import Code


class VixError(OSError):
    """A function of the libraries failed.

    code     a member of Code, or a plain number that is not known here
    name     its name: "VIX_E_FILE_NOT_FOUND"
    text     the library's sentence for it
    detail   what the library said to its log about this call, or ""
    filename the disk, where one is known
    errno    the nearest number of errno.h
    """

    default_errno = errno.EIO

    def __init__(
        self, code: int, text: str = "", detail: str = "", filename: str | None = None
    ) -> None:
        number = _ERRNOS.get(code, self.default_errno)
        super().__init__(number, text, filename)
        self.code: int = Code(code) if code in _KNOWN else code
        self.text = text
        self.detail = detail

    @property
    def name(self) -> str:
        if isinstance(self.code, Code):
            return "VIX_E_" + self.code.name
        return "VIX_E_%d" % self.code

    def __reduce__(self):
        return type(self), (int(self.code), self.text, self.detail, self.filename)

    def __str__(self):
        what = "" if self.filename is None else "%s: " % (self.filename,)
        why = " (%s)" % self.detail if self.detail else ""
        return "%s%s [%s]%s" % (what, self.text, self.name, why)


class DiskNotFoundError(VixError, FileNotFoundError):
    """A disk, or a file that it consists of, does not exist."""


class DiskExistsError(VixError, FileExistsError):
    """A file that would be made is there."""


class AccessError(VixError, PermissionError):
    """A file may not be opened or written."""

    default_errno = errno.EACCES


class LockedError(VixError):
    """Somebody else has the disk open for writing, or it is in use otherwise."""

    default_errno = errno.EBUSY


class ArgumentError(VixError, ValueError):
    """An argument does not fit."""

    default_errno = errno.EINVAL


class NotSupportedError(VixError):
    """The library does not do this, or not for this kind of disk."""

    default_errno = errno.ENOTSUP


class HandleError(VixError, ValueError):
    """The disk, connection or volume is closed."""

    default_errno = errno.EBADF


class KeyNotFoundError(VixError, KeyError):
    """The disk has no such key in its metadata."""

    default_errno = errno.ENOENT
    __str__ = VixError.__str__


class CancelledError(VixError):
    """The operation was told to stop."""

    default_errno = errno.ECANCELED


class DamagedError(VixError):
    """The disk contradicts itself, or its parents."""


_KNOWN = frozenset(int(code) for code in Code)

_ERRNOS = {
    Code.OUT_OF_MEMORY: errno.ENOMEM,
    Code.FILE_NOT_FOUND: errno.ENOENT,
    Code.DISK_FULL: errno.ENOSPC,
    Code.FILE_READ_ONLY: errno.EROFS,
    Code.FILE_ALREADY_EXISTS: errno.EEXIST,
    Code.ALREADY_EXISTS: errno.EEXIST,
    Code.DISK_TOOMANYOPENFILES: errno.EMFILE,
}

_CLASSES = {
    DiskNotFoundError: (Code.FILE_NOT_FOUND,),
    DiskExistsError: (Code.FILE_ALREADY_EXISTS, Code.ALREADY_EXISTS),
    AccessError: (Code.FILE_ACCESS_ERROR, Code.FILE_READ_ONLY, Code.MNTAPI_PERM),
    LockedError: (
        Code.FILE_ALREADY_LOCKED,
        Code.OBJECT_IS_BUSY,
        Code.MNTAPI_ALREADY_OPENED,
        Code.MNTAPI_OPEN_HANDLES,
        Code.MNTAPI_MOUNTPT_IN_USE,
    ),
    ArgumentError: (Code.INVALID_ARG, Code.FILE_NAME_INVALID, Code.DISK_OUTOFRANGE),
    NotSupportedError: (
        Code.NOT_SUPPORTED,
        Code.NOT_SUPPORTED_ON_REMOTE_OBJECT,
        Code.DISK_NOTSUPPORTED,
        Code.DISK_UNSUPPORTEDDISKVERSION,
    ),
    HandleError: (
        Code.INVALID_HANDLE,
        Code.DISK_INVALID_CONNECTION,
        Code.DISK_NOINIT,
    ),
    KeyNotFoundError: (Code.DISK_KEY_NOTFOUND,),
    CancelledError: (Code.CANCELLED,),
    DamagedError: (
        Code.DISK_NEEDSREPAIR,
        Code.DISK_CANTREPAIR,
        Code.DISK_INVALIDDISK,
        Code.DISK_CID_MISMATCH,
        Code.DISK_OPENPARENT,
        Code.DISK_INVALIDCHAIN,
        Code.DISK_CAPACITY_MISMATCH,
    ),
}

_CLASS_OF = {code: cls for cls, codes in _CLASSES.items() for code in codes}


def error_class(code: int) -> type[VixError]:
    """The class of exceptions for this code."""
    return _CLASS_OF.get(code, VixError)
