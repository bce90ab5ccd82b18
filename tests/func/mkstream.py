#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""mkstream.py RAW VMDK - a compressed sparse disk with its tables in front.

What a library of VMware's writes when it creates a streamOptimized disk, of which no other
generator is at hand: grain directory and all grain tables behind the descriptor, grains from
sector 128 on, one empty marker at the end and no footer.  Grains that are all zero are absent.
"""
import struct
import sys
import zlib

SECTOR = 512
GRAIN = 128
TABLE_ENTRIES = 512
FLAGS = 0x30001  # newline test, compressed, markers


def descriptor(sectors):
    return f"""# Disk DescriptorFile
version=1
CID=00000000
parentCID=ffffffff
createType="streamOptimized"

RW {sectors} SPARSE "made-elsewhere.vmdk"

ddb.adapterType = "lsilogic"
""".encode()


def pad(data):
    return data + bytes(-len(data) % SECTOR)


def marker(sector, packed):
    return pad(struct.pack("<QI", sector, len(packed)) + packed)


def main(raw_path, vmdk_path):
    with open(raw_path, "rb") as f:
        raw = f.read()
    sectors = len(raw) // SECTOR
    tables = -(-sectors // (GRAIN * TABLE_ENTRIES))
    directory_at = 21
    tables_at = directory_at + -(-tables * 4 // SECTOR)
    data_at = -(-(tables_at + tables * 4) // GRAIN) * GRAIN

    entries = [0] * (tables * TABLE_ENTRIES)
    grains = b""
    for sector in range(0, sectors, GRAIN):
        grain = raw[sector * SECTOR:(sector + GRAIN) * SECTOR]
        if any(grain):
            entries[sector // GRAIN] = data_at + len(grains) // SECTOR
            grains += marker(sector, zlib.compress(grain.ljust(GRAIN * SECTOR, b"\0"), 6))

    header = struct.pack("<4sIIQQQQIQQQB4sH", b"KDMV", 3, FLAGS, sectors, GRAIN, 1, 20,
                         TABLE_ENTRIES, 0, directory_at, data_at, 0, b"\n \r\n", 1)
    directory = struct.pack(f"<{tables}I", *(tables_at + i * 4 for i in range(tables)))
    front = pad(header) + descriptor(sectors).ljust(20 * SECTOR, b"\0")
    front += pad(directory) + struct.pack(f"<{len(entries)}I", *entries)
    with open(vmdk_path, "wb") as f:
        f.write(front.ljust(data_at * SECTOR, b"\0") + grains + bytes(SECTOR))


main(*sys.argv[1:])
