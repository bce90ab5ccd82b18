# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is opened and closed: with statements, closing twice or too late, leaks."""

from __future__ import annotations

import contextlib
import warnings
from typing import TypeVar

from ._library import closing


T = TypeVar("T", bound="Closable")


class Closable:
    """A subclass has closed and close(); close() of what is closed does nothing."""

    closed: bool

    def __enter__(self: T) -> T:
        if self.closed:
            raise ValueError("%s is closed" % type(self).__name__)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def __del__(self):
        # Half-made objects, and those that the interpreter's end finds, have nothing to close.
        with contextlib.suppress(Exception):
            if not self.closed:
                try:
                    warnings.warn("unclosed %r" % (self,), ResourceWarning, source=self)
                finally:
                    closing(self._close_leaked)

    def _close_leaked(self):
        with contextlib.suppress(Exception):
            self.close()
