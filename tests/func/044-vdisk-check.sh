#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vdisk check: sound disks, damaged ones, repair; qemu-img's exit status and keys.
. "$top_srcdir/tests/functions.sh"
requires qemu-img
requires_python json
make_tmp
cd "$tmp"

# json FILE EXPRESSION - a value of a JSON document, by python
json()
{
	"$python" -c 'import json,sys; d=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}

mk_raw truth.raw 131072
for format in monolithicSparse monolithicFlat twoGbMaxExtentSparse streamOptimized; do
	mk_vmdk truth.raw $format.vmdk $format
	expect_exit 0 vdisk check $format.vmdk
	expect_text out "No errors were found on the image."
done
expect_exit 0 vdisk check monolithicSparse.vmdk
expect_text out "% allocated, "
expect_text out "Image end offset: "
expect_exit 0 vdisk check --json monolithicSparse.vmdk
[ "$(json out 'd["check-errors"], d["format"], d["total-clusters"]')" = "(0, 'vmdk', 1024)" ] ||
	fail "not the keys of qemu-img: $(cat out)"
[ "$(json out 'd["problems"], d.get("corruptions")')" = "([], None)" ]

# A grain that lies far outside of the file; its entry is at 512 * grainTableOffset.
cp monolithicSparse.vmdk bad.vmdk
gd=$(od -A n -t u8 -j 56 -N 8 bad.vmdk | tr -d ' ')
gt=$(od -A n -t u4 -j $((gd * 512)) -N 4 bad.vmdk | tr -d ' ')
printf '\377\377\377\017' | dd of=bad.vmdk bs=1 seek=$((gt * 512)) conv=notrunc status=none
expect_exit 2 vdisk check bad.vmdk
expect_text out "ERROR: bad.vmdk: "
expect_text out "errors were found on the image."
expect_exit 2 vdisk check --json bad.vmdk
[ "$(json out 'd["corruptions"] >= 1 and d["problems"][0]["kind"]')" = corruption ] ||
	fail "no corruption: $(cat out)"

# The other copy of the table has the entry: it is put back.
expect_exit 0 vdisk check --repair bad.vmdk
expect_text out "Repaired "
qemu-img compare -q truth.raw bad.vmdk || fail "not repaired"
expect_exit 0 vdisk check bad.vmdk

# What can't be checked.
expect_exit 1 vdisk check missing.vmdk
expect_text err "missing.vmdk"
expect_exit 1 vdisk check
expect_exit 1 vdisk check --frobnicate bad.vmdk
[ -z "$(find . -name '*.lck')" ] || fail "locks are left: $(ls)"
