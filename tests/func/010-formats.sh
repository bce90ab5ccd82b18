#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The content of every format that is supported equals the raw data that it was made of.
. "$top_srcdir/tests/functions.sh"
requires qemu-img python3
make_tmp
cd "$tmp"

# Two tables of 512 grains, and no whole number of grains.
mk_raw even.raw 131072
mk_raw odd.raw 81923

# flat_vmdk RAW NAME TYPE CREATETYPE [OFFSET] - a descriptor for a flat file, as ESXi writes it
flat_vmdk()
{
	cp --sparse=always "$1" "$2-flat.vmdk"
	cat >"$2.vmdk" <<EOF
# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="$4"

# Extent description
RW $(($(stat -c %s "$1") / 512 - ${5:-0})) $3 "$2-flat.vmdk"${5:+ $5}

# The Disk Data Base
#DDB

ddb.adapterType = "lsilogic"
EOF
}

# adapter_is DISK NUMBER - as vixDiskLib.h numbers adapters
adapter_is()
{
	"$builddir/readdisk" -i "$1" | grep -qx "adapter=$2" || fail "$1: adapter is not $2"
}

for raw in even odd; do
	for format in monolithicSparse monolithicFlat twoGbMaxExtentSparse twoGbMaxExtentFlat \
		streamOptimized; do
		mk_vmdk $raw.raw $raw-$format.vmdk $format
		same_disk $raw.raw $raw-$format.vmdk
	done
	same_disk $raw.raw $raw-monolithicSparse.vmdk -b 777
	same_disk $raw.raw $raw-streamOptimized.vmdk -b 777
	same_disk $raw.raw $raw.raw

	"$srcdir/func/mkstream.py" $raw.raw $raw-front.vmdk
	same_disk $raw.raw $raw-front.vmdk

	for type in FLAT VMFS; do
		flat_vmdk $raw.raw $raw-$type $type vmfs
		same_disk $raw.raw $raw-$type.vmdk
	done
done

for adapter in ide:1 buslogic:2 lsilogic:3 legacyESX:3; do
	mk_vmdk even.raw adapter.vmdk monolithicSparse adapter_type=${adapter%:*}
	same_disk even.raw adapter.vmdk
	adapter_is adapter.vmdk ${adapter#*:}
done
for option in zeroed_grain=on compat6=on hwversion=21; do
	mk_vmdk even.raw option.vmdk monolithicSparse $option
	same_disk even.raw option.vmdk
done

# The name inside of a disk is that of the file as it was made.
mv even-monolithicSparse.vmdk renamed.vmdk
same_disk even.raw renamed.vmdk
mkdir other
mv odd-streamOptimized.vmdk other/moved.bin
same_disk odd.raw other/moved.bin
mv even-twoGbMaxExtentFlat.vmdk new-name.vmdk
same_disk even.raw new-name.vmdk

# Offsets count from the start of the file, in sectors.
flat_vmdk even.raw offset FLAT custom 4096
tail -c +$((4096 * 512 + 1)) even.raw >tail.raw
same_disk tail.raw offset.vmdk

# Several extents of all kinds, two of them in one file.
cat >mixed.vmdk <<'EOF'
# Disk DescriptorFile
RDONLY 3000 FLAT "offset-flat.vmdk" 10
RW 500 ZERO
NOACCESS 700 FLAT "offset-flat.vmdk" 0
RW 131072 SPARSE "renamed.vmdk"
RW 100 FLAT "offset-flat.vmdk" 9
EOF
{
	tail -c +$((10 * 512 + 1)) even.raw | head -c $((3000 * 512))
	head -c $((1200 * 512)) /dev/zero
	cat even.raw
	tail -c +$((9 * 512 + 1)) even.raw | head -c $((100 * 512))
} >mixed.raw
same_disk mixed.raw mixed.vmdk
same_disk mixed.raw mixed.vmdk -b 999

# More than one file of a split disk: across the border of two, and at the end.
border=4194304
mk_raw large.raw 20000
truncate -s $((2 * border * 512 + 12345 * 512)) large.raw
seq 1 100000 | put large.raw $((border - 300))
printf 'the end' | put large.raw $((2 * border + 12344))
for format in twoGbMaxExtentSparse twoGbMaxExtentFlat; do
	mk_vmdk large.raw large.vmdk $format
	"$builddir/readdisk" -o $((border - 1000)) -n 3000 large.vmdk >part
	cmp -n $((3000 * 512)) -i $(((border - 1000) * 512)):0 large.raw part
	"$builddir/readdisk" -o $((2 * border)) large.vmdk >part
	cmp -n $((12345 * 512)) -i $((2 * border * 512)):0 large.raw part
done
