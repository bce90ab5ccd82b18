#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vdmount with a virtual machine of a server: all of its disks are mounted, over one session.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"
requires_root
requires_fuse
requires_appliance
requires jq mke2fs mountpoint qemu-img
! is_configured without-vsphere || skip "built without vSphere"
make_tmp
cd "$tmp"
unset VD_PASSWORD VD_PASSWORD_FILE VD_PASSWORD_COMMAND CREDENTIALS_DIRECTORY
vsphere_start
mkdir mnt
unmount_all()
{
	vdmount unmount --force -q --ok-if-absent "$tmp/mnt"
}
cleanup_fn unmount_all

# on_server VERB ARGUMENT.. - vdmount with all that the server wants
on_server()
{
	vdmount "$@" --password-file "$vs_password_file" --thumbprint "$vs_thumbprint"
}

url=vsphere://$vs_user@$vs_host:$vs_port/moref=$vs_moref

echo "# a machine without disks"
vsphere_ctl "disks?moref=$vs_moref"
expect_exit 4 on_server mount "$url" mnt
expect_text err "has no disks"
[ "$(vsphere_counter sessions)" = 0 ] || fail "a session is left"

echo "# two disks"
for name in one two; do
	mkdir $name
	seq 1 20000 | sed "s/^/$name /" >$name/lines
	truncate -s 16M $name.raw
	mke2fs -q -t ext4 -F -L $name -d $name $name.raw
	qemu-img convert -O vmdk -o subformat=monolithicFlat $name.raw $name.vmdk
done
vsphere_put_disk one.vmdk two.vmdk
expect_exit 0 on_server mount --json "$url" mnt
[ "$(jq .volumes out)" = 2 ] || fail "not two volumes: $(cat out)"
for name in one two; do
	found=$(find mnt -name lines -exec grep -l "^$name 1\$" {} +)
	cmp "$name/lines" "$found"
done
[ "$(vsphere_counter sessions)" = 1 ] || fail "not one session"

echo "# known by that name"
expect_exit 0 on_server mount --ok-if-mounted "$url" mnt
expect_exit 0 vdmount unmount "$url"
! mountpoint -q mnt || fail "it is mounted"
[ "$(vsphere_counter sessions)" = 0 ] || fail "a session is left"
