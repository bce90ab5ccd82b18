#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A Debian root file system of more than 20 000 files inside a VMDK, mounted by vdmount, equals the
# same file system on a loop mount in every path, mode, owner, size, time, link target and content.
. "$srcdir/functions.sh"
requires_root
requires_appliance
requires vdmount qemu-img losetup

disks=${VDISK_TEST_DISKS:-$builddir/disks}
"$srcdir/mount/mkroot.sh" "$disks" || skip "the Debian root disk can't be made here"

loop=$workdir/loop
mnt=$workdir/mnt
mkdir "$loop" "$mnt"
cleanup_fn umount -l "$loop"
mount -o loop,ro,noload,offset=1048576,sizelimit=$((1400 * 1048576)) "$disks/root.raw" "$loop"
"$srcdir/mount/manifest.sh" "$loop" >"$workdir/expected"
entries=$(find "$loop" | wc -l)
umount "$loop"
[ "$entries" -gt 20000 ] || fail "only $entries entries on the disk: not the test that was meant"

cleanup_fn vdmount unmount --force -q "$mnt"
vdmount mount --symlinks=raw "$disks/root.vmdk" "$mnt"
"$srcdir/mount/manifest.sh" "$mnt" >"$workdir/actual"
diff -u "$workdir/expected" "$workdir/actual" >"$workdir/diff" || {
	head -n 40 "$workdir/diff"
	fail "the mounted tree differs in $(grep -c '^[-+][^-+]' "$workdir/diff") lines"
}
vdmount unmount "$mnt"
echo "compared $entries entries"
