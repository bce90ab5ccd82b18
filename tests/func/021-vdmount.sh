#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vdmount on a disk with ext4, xfs, btrfs, vfat, NTFS and LVM volumes: what is listed is what is
# there, every file is as it was put there, and a mount ends in every way it can end, leaving
# nothing behind.
. "$top_srcdir/tests/functions.sh"
requires_fuse
requires_appliance
requires qemu-img jq
requires_disks mkdisks.sh
disk=$test_disks/multi.vmdk

make_tmp
cd "$tmp"
# state of our own, so that nobody else's mounts count
if [ "$(id -u)" -eq 0 ]; then
	state=/run/vdisk
else
	mkdir -m 700 run
	XDG_RUNTIME_DIR=$tmp/run
	export XDG_RUNTIME_DIR
	state=$tmp/run/vdisk
fi
unmount_all()
{
	vdmount unmount --force -q --ok-if-absent "$tmp/mnt" "$tmp/one"
}
cleanup_fn unmount_all
mkdir mnt one

# What is left of us: mounts below $tmp, processes that have the disk open.
nothing_left()
{
	! grep -F " $tmp/" /proc/self/mounts || fail "a mount is left"
	vdmount status --json >status.left
	! grep -F "$tmp/" status.left || fail "status lists a mount"
	for fd in /proc/[0-9]*/fd/*; do
		[ "$(readlink "$fd" 2>/dev/null)" != "$disk" ] || fail "${fd%/fd/*} has the disk open"
	done
}

# A process that has ended may still be waiting for its parent to take note.
alive()
{
	[ -d "/proc/$1" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

# Waits up to half a minute for the end of a process.
wait_for_end()
{
	tries=0
	while alive "$1"; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || fail "process $1 lives on"
		sleep 0.1
	done
}

echo "# list"
vdmount list --json "$disk" >list.json
jq -r '.volumes[] | "\(.number // "-") \(.id) \(.type) \(.fs) \(.label // "-") \(.mountable)"' \
	list.json >listed
cat >wanted <<END
1 disk0 p1 partition ext4 e4 true
2 disk0 p2 partition xfs x true
3 disk0 p3 partition btrfs b true
4 disk0 p4 partition vfat FAT true
5 disk0 p5 partition ntfs nt true
- disk0 p6 partition swap swap false
- disk0 p7 partition LVM2_member - false
6 vg0/data lv xfs data true
7 vg0/root lv ext4 root true
END
diff -u wanted listed || fail "the list of volumes is not what is on the disk"

echo "# mount all"
vdmount mount "$disk" mnt 2>err
expect_text err "7 volumes"
grep " $tmp/mnt fuse.vdisk " /proc/self/mounts >mounts || fail "not in /proc/self/mounts"
for option in ro nosuid nodev noexec; do
	grep -q "[ ,]$option," mounts || fail "the mount is not $option: $(cat mounts)"
done
# every file, from the sums that were made with the disk
check_sums()
{
	(cd "$1" && sha256sum --quiet -c "$test_disks/$2.sha256") || fail "$1 differs from $2"
}
check_sums mnt/disk0-p1 unix
check_sums mnt/disk0-p2 unix
check_sums mnt/disk0-p3 unix
check_sums mnt/disk0-p4 plain
check_sums mnt/disk0-p5 plain
check_sums mnt/vg0-data unix
check_sums mnt/vg0-root linux
! touch mnt/disk0-p1/new 2>/dev/null || fail "a read-only mount took a file"
! ls mnt/nothing 2>/dev/null || fail "a name that is not there was found"

echo "# refused while mounted"
expect_exit 5 vdmount mount "$disk" mnt
expect_text err "is mounted there"
expect_exit 0 vdmount mount --ok-if-mounted "$disk" mnt

echo "# status"
vdmount status --json >status.json
[ "$(jq -r '.mounts[0].mountpoint' status.json)" = "$tmp/mnt" ] || fail "status: mount point"
[ "$(jq -r '.mounts[0].source[0]' status.json)" = "$(realpath "$disk")" ] || fail "status: source"

echo "# busy"
sleep 100 <mnt/disk0-p1/hello.txt &
sleeper=$!
expect_exit 5 vdmount unmount mnt
expect_text err "pid $sleeper"
check_sums mnt/disk0-p1 unix
kill $sleeper
wait $sleeper 2>/dev/null || true

echo "# unmount by disk: nothing is left when it returns"
expect_exit 0 vdmount unmount "$disk"
nothing_left
expect_exit 4 vdmount unmount mnt

echo "# one volume fills the mount point; kill -9 of the holder is cleaned up"
vdmount mount -n vg0/root --pid-file pid "$disk" one
check_sums one linux
kill -9 "$(cat pid)"
wait_for_end "$(cat pid)"
# errors, or what the kernel remembers; never an empty directory
! ls one >names 2>/dev/null || [ -s names ] || fail "a dead mount is an empty directory"
expect_exit 0 vdmount status
nothing_left
for lock in "$state"/sets/*/lock; do # somebody else's are held
	[ ! -e "$lock" ] || ! flock -n "$lock" true || fail "${lock%/lock} is left"
done
expect_exit 4 vdmount unmount one

echo "# somebody else's umount ends the holder"
vdmount mount --mkdir -n uuid="$(jq -r '.volumes[0].uuid' list.json)" --pid-file pid "$disk" made
check_sums made unix
if [ "$(id -u)" -eq 0 ]; then umount made; else fusermount3 -u made; fi
wait_for_end "$(cat pid)"
[ ! -e made ] || fail "the mount point that it made is left"
nothing_left

echo "# a volume that is not there, one that can't be mounted"
expect_exit 4 vdmount mount -n vg0/nothing "$disk" mnt
expect_text err "no such volume"
nothing_left
