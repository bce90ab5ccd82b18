#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Disks of many parts: of a device, with holes and parts of files, of very many files; spelled in
# every way.  What must be read is put together from the parts; no other tool is asked.
. "$top_srcdir/tests/functions.sh"
make_tmp
cd "$tmp"

# descriptor NAME LINE.. - NAME.vmdk with these lines
descriptor()
{
	name=$1
	shift
	{
		printf '# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\n'
		printf '%s\n' "$@"
	} >"$name.vmdk"
}

# part RAW FIRST COUNT - sectors of a raw disk
part()
{
	dd if="$1" bs=512 skip="$2" count="$3" status=none
}

# zeros COUNT
zeros()
{
	dd if=/dev/zero bs=512 count="$1" status=none
}

echo 'vixDiskLib.allowExtentsOutside = "1"' >config
mk_raw disk.raw 20480

# As VirtualBox makes them: boot sectors in a file of their own, partitions of the device, and
# nothing of the partitions that the guest must not see.
part disk.raw 0 63 >pt-pt.vmdk
part disk.raw 8000 4000 >nodes.raw

# partitioned DEVICE - a descriptor that shows the guest parts of a device
partitioned()
{
	descriptor pt 'createType = "partitionedDevice"' \
		'RW 63 FLAT "pt-pt.vmdk" 0' \
		"RW 4937 FLAT \"$1\" 63 00000000-0000 scsi-0" \
		'RW 3000 ZERO' \
		"RDONLY 4000 FLAT \"$1\" 8000" \
		"NOACCESS 8480 FLAT \"$1\" 12000"
}
{
	part disk.raw 0 5000
	zeros 3000
	part disk.raw 8000 4000
	zeros 8480
} >pt.raw
partitioned disk.raw
same_disk pt.raw pt.vmdk
same_disk pt.raw pt.vmdk -b 999
partitioned "$tmp/disk.raw"
refuses 13 "outside of its directory" pt.vmdk
same_disk pt.raw pt.vmdk -c config

# A file in place of a device, and what Windows calls one.
descriptor full 'createType="fullDevice"' "RW 20480 FLAT \"$tmp/disk.raw\" 0"
refuses 13 "only vixDiskLib.allowExtentsOutside = 1 permits" full.vmdk
same_disk disk.raw full.vmdk -c config
descriptor windows 'createType="fullDevice"' 'RW 20480 FLAT "\\.\PhysicalDrive0" 0'
refuses 13 "outside of its directory" windows.vmdk
refuses 4 "is missing" windows.vmdk -c config

# Every sector size of a part, every kind in one disk.
descriptor small 'RW 1 FLAT "disk.raw" 5' 'RW 1 ZERO' 'RW 1 VMFS "disk.raw" 9' 'RW 1 VMFS "disk.raw"'
{ part disk.raw 5 1; zeros 1; part disk.raw 9 1; part disk.raw 0 1; } >small.raw
same_disk small.raw small.vmdk

# Split in parts of any size, more than 999 of them.
mkdir many
split -b 8192 -d -a 4 disk.raw many/s
{
	printf '# Disk DescriptorFile\nversion=1\n'
	for file in many/s*; do
		echo "RW 16 FLAT \"${file#many/}\" 0"
	done
} >many/many.vmdk
[ "$(grep -c FLAT many/many.vmdk)" = 1280 ] || fail "the disk was not split into 1280 parts"
same_disk disk.raw many/many.vmdk
same_disk disk.raw many/many.vmdk -b 4096
(
	ulimit -n 256
	same_disk disk.raw many/many.vmdk
)

# Spellings.
{
	printf '\357\273\277# disk descriptor file\r\nVERSION = 1\r\n  cid= 12\r\n'
	printf 'ParentCID =FFFFFFFF\r\nCreateType = "MONOLITHICFLAT"\r\n\r\n#\r\n'
	printf '\trw\t20480  flat "disk.raw"\t0  \r\nDDB.ADAPTERTYPE = "LSILOGIC"'
} >spelled.vmdk
same_disk disk.raw spelled.vmdk
"$builddir/readdisk" -i spelled.vmdk | grep -qx adapter=3 || fail "the adapter is not known"

# Names in the encodings of Windows, as bytes and in UTF-8; one has a backslash in it.
for row in 'GBK:\201\134:\344\271\227' 'Shift_JIS:\225\134:\350\241\250' \
	'Big5:\245\134:\345\212\237' 'windows-1252:na\357ve:na\303\257ve'; do
	bytes=$(printf "$(echo "$row" | cut -d : -f 2)")
	utf8=$(printf "$(echo "$row" | cut -d : -f 3)")
	descriptor encoded "encoding=\"${row%%:*}\"" "RW 20480 FLAT \"$bytes-flat.vmdk\" 0"
	for name in "$bytes" "$utf8"; do
		ln disk.raw "$name-flat.vmdk"
		same_disk disk.raw encoded.vmdk
		rm "$name-flat.vmdk"
	done
	refuses 4 "its extent $utf8-flat.vmdk is missing" encoded.vmdk
done

# Of an encrypted virtual machine.
head -c 65536 /dev/urandom >secret.vmdk
refuses 16063 "neither a descriptor nor a sparse extent" secret.vmdk
echo 'encryption.keySafe = "vmware:key/list/(pair/x)"' >secret.vmx
refuses 16014 "its virtual machine is encrypted" secret.vmdk
descriptor filtered 'RW 20480 FLAT "disk.raw" 0' 'ddb.iofilters = "VMW_vmwarevmcrypt_1.0.0"'
refuses 16014 "it is encrypted" filtered.vmdk

# Devices, where one can be made.
detach()
{
	losetup -d "$loop"
}
if [ "$(id -u)" -eq 0 ] && command -v losetup >/dev/null &&
	loop=$(losetup -f --show -r disk.raw 2>/dev/null); then
	cleanup_fn detach
	descriptor device 'createType="fullDevice"' "RW 20480 FLAT \"$loop\" 0"
	refuses 13 "outside of its directory" device.vmdk
	same_disk disk.raw device.vmdk -c config
	partitioned "$loop"
	same_disk pt.raw pt.vmdk -c config
	mknod node b "$(stat -c 0x%t "$loop")" "$(stat -c 0x%T "$loop")"
	descriptor node 'RW 20480 FLAT "node" 0'
	refuses 9 "a block device, which is not accepted here" node.vmdk
	same_disk disk.raw node.vmdk -c config
	descriptor node 'RW 20481 FLAT "node" 0'
	refuses 16063 "needs more than the 10485760 bytes" node.vmdk -c config
else
	echo "no loop device can be made: devices are left out"
fi
