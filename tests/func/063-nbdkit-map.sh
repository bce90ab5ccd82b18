#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What nbdkit tells of a disk's data and holes is what qemu-img map tells, in chunks of 64 KiB; for
# disks of every kind, of sizes that are no multiple of a chunk, and smaller than one.
. "$top_srcdir/tests/functions.sh"
requires python3
make_tmp
cd "$tmp"
. "$srcdir/func/nbdkit.sh"
. "$srcdir/func/esx.sh"

# told DISK [PARAMETER=VALUE..] - nbdkit's map, into got
told()
{
	local disk=$1
	shift
	serve_readonly "$disk" 'nbdinfo --map "$uri" >map' "$@"
	awk '{ print $1, $2, $4 }' map >got
}

# same_map DISK - is as qemu-img says
same_map()
{
	told "$1"
	qemu-img map -f vmdk --output=json "$1" |
		python3 "$srcdir/func/nbdmap.py" "$(awk '{ n += $2 } END { print n }' got)" >wanted
	cmp wanted got || {
		diff wanted got >&2
		fail "$1: another map than qemu-img's"
	}
}

# 512 KiB and three sectors: data, a hole of one chunk, and a rest that is told as data.
qemu-img create -q -f vmdk tail.vmdk $(((4 * 128 + 3) * 512))
truncate -s $(((4 * 128 + 3) * 512)) raw
seq 1 100000 | head -c 196608 | put raw 0
seq 1 1000 | head -c 1536 | put raw 512
copy_in tail.vmdk 1
told tail.vmdk
printf '%s\n' '0 196608 data' '196608 65536 hole,zero' '262144 1536 data' | cmp - got ||
	fail "another map: $(cat map)"
same_map tail.vmdk

# Sizes: new, and with a sector written at the end.
for sectors in 1 127 128 129 383; do
	qemu-img create -q -f vmdk n.vmdk $((sectors * 512))
	same_map n.vmdk
	qemu-img create -q -f vmdk -o subformat=twoGbMaxExtentFlat flat.vmdk $((sectors * 512))
	for disk in n.vmdk flat.vmdk; do
		qemu-io -f vmdk -c "write -q -P 1 $(((sectors - 1) * 512)) 512" $disk
		same_map $disk
	done
	rm n*.vmdk flat*.vmdk
done

# Kinds: text, random bytes and holes.
mk_raw raw 81923
for kind in monolithicSparse monolithicFlat twoGbMaxExtentSparse twoGbMaxExtentFlat streamOptimized; do
	mk_vmdk raw $kind.vmdk $kind
	same_map $kind.vmdk
done
: >empty.raw
flat vm 11111111 raw
same_map vm.vmdk
for grain in 1 8 128; do
	delta cowd alone 00000001 ffffffff "" empty.raw raw $grain
	same_map alone.vmdk
done
delta sesparse alone 00000001 ffffffff "" empty.raw raw
same_map alone.vmdk

# Parts of several kinds, where qemu-img tells nothing of the zeros: chunks that data begins, ends and
# lies in between.
head -c 200000 /dev/urandom >part.raw
cat >custom.vmdk <<'END'
# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="custom"
RW 300 ZERO
RW 200 FLAT "part.raw" 0
RW 1036 ZERO
RW 128 FLAT "part.raw" 200
RW 400 ZERO
END
told custom.vmdk
printf '%s\n' '0 131072 hole,zero' '131072 131072 data' '262144 524288 hole,zero' '786432 65536 data' \
	'851968 196608 hole,zero' '1048576 8192 data' | cmp - got || fail "custom.vmdk: $(cat map)"

# Chains: all links together, or the newest alone, whose holes need not be zeros.
qemu-img create -q -f vmdk -F vmdk -b monolithicSparse.vmdk child.vmdk
qemu-io -f vmdk -c 'write -q -P 5 20M 100k' child.vmdk
same_map child.vmdk
told child.vmdk single-link=true
printf '%s\n' '0 20971520 hole' '20971520 131072 data' '21102592 20840448 hole' \
	'41943040 1536 data' | cmp - got || fail "another map of a single link: $(cat map)"
