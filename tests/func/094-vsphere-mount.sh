#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vdmount with a disk of a server: its files are those of the same disk on this host, the password is
# seen nowhere, and when the mount has ended nothing is left here or there.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"
requires_root
requires_fuse
requires_appliance
requires jq losetup mountpoint
requires_fetched root.done
! is_configured without-vsphere || skip "built without vSphere"
make_tmp
cd "$tmp"
unset VD_PASSWORD VD_PASSWORD_FILE VD_PASSWORD_COMMAND CREDENTIALS_DIRECTORY
vsphere_start
mkdir mnt loop
unmount_all()
{
	vdmount unmount --force -q --ok-if-absent "$tmp/mnt"
	! mountpoint -q "$tmp/loop" || umount -l "$tmp/loop"
}
cleanup_fn unmount_all

vsphere_put_disk -l "$test_disks/root.vmdk"
server=vsphere://$vs_host:$vs_port
url="vsphere://$vs_user@$vs_host:$vs_port/moref=$vs_moref?disk=root.vmdk"
word='wörd' # of the password

# not_told FILE.. - there is no password in these
not_told()
{
	! grep -r -a -q -e "$word" "$@" || fail "the password is in $*"
}

# processes_of PID - it and all that it has started, as far as they are its children
processes_of()
{
	local child
	echo "$1"
	for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
		processes_of "$child"
	done
}

VD_PASSWORD=$(cat "$vs_password_file") vdmount mount --thumbprint "$vs_thumbprint" "$url" mnt >out 2>err ||
	fail "not mounted: $(cat err)"
not_told out err

echo "# nobody sees the password"
vdmount status --json >status
id=$(jq -r --arg mnt "$tmp/mnt" '.mounts[] | select(.mountpoint == $mnt) | .id' status)
pid=$(jq -r --arg mnt "$tmp/mnt" '.mounts[] | select(.mountpoint == $mnt) | .pid' status)
[ "$(jq -r --arg id "$id" '.mounts[] | select(.id == $id) | .source[0]' status)" = \
	"$server/moref=$vs_moref?disk=root.vmdk" ] || fail "not its source: $(cat status)"
not_told status "/run/vdisk/mounts/$id"
n=0
for process in $(processes_of "$pid"); do
	not_told "/proc/$process/environ" "/proc/$process/cmdline"
	n=$((n + 1))
done
[ "$n" -gt 1 ] || fail "no virtual machine was found below process $pid"
[ "$(vsphere_counter sessions)" = 1 ] || fail "not one session"

echo "# mounted already"
expect_exit 0 vdmount mount --ok-if-mounted "VSPHERE://x@$vs_host:$vs_port/moRef=$vs_moref?disk=root.vmdk" mnt
expect_text err "already mounted"
expect_exit 5 vdmount mount "$server/moref=$vs_moref?disk=other.vmdk" mnt

echo "# files"
mount -o loop,ro,noload,offset=1048576,sizelimit=$((1400 * 1048576)) "$test_disks/root.raw" loop
for dir in etc usr/bin usr/share/doc; do
	(cd "loop/$dir" && find . -type f | LC_ALL=C sort | head -n 300 | xargs -d '\n' sha256sum) >expected
	(cd "mnt/$dir" && sha256sum --quiet --check) <expected || fail "$dir: other files"
	wc -l <expected
done
umount loop

echo "# unmounted by another name of it"
expect_exit 0 vdmount unmount "$server/moref=$vs_moref?transport=https&disk=root.vmdk"
! mountpoint -q mnt || fail "it is mounted"
[ "$(vsphere_counter sessions)" = 0 ] || fail "a session is left"
[ ! -e "/run/vdisk/mounts/$id" ] || fail "its state is left"

echo "# what fails"
echo wrong >wrong
chmod 600 wrong
expect_exit 6 vdmount mount --password-file wrong --thumbprint "$vs_thumbprint" "$url" mnt
expect_text err "$vs_host"
expect_exit 4 vdmount mount --mkdir --password-file "$vs_password_file" --thumbprint "$vs_thumbprint" \
	"$server/[$vs_datastore] no/such.vmx?disk=root.vmdk" --user "$vs_user" made
[ ! -e made ] || fail "the mount point that was made is left"
expect_exit 2 vdmount mount --password-file "$vs_password_file" --thumbprint "$vs_thumbprint" \
	"$url" "$test_disks/root.vmdk" mnt
expect_text err "one virtual machine"
[ "$(vsphere_counter sessions)" = 0 ] || fail "a session is left"
