#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A disk that nbdkit serves is used as a guest would: partitioned, a file system made on it, files
# written, removed and read. qemu-img and mtools find on the disk what was left there.
. "$top_srcdir/tests/functions.sh"
requires_fuse
requires nbdfuse sfdisk mkfs.vfat mcopy mdel fsck.vfat
make_tmp
cd "$tmp"
. "$srcdir/func/nbdkit.sh"
mkdir mnt

# with_file DISK COMMAND - run a shell command that finds the disk in the file mnt/nbd
with_file()
{
	serve "$1" 'nbdfuse -P fuse.pid mnt/nbd "$uri" & fuse=$!
		tries=0
		until [ -e mnt/nbd ]; do [ $((tries += 1)) -lt 600 ] && sleep 0.05 || exit 1; done
		('"$2"')
		status=$?
		fusermount3 -u mnt || fusermount -u mnt
		wait $fuse && exit $status'
}

seq 1 300000 >numbers
head -c 3000000 /dev/urandom >noise
for kind in monolithicSparse twoGbMaxExtentFlat; do
	qemu-img create -q -f vmdk -o subformat=$kind $kind.vmdk 40M
	with_file $kind.vmdk 'set -e
		echo "start=2048, type=c" | sfdisk -q --no-reread mnt/nbd
		mkfs.vfat --offset 2048 -n FILES mnt/nbd 38912 >/dev/null
		mcopy -i mnt/nbd@@1M numbers noise ::
		mdel -i mnt/nbd@@1M ::numbers
		mcopy -i mnt/nbd@@1M numbers ::again
		mcopy -i mnt/nbd@@1M ::noise read && cmp noise read'
	qemu-img convert -q -f vmdk -O raw $kind.vmdk raw
	sfdisk -d raw | grep -q 'start= *2048, .*type=c' || fail "$kind: no partition"
	dd if=raw of=part bs=1M skip=1 status=none
	fsck.vfat -n part >fsck || fail "$kind: $(cat fsck)"
	for file in again:numbers noise:noise; do
		mcopy -n -i part "::${file%:*}" - | cmp "${file#*:}" - || fail "$kind: ${file%:*} differs"
	done
	! mcopy -n -i part ::numbers gone 2>/dev/null || fail "$kind: a removed file is there"
	expect_exit 0 vdisk check "$tmp/$kind.vmdk"
	rm -f read
done
