#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes, once, the disks that reading is measured on, in DIR:
#
#   disk.raw            2176 MiB, of which about 1.3 GiB real files: an ext4 root where mkroot.sh
#                       could make one, and a tar of /usr; the rest is a hole
#   flat.vmdk           disk.raw as monolithicFlat
#   sparse.vmdk         as monolithicSparse
#   split.vmdk          as twoGbMaxExtentSparse
#   stream.vmdk         as streamOptimized
#   full-sparse.vmdk    a disk without holes, whose content is the file sparse.vmdk
#   full-split.vmdk     the same as twoGbMaxExtentSparse
#   vmfs64.vmdk         the same as vmfsSparse, 64 KiB grains
#   vmfs512.vmdk        its first 128 MiB, 512 B grains
#   sesparse.vmdk       its first 512 MiB as seSparse, 4 KiB grains
#   chain3-2.vmdk       two children on sparse.vmdk, each with a tenth of the disk
#   deep-31.vmdk        31 children on sparse.vmdk and one another, a fiftieth each
#   eight-7.vmdk        the same content in seven children
#   deep-0.vmdk         the same content in one link
#   empty2t.vmdk        2 TB without any data
#   empty62t.vmdk       62 TB without any data, seSparse
#   many.vmdk           1025 extents
#
#   mkbench.sh DIR
#
# qemu makes the disks, but for those of ESX, which mkdelta makes.
# Exit status 77 when it can't be made here.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
mkdelta=$(cd "${builddir:-.}" && pwd)/mkdelta
dir=$1
mib=1048576
mbytes=2176

command -v qemu-img >/dev/null && command -v qemu-io >/dev/null && [ -x "$mkdelta" ] || {
	echo "mkbench: qemu-img, qemu-io and mkdelta are needed" >&2
	exit 77
}
mkdir -p "$dir"
exec 8>"$dir/.lock"
flock 8
cd "$dir"

convert() { qemu-img convert -q -f raw -O vmdk -o "subformat=$1" "$2" "$3"; }

# describe NAME TYPE EXTENT-LINE - the descriptor NAME.vmdk
describe()
{
	cat >"$1.vmdk" <<END
# Disk DescriptorFile
version=1
CID=12345678
parentCID=ffffffff
createType="$2"
$3
ddb.adapterType = "lsilogic"
END
}

make_content()
{
	truncate -s ${mbytes}M disk.raw
	tar_at=900
	if "$here/mount/mkroot.sh" "$dir/.." 2>/dev/null; then
		dd if="$dir/../root.raw" of=disk.raw bs=1M conv=notrunc,sparse status=none
		tar_at=1600
	fi
	tar -C / -cf - usr/bin usr/lib usr/share 2>/dev/null |
		head -c $(((mbytes - 26 - tar_at) * mib)) |
		dd of=disk.raw bs=1M seek=$tar_at conv=notrunc iflag=fullblock status=none || true
}

make_hosted()
{
	convert monolithicSparse disk.raw sparse.vmdk
	convert twoGbMaxExtentSparse disk.raw split.vmdk
	convert streamOptimized disk.raw stream.vmdk
	describe flat monolithicFlat "RW $((mbytes * mib / 512)) FLAT \"disk.raw\" 0"
}

make_full()
{
	convert monolithicSparse sparse.vmdk full-sparse.vmdk
	convert twoGbMaxExtentSparse sparse.vmdk full-split.vmdk
}

# esx RAW NAME FORMAT GRAIN-SECTORS CREATETYPE TYPE
esx()
{
	: >none.raw
	"$mkdelta" "$3" "$4" none.raw "$1" "$2-delta.vmdk"
	describe "$2" "$5" "RW $(($(stat -c %s "$1") / 512)) $6 \"$2-delta.vmdk\""
	rm none.raw
}

make_esx()
{
	head -c $((128 * mib)) sparse.vmdk >part128.raw
	head -c $((512 * mib)) sparse.vmdk >part512.raw
	esx sparse.vmdk vmfs64 cowd 128 vmfsSparse VMFSSPARSE
	esx part128.raw vmfs512 cowd 1 vmfsSparse VMFSSPARSE
	esx part512.raw sesparse sesparse 8 seSparse SESPARSE
	rm part128.raw part512.raw
}

# writes SEED N BYTES - commands for qemu-io: N runs of BYTES, at places drawn from SEED
writes()
{
	awk -v seed="$1" -v n="$2" -v len="$3" -v size=$((mbytes * mib)) 'BEGIN {
		srand(seed)
		for (i = 0; i < n; i++)
			printf "write -q -P %d %d %d\n", 1 + i % 255,
				int(rand() * (size - len) / 65536) * 65536, len
	}'
}

# child PARENT CHILD - a link with what the commands on stdin write
child()
{
	qemu-img create -q -f vmdk -o zeroed_grain=off -b "$1" -F vmdk "$2" >/dev/null
	qemu-io -f vmdk "$2" >/dev/null
}

# deep_writes FROM TO - what links FROM to TO of the deep chain hold
deep_writes()
{
	for seed in $(seq "$1" "$2"); do
		writes "$seed" 160 262144
	done
}

make_chains()
{
	writes 31 400 524288 | child sparse.vmdk chain3-1.vmdk
	writes 32 400 524288 | child chain3-1.vmdk chain3-2.vmdk
	parent=sparse.vmdk
	for n in $(seq 31); do
		deep_writes $n $n | child $parent deep-$n.vmdk
		parent=deep-$n.vmdk
	done
}

make_same_as_deep()
{
	parent=sparse.vmdk
	for n in $(seq 7); do
		deep_writes $(((n - 1) * 31 / 7 + 1)) $((n * 31 / 7)) | child $parent eight-$n.vmdk
		parent=eight-$n.vmdk
	done
	qemu-img convert -q -f vmdk -O vmdk deep-31.vmdk deep-0.vmdk
}

# le64 FILE OFFSET NUMBER..
le64()
{
	file=$1
	off=$2
	shift 2
	for number; do
		for shift in 0 8 16 24 32 40 48 56; do
			printf "\\$(printf %03o $((number >> shift & 255)))"
		done
	done | dd of="$file" bs=1 seek=$((off)) conv=notrunc status=none
}

# A header as docs/formats/vmdk-sesparse.md has it, the directory and room for all tables.
make_empty_sesparse()
{
	sectors=$((62 << 31))
	gd=$((sectors / 8 / 4096 / 64))
	tables=$((sectors / 8 / 64))
	rm -f empty62t-sesparse.vmdk
	le64 empty62t-sesparse.vmdk 0 0xcafebabe 0x200000001 $sectors 8 64
	le64 empty62t-sesparse.vmdk 80 1 1 2 2 4 4 8 $gd $((8 + gd)) $tables
	le64 empty62t-sesparse.vmdk 192 $((8 + gd + tables)) 0
	le64 empty62t-sesparse.vmdk 512 0xcafecafe
	dd if=/dev/zero of=empty62t-sesparse.vmdk bs=512 seek=8 count=$gd conv=notrunc status=none
	truncate -s $(((8 + gd + tables) * 512)) empty62t-sesparse.vmdk
	describe empty62t seSparse "RW $sectors SESPARSE \"empty62t-sesparse.vmdk\""
}

make_empty()
{
	qemu-img create -q -f vmdk empty2t.vmdk 2040G
	qemu-img create -q -f vmdk -o subformat=twoGbMaxExtentSparse many.vmdk $((1025 * 2047))M
	make_empty_sesparse
}

for group in content hosted full esx chains same_as_deep empty; do
	[ ! -f "done-$group" ] || continue
	"make_$group"
	touch "done-$group"
done
