# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disk sets as far as they go without an engine: opening, closing, wrong orders, blank disks."""

import gc
import os
import unittest
import warnings

import vdisk
from vdisk import Code, _library

from support import MIB, SetTestCase

try:
    from vdisk import diskset

    diskset.mntlib.raw("FreeOsInfo", None)
except ImportError as e:
    raise unittest.SkipTest("libvixMntapi is not built: %s" % e) from e


class Sets(SetTestCase):
    def setUp(self):
        super().setUp()
        self.disk = self.raw("blank.img", bytes(MIB))

    def tearDown(self):
        gc.collect()
        self.assertEqual(diskset.mntlib._holders, 0)
        self.assertEqual(_library.disklib._holders, 1)

    def test_a_set_has_a_directory_and_an_engine(self):
        with vdisk.open_set(self.disk) as disks:
            self.assertTrue(disks.path.startswith(self.path("state")))
            self.assertTrue(os.path.isdir(disks.path))
            self.assertIn("guestfs", disks.engine)
            path = disks.path
        self.assertFalse(os.path.exists(path))
        self.assertTrue(disks.closed)
        for operation in (lambda: disks.path, lambda: disks.volumes, disks.list_volumes):
            with self.assertRaises(ValueError):
                operation()
        disks.close()

    def test_blank_disks_have_no_volumes(self):
        with vdisk.open_set([self.disk]) as disks:
            self.assertEqual(disks.list_volumes(), [])
            with self.assertRaises(vdisk.VixError) as caught:
                disks.volumes
            self.assertEqual(caught.exception.code, Code.MNTAPI_NO_MOUNTABLE_PARTITONS)

    def test_open_disks_stay_open_and_can_not_be_closed_before(self):
        with vdisk.connect() as here, here.open(self.disk) as disk:
            with vdisk.open_set([disk], here) as disks:
                with self.assertRaises(vdisk.LockedError):
                    disk.close()
                self.assertFalse(disk.closed)
                self.assertEqual(disk.read(1), b"\0")
            self.assertTrue(disks.closed)
            self.assertEqual(disk.read(1), b"\0")
        self.assertTrue(disk.closed)

    def test_a_connection_that_is_closed_first_closes_the_set(self):
        here = vdisk.connect()
        disk = here.open(self.disk)
        disks, more = vdisk.open_set([disk], here), vdisk.open_set(self.disk, here)
        here.close()
        self.assertTrue(disks.closed and more.closed and disk.closed)
        disks.close()
        disk.close()
        more.close(force=True)

    def test_a_set_ends_with_the_connection_of_its_disks(self):
        here = vdisk.connect()
        disk = here.open(self.disk)
        disks = vdisk.open_set(disk)
        here.close()
        self.assertTrue(disks.closed and disk.closed)
        with self.assertRaises(ValueError):
            disks.path
        disks.close()

    def test_a_set_that_is_leaked_is_closed_with_a_warning(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            vdisk.open_set(self.disk)
            gc.collect()
        self.assertIn("DiskSet", "".join(str(w.message) for w in caught))

    def test_what_can_not_be_opened_leaves_nothing(self):
        for wrong in (self.path("missing.img"), [], [self.disk, self.disk]):
            with self.assertRaises(vdisk.VixError):
                vdisk.open_set(wrong)
        with self.assertRaises(vdisk.VixError):
            vdisk.mount(self.disk, self.path("state"))
        with self.assertRaises(TypeError):
            vdisk.open_set([7])


if __name__ == "__main__":
    unittest.main()
