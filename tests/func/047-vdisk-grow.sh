#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vdisk grow, and vmware-vdiskmanager -x: larger disks, as qemu-img sees them.
. "$top_srcdir/tests/functions.sh"
requires qemu-img
make_tmp
as_vdiskmanager
cd "$tmp"

# size DISK - bytes, as qemu-img sees it
size()
{
	qemu-img info "$1" | sed -n 's/^ *virtual size: .*(\([0-9]*\) bytes)$/\1/p' | head -n 1
}

# grows TYPE SIZE BYTES - a written disk of 9 MiB and 512 bytes keeps what it has; the rest is zeros
grows()
{
	rm -f d*.vmdk truth.raw
	cp source.raw truth.raw
	vdisk create -q -t "$1" d.vmdk 9437696
	vdisk write -q -i source.raw d.vmdk
	expect_exit 0 vdisk grow d.vmdk "$2"
	expect_text err "d.vmdk has "
	[ "$(size d.vmdk)" = "$3" ] || fail "$1: $(size d.vmdk) bytes"
	truncate -s "$3" truth.raw
	qemu-img compare -q -f raw -F vmdk truth.raw d.vmdk || fail "$1: is not what it was"
	dd if=input of=truth.raw bs=64k seek=$(($3 - 512)) oflag=seek_bytes conv=notrunc status=none
	expect_exit 0 vdisk write -q -s $(($3 - 512)) -i input d.vmdk
	qemu-img compare -q -f raw -F vmdk truth.raw d.vmdk || fail "$1: is not what was written"
	expect_exit 0 vdisk check d.vmdk
	[ -z "$(find . -name '*.lck' -o -name '*.part-*')" ] || fail "$1: left: $(ls -a)"
}

mk_raw source.raw 18433
head -c 512 /dev/urandom >input
for type in monolithicSparse monolithicFlat twoGbMaxExtentSparse twoGbMaxExtentFlat vmfs thin; do
	grows "$type" 10M 10485760
	grows "$type" +20M 30409216
done
grows monolithicSparse 20G 21474836480
qemu-img check -q d.vmdk || fail "qemu-img check"
grows twoGbMaxExtentSparse 5G 5368709120
[ -e d-s003.vmdk ] && [ ! -e d-s004.vmdk ] || fail "parts: $(ls)"

# The geometry, where it is not to be kept.
rm -f d*.vmdk
vdisk create -q d.vmdk 10M
expect_exit 0 vdisk grow --keep-geometry d.vmdk 20M
[ "$(vdisk meta get d.vmdk geometry.cylinders)" = 10 ] || fail "geometry changed"
expect_exit 0 vdisk grow d.vmdk 20M
[ "$(vdisk meta get d.vmdk geometry.cylinders)" = 20 ] || fail "geometry did not change"
expect_exit 0 vdisk grow -q d.vmdk 21M
[ ! -s err ] || fail "not quiet: $(cat err)"

# What can't be.
cp d.vmdk before.vmdk
expect_exit 2 vdisk grow d.vmdk
expect_exit 2 vdisk grow d.vmdk large
expect_exit 2 vdisk grow d.vmdk 20M
expect_text err "can't be made smaller"
expect_exit 4 vdisk grow missing.vmdk 20M
vdisk create -q --parent=d.vmdk child.vmdk
expect_exit 8 vdisk grow child.vmdk 30M
expect_text err "snapshot"
cmp d.vmdk before.vmdk

# vmware-vdiskmanager
rm child.vmdk
expect_exit 0 vmware-vdiskmanager -x 40MB d.vmdk
expect_text out "  Grow: 100% done."
expect_text out "Disk expansion completed successfully."
[ "$(size d.vmdk)" = 41943040 ] || fail "$(size d.vmdk) bytes"
expect_exit 1 vmware-vdiskmanager -x 10MB d.vmdk
expect_text err "Failed to expand disk 'd.vmdk': "
