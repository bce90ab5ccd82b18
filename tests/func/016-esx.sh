#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Snapshots as ESX makes them, and chains that mix kinds, equal a raw disk with the same content.
. "$top_srcdir/tests/functions.sh"
. "$srcdir/func/esx.sh"
requires qemu-img qemu-io
make_tmp
cd "$tmp"

# both_same RAW DISK - for qemu, too
both_same()
{
	same_disk "$1" "$2"
	same_disk "$1" "$2" -b 777
	same_to_qemu "$1" "$2"
}

# More than one table in each format: those of vmfsSparse cover 2 MiB, those of seSparse 16 MiB.
mk_raw t0.raw 81923
cp t0.raw t1.raw
seq 200000 250000 | put t1.raw 333
head -c 100000 /dev/zero | put t1.raw 11111
printf 'x' | put t1.raw 81922
cp t1.raw t2.raw
seq 7 40000 | put t2.raw 400
head -c 300000 /dev/zero | put t2.raw 0
printf 'y' | put t2.raw 70000
: >empty.raw

for grain in 1 8 128 2048; do
	delta cowd alone 00000001 ffffffff "" empty.raw t0.raw $grain
	both_same t0.raw alone.vmdk
done
for grain in 8 1 64; do
	delta sesparse alone 00000001 ffffffff "" empty.raw t0.raw $grain
	same_disk t0.raw alone.vmdk -b 777
	[ $grain != 8 ] || both_same t0.raw alone.vmdk # qemu knows 8 only
done

# A flat base, a vmfsSparse snapshot, a seSparse one on top, and a hosted one on all of them.
flat vm 11111111 t0.raw
delta cowd vm-000001 22222222 11111111 vm.vmdk t0.raw t1.raw
both_same t1.raw vm-000001.vmdk
delta sesparse vm-000002 33333333 22222222 vm-000001.vmdk t1.raw t2.raw
both_same t2.raw vm-000002.vmdk
qemu-img create -q -f vmdk -b vm-000002.vmdk -F vmdk hosted.vmdk
qemu-io -f raw -c 'write -P 9 3M 100k' t2.raw >/dev/null
qemu-io -f vmdk -c 'write -P 9 3M 100k' hosted.vmdk >/dev/null
both_same t2.raw hosted.vmdk
"$builddir/readdisk" -i hosted.vmdk | grep -qx links=4 || fail "not 4 links"

# What is allocated covers all data.
"$builddir/readdisk" -m hosted.vmdk >map
truncate -s "$(stat -c %s t2.raw)" mapped.raw
while read -r first count; do
	dd if=t2.raw of=mapped.raw bs=512 skip="$first" seek="$first" count="$count" \
		conv=notrunc status=none
done <map
cmp t2.raw mapped.raw || fail "data outside of the map"

# One link alone, and a snapshot that is opened without its descriptor.
"$builddir/readdisk" -i -s vm-000002.vmdk | grep -qx links=1 || fail "not 1 link"
refuses 16063 "open vm-000001.vmdk instead" vm-000001-delta.vmdk
refuses 16063 "open vm-000002.vmdk instead" vm-000002-sesparse.vmdk

# Moved together, renamed with the names inside put right, and the base in a folder of its own.
mkdir -p moved/base moved/clone
mv vm.vmdk vm-flat.vmdk moved/base
mv vm-00000* hosted.vmdk moved/clone
sed -i 's,^parentFileNameHint=.*,parentFileNameHint="/vmfs/volumes/5/base/vm.vmdk",' \
	moved/clone/vm-000001.vmdk
same_disk t2.raw moved/clone/hosted.vmdk
mv moved elsewhere
same_disk t2.raw elsewhere/clone/hosted.vmdk
mv elsewhere/clone/vm-000001-delta.vmdk elsewhere/clone/renamed-delta.vmdk
sed -i 's/vm-000001-delta/renamed-delta/' elsewhere/clone/vm-000001.vmdk
same_disk t2.raw elsewhere/clone/hosted.vmdk

# ESX snapshots on top of hosted disks, and hosted ones on top of compressed ones.
for format in monolithicSparse twoGbMaxExtentSparse streamOptimized; do
	mk_vmdk t0.raw base.vmdk $format
	cid=$(grep -a '^CID=' base.vmdk | cut -d = -f 2)
	for kind in cowd sesparse; do
		delta $kind top 44444444 "$cid" base.vmdk t0.raw t1.raw
		both_same t1.raw top.vmdk
	done
	qemu-img create -q -f vmdk -b base.vmdk -F vmdk child.vmdk
	qemu-io -f vmdk -c 'write -P 3 5M 1M' child.vmdk >/dev/null
	cp t0.raw truth.raw
	qemu-io -f raw -c 'write -P 3 5M 1M' truth.raw >/dev/null
	both_same truth.raw child.vmdk
done

# A journal that was not written back, and a raw device mapping.
flat vm 11111111 t0.raw
delta sesparse vm-000001 22222222 11111111 vm.vmdk t0.raw t1.raw
printf '\1' | dd of=vm-000001-sesparse.vmdk bs=1 seek=$((512 + 24)) conv=notrunc status=none
refuses 16006 "its journal must be replayed" vm-000001.vmdk
for type in VMFSRDM VMFSRAW; do
	link rdm 00000001 ffffffff "" "RW 81923 $type \"vm-rdm.vmdk\""
	refuses 16013 "its extent vm-rdm.vmdk is of type $type" rdm.vmdk
done
