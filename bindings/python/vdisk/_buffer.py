# SPDX-License-Identifier: LGPL-2.1-or-later
"""The memory behind any object with the buffer protocol, without a copy of it.

ctypes itself gives addresses of writable buffers only; bytes and read-only views are as good to
write from.
"""

import contextlib
import ctypes

_SIMPLE, _WRITABLE = 0, 1


class _Py_buffer(ctypes.Structure):
    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    ]


_get = ctypes.pythonapi.PyObject_GetBuffer
_get.argtypes = [ctypes.py_object, ctypes.POINTER(_Py_buffer), ctypes.c_int]
_release = ctypes.pythonapi.PyBuffer_Release
_release.argtypes = [ctypes.POINTER(_Py_buffer)]


@contextlib.contextmanager
def memory(obj, writable=False):
    """Address and length in bytes of a contiguous buffer, which stays where it is meanwhile.

    TypeError or BufferError where there is none that fits."""
    view = _Py_buffer()
    _get(obj, view, _WRITABLE if writable else _SIMPLE)
    try:
        yield view.buf or 0, view.len
    finally:
        _release(view)
