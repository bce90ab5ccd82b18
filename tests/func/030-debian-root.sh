#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A Debian root file system of more than 20 000 files inside a VMDK, mounted by vdmount, equals the
# same file system on a loop mount in every path, mode, owner, size, time, link target and content.
. "$top_srcdir/tests/functions.sh"
requires_root
requires_fuse
requires_appliance
requires qemu-img losetup
requires_fetched root.done

make_tmp
unmount_all()
{
	vdmount unmount --force -q --ok-if-absent "$tmp/mnt"
	! mountpoint -q "$tmp/loop" || umount -l "$tmp/loop"
}
cleanup_fn unmount_all
mkdir "$tmp/loop" "$tmp/mnt"

mount -o loop,ro,noload,offset=1048576,sizelimit=$((1400 * 1048576)) "$test_disks/root.raw" "$tmp/loop"
"$srcdir/mount/manifest.sh" "$tmp/loop" >"$tmp/expected"
entries=$(find "$tmp/loop" | wc -l)
umount "$tmp/loop"
[ "$entries" -gt 20000 ] || fail "only $entries entries on the disk: not the test that was meant"

vdmount mount --symlinks=raw "$test_disks/root.vmdk" "$tmp/mnt"
"$srcdir/mount/manifest.sh" "$tmp/mnt" >"$tmp/actual"
diff -u "$tmp/expected" "$tmp/actual" >"$tmp/diff" || {
	head -n 40 "$tmp/diff"
	fail "the mounted tree differs in $(grep -c '^[-+][^-+]' "$tmp/diff") lines"
}
vdmount unmount "$tmp/mnt"
echo "compared $entries entries"
