#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vdisk convert, shrink and defrag: disks of any type from any other, read back by qemu-img.
. "$top_srcdir/tests/functions.sh"
requires qemu-img qemu-io
make_tmp
cd "$tmp"

mk_raw truth.raw 131072
mk_vmdk truth.raw monolithicSparse.vmdk monolithicSparse
types='monolithicSparse monolithicFlat twoGbMaxExtentSparse twoGbMaxExtentFlat streamOptimized'

# From each type to the next, and back to the first.
from=monolithicSparse.vmdk
for type in $types monolithicSparse; do
	rm -f to*.vmdk
	expect_exit 0 vdisk convert -t $type $from to.vmdk
	expect_text err "created to.vmdk ($type"
	qemu-img compare -q truth.raw to.vmdk || fail "$type: not the same for qemu-img"
	expect_exit 0 vdisk compare $from to.vmdk
	[ "$(qemu-img info to.vmdk | sed -n 's/^ *create type: //p')" = $type ] || fail "not $type"
	rm -f from*
	vdisk rename to.vmdk from.vmdk
	from=from.vmdk
done

# Raw data, both ways.
expect_exit 0 vdisk convert -t raw from.vmdk copy.raw
cmp copy.raw truth.raw
expect_exit 0 vdisk convert truth.raw raw.vmdk
qemu-img compare -q truth.raw raw.vmdk
expect_exit 5 vdisk convert -t raw from.vmdk copy.raw
expect_text err "--force"
expect_exit 0 vdisk convert -f -t raw from.vmdk copy.raw

# What is there stays, unless --force is given.
cp raw.vmdk before.vmdk
expect_exit 5 vdisk convert from.vmdk raw.vmdk
cmp before.vmdk raw.vmdk
expect_exit 0 vdisk convert --force -t streamOptimized from.vmdk raw.vmdk
qemu-img compare -q truth.raw raw.vmdk

# A chain becomes one disk; the adapter is that of the source.
qemu-img create -q -f vmdk -o adapter_type=buslogic -b monolithicSparse.vmdk -F vmdk child.vmdk ||
	qemu-img create -q -f vmdk -b monolithicSparse.vmdk -F vmdk child.vmdk
qemu-io -f vmdk -c 'write -P 7 1M 200k' child.vmdk >/dev/null
expect_exit 0 vdisk convert --progress=9 child.vmdk whole.vmdk 9>told
qemu-img compare -q child.vmdk whole.vmdk
[ "$(tail -n 1 told)" = 100/100 ] || fail "the end was not told: $(cat told)"
expect_exit 0 vdisk chain --no-headings whole.vmdk
[ "$(wc -l <out)" -eq 1 ]
a=$(vdisk info child.vmdk | grep adapter)
[ "$a" = "$(vdisk info whole.vmdk | grep adapter)" ] || fail "another adapter"
expect_exit 0 vdisk convert -a lsilogic child.vmdk lsi.vmdk
expect_exit 0 vdisk info lsi.vmdk
expect_text out "adapter: lsilogic"

# What can't be converted leaves nothing.
expect_exit 4 vdisk convert missing.vmdk x.vmdk
expect_exit 4 vdisk convert child.vmdk no/such/dir/x.vmdk
expect_exit 2 vdisk convert child.vmdk
[ ! -e x.vmdk ]

# Space given back, and data in order: the content stays.
vdisk write -l 16M --fill 1 whole.vmdk
vdisk write -l 16M --fill 0 whole.vmdk
vdisk read whole.vmdk >whole.raw
before=$(stat -c %s whole.vmdk)
expect_exit 0 vdisk shrink whole.vmdk
expect_text err "before"
[ "$(stat -c %s whole.vmdk)" -lt "$before" ] || fail "not smaller"
qemu-img compare -q whole.raw whole.vmdk
qemu-img check -q whole.vmdk
expect_exit 0 vdisk defrag whole.vmdk
qemu-img compare -q whole.raw whole.vmdk
expect_exit 8 vdisk shrink child.vmdk
[ -z "$(find . -name '*.lck')" ] || fail "locks are left: $(ls)"
