#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# New disks of every kind are disks to qemu and libvmdk, too, under a new name as well.
. "$top_srcdir/tests/functions.sh"
requires qemu-img qemu-io
requires_python pyvmdk
make_tmp
cd "$tmp"

# Whole grains, since not every reader knows others.
small=131072
split=4192512 # two parts

check_sparse()
{
	qemu-img check -q -f vmdk "$1" || fail "$1: qemu finds errors"
}

for kind in 1:$small 2:$small 3:$split 4:$split 5:$small 7:$small 8:$small; do
	type=${kind%:*}
	sectors=${kind#*:}
	rm -f truth.raw
	truncate -s $((sectors * 512)) truth.raw
	makedisk create d.vmdk $type $sectors
	qemu-img info -f vmdk d.vmdk >info || fail "type $type: qemu does not know it"
	expect_text info "($((sectors * 512)) bytes)"
	same_to_qemu truth.raw d.vmdk
	write_both d.vmdk 0 1 17
	write_both d.vmdk $((sectors - 512)) 384 18
	write_both d.vmdk $((sectors - 1)) 1 19
	same_disk truth.raw d.vmdk
	same_to_qemu truth.raw d.vmdk
	[ $sectors -ne $small ] || same_to_libvmdk truth.raw d.vmdk
	case $type in
	1 | 3)
		check_sparse d.vmdk
		# qemu may write it, and we read that.
		qemu-io -f vmdk -c "write -q -P 20 5M 1M" d.vmdk
		qemu-io -f raw -c "write -q -P 20 5M 1M" truth.raw
		same_disk truth.raw d.vmdk
		check_sparse d.vmdk
		;;
	esac
	makedisk rename d.vmdk moved.vmdk
	same_to_qemu truth.raw moved.vmdk
	[ $sectors -ne $small ] || same_to_libvmdk truth.raw moved.vmdk
	makedisk unlink moved.vmdk
	[ "$(echo *.vmdk)" = "*.vmdk" ] || fail "type $type: left over: $(echo *.vmdk)"
done

# A stream, before it is written.
sectors=$small
rm truth.raw
truncate -s $((sectors * 512)) truth.raw
makedisk create d.vmdk 6 $sectors
qemu-img info -f vmdk d.vmdk >info
expect_text info "streamOptimized"
same_to_qemu truth.raw d.vmdk
same_disk truth.raw d.vmdk
rm d.vmdk

# What is no whole number of grains.
for type in 1 3 4; do
	rm truth.raw
	truncate -s $((515 * 512)) truth.raw
	makedisk create d.vmdk $type 515
	write_both d.vmdk 500 15 21
	same_disk truth.raw d.vmdk
	same_to_qemu truth.raw d.vmdk
	same_to_libvmdk truth.raw d.vmdk
	rm d*.vmdk
done

# 62 TiB, in no time.
timeout 20 "$builddir/makedisk" create d.vmdk 1 133143986176 || fail "62 TiB can't be made"
qemu-img info -f vmdk d.vmdk >info
expect_text info "62 TiB"
