#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes, once, the disks that reading is measured on:
#
#   DIR/disk.raw       2176 MiB, of which about 1.3 GiB real files: an ext4 root where mkroot.sh could
#                      make one, and a tar of /usr; the rest is a hole
#   DIR/flat.vmdk      disk.raw as monolithicFlat         DIR/sparse.vmdk   as monolithicSparse
#   DIR/split.vmdk     as twoGbMaxExtentSparse            DIR/stream.vmdk   as streamOptimized
#   DIR/chain3-2.vmdk  two children on sparse.vmdk, each with a tenth of the disk
#   DIR/deep-N.vmdk    N = 1..31: children on sparse.vmdk and one another, a fiftieth each
#   DIR/empty2t.vmdk   2 TB without any data              DIR/many.vmdk     1025 extents
#
#   mkbench.sh DIR
#
# Exit status 77 when it can't be made here.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
dir=$1
mib=1048576

command -v qemu-img >/dev/null && command -v qemu-io >/dev/null || {
	echo "mkbench: qemu-img and qemu-io are needed" >&2
	exit 77
}
mkdir -p "$dir"
exec 8>"$dir/.lock"
flock 8
[ ! -f "$dir/done" ] || exit 0
cd "$dir"
rm -f -- *.vmdk *.raw

# Content.
mbytes=2176
truncate -s ${mbytes}M disk.raw
tar_at=900
if "$here/mount/mkroot.sh" "$dir/.." 2>/dev/null; then
	dd if="$dir/../root.raw" of=disk.raw bs=1M conv=notrunc,sparse status=none
	tar_at=1600
fi
tar -C / -cf - usr/bin usr/lib usr/share 2>/dev/null | head -c $(((mbytes - 26 - tar_at) * mib)) |
	dd of=disk.raw bs=1M seek=$tar_at conv=notrunc iflag=fullblock status=none || true

convert() { qemu-img convert -q -f raw -O vmdk -o "subformat=$1" disk.raw "$2"; }
convert monolithicSparse sparse.vmdk
convert twoGbMaxExtentSparse split.vmdk
convert streamOptimized stream.vmdk
cat >flat.vmdk <<END
# Disk DescriptorFile
version=1
CID=12345678
parentCID=ffffffff
createType="monolithicFlat"
RW $((mbytes * mib / 512)) FLAT "disk.raw" 0
ddb.adapterType = "lsilogic"
END

# child PARENT CHILD SEED WRITES BYTES - a link with WRITES runs of BYTES, at places drawn from SEED
child()
{
	qemu-img create -q -f vmdk -o zeroed_grain=off -b "$1" -F vmdk "$2" >/dev/null
	awk -v seed="$3" -v n="$4" -v len="$5" -v size=$((mbytes * mib)) 'BEGIN {
		srand(seed)
		for (i = 0; i < n; i++)
			printf "write -q -P %d %d %d\n", 1 + i % 255,
				int(rand() * (size - len) / 65536) * 65536, len
	}' | qemu-io -f vmdk "$2" >/dev/null
}

child sparse.vmdk chain3-1.vmdk 31 400 524288
child chain3-1.vmdk chain3-2.vmdk 32 400 524288
parent=sparse.vmdk
for n in $(seq 31); do
	child "$parent" deep-$n.vmdk "$n" 160 262144
	parent=deep-$n.vmdk
done

qemu-img create -q -f vmdk empty2t.vmdk 2040G
qemu-img create -q -f vmdk -o subformat=twoGbMaxExtentSparse many.vmdk $((1025 * 2047))M
touch done
