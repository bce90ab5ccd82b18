#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""nbdmap.py SIZE < MAP - what an NBD client must be told about a disk of SIZE bytes.

MAP is of `qemu-img map --output=json`.  A client of VixDiskLib_QueryAllocatedBlocks() asks for
chunks of 64 KiB: one with data anywhere in it is data, and so is what is left behind the last whole
one.  Holes in the file of a flat disk, data and zero to qemu, are holes.  Prints "OFFSET LENGTH TYPE" in the manner of `nbdinfo --map`.
"""
import json
import sys

CHUNK = 65536


def chunk_has_data(extents, size):
    whole = size // CHUNK
    has_data = [False] * whole + [True] * (size % CHUNK != 0)
    for extent in extents:
        if extent["data"] and not extent["zero"]:
            first = extent["start"] // CHUNK
            last = (extent["start"] + extent["length"] - 1) // CHUNK
            for chunk in range(first, min(last + 1, len(has_data))):
                has_data[chunk] = True
    return has_data


def main(size):
    has_data = chunk_has_data(json.load(sys.stdin), size)
    start = 0
    for chunk in range(1, len(has_data) + 1):
        if chunk == len(has_data) or has_data[chunk] != has_data[start]:
            end = min(chunk * CHUNK, size)
            kind = "data" if has_data[start] else "hole,zero"
            print(start * CHUNK, end - start * CHUNK, kind)
            start = chunk


main(int(sys.argv[1]))
