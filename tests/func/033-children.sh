#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Children of every kind, ours on qemu's disks and qemu's on ours, read as the raw truth does.
. "$top_srcdir/tests/functions.sh"
requires qemu-img qemu-io
requires_python pyvmdk
make_tmp
cd "$tmp"

sectors=131072

same_everywhere()
{
	same_disk truth.raw "$1"
	same_to_qemu truth.raw "$1"
}

mk_raw even.raw $sectors
for type in 1 3 8; do
	cp even.raw truth.raw
	# Ours on qemu's.
	mk_vmdk even.raw base.vmdk monolithicSparse
	makedisk child base.vmdk child.vmdk $type
	same_everywhere child.vmdk
	write_both child.vmdk 100 700 17
	write_both child.vmdk 130000 1 18
	same_everywhere child.vmdk
	same_to_libvmdk truth.raw base.vmdk child.vmdk
	# Ours on ours, and qemu's on that.
	makedisk child child.vmdk grandchild.vmdk 1
	write_both grandchild.vmdk 90000 300 19
	same_everywhere grandchild.vmdk
	qemu-img create -q -f vmdk -b grandchild.vmdk -F vmdk last.vmdk
	qemu-io -f vmdk -c "write -q -P 20 33M 100k" last.vmdk
	qemu-io -f raw -c "write -q -P 20 33M 100k" truth.raw
	same_everywhere last.vmdk
	qemu-img check -q -f vmdk grandchild.vmdk || fail "qemu finds errors"
	rm ./*.vmdk
done
