#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The Python module mounts: on a disk with seven volumes, each alone and all together.
. "$top_srcdir/tests/functions.sh"
requires_fuse
requires_appliance
requires_python_module
requires_disks mkdisks.sh
VDISK_TEST_DISK=$test_disks/multi.vmdk
export VDISK_TEST_DISK

python_module -X dev -m unittest discover -v -s "$module/tests" -p test_mount.py ||
	fail "the module's tests of mounts fail"
