#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Bad disks are refused at once, each with its own code and a sentence that tells what is wrong.
. "$top_srcdir/tests/functions.sh"
requires qemu-img
make_tmp
cd "$tmp"

# descriptor NAME LINE.. - a descriptor of these lines
descriptor()
{
	name=$1
	shift
	printf '%s\n' '# Disk DescriptorFile' 'version=1' "$@" >"$name"
}

# patch FILE OFFSET OCTAL - overwrite one byte
patch()
{
	printf "\\$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

mk_raw disk.raw 20000
mk_vmdk disk.raw good.vmdk monolithicSparse
mk_vmdk disk.raw split.vmdk twoGbMaxExtentSparse
mk_vmdk disk.raw flat.vmdk monolithicFlat

# Missing.
refuses 4 "gone.vmdk" gone.vmdk
descriptor lacking.vmdk 'RW 100 FLAT "gone-flat.vmdk" 0'
refuses 4 "cannot open lacking.vmdk: its extent gone-flat.vmdk is missing" lacking.vmdk

# No file at all.
mkdir directory.vmdk
refuses 9 "directory.vmdk" directory.vmdk
mkfifo pipe.vmdk
refuses 9 "pipe.vmdk" pipe.vmdk

# Foreign.
printf 'hello, world\n' >text.vmdk
refuses 16063 "it is neither a descriptor nor a sparse extent" text.vmdk
printf 'hello, world\n' >text.img
refuses 16063 "no whole number of sectors" text.img
: >empty.vmdk
refuses 16063 "it is empty" empty.vmdk
qemu-img create -q -f qcow2 other.vmdk 1M
refuses 16013 "it is a qcow2 image" other.vmdk

# A guest's raw disk that claims to be made of its neighbours too.
cp good.vmdk claims.vmdk
printf 'RW 20000 SPARSE "claims.vmdk"\nRW 8 FLAT "disk.raw" 0\n# ' |
	dd of=claims.vmdk bs=1 conv=notrunc status=none \
		seek="$(grep -abo 'RW [0-9]* SPARSE' good.vmdk | head -n 1 | cut -d: -f1)"
refuses 16013 "names 2 extents" claims.vmdk

# Parts of a disk instead of the disk.
refuses 16063 "open split.vmdk instead" split-s001.vmdk
refuses 16063 "open flat.vmdk instead" flat-flat.vmdk

# Truncated: tables and data that are no longer there.
head -c 300 good.vmdk >short.vmdk
refuses 16063 "short.vmdk" short.vmdk
head -c 20000 good.vmdk >tables.vmdk
refuses 16063 "tables.vmdk" tables.vmdk
size=$(stat -c %s good.vmdk)
head -c $((size - 70000)) good.vmdk >data.vmdk
refuses 16063 "data.vmdk" data.vmdk
truncate -s 1000000 flat-flat.vmdk
refuses 16063 "needs more than the 1000000 bytes of the file" flat.vmdk

# Damaged descriptors.
descriptor none.vmdk 'CID=1'
refuses 16063 "its descriptor names no extent" none.vmdk
descriptor line.vmdk 'RWX 100 FLAT "flat-flat.vmdk" 0'
refuses 16063 'line 3: unknown access mode: "RWX 100 FLAT' line.vmdk
descriptor version.vmdk 'version=7' 'RW 100 ZERO'
refuses 16011 "version 7" version.vmdk
descriptor crypt.vmdk 'encryptionKeys="vmware:key/list"' 'RW 100 ZERO'
refuses 16014 "it is encrypted" crypt.vmdk
descriptor type.vmdk 'RW 100 VMFSRDM "a-rdm.vmdk"'
refuses 16013 "a-rdm.vmdk is of type VMFSRDM" type.vmdk
descriptor self.vmdk 'RW 100 SPARSE "self.vmdk"'
refuses 16063 "is itself a descriptor" self.vmdk

# Damaged headers.
cp good.vmdk magic.vmdk
patch magic.vmdk 0 130
refuses 16063 "magic.vmdk" magic.vmdk
cp good.vmdk newer.vmdk
patch newer.vmdk 4 11
refuses 16011 "newer.vmdk" newer.vmdk

# Extents that leave the directory, by name and through links.
mkdir jail
cp disk.raw secret.raw
descriptor jail/absolute.vmdk "RW 100 FLAT \"$tmp/secret.raw\" 0"
refuses 13 "outside of its directory" jail/absolute.vmdk
descriptor jail/up.vmdk 'RW 100 FLAT "../secret.raw" 0'
refuses 13 "outside of its directory" jail/up.vmdk
ln -s ../secret.raw jail/link.raw
descriptor jail/link.vmdk 'RW 100 FLAT "link.raw" 0'
refuses 13 "outside of its directory" jail/link.vmdk
ln -s .. jail/dir
descriptor jail/dir.vmdk 'RW 100 FLAT "dir/secret.raw" 0'
refuses 13 "outside of its directory" jail/dir.vmdk
echo 'vixDiskLib.allowExtentsOutside = "1"' >config
head -c 51200 disk.raw >part.raw
for name in absolute up link dir; do
	same_disk part.raw jail/$name.vmdk -c config
done

# Chains.
qemu-img create -q -f vmdk -b good.vmdk -F vmdk child.vmdk
same_disk disk.raw child.vmdk
cp child.vmdk child.img
refuses 16013 "its name does not end in .vmdk" child.img
mv good.vmdk away
refuses 16012 "cannot open child.vmdk: its parent good.vmdk is missing" child.vmdk
cid=$(grep -a '^parentCID=' child.vmdk | cut -d = -f 2)	# qemu writes no leading zeros
refuses 16012 "expects a parent with CID $(printf %08x "0x$cid")" child.vmdk
mv away good.vmdk
qemu-io -f vmdk -c 'write 0 512' good.vmdk >/dev/null
refuses 16008 "its parent good.vmdk was changed" child.vmdk
mk_raw good.vmdk 20000
refuses 16063 "good.vmdk" child.vmdk
descriptor a.vmdk 'CID=1' 'parentCID=2' 'parentFileNameHint="b.vmdk"' 'RW 100 ZERO'
descriptor b.vmdk 'CID=2' 'parentCID=1' 'parentFileNameHint="a.vmdk"' 'RW 100 ZERO'
refuses 16030 "the chain is cyclic: a.vmdk comes twice" a.vmdk
descriptor large.vmdk 'CID=3' 'RW 200 ZERO'
descriptor small.vmdk 'CID=4' 'parentCID=3' 'parentFileNameHint="large.vmdk"' 'RW 100 ZERO'
refuses 16067 "it has 100 sectors, its parent large.vmdk has more: 200" small.vmdk
