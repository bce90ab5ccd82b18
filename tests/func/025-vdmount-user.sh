#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vdmount by an ordinary user: FUSE and a directory for state are all that is needed.  Needs root to
# become somebody else.
. "$top_srcdir/tests/functions.sh"
requires_root
requires_fuse
requires_appliance
requires qemu-img mke2fs setpriv fusermount3

make_tmp
cd "$tmp"
mkdir tree mnt run
chmod 755 .
chmod 700 run
echo "a user's view" >tree/file
truncate -s 32M disk.raw
mke2fs -q -t ext4 -d tree disk.raw
qemu-img convert -f raw -O vmdk disk.raw disk.vmdk
chmod 644 disk.vmdk
chown 65534:65534 mnt run

# as_user COMMAND.. - nobody, without anything of root's environment that could help
as_user()
{
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		env -i PATH="$PATH" LD_LIBRARY_PATH="${LD_LIBRARY_PATH:-}" HOME="$tmp/run" \
		XDG_RUNTIME_DIR="$tmp/run" LIBGUESTFS_BACKEND=direct \
		ASAN_OPTIONS="${ASAN_OPTIONS:-}" "$@"
}
as_user vdmount --version >/dev/null 2>&1 || skip "a user can't run what was built here"
as_user test -r "$(ls /boot/vmlinuz-* | head -n 1)" || skip "the kernel image is root's only"
as_user test -w /dev/fuse || skip "/dev/fuse is root's only"
unmount_all()
{
	as_user vdmount unmount -q --force --all
}
cleanup_fn unmount_all

expect_exit 0 as_user vdmount doctor
expect_exit 0 as_user vdmount mount disk.vmdk mnt
expect_text err "1 volume)"
[ "$(as_user cat mnt/file)" = "a user's view" ] || fail "the user can't read the file"
! cat mnt/file 2>/dev/null || fail "root reads a user's mount without allow_root"
grep " $tmp/mnt fuse.vdisk ro,nosuid,nodev,noexec" /proc/self/mounts >/dev/null || fail "wrong flags"
[ -d run/vdisk/mounts ] || fail "the state is not in the user's directory"
expect_exit 0 vdmount status
! grep -qF "$tmp/mnt" out || fail "root's status lists the user's mount"
expect_exit 0 as_user vdmount list disk.vmdk
expect_text out "ext4"
! grep -qF "KVM" err || fail "the notice about KVM is given a second time"
expect_exit 0 as_user vdmount unmount mnt
! grep -F " $tmp/mnt " /proc/self/mounts || fail "a mount is left"
