#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What random disks are is no invention of ours: qemu-img reads the same in those of the kinds that
# it reads rightly.
#
# VDISK_RANDOM_QEMU says how many seeds are looked at (150).
. "$top_srcdir/tests/functions.sh"
requires qemu-img
make_tmp

compared=0
for seed in $(seq "${VDISK_RANDOM_QEMU:-150}"); do
	dir=$tmp/disk
	mkdir "$dir"
	"$builddir/random/mkrandisk" "$seed" "$dir" >"$tmp/made"
	read -r path reader story <"$tmp/made"
	if [ "$reader" = qemu ]; then
		qemu-img convert -f vmdk -O raw "$path" "$tmp/qemu.raw" 2>"$tmp/err" ||
			fail "qemu-img cannot read it: $story: $(cat "$tmp/err")"
		cmp "$dir/model.raw" "$tmp/qemu.raw" || fail "qemu-img reads something else: $story"
		compared=$((compared + 1))
	fi
	rm -r "$dir"
done
[ "$compared" -ge 10 ] || [ "${VDISK_RANDOM_QEMU:-150}" -lt 150 ] ||
	fail "only $compared disks were of a kind that qemu-img reads"
echo "$compared disks compared"
