# SPDX-License-Identifier: LGPL-2.1-or-later
"""An open disk is a file: what is read and written is what qemu-img and a plain file have."""

import array
import errno
import io
import mmap
import os
import shutil
import unittest

import vdisk

from support import GRAIN, MIB, DiskTestCase, needs_qemu, noise, qemu_img


class Contents(DiskTestCase):
    """Of a disk with data, a hole, and data in its last sector."""

    def setUp(self):
        super().setUp()
        self.data = noise(3 * GRAIN) + bytes(2 * MIB) + noise(GRAIN - 512, 2)
        self.disk = self.raw("plain.img", self.data)

    def open(self, mode="r"):
        disk = vdisk.open(self.disk, mode)
        self.addCleanup(disk.close)
        return disk

    def test_any_range_reads_as_from_a_plain_file(self):
        disk = self.open()
        for start in (0, 1, 511, 512, 513, 70000, len(self.data) - 700, len(self.data) - 1):
            for length in (1, 2, 511, 512, 513, 1024, 5000, 100000):
                disk.seek(start)
                self.assertEqual(disk.read(length), self.data[start : start + length])
                self.assertEqual(disk.tell(), min(start + length, len(self.data)))

    def test_the_end_is_the_end(self):
        disk = self.open()
        self.assertEqual(disk.seek(0, os.SEEK_END), len(self.data))
        self.assertEqual(disk.read(10), b"")
        disk.seek(10, os.SEEK_CUR)
        self.assertEqual(disk.read(), b"")
        self.assertEqual(disk.seek(-3, os.SEEK_END), len(self.data) - 3)
        self.assertEqual(disk.readall(), self.data[-3:])
        with self.assertRaises(ValueError):
            disk.seek(-1)
        with self.assertRaises(ValueError):
            disk.seek(0, 9)

    def test_buffered_readers_and_copyfileobj_take_it(self):
        with io.BufferedReader(self.open(), 1000) as reader:
            self.assertEqual(reader.read(7), self.data[:7])
            self.assertEqual(reader.peek(1)[:1], self.data[7:8])
        copy = io.BytesIO()
        shutil.copyfileobj(self.open(), copy, 12345)
        self.assertEqual(copy.getvalue(), self.data)

    def test_buffers_of_every_kind_are_filled_in_place(self):
        disk = self.open()
        numbers = array.array("I", bytes(1024))
        middle = memoryview(bytearray(4096))[1024:3072]
        with mmap.mmap(-1, 8192) as pages:
            for buffer in (bytearray(1024), numbers, middle, pages):
                size = memoryview(buffer).nbytes
                disk.seek(512)
                self.assertEqual(disk.readinto(buffer), size)
                self.assertEqual(bytes(memoryview(buffer).cast("B")), self.data[512 : 512 + size])
                disk.read_sectors(3, buffer)
                self.assertEqual(
                    bytes(memoryview(buffer).cast("B")), self.data[1536 : 1536 + size]
                )
        self.assertEqual(disk.readinto(bytearray()), 0)
        for wrong in (bytes(512), memoryview(bytearray(4096))[::2]):
            with self.assertRaises((TypeError, BufferError)):
                disk.readinto(wrong)
        with self.assertRaises(ValueError):
            disk.read_sectors(0, bytearray(100))

    def test_any_range_is_written_as_to_a_plain_file(self):
        disk, model = self.open("r+"), bytearray(self.data)
        for number, start in enumerate((0, 1, 511, 512, 70001, GRAIN * 3 - 3, len(model) - 600)):
            for length in (1, 511, 512, 600):
                text = noise(length, number)
                disk.seek(start)
                self.assertEqual(disk.write(memoryview(text)), length)
                model[start : start + length] = text
        disk.write_sectors(9, memoryview(bytes(512)).toreadonly())
        model[9 * 512 : 10 * 512] = bytes(512)
        disk.seek(0)
        self.assertEqual(disk.read(), bytes(model))
        disk.close()
        with open(self.disk, "rb") as f:
            self.assertEqual(f.read(), bytes(model))

    def test_there_is_no_room_past_the_end(self):
        disk = self.open("r+")
        disk.seek(-5, os.SEEK_END)
        self.assertEqual(disk.write(b"0123456789"), 5)
        with self.assertRaises(OSError) as caught:
            disk.write(b"56789")
        self.assertEqual(caught.exception.errno, errno.ENOSPC)
        self.assertEqual(disk.write(b""), 0)
        with self.assertRaises(vdisk.ArgumentError) as caught:
            disk.read_sectors(disk.size // 512, bytearray(512))
        self.assertEqual(caught.exception.code, vdisk.Code.DISK_OUTOFRANGE)

    def test_numbers_that_the_library_can_not_count_to_are_refused(self):
        disk = self.open("r+")
        for wrong in (2**64, -1, 2**64 * 7 + 3):
            for operation in (disk.read_sectors, disk.write_sectors):
                with self.assertRaises(ValueError):
                    operation(wrong, bytearray(512))
            for operation in (disk.map, disk.extents):
                with self.assertRaises(ValueError):
                    list(operation(wrong * 512))
        with self.assertRaises(TypeError):
            disk.seek(1.5)
        self.assertEqual(disk.seek(2**90), 2**90)
        self.assertEqual(disk.read(7), b"")
        self.assertEqual(list(disk.map(0, 2**90)), list(disk.map()))
        disk.seek(0)
        self.assertEqual(disk.read(), self.data)

    def test_positions_in_a_sector_are_no_places_in_a_map(self):
        disk = self.open()
        for wrong in ({"start": 100}, {"end": 100}):
            with self.assertRaises(ValueError):
                list(disk.map(**wrong))
        for wrong in ({"start": 100}, {"granularity": GRAIN + 1}):
            with self.assertRaises(ValueError):
                list(disk.extents(**wrong))

    def test_a_closed_disk_does_not_look_like_one_at_its_end(self):
        disk = self.open()
        disk.seek(0, os.SEEK_END)
        disk.close()
        for operation in (
            disk.read,
            disk.readall,
            lambda: disk.read(1),
            lambda: disk.readinto(bytearray(1)),
            lambda: disk.read_sectors(0, bytearray()),
            lambda: disk.write_sectors(0, b""),
        ):
            with self.assertRaises(ValueError):
                operation()

    def test_a_disk_that_is_read_is_not_written(self):
        disk = self.open()
        self.assertFalse(disk.writable())
        with self.assertRaises(io.UnsupportedOperation):
            disk.write(b"x")
        with self.assertRaises(vdisk.AccessError) as caught:
            disk.write_sectors(0, bytes(512))
        self.assertEqual(caught.exception.code, vdisk.Code.FILE_READ_ONLY)
        with self.assertRaises(ValueError):
            vdisk.open(self.disk, "w")
        for operation in (disk.truncate, disk.fileno):
            with self.assertRaises(io.UnsupportedOperation):
                operation()


@needs_qemu
class Description(DiskTestCase):
    """What a disk tells of itself, of disks that qemu-img made."""

    def test_info_tells_size_and_kind(self):
        with vdisk.open(self.vmdk("disk.vmdk", noise(4 * GRAIN))) as disk:
            self.assertEqual((disk.info.capacity, disk.size), (4 * GRAIN, 4 * GRAIN))
            self.assertEqual(disk.info.adapter, vdisk.AdapterType.IDE)
            self.assertEqual(disk.info.links, 1)
            self.assertIsNone(disk.info.parent_hint)
            self.assertEqual(disk.transport, "file")

    def test_extents_are_where_data_is(self):
        data = bytearray(100 * MIB)
        data[0:1], data[MIB : MIB + GRAIN], data[-1:] = b"1", noise(GRAIN), b"1"
        with vdisk.open(self.vmdk("disk.vmdk", bytes(data))) as disk:
            last = vdisk.Run(100 * MIB - GRAIN, GRAIN)
            found = [vdisk.Run(0, GRAIN), vdisk.Run(MIB, GRAIN), last]
            self.assertEqual(list(disk.extents()), found)
            self.assertEqual(list(disk.extents(MIB, 2 * MIB)), [found[1]])
            self.assertEqual(list(disk.extents(granularity=4 * MIB))[0], vdisk.Run(0, 4 * MIB))
            with self.assertRaises(vdisk.ArgumentError):
                list(disk.extents(granularity=512))
            kinds = [(r.offset, r.length, r.kind) for r in disk.map(0, 2 * MIB)]
        data_kind, absent = vdisk.MapKind.DATA, vdisk.MapKind.ABSENT
        self.assertEqual(
            kinds,
            [
                (0, GRAIN, data_kind),
                (GRAIN, MIB - GRAIN, absent),
                (MIB, GRAIN, data_kind),
                (MIB + GRAIN, MIB - GRAIN, absent),
            ],
        )

    def test_the_end_of_a_disk_is_no_whole_chunk(self):
        with vdisk.open(self.vmdk("disk.vmdk", noise(GRAIN + 512))) as disk:
            self.assertEqual(list(disk.extents()), [vdisk.Run(0, GRAIN + 512)])
            self.assertEqual(sum(run.length for run in disk.map()), GRAIN + 512)

    def test_what_is_written_qemu_reads(self):
        data = bytearray(noise(MIB))
        path = self.vmdk("disk.vmdk", bytes(data))
        with io.BufferedRandom(vdisk.open(path, "r+"), 4096) as disk:
            disk.seek(100)
            disk.write(b"hello")
            data[100:105] = b"hello"
            disk.seek(700000)
            disk.write(bytes(9999))
            data[700000:709999] = bytes(9999)
        self.assertSameToQemu(path, bytes(data))

    def test_metadata_is_a_mapping_of_text(self):
        path = self.vmdk("disk.vmdk", bytes(GRAIN))
        with vdisk.open(path, "r+") as disk:
            metadata = disk.metadata
            self.assertEqual(metadata["adapterType"], "ide")
            self.assertIn("geometry.heads", metadata)
            self.assertNotIn("nothing", metadata)
            self.assertEqual(len(metadata), len(list(metadata)))
            with self.assertRaises(KeyError):
                metadata["nothing"]
            metadata["comment"] = "x" * 1000
            metadata.update(toolsVersion="7")
            with self.assertRaises(TypeError):
                del metadata["comment"]
        with vdisk.open(path) as disk:
            self.assertEqual(disk.metadata["comment"], "x" * 1000)
            self.assertEqual(dict(disk.metadata)["toolsVersion"], "7")
            with self.assertRaises(vdisk.AccessError):
                disk.metadata["comment"] = ""

    def test_links_are_the_chain(self):
        base = self.vmdk("base.vmdk", noise(GRAIN))
        child = self.path("child.vmdk")
        qemu_img("create", "-q", "-f", "vmdk", "-F", "vmdk", "-b", base, child)
        with vdisk.open(child) as disk:
            self.assertEqual([link.path for link in disk.links], [child, base])
            self.assertEqual(disk.info.links, 2)
            self.assertEqual(disk.links[0].parent_content_id, disk.links[1].content_id)
            self.assertEqual(disk.links[0].extents[0].format, "sparse")
            self.assertEqual(disk.read(), noise(GRAIN))
            self.assertEqual([run.link for run in disk.map()], [1])
        with vdisk.open(child, single_link=True) as disk:
            self.assertEqual(disk.read(), bytes(GRAIN))


if __name__ == "__main__":
    unittest.main()
