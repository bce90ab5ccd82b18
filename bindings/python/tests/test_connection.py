# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disks are made, copied, changed, checked and removed, as qemu-img sees it."""

import gc
import os
import unittest
import weakref

import vdisk
from vdisk import AdapterType, Code, DiskType

from support import GRAIN, MIB, DiskTestCase, needs_qemu, noise, qemu_img


class ConnectionTestCase(DiskTestCase):
    def setUp(self):
        super().setUp()
        self.here = vdisk.connect()
        self.addCleanup(self.here.close)


@needs_qemu
class Making(ConnectionTestCase):
    def test_disks_of_every_kind_are_made_and_written(self):
        data = noise(2 * GRAIN)
        for kind in DiskType:
            if kind in (DiskType.UNKNOWN, DiskType.STREAM_OPTIMIZED, DiskType.VMFS_SPARSE):
                continue
            path = self.path("%s.vmdk" % kind.name)
            self.here.create(path, MIB, kind, AdapterType.IDE)
            with self.here.open(path, "r+") as disk:
                disk.write(data)
                self.assertEqual(disk.info.adapter, AdapterType.IDE)
            self.assertSameToQemu(path, data + bytes(MIB - len(data)))
        with self.assertRaises(FileExistsError):
            self.here.create(path, MIB)
        with self.assertRaises(ValueError):
            self.here.create(self.path("odd.vmdk"), 1000)
        with self.assertRaises(FileNotFoundError):
            self.here.create(self.path("no/such/dir.vmdk"), MIB)
        for name, wrong in (("hw_version", 2**16 + 7), ("logical_sector_size", 2**32 + 512),
                            ("physical_sector_size", -512)):
            with self.assertRaisesRegex(ValueError, name):
                self.here.create(self.path("odd.vmdk"), MIB, **{name: wrong})
        self.assertFalse(os.path.exists(self.path("odd.vmdk")))
        for capacity in (-512, 2**73, 2**73 + MIB):
            with self.assertRaises(ValueError):
                self.here.create(self.path("odd.vmdk"), capacity)
            with self.assertRaises(ValueError):
                self.here.grow(path, capacity)
        self.assertFalse(os.path.exists(self.path("odd.vmdk")))

    def test_a_copy_of_every_kind_is_the_same(self):
        data = noise(GRAIN) + bytes(MIB) + noise(GRAIN)
        source = self.vmdk("source.vmdk", data)
        copy = self.path("copy.vmdk")
        for kind in DiskType:
            if kind not in (DiskType.UNKNOWN, DiskType.VMFS_SPARSE):
                self.here.clone(source, copy, kind, overwrite=True)
                self.assertSameToQemu(copy, data)
                with self.here.open(copy) as disk:
                    self.assertEqual(disk.info.adapter, AdapterType.IDE)
        with self.assertRaises(vdisk.DiskExistsError):
            self.here.clone(source, copy)
        with self.here.open(source) as disk:
            needed = disk.space_needed_for_clone(DiskType.MONOLITHIC_FLAT)
        self.assertGreaterEqual(needed, len(data))

    def test_progress_goes_from_0_to_100(self):
        source = self.vmdk("source.vmdk", noise(MIB))
        percents = []
        self.here.clone(source, self.path("copy.vmdk"), progress=percents.append)
        self.assertEqual((percents[0], percents[-1]), (0, 100))
        self.assertEqual(percents, sorted(percents))

    def test_an_exception_of_progress_cancels_and_is_raised(self):
        source = self.vmdk("source.vmdk", noise(8 * MIB))
        for limit in (0, 10, 50):

            def stop(percent):
                if percent >= limit:
                    raise LookupError(percent)

            with self.assertRaises(LookupError):
                self.here.clone(
                    source, self.path("copy.vmdk"), DiskType.STREAM_OPTIMIZED, progress=stop
                )
            self.assertFalse(os.path.exists(self.path("copy.vmdk")), "at %d %%" % limit)

    def test_what_a_failure_held_is_free_without_the_collector(self):
        class Held:
            pass

        def caller(copy, progress):
            held = Held()
            try:
                self.here.clone(source, copy, progress=progress)
            except (vdisk.VixError, ZeroDivisionError):
                return weakref.ref(held)
            return self.fail("nothing was raised")

        source = self.vmdk("source.vmdk", noise(MIB))
        self.addCleanup(gc.enable)
        gc.disable()
        self.assertIsNone(caller(source, None)())
        self.assertIsNone(caller(self.path("copy.vmdk"), lambda percent: 1 // 0)())

    def test_a_child_holds_the_differences(self):
        data = noise(MIB)
        base, child = self.vmdk("base.vmdk", data), self.path("child.vmdk")
        with self.here.open(base) as disk:
            disk.create_child(child)
        with self.here.open(child, "r+") as disk:
            disk.seek(1000)
            disk.write(b"changed")
        self.assertSameToQemu(child, data[:1000] + b"changed" + data[1007:])
        self.assertSameToQemu(base, data)

    def test_attach_consumes_the_parent(self):
        data = noise(MIB)
        base, child = self.vmdk("base.vmdk", data), self.path("child.vmdk")
        with self.here.open(base) as disk:
            disk.create_child(child)
        for opener in (self.here.open, vdisk.open):
            with vdisk.open(child, single_link=True) as upper:
                self.assertEqual(upper.read(512), bytes(512))
                lower = opener(base)
                upper.attach(lower)
                self.assertTrue(lower.closed)
                upper.seek(0)
                self.assertEqual(upper.read(), data)
                with self.assertRaises(ValueError):
                    upper.attach(upper)
                lower.close()
                self.assertEqual(upper.seek(0), 0)
                self.assertEqual(upper.read(512), data[:512])

    def test_a_parent_is_found_under_its_new_name(self):
        data = noise(MIB)
        base, child = self.vmdk("base.vmdk", data), self.path("child.vmdk")
        with self.here.open(base) as disk:
            disk.create_child(child)
        self.here.rename(base, self.path("renamed.vmdk"))
        with self.assertRaises(vdisk.DamagedError) as caught:
            self.here.open(child)
        self.assertEqual(caught.exception.code, Code.DISK_OPENPARENT)
        links = self.here.links(child)
        self.assertEqual([link.problem for link in links], [Code.DISK_OPENPARENT])
        content_id = self.here.links(self.path("renamed.vmdk"))[0].content_id
        with self.here.open(child, "r+", single_link=True) as disk:
            with self.assertRaisesRegex(ValueError, "content_id"):
                disk.set_parent("renamed.vmdk", content_id + 2**32)
            disk.set_parent("renamed.vmdk", content_id)
        with self.here.open(child) as disk:
            self.assertEqual(disk.read(), data)


@needs_qemu
class Changing(ConnectionTestCase):
    def test_grow_adds_zeros(self):
        data = noise(MIB)
        path = self.vmdk("disk.vmdk", data)
        self.here.grow(path, 3 * MIB)
        self.assertSameToQemu(path, data + bytes(2 * MIB))
        with self.assertRaises(vdisk.ArgumentError):
            self.here.grow(path, MIB)
        with self.here.open(path), self.assertRaises(vdisk.LockedError):
            self.here.grow(path, 4 * MIB)

    def test_shrink_and_defragment_keep_what_is_there(self):
        data = bytearray(noise(4 * MIB))
        path = self.vmdk("disk.vmdk", bytes(data))
        before = os.path.getsize(path)
        with self.here.open(path, "r+") as disk:
            disk.seek(MIB)
            disk.write(bytes(2 * MIB))
            data[MIB : 3 * MIB] = bytes(2 * MIB)
            disk.shrink()
            disk.defragment()
        self.assertLess(os.path.getsize(path), before - MIB)
        self.assertSameToQemu(path, bytes(data))
        qemu_img("check", "-f", "vmdk", path)

    def test_rename_and_unlink_take_all_files(self):
        path, new = self.path("disk.vmdk"), self.path("new.vmdk")
        self.here.create(path, MIB, DiskType.MONOLITHIC_FLAT)
        self.here.rename(path, new)
        self.assertEqual(sorted(os.listdir(self.dir)), ["new-flat.vmdk", "new.vmdk"])
        self.here.unlink(new)
        self.assertEqual(os.listdir(self.dir), [])
        with self.assertRaises(FileNotFoundError) as caught:
            self.here.unlink(new)
        self.assertEqual(caught.exception.filename, new)

    def test_check_finds_and_mends(self):
        path = self.vmdk("disk.vmdk", noise(MIB))
        self.assertTrue(self.here.check(path).ok)
        with open(path, "ab") as f:
            f.write(bytes(GRAIN))
        report = self.here.check(path)
        self.assertEqual((report.leaks, report.damages), (1, 0))
        self.assertEqual(report.problems[0].kind, vdisk.ProblemKind.LEAK)
        self.assertIn("disk.vmdk", report.problems[0].file)
        self.here.check(path, repair=True)
        self.assertEqual(self.here.check(path).leaks, 0)


class Names(ConnectionTestCase):
    def test_ports_that_are_none_are_refused(self):
        for option in ("port", "nfc_port"):
            with self.assertRaisesRegex(ValueError, option):
                vdisk.connect("localhost", "u", "p", vm="moref=vm-1", **{option: 2**16 + 443})

    def test_paths_are_text_bytes_and_pathlike(self):
        class Named:
            def __init__(self, path):
                self.path = path

            def __fspath__(self):
                return self.path

        odd = os.path.join(os.fsencode(self.dir), b"no\xfftext.img")
        with open(odd, "wb") as f:
            f.write(b"x" * 512)
        for path in (odd, os.fsdecode(odd), Named(odd), Named(os.fsdecode(odd))):
            with self.here.open(path) as disk:
                self.assertEqual(disk.read(1), b"x")
                self.assertEqual(disk.links[0].path, os.fsdecode(odd))
        with self.assertRaises(ValueError):
            self.here.open("a\0b")
        with self.assertRaises(TypeError):
            self.here.open(7)

    def test_a_server_that_is_not_there_is_named(self):
        with self.assertRaises(vdisk.VixError) as caught:
            vdisk.connect("127.0.0.1", "me", "secret", vm="moref=vm-1", port=1)
        self.assertRegex(str(caught.exception), "127.0.0.1|NOT_SUPPORTED")
        self.assertNotIn("secret", str(caught.exception))

    def test_a_connection_for_reading_only_writes_nothing(self):
        with vdisk.connect(read_only=True) as reader:
            self.here.create(self.path("disk.vmdk"), MIB)
            with reader.open(self.path("disk.vmdk"), "r+") as disk:
                with self.assertRaises(vdisk.AccessError):
                    disk.write(b"x")


if __name__ == "__main__":
    unittest.main()
