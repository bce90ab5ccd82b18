# SPDX-License-Identifier: LGPL-2.1-or-later
"""What libvmdk reads in a chain of disks.

    readlibvmdk.py OUTPUT BASE [CHILD...]

Each link is a descriptor or a single file; the last one's content is written to OUTPUT.
"""
import sys

import pyvmdk

STEP = 1 << 20


def open_link(path, parent):
    """A handle on a link, its extents open, its parent set."""
    handle = pyvmdk.handle()
    handle.open(path)
    handle.open_extent_data_files()
    if parent is not None:
        handle.set_parent(parent)
    return handle


def main(output, paths):
    links = []
    for path in paths:
        links.append(open_link(path, links[-1] if links else None))
    left = links[-1].get_media_size()
    with open(output, "wb") as out:
        while left > 0:
            data = links[-1].read_buffer(min(left, STEP))
            if not data:
                raise IOError("libvmdk read nothing")
            out.write(data)
            left -= len(data)


main(sys.argv[1], sys.argv[2:])
