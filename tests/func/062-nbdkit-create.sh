#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# nbdkit makes disks: create=true with every type that it has a word for, filled by nbdcopy, read by
# qemu-img. A disk that is there is refused, and stays.
. "$top_srcdir/tests/functions.sh"
make_tmp
cd "$tmp"
. "$srcdir/func/nbdkit.sh"
sectors=40003
mk_raw raw $sectors

# created TYPE CREATE-TYPE - a new disk is of that kind and takes raw
created()
{
	local disk=$1.vmdk
	copy_in "$disk" 1 create=true create-size=$((sectors * 512)) create-type="$1"
	vdisk info "$disk" >info
	expect_text info "$2"
	same_to_qemu raw "$disk"
	expect_exit 0 vdisk check "$tmp/$disk"
	copy_out "$disk" 4
}

created monolithic-sparse monolithicSparse
created monolithic-flat monolithicFlat
created split-sparse twoGbMaxExtentSparse
created split-flat twoGbMaxExtentFlat
created vmfs-flat vmfs
created vmfs-thin vmfs
created vmfs-sparse vmfsSparse
# In order: of several requests that are under way, nbdkit's threads may take a later one first, and one
# request of nbdcopy may become several, around zeros.
requests=1 workers=1
created stream-optimized streamOptimized
requests=64 workers=16
[ -z "$(command -v file)" ] || file -b monolithic-sparse.vmdk | grep -q VMware ||
	fail "\`file\` sees another kind of file"

# The first connection makes the disk, the others open it; geometry and adapter as asked for.
copy_in several.vmdk 4 create=true create-size=$((sectors * 512)) create-adapter-type=ide \
	create-hwversion=esx65
same_to_qemu raw several.vmdk
vdisk meta list several.vmdk >meta
expect_text meta 'adapterType = "ide"'
expect_text meta 'virtualHWVersion = "13"'

# Disks that are there.
sha256sum ./*.vmdk >before
for type in monolithic-sparse split-flat vmfs-flat; do
	if "$nbdkit" -U - "$vddk" libdir="$libdir" file="$tmp/$type.vmdk" create=true \
		create-size=1M create-type=$type --run 'nbdinfo --size "$uri"' >out 2>log; then
		fail "$type.vmdk is made anew"
	fi
	expect_text log "cannot make $tmp/$type.vmdk: it exists"
	expect_text log "The file exists already"
done
sha256sum --quiet -c before || fail "a disk that was there has changed"
