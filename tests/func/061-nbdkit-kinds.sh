#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# nbdkit over every kind of disk: what nbdcopy reads is what the disk was made of, by programs that
# know nothing of the library; those of ESX and created ones are written, too.
. "$top_srcdir/tests/functions.sh"
make_tmp
cd "$tmp"
. "$srcdir/func/nbdkit.sh"
. "$srcdir/func/esx.sh"
sectors=81923

# sound DISK - undamaged, and qemu reads in it what is in raw
sound()
{
	same_to_qemu raw "$1"
	expect_exit 0 vdisk check "$tmp/$1"
}

# Read: compressed, three layouts.
mk_raw raw $sectors
cp raw t0.raw
mk_vmdk raw stream.vmdk streamOptimized
copy_out stream.vmdk 4
"$srcdir/func/mkstream.py" raw front.vmdk
copy_out front.vmdk 1
makedisk clone stream.vmdk own.vmdk 6
copy_out own.vmdk 4

# Read: ESXi's flat disks and snapshots, alone and one upon the other, hosted ones above them.
: >empty.raw
cp t0.raw t1.raw
seq 200000 250000 | put t1.raw 333
head -c 100000 /dev/zero | put t1.raw 11111
cp t1.raw t2.raw
seq 7 40000 | put t2.raw 400
flat vm 11111111 t0.raw
delta cowd vm-000001 22222222 11111111 vm.vmdk t0.raw t1.raw
delta sesparse vm-000002 33333333 22222222 vm-000001.vmdk t1.raw t2.raw
qemu-img create -q -f vmdk -F vmdk -b vm-000002.vmdk hosted.vmdk
for row in t0:vm t1:vm-000001 t2:vm-000002 t2:hosted; do
	cp "${row%:*}.raw" raw
	copy_out "${row#*:}.vmdk" 4
done
cp t0.raw raw
for grain in 1 128; do
	delta cowd alone 00000001 ffffffff "" empty.raw t0.raw $grain
	copy_out alone.vmdk 4
done
delta sesparse alone 00000001 ffffffff "" empty.raw t0.raw
copy_out alone.vmdk 4

# Read: one disk of parts of several kinds; raw data.
mk_vmdk t1.raw part.vmdk monolithicSparse
cat >custom.vmdk <<END
# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="custom"
RW 1000 FLAT "t0.raw" 77
RW 333 ZERO
RW $sectors SPARSE "part.vmdk"
RW 20000 VMFS "t2.raw"
NOACCESS 5 FLAT "t2.raw" 9
END
{
	dd if=t0.raw bs=512 skip=77 count=1000 status=none
	head -c $((333 * 512)) /dev/zero
	cat t1.raw
	head -c $((20000 * 512)) t2.raw
	head -c $((5 * 512)) /dev/zero
} >raw
copy_out custom.vmdk 4
cp t2.raw raw
copy_out t2.raw 4

# Read: disks of others, where they are at hand.
corpus=$top_srcdir/../shared/corpus
for disk in dfvfs/ext2.vmdk plaso/image.vmdk; do
	[ -e "$corpus/$disk" ] || continue
	ln -sf "$corpus/$disk" theirs.vmdk
	qemu-img convert -q -f vmdk -O raw theirs.vmdk raw
	copy_out theirs.vmdk 4
done

# Write: disks of ESXi, and a snapshot of one; twice, so that grains are new and there.
for type in 5 7 8; do
	makedisk create esx$type.vmdk $type $sectors
	for connections in 1 4; do
		mk_raw raw $sectors
		copy_in esx$type.vmdk $connections
		sound esx$type.vmdk
		copy_out esx$type.vmdk 1
	done
done
makedisk child esx5.vmdk top.vmdk 8
sha256sum esx5*.vmdk >below
mk_raw raw $sectors
copy_in top.vmdk 4
sound top.vmdk
copy_out top.vmdk 4
sha256sum --quiet -c below || fail "a parent has changed"

# One link alone has its own data, and zeros for all others'.
qemu-img create -q -f vmdk -F vmdk -b esx7.vmdk child.vmdk
qemu-io -f vmdk -c 'write -q -P 5 5M 1M' child.vmdk
truncate -s 0 raw
truncate -s $((sectors * 512)) raw
qemu-io -f raw -c 'write -q -P 5 5M 1M' raw
copy_out child.vmdk 4 single-link=true
grep -q 'VixDiskLib_Open (.*, 6,' log || fail "not opened with the flags of a single link: $(
	grep VixDiskLib_Open log)"

# Past the page cache, and with options that are for servers only.
for type in 1 5; do
	makedisk create direct$type.vmdk $type $sectors
	mk_raw raw $sectors
	copy_in direct$type.vmdk 4 unbuffered=true
	sound direct$type.vmdk
	copy_out direct$type.vmdk 4 unbuffered=true compression=zlib transports=san:file
done
