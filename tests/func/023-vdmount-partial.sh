#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A damaged file system beside a good one: the good one is listed with its use and mounted, the
# damaged one is named; and a lazy unmount.
. "$top_srcdir/tests/functions.sh"
requires_fuse
requires_appliance
requires qemu-img sfdisk mke2fs jq
make_tmp
cd "$tmp"
mkdir tree mnt
echo "still here" >tree/file

# Two ext4 partitions; the second one's superblock has inodes of 100 bytes, which no driver takes.
truncate -s 32M part
mke2fs -q -t ext4 -O ^metadata_csum -L good -d tree part
truncate -s 66M disk.raw
printf 'label: gpt\nstart=1MiB, size=32MiB\nstart=33MiB, size=32MiB\n' | sfdisk -q disk.raw
put disk.raw 2048 <part
printf '\144\000' | dd of=part bs=1 seek=$((1024 + 88)) conv=notrunc status=none
put disk.raw 67584 <part
qemu-img convert -f raw -O vmdk disk.raw disk.vmdk
unmount_all()
{
	vdmount unmount --force -q --ok-if-absent "$tmp/mnt"
}
cleanup_fn unmount_all

expect_exit 3 vdmount mount -q --ready-fd=3 disk.vmdk mnt 3>ready
[ "$(cat ready)" = ready ] || fail "--ready-fd was not told"
expect_text err "volume disk0 p2 (ext4) was left out: damaged: "
[ "$(wc -l <err)" -eq 1 ] || fail "more than the one message: $(cat err)"
[ "$(ls mnt)" = disk0-p1 ] || fail "not in the mount alone: $(ls mnt)"
[ "$(cat mnt/disk0-p1/file)" = "still here" ] || fail "the good volume can't be read"

vdmount status --json >status.json
jq -e '.mounts[] | select(.mountpoint == $at) | .volumes == 1 and .volumes_total == 2 and
	.problems[0].code == "corrupt" and .problems[0].volume == "disk0 p2"' \
	--arg at "$tmp/mnt" status.json >/dev/null || fail "status: $(cat status.json)"

echo "# detached lazily, it is read to the end"
exec 4<mnt/disk0-p1/file
expect_exit 5 vdmount unmount mnt
expect_text err "--lazy"
expect_exit 0 vdmount unmount --lazy mnt
[ -z "$(ls mnt)" ] || fail "the mount is still in sight"
read -r line <&4
[ "$line" = "still here" ] || fail "a file that was open can't be read: $line"
exec 4<&-
tries=0
while vdmount status --json | jq -e --arg at "$tmp/mnt" '.mounts[] | select(.mountpoint == $at)' >/dev/null; do
	tries=$((tries + 1))
	[ $tries -lt 200 ] || fail "the holder lives on though nobody uses the mount"
	sleep 0.1
done
! grep -F " $tmp/" /proc/self/mounts || fail "a mount is left"
