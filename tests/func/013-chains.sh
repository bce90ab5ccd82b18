#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Snapshot chains equal a raw disk that has had the same writes.
. "$top_srcdir/tests/functions.sh"
requires qemu-img qemu-io
make_tmp
cd "$tmp"

# write_both DISK COMMAND - the same qemu-io command for the raw truth and for a disk
write_both()
{
	qemu-io -f raw -c "$2" truth.raw >/dev/null
	qemu-io -f vmdk -c "$2" "$1" >/dev/null
}

# child PARENT NAME [OPTION] - a new link on top
child()
{
	qemu-img create -q -f vmdk ${3:+-o "$3"} -b "$1" -F vmdk "$2"
}

# links DISK NUMBER [OPTION] - the library counts so many
links()
{
	"$builddir/readdisk" -i ${3:+"$3"} "$1" | grep -qx "links=$2" || fail "$1: not $2 links"
}

mk_raw truth.raw 131072
mk_vmdk truth.raw base.vmdk monolithicSparse
same_disk truth.raw base.vmdk

child base.vmdk child.vmdk zeroed_grain=on
same_disk truth.raw child.vmdk
write_both child.vmdk "write -P 17 100k 300k"
write_both child.vmdk "write -P 18 40M 1000k"
write_both child.vmdk "write -z 1M 1M"
write_both child.vmdk "write -P 19 67108352 512"
same_disk truth.raw child.vmdk
same_disk truth.raw child.vmdk -b 777
links child.vmdk 2

child child.vmdk grandchild.vmdk
write_both grandchild.vmdk "write -P 20 200k 1M"
write_both grandchild.vmdk "write -P 21 33M 64k"
same_disk truth.raw grandchild.vmdk
links grandchild.vmdk 3

# What is allocated in any link, and nothing that is a hole in all of them.
"$builddir/readdisk" -m grandchild.vmdk >map
awk '$1 % 128 || $2 % 128 || (NR > 1 && $1 <= end) { exit 1 } { end = $1 + $2 }' map ||
	fail "the map is not made of whole grains in order: $(cat map)"
truncate -s 67108864 mapped.raw
while read -r first count; do
	dd if=truth.raw of=mapped.raw bs=65536 skip=$((first / 128)) seek=$((first / 128)) \
		count=$((count / 128)) conv=notrunc status=none
done <map
cmp truth.raw mapped.raw || fail "data outside of the map"
[ "$(awk '{ sum += $2 } END { print sum }' map)" -lt 20000 ] || fail "holes are in the map"

# One link alone lacks what its parents have.
links grandchild.vmdk 1 -s
"$builddir/readdisk" -s -o 0 -n 128 grandchild.vmdk | cmp -n 65536 - /dev/zero
"$builddir/readdisk" -s -o 67584 -n 128 grandchild.vmdk >part
"$builddir/readdisk" -o 67584 -n 128 truth.raw | cmp - part

# In another place, with names that are not relative.
mkdir sub
mv base.vmdk child.vmdk grandchild.vmdk sub
same_disk truth.raw sub/grandchild.vmdk
mkdir vm vm/base vm/clone
mv sub/base.vmdk vm/base/base.vmdk
qemu-img create -q -f vmdk -b "$tmp/vm/base/base.vmdk" -F vmdk vm/clone/base.vmdk
"$builddir/readdisk" vm/base/base.vmdk >truth.raw
same_disk truth.raw vm/clone/base.vmdk
mv vm elsewhere
same_disk truth.raw elsewhere/clone/base.vmdk

# Children in other formats.
for format in monolithicFlat twoGbMaxExtentSparse; do
	mk_vmdk truth.raw parent.vmdk $format
	child parent.vmdk snap.vmdk
	write_both snap.vmdk "write -P 22 12345k 99k"
	same_disk truth.raw snap.vmdk
done
child parent.vmdk split.vmdk subformat=twoGbMaxExtentSparse
"$builddir/readdisk" parent.vmdk >truth.raw
write_both split.vmdk "write -P 23 54321k 99k"
same_disk truth.raw split.vmdk

# Metadata comes from the newest link that has it.
"$builddir/readdisk" -k split.vmdk >keys
grep -qx 'adapterType=ide' keys
[ "$(sort keys | uniq -d)" = "" ] || fail "a key comes twice: $(cat keys)"
