#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""List the volumes of a machine's disks, and the files in their root directories.

    list_files.py DISK..
"""

import os
import sys

import vdisk


def show(disks):
    print("system: %s" % (disks.os.edition or "none found"))
    for number, volume in enumerate(disks.volumes, 1):
        details = volume.details
        print("%d %s %s %d MiB" % (number, details.name, details.file_system, details.size >> 20))
        with volume.mount() as mount:
            for name in sorted(os.listdir(mount)):
                print("    %s" % ascii(name)[1:-1])  # the guest's names: no control codes


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        with vdisk.open_set(sys.argv[1:]) as disks:
            show(disks)
    except OSError as e:
        sys.exit("list_files: %s" % e)


if __name__ == "__main__":
    main()
