# SPDX-License-Identifier: LGPL-2.1-or-later
"""Volumes on the real engine: of the disk in VDISK_TEST_DISK, which tests/mount/mkdisks.sh made."""

import os
import unittest

import vdisk
from vdisk import OsFamily, VolumeType

from support import SetTestCase

DISK = os.environ.get("VDISK_TEST_DISK")


@unittest.skipUnless(DISK, "VDISK_TEST_DISK names no disk")
class Mounts(SetTestCase):
    """One test, since each start of the engine takes long."""

    def test_volumes_are_found_mounted_and_unmounted(self):
        with vdisk.open_set(DISK) as disks:
            self.check_what_is_found(disks)
            self.check_one_volume(disks)
            self.check_all_volumes(disks)
            left = disks.volumes[1].mount()
        self.assertTrue(left.closed)
        left.close()
        with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as f:
            self.assertNotIn(self.dir, f.read())

    def check_what_is_found(self, disks):
        self.assertEqual(len(disks.volumes), 7)
        self.assertIs(disks.volumes, disks.volumes)
        types = [volume.info.type for volume in disks.volumes]
        self.assertEqual(types, [VolumeType.GPT_PARTITION] * 5 + [VolumeType.LVM_VOLUME] * 2)
        found = disks.list_volumes()
        self.assertEqual(len(found), 9)
        self.assertEqual([d.number for d in found if d.mountable], list(range(1, 8)))
        self.assertEqual((found[0].file_system, found[0].label), ("ext4", "e4"))
        self.assertIn("swap", [d.file_system for d in found])
        details = disks.volumes[0].details
        self.assertTrue(0 < details.used < details.size)
        self.assertEqual(disks.os.family, OsFamily.OTHER)
        self.assertEqual((disks.os.vendor, disks.os.version), ("Debian", (12, 4)))

    def check_one_volume(self, disks):
        volume = disks.volumes[0]
        self.assertIsNone(volume.info.path)
        with volume.mount() as mount:
            self.assertEqual(volume.info.path, mount.path)
            with open(os.path.join(mount, "hello.txt"), encoding="utf-8") as f:
                self.assertEqual(f.read(), "hello, world\n")
            with self.assertRaises(vdisk.VixError) as caught:
                volume.mount()
            self.assertEqual(caught.exception.name, "VIX_E_MNTAPI_VOLUME_ALREADY_MOUNTED")
            self.check_busy(disks, mount)
        self.assertTrue(mount.closed)
        self.assertEqual(disks.volumes[-1].info.guest_paths, ("/",))
        mount.close()

    def check_busy(self, disks, mount):
        with open(os.path.join(mount, "noise.bin"), "rb"):
            with self.assertRaises(vdisk.LockedError):
                mount.close()
            with self.assertRaises(vdisk.LockedError):
                disks.close()
        self.assertFalse(mount.closed or disks.closed)

    def check_all_volumes(self, disks):
        os.mkdir(self.path("mnt"))
        with disks.mount(self.path("mnt"), source="web01") as mount:
            names = sorted(os.listdir(mount))
            self.assertEqual(
                names,
                ["disk0-p%d" % n for n in range(1, 6)] + ["vg0-data", "vg0-root"],
            )
        self.assertEqual(os.listdir(self.path("mnt")), [])
        chosen = disks.volumes[5:]
        with disks.mount(self.path("mnt"), chosen, partial=True) as mount:
            self.assertEqual(sorted(os.listdir(mount)), ["vg0-data", "vg0-root"])
        with disks.mount(self.path("mnt"), chosen[:1], single=True) as mount:
            self.assertIn("hello.txt", os.listdir(mount))


if __name__ == "__main__":
    unittest.main()
