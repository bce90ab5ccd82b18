#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vdisk, called vmware-vdiskmanager: what scripts that call that program look for.
. "$top_srcdir/tests/functions.sh"
requires qemu-img
make_tmp
as_vdiskmanager
cd "$tmp"

# says STATUS TEXT OPTIONS.. - vmware-vdiskmanager exits so, and says TEXT somewhere
says()
{
	wanted=$1
	text=$2
	shift 2
	expect_exit "$wanted" vmware-vdiskmanager "$@"
	cat out err >said
	expect_text said "$text"
}

says 1 "VMware Virtual Disk Manager"
says 1 "one operation" -c -k x.vmdk
says 1 "one disk" -e
says 1 "not known" -c -s 10MB -t 9 x.vmdk
says 1 "adapter" -c -s 10MB -a sata x.vmdk
says 1 "size is missing" -c x.vmdk
says 1 "servers" -r x.vmdk -h host -t 4 y.vmdk
says 1 "from outside" -p /mnt
[ ! -e x.vmdk ] || fail "a disk was made"

# Chains.
qemu-img create -q -f vmdk base.vmdk 8M
qemu-img create -q -f vmdk -b base.vmdk -F vmdk child.vmdk
says 0 "Disk chain is consistent." -e child.vmdk
expect_exit 0 vmware-vdiskmanager -q -e child.vmdk
[ ! -s out ] || fail "not quiet: $(cat out)"
mv base.vmdk away.vmdk
says 1 "Failed to check the chain of disk 'child.vmdk': cannot open child.vmdk: its parent base.vmdk is missing" \
	-e child.vmdk
mv away.vmdk base.vmdk
says 0 "deletable" -D base.vmdk
expect_exit 0 vdisk meta get base.vmdk deletable
expect_text out true
says 1 "Failed to rename disk" -n missing.vmdk new.vmdk

# Damage: what can be mended, what can't.
mk_raw truth.raw 20480
mk_vmdk truth.raw sound.vmdk monolithicSparse
says 0 "No errors were found on the virtual disk, 'sound.vmdk'." -R sound.vmdk
cp sound.vmdk broken.vmdk
break_entries broken.vmdk 3
says 0 "The virtual disk, 'broken.vmdk', was corrupted and has been successfully repaired." \
	-R broken.vmdk
cmp sound.vmdk broken.vmdk
expect_exit 0 vmware-vdiskmanager -q -R broken.vmdk
[ ! -s out ] || fail "not quiet: $(cat out)"
head -c 1000000 sound.vmdk >cut.vmdk
says 1 "Failed to check disk 'cut.vmdk': " -R cut.vmdk
says 1 "Failed to check disk 'missing.vmdk': " -R missing.vmdk

# Disks, made, renamed and deleted.
expect_exit 0 vmware-vdiskmanager -c -s 20480 -a ide -t 0 made.vmdk
expect_text out "Creating disk 'made.vmdk'"
expect_text out "  Create: 100% done."
expect_text out "Virtual disk creation successful."
[ "$(qemu-img info --output=json made.vmdk | sed -n 's/^ *"virtual-size": \([0-9]*\),$/\1/p' | tail -n 1)" = 10485760 ] ||
	fail "20480 sectors are not 10 MiB: $(qemu-img info made.vmdk)"
expect_exit 0 vmware-vdiskmanager -q -c -s 10MB -t 3 split.vmdk
[ ! -s out ] || fail "not quiet: $(cat out)"
expect_exit 0 vdisk info split.vmdk
expect_text out "create type: twoGbMaxExtentFlat"
says 1 "Failed to create disk 'made.vmdk': " -c -s 10MB -a ide -t 0 made.vmdk
says 0 "Renaming completed successfully." -n made.vmdk renamed.vmdk
[ ! -e made.vmdk ]
rm split*.vmdk
says 0 "deletion successful" -U renamed.vmdk
[ ! -e renamed.vmdk ]
says 1 "Failed to delete disk 'renamed.vmdk': " -U renamed.vmdk

# What scripts look for must arrive.
status=0
vmware-vdiskmanager -c -s 1MB lost.vmdk >/dev/full 2>err || status=$?
[ $status -eq 1 ] || fail "exit status $status where stdout is full"
expect_text err "cannot write the standard output: No space left on device"

# Disks copied into other types, and made smaller.
mk_raw truth.raw 40960
mk_vmdk truth.raw source.vmdk monolithicSparse
expect_exit 0 vmware-vdiskmanager -r source.vmdk -t 1 split.vmdk
expect_text out "Creating disk 'split.vmdk'"
expect_text out "  Convert: 100% done."
expect_text out "Virtual disk conversion successful."
qemu-img compare -q truth.raw split.vmdk || fail "not the same"
expect_exit 0 vdisk info split.vmdk
expect_text out "create type: twoGbMaxExtentSparse"
says 1 "Failed to convert disk 'split.vmdk': " -r source.vmdk -t 0 split.vmdk
says 1 "Failed to convert disk 'x.vmdk': " -r missing.vmdk -t 0 x.vmdk
says 0 "Shrink completed successfully." -k source.vmdk
says 0 "Defragmentation completed successfully." -d source.vmdk
qemu-img compare -q truth.raw source.vmdk || fail "not the same"
