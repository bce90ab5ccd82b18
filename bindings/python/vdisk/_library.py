# SPDX-License-Identifier: LGPL-2.1-or-later
"""The shared libraries at work: Init and Exit, messages, errors, long operations.

1. Whoever uses a library holds it: acquire() and release() are counted, the first one starts the
   library, the last one stops it. What is open when the interpreter ends is closed then.
2. Objects remember the life() in which they were made. After the library was stopped, or in a child
   after os.fork(), they are dead, and closing them does nothing.
3. Messages go to the logger "vdisk"; those about a failed call are in the exception, too.
4. A log function must not call the library, but the garbage collector may run in it. So finalizers
   hand what they close to closing(), which puts it off where the thread can't do it now.
"""

import atexit
import collections
import contextlib
import ctypes
import logging
import os
import queue
import threading

from . import _native
from .codes import Code
from .errors import NotSupportedError, error_class

logger = logging.getLogger("vdisk")
logger.addHandler(logging.NullHandler())

_vsnprintf = ctypes.CDLL(None).vsnprintf
_vsnprintf.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p]


class _Here(threading.local):
    """What belongs to a thread: warnings since its call began; is it where nothing is closed?"""

    said = None
    busy = 0


_here = _Here()
_put_off = collections.deque()


@contextlib.contextmanager
def _closing_nothing():
    _here.busy += 1
    try:
        yield
    finally:
        _here.busy -= 1


def closing(close):
    """Call close() now, or in a later call of the library where this thread must not."""
    if _here.busy:
        _put_off.append(close)
    else:
        close()


def _close_what_was_put_off():
    while _put_off and not _here.busy:
        with contextlib.suppress(IndexError, OSError):
            _put_off.popleft()()


def _tell(level, fmt, args):
    with _closing_nothing():
        buf = ctypes.create_string_buffer(8192)
        _vsnprintf(buf, len(buf), fmt, args)
        text = buf.value.decode("utf-8", "backslashreplace").rstrip("\n")
        if level >= logging.WARNING and _here.said is not None:
            _here.said.append(text)
        logger.log(level, "%s", text)


@_native.LogFunc
def _log(fmt, args):
    _tell(logging.INFO, fmt, args)


@_native.LogFunc
def _warn(fmt, args):
    _tell(logging.WARNING, fmt, args)


class Library:
    """One of the two shared libraries; it is loaded when it is first used."""

    def __init__(self, sonames, prefix, prototypes, init, version, below=None):
        self._sonames = sonames
        self._prefix = prefix
        self._prototypes = prototypes
        self._init = init
        self._version = version
        self._below = below
        self._lib = None
        self._lock = threading.RLock()
        self._holders = 0
        self._kept = 0
        self._config = None
        self._life = 0
        self._forked = False

    def _function(self, name):
        if self._lib is None:
            with self._lock:
                self._lib = self._lib or _native.load(
                    self._sonames, self._prefix, self._prototypes
                )
        try:
            return getattr(self._lib, self._prefix + name)
        except AttributeError:
            raise NotSupportedError(
                Code.NOT_SUPPORTED, "the library has no function %s%s" % (self._prefix, name)
            ) from None

    def raw(self, name, *args):
        """Call a function that returns no error; the result is its own."""
        return self._function(name)(*args)

    def call(self, name, *args, filename=None):
        """Call a function that returns an error, and raise it."""
        _close_what_was_put_off()
        function = self._function(name)
        outer, _here.said = _here.said, []
        try:
            code = function(*args)
            if code != Code.OK:
                raise make_error(code, "; ".join(_here.said), filename)
        finally:
            _here.said = outer

    def acquire(self, config=None):
        """Start the library, or count one more user of it."""
        with self._lock, _closing_nothing():
            if self._forked:
                raise RuntimeError("vdisk was in use when this process was forked off")
            if self._holders == 0:
                self._start(config)
            elif config is not None and config != self._config:
                raise RuntimeError("vdisk is in use with another configuration")
            self._holders += 1

    def _start(self, config):
        if self._below is not None:
            self._below.acquire()
            config = self._below._config
        try:
            self.call(
                self._init, *self._version, _log, _warn, _warn, None, config, filename=config
            )
        except BaseException:
            if self._below is not None:
                self._below.release()
            raise
        self._config = config

    def release(self):
        """End one use; the last one stops the library."""
        with self._lock, _closing_nothing():
            if self._holders == 1:
                self._stop()
            self._holders = max(0, self._holders - 1)

    def keep(self, config):
        """acquire(), until drop()."""
        with self._lock:
            self.acquire(config)
            self._kept += 1

    def drop(self):
        """End one keep(), if there is one; what others acquired stays theirs."""
        with self._lock:
            if self._kept > 0:
                self._kept -= 1
                self.release()

    def _stop(self):
        self._life += 1
        self.raw("Exit")
        if self._below is not None:
            self._below.release()

    def life(self):
        """Changes when what is open has been closed by stopping the library."""
        return self._life

    def shut_down(self):
        """The interpreter ends: stop, whoever uses it."""
        with self._lock, _closing_nothing():
            if self._holders > 0:
                self._holders = self._kept = 0
                self._stop()

    def forget(self):
        """In a child after fork(): what is open is the parent's."""
        self._lock = threading.RLock()
        self._life += 1
        self._forked = self._forked or self._holders > 0
        self._holders = self._kept = 0


disklib = Library(
    _native.SONAMES, "VixDiskLib_", _native.PROTOTYPES, init="InitEx", version=(8, 0)
)
atexit.register(disklib.shut_down)
os.register_at_fork(after_in_child=disklib.forget)


def error_text(code):
    """The library's sentence for a code."""
    address = disklib.raw("GetErrorText", code, None)
    try:
        return ctypes.string_at(address).decode() if address else "unknown error"
    finally:
        disklib.raw("FreeErrorText", address)


def make_error(code, detail="", filename=None):
    """An exception for a code, not raised."""
    filename = None if filename is None else os.fsdecode(filename)
    return error_class(code)(code, error_text(code), detail, filename)


def encode(text):
    """A path or text as the library takes it; surrogates stand for bytes that are no UTF-8."""
    data = os.fsencode(text)
    if b"\0" in data:
        raise ValueError("embedded null byte")
    return data


def sectors(size, what):
    """Bytes as whole sectors; ValueError where they are not, or are too many to be counted."""
    if size % _native.SECTOR_SIZE:
        raise ValueError("%s is not a multiple of %d: %d" % (what, _native.SECTOR_SIZE, size))
    return unsigned(size // _native.SECTOR_SIZE, 64, what)


def unsigned(number, bits, what):
    """A number as the library takes it, which ctypes would cut to so many bits without a word."""
    if not 0 <= number < 2**bits:
        raise ValueError("%s is out of range: %d" % (what, number))
    return number


def decode(data):
    """What the library gives, as text; None stays None."""
    return None if data is None else os.fsdecode(data)


def run(name, *args, progress=None, after=(), filename=None):
    """Call a long function of the disk library, and tell progress() its percents.

    The library works on a thread of its own and waits for progress(), which the caller's thread
    calls: so Ctrl-C and exceptions of progress() stop the operation at its next step. Either is
    raised when it has stopped. What progress() closes must not be in use here: the library waits
    for the operation then, without an end. after: arguments that follow those for the progress.
    """
    job = _Job()

    def work():
        try:
            disklib.call(name, *args, job.function, None, *after, filename=filename)
        except BaseException as e:
            job.error = e
        job.finished.set()
        job.percents.put(None)

    worker = threading.Thread(target=work, name="vdisk-" + name)
    try:
        worker.start()
        job.tell(progress)
    finally:
        job.cancel()
    worker.join()
    error = job.take_error()
    if error is not None:
        try:
            raise error
        finally:
            del error  # its traceback holds this frame


class _Job:
    """A long operation: its thread asks on() at each step, and the caller's answers with tell()."""

    def __init__(self):
        self.percents = queue.SimpleQueue()
        self.finished = threading.Event()
        self.error = None
        self._failure = None
        self.function = _native.ProgressFunc(self.on)
        self._answers = threading.Semaphore(0)
        self._cancelled = False
        self._begun = False

    def on(self, _data, percent):
        """The library takes FALSE as "stop" from those only that have returned TRUE before."""
        self.percents.put(percent)
        if not self._cancelled:
            self._answers.acquire()
        is_first, self._begun = not self._begun, True
        return is_first or not self._cancelled

    def cancel(self):
        """Stop it; no step waits any more."""
        self._cancelled = True
        self._answers.release()

    def tell(self, progress):
        """Until it has finished."""
        while not (self.finished.is_set() and self.percents.empty()):
            try:
                percent = self.percents.get()
                if percent is not None and progress is not None and self._failure is None:
                    progress(percent)
                self._answers.release()
            except BaseException as e:
                self._failure = self._failure or e
                self.cancel()

    def take_error(self):
        """What progress() raised, else what the operation did, or None; when it has finished.

        Nothing is kept here, as tracebacks lead back to the job: no cycle waits for the collector.
        """
        error = self._failure or self.error
        self.function = self._failure = self.error = None
        return error
