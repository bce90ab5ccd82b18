# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests share: a directory of their own, and qemu-img as the other opinion."""

import os
import random
import shutil
import subprocess
import tempfile
import unittest
import warnings

import vdisk

MIB = 1 << 20
GRAIN = 65536


def needs_qemu(test):
    return unittest.skipUnless(shutil.which("qemu-img"), "qemu-img is not installed")(test)


def noise(length, seed=1):
    """Bytes that look like nothing, the same every time."""
    return random.Random(seed).randbytes(length)


class DiskTestCase(unittest.TestCase):
    """Each test has a directory, self.dir, and fails when it leaks anything."""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="vdisk-test-%d-" % os.getpid())
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        caught = warnings.catch_warnings()
        caught.__enter__()
        self.addCleanup(caught.__exit__, None, None, None)
        warnings.simplefilter("error", ResourceWarning)

    def path(self, name):
        return os.path.join(self.dir, name)

    def raw(self, name, data):
        """A raw file of these bytes; its path."""
        with open(self.path(name), "wb") as f:
            f.write(data)
        return self.path(name)

    def vmdk(self, name, data, subformat="monolithicSparse"):
        """A disk of these bytes that qemu-img made; its path."""
        raw = self.raw(name + ".raw", data)
        qemu_img("convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=" + subformat, raw,
                 self.path(name))
        return self.path(name)

    def assertSameToQemu(self, disk, data):
        """qemu-img reads these bytes from the disk."""
        out = self.path("read-by-qemu.raw")
        qemu_img("convert", "-f", "vmdk", "-O", "raw", disk, out)
        with open(out, "rb") as f:
            self.assertEqual(f.read(), data)


class SetTestCase(DiskTestCase):
    """The library's own directories are below self.dir, too: self.path("state")."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("state"), 0o700)
        config = self.raw("config", b'tmpDirectory = "%s"\n' % os.fsencode(self.path("state")))
        vdisk.init(config)
        self.addCleanup(vdisk.exit)


def run_other(*command):
    """Run a program that is not ours, without the sanitizer that python3 may be started with."""
    env = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout


def qemu_img(*args):
    return run_other("qemu-img", *args)
