#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Clones of every kind, of disks that qemu made: qemu, libvmdk and 7-Zip read the same from them.
# Then disks that are shrunk and put into order.
. "$top_srcdir/tests/functions.sh"
requires qemu-img qemu-io
requires_python pyvmdk
make_tmp
cd "$tmp"

# It reads streams with a footer only, and what is plain.
same_to_7z()
{
	command -v 7z >/dev/null || return 0
	7z x -so -tVMDK "$1" 2>/dev/null | cmp - truth.raw || fail "$1: 7-Zip reads other bytes"
}

# make_truth BYTES - data, zeros and holes
make_truth()
{
	rm -f truth.raw
	truncate -s "$1" truth.raw
	head -c 300000 /dev/urandom >some
	head -c 5000000 "$(command -v qemu-img)" >>some
	dd if=some of=truth.raw bs=4096 seek=100 conv=notrunc 2>/dev/null
	qemu-io -f raw -c "write -q -P 7 30M 300k" -c "write -q -P 0 34M 1M" truth.raw
	dd if=some of=truth.raw bs=1 seek=$(($1 - 20000)) count=20000 conv=notrunc 2>/dev/null
}

# check_clone TYPE DISK - all readers that are right about this kind
check_clone()
{
	same_disk truth.raw "$2"
	same_to_qemu truth.raw "$2"
	case $1 in
	1 | 2 | 5 | 6 | 7)
		same_to_libvmdk truth.raw "$2"
		;;
	esac
	[ "$1" != 6 ] || same_to_7z "$2"
	case $1 in
	1 | 3 | 6)
		qemu-img check -q -f vmdk "$2" || fail "$2: qemu finds errors"
		;;
	esac
}

# clone_all FORMAT TYPE.. - what qemu makes of the truth, cloned as each of these types
clone_all()
{
	local format=$1 type
	shift
	qemu-img convert -f raw -O vmdk -o "subformat=$format" truth.raw from.vmdk
	for type; do
		makedisk clone from.vmdk to.vmdk "$type"
		check_clone "$type" to.vmdk
		[ "$format" != monolithicSparse ] || replace "$type"
		rm to*.vmdk
	done
	rm from*.vmdk
}

# replace TYPE - a disk of this type gives way to a clone with all its files
replace()
{
	makedisk replace from.vmdk to.vmdk 6
	check_clone 6 to.vmdk
	[ "$(echo to*)" = to.vmdk ] || fail "left of type $1: $(echo to*)"
}

make_truth 41943040
for format in monolithicSparse twoGbMaxExtentFlat streamOptimized; do
	clone_all $format 1 2 3 4 5 6 7 8
done

# What is no whole number of grains.
make_truth $((41943040 + 1536))
clone_all monolithicSparse 1 2 3 4 5 6 7 8
clone_all twoGbMaxExtentFlat 1
clone_all streamOptimized 1

# A chain becomes one disk.
make_truth 41943040
qemu-img convert -f raw -O vmdk truth.raw base.vmdk
qemu-img create -q -f vmdk -b base.vmdk -F vmdk child.vmdk
qemu-io -f vmdk -c "write -q -P 9 1M 3M" child.vmdk
qemu-io -f raw -c "write -q -P 9 1M 3M" truth.raw
makedisk clone child.vmdk to.vmdk 1
rm base.vmdk
check_clone 1 to.vmdk

# Thin stays thin.
makedisk clone to.vmdk thin.vmdk 7
[ "$(stat -c '%b' thin-flat.vmdk)" -lt 20000 ] || fail "a thin clone takes $(du thin-flat.vmdk)"

# Zeros are given back, and grains put into order.
qemu-io -f vmdk -c "write -q -P 0 1M 2M" -c "write -q -P 5 39M 64k" -c "write -q -P 6 20M 64k" to.vmdk
qemu-io -f raw -c "write -q -P 0 1M 2M" -c "write -q -P 5 39M 64k" -c "write -q -P 6 20M 64k" truth.raw
before=$(stat -c %s to.vmdk)
makedisk shrink to.vmdk
[ "$(stat -c %s to.vmdk)" -le $((before - 2097152)) ] || fail "shrinking has given nothing back"
check_clone 1 to.vmdk
makedisk defragment to.vmdk
check_clone 1 to.vmdk
qemu-img map -f vmdk --output=json to.vmdk |
	sed -n 's/.*"data": true.*"offset": \([0-9]*\).*/\1/p' >offsets
[ -s offsets ] || fail "no data is left"
sort -n offsets | cmp - offsets || fail "grains are not in guest order"
