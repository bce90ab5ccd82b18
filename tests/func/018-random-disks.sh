#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What random disks are is no invention of ours: qemu-img and libvmdk read the same in those of the
# kinds that they read rightly.
#
# VDISK_RANDOM_OTHERS says how many seeds are looked at (200).
. "$top_srcdir/tests/functions.sh"
requires qemu-img
requires_python pyvmdk
make_tmp
seeds=${VDISK_RANDOM_OTHERS:-200}
dir=$tmp/disk

# read_by READER COMMAND.. - it must read what the disk was made from
read_by()
{
	reader=$1
	shift
	"$@" 2>"$tmp/err" || fail "$reader cannot read it: $story: $(cat "$tmp/err")"
	cmp "$dir/model.raw" "$tmp/read.raw" || fail "$reader reads something else: $story"
}

n_qemu=0
n_libvmdk=0
for seed in $(seq "$seeds"); do
	mkdir "$dir"
	"$builddir/random/mkrandisk" "$seed" "$dir" >"$tmp/made"
	read -r path qemu libvmdk story <"$tmp/made"
	if [ "$qemu" = qemu ]; then
		read_by qemu-img qemu-img convert -f vmdk -O raw "$path" "$tmp/read.raw"
		n_qemu=$((n_qemu + 1))
	fi
	if [ "$libvmdk" = libvmdk ]; then
		read_by libvmdk "$python" "$srcdir/func/readlibvmdk.py" "$tmp/read.raw" "$dir"/l?.vmdk
		n_libvmdk=$((n_libvmdk + 1))
	fi
	rm -r "$dir"
done
echo "$seeds disks: $n_qemu read by qemu-img, $n_libvmdk by libvmdk"
[ "$seeds" -lt 200 ] || [ "$n_qemu" -ge 10 -a "$n_libvmdk" -ge 5 ] ||
	fail "too few of these are of a kind that others read"
