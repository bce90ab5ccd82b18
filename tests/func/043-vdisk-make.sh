#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vdisk create, rename and unlink: new disks of every type, as qemu-img sees them.
. "$top_srcdir/tests/functions.sh"
requires qemu-img
make_tmp
cd "$tmp"

# field DISK NAME - a line of qemu-img info
field()
{
	qemu-img info "$1" | sed -n "s/^ *$2: //p" | head -n 1
}

# makes TYPE CREATETYPE [ADAPTER] - a disk of this type that qemu-img reads, and that holds what is
# written to it
makes()
{
	rm -f new*.vmdk
	expect_exit 0 vdisk create -t "$1" ${3:+-a "$3"} new.vmdk 64M
	expect_text err "created new.vmdk ("
	[ "$(field new.vmdk 'create type')" = "$2" ] || fail "$1: is $(field new.vmdk 'create type')"
	[ "$(field new.vmdk 'virtual size')" = "64 MiB (67108864 bytes)" ] || fail "$1: size"
	expect_exit 0 vdisk info new.vmdk
	expect_text out "adapter: ${3:-lsilogic}"
	qemu-img compare -q -f raw -F vmdk zero.raw new.vmdk ||
		fail "$1: is not empty"
}

truncate -s 64M zero.raw
seq 1 200000 >input
cp zero.raw truth.raw
dd if=input of=truth.raw bs=64k seek=5000000 oflag=seek_bytes conv=notrunc status=none

# writable - what is written to the disk that was made is there, for qemu-img too
writable()
{
	vdisk write -s 5000000 -i input new.vmdk
	qemu-img compare -q truth.raw new.vmdk || fail "is not what was written"
	expect_exit 0 vdisk compare truth.raw new.vmdk
}

makes monolithicSparse monolithicSparse
writable
qemu-img check -q new.vmdk
makes 2 monolithicFlat ide
writable
makes VIXDISKLIB_DISK_SPLIT_SPARSE twoGbMaxExtentSparse buslogic
writable
makes twoGBmaxextentFLAT twoGbMaxExtentFlat
writable
makes thin vmfs
writable
rm -f new*.vmdk
expect_exit 0 vdisk create -q -s 1.5G new.vmdk
[ ! -s err ] || fail "not quiet: $(cat err)"
[ "$(field new.vmdk 'virtual size')" = "1.5 GiB (1610612736 bytes)" ]

# A child holds the differences to its parent.
makes monolithicSparse monolithicSparse
writable
expect_exit 0 vdisk create --parent=new.vmdk child.vmdk
expect_exit 0 vdisk chain child.vmdk
qemu-img compare -q truth.raw child.vmdk || fail "a child does not show its parent"
vdisk write -l 1M --fill 7 child.vmdk
qemu-img compare -q truth.raw new.vmdk || fail "the parent was written"
expect_exit 1 vdisk compare child.vmdk new.vmdk
qemu-img check -q child.vmdk
rm child.vmdk

# What is there stays.
cp new.vmdk before.vmdk
expect_exit 5 vdisk create new.vmdk 1G
expect_text err "new.vmdk"
cmp new.vmdk before.vmdk

# Wrong calls make no file.
expect_exit 2 vdisk create x.vmdk
expect_text err "how large"
expect_exit 2 vdisk create x.vmdk large
expect_text err "a size"
expect_exit 2 vdisk create x.vmdk 1G 2G
expect_exit 2 vdisk create -t qcow2 x.vmdk 1G
expect_text err "monolithicSparse"
expect_exit 2 vdisk create -a sata x.vmdk 1G
expect_exit 2 vdisk create -b new.vmdk x.vmdk 1G
expect_exit 4 vdisk create no/such/dir/x.vmdk 1G
expect_exit 4 vdisk create -b missing.vmdk x.vmdk
[ ! -e x.vmdk ] || fail "a file was made"

# Names.
vdisk create -q -t twoGbMaxExtentSparse split.vmdk 5G
vdisk write -s 4G -i input split.vmdk
cp new.vmdk other.vmdk
expect_exit 0 vdisk rename split.vmdk moved.vmdk
[ -z "$(find . -name 'split*')" ] || fail "files keep their names: $(ls)"
vdisk read -s 4G -l "$(stat -c %s input)" moved.vmdk | cmp - input
expect_exit 5 vdisk rename moved.vmdk other.vmdk
expect_exit 4 vdisk rename missing.vmdk x.vmdk
expect_exit 2 vdisk rename moved.vmdk
expect_exit 0 vdisk unlink moved.vmdk other.vmdk
[ -z "$(find . -name 'moved*' -o -name 'other*')" ] || fail "files are left: $(ls)"
expect_exit 4 vdisk unlink missing.vmdk
expect_exit 3 vdisk unlink missing.vmdk before.vmdk
expect_text err "missing.vmdk"
[ ! -e before.vmdk ]
[ -z "$(find . -name '*.lck')" ] || fail "locks are left: $(ls)"
