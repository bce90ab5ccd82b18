#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Copy a disk, whatever its kind, to a raw file with holes where the disk holds nothing.

    copy_to_raw.py DISK FILE
"""

import sys

import vdisk

CHUNK = 1 << 20


def copy(path, target):
    buffer = memoryview(bytearray(CHUNK))
    with vdisk.open(path) as disk, open(target, "xb") as raw:
        raw.truncate(disk.size)
        for run in disk.extents():
            disk.seek(run.offset)
            raw.seek(run.offset)
            left = run.length
            while left > 0:
                n = disk.readinto(buffer[: min(left, CHUNK)])
                raw.write(buffer[:n])
                left -= n


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        copy(sys.argv[1], sys.argv[2])
    except OSError as e:  # every vdisk.VixError is one
        sys.exit("copy_to_raw: %s" % e)


if __name__ == "__main__":
    main()
