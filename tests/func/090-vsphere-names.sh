#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Disks of servers, as far as no server is needed: what is refused before one is asked, and how.
. "$top_srcdir/tests/functions.sh"
requires setsid
make_tmp
cd "$tmp"
unset VD_PASSWORD VD_PASSWORD_FILE VD_PASSWORD_COMMAND CREDENTIALS_DIRECTORY
secret='hunter2'
url='vsphere://root@127.0.0.1:1/moref=vm-1?disk=a.vmdk'

# refused STATUS TEXT COMMAND.. - and no word of the secret is said; nobody can be asked for one
refused()
{
	local wanted=$1 text=$2
	shift 2
	expect_exit "$wanted" setsid -w "$@" </dev/null
	expect_text err "$text"
	! grep -q "$secret" err out || fail "the secret is said: $(cat err out)"
	[ "$(awk 'length > 200' err | wc -l)" -eq 0 ] || fail "a line of more than 200 columns: $(cat err)"
}

# Names that are none.
refused 2 "there is a password in it" vdisk info "vsphere://root:$secret@vc/moref=vm-1?disk=a.vmdk"
refused 2 "it should begin with" vdisk info vsphere:a.vmdk
refused 2 "no virtual machine" vdisk map vsphere://vc/
refused 2 "no IPv6 address" vdisk compare 'vsphere://[::g]/moref=vm-1?disk=a.vmdk' b.vmdk
refused 2 "something follows the server" vdisk vsphere list vsphere://root@vc/moref=vm-1
refused 2 "it is no server" vdisk vsphere list disk.vmdk
refused 2 "there is a password in it" vdisk vsphere list "vsphere://root:$secret@vc"
refused 2 "no virtual machine is named" vdisk vsphere disks vsphere://root@vc
refused 2 "it is a file of this host" vdisk vsphere disks disk.vmdk
refused 2 "as whom" vdisk vsphere list vsphere://vc
refused 2 "list, disks" vdisk vsphere
refused 2 "list, disks" vdisk vsphere rename vsphere://root@vc
refused 2 "a virtual machine and a name" vdisk vsphere snapshot-create vsphere://root@vc/moref=vm-1
refused 2 "disks takes no --quiesce" vdisk vsphere disks --quiesce vsphere://root@vc/moref=vm-1
refused 2 "since when" vdisk vsphere changes vsphere://root@vc/moref=vm-1
refused 2 "as whom" vdisk info 'vsphere://vc/moref=vm-1?disk=a.vmdk'
expect_exit 2 vdisk info --json "vsphere://root:$secret@vc/moref=vm-1"
expect_text err '"code":"usage"'

# A file that is called so.
: >vsphere:a.vmdk
refused 7 "vsphere:a.vmdk" vdisk info ./vsphere:a.vmdk

# What only files of this host can have done to them.
: >b.vmdk
for call in "create URL 1G" "convert b.vmdk URL" "grow URL 1G" "shrink URL" "defrag URL" "rename URL c.vmdk" \
	"rename b.vmdk URL" "unlink URL" "write URL" "dd if=b.vmdk of=URL" "meta set URL k v" "chain URL" \
	"create --parent=URL c.vmdk"; do
	# shellcheck disable=SC2046
	refused 8 "that works for disks of this host only" vdisk $(echo "$call" | sed "s|URL|$url|")
done
refused 63 "that works for disks of this host only" vdisk check "$url"
refused 2 "there is a password in it" vdisk unlink "vsphere://root:$secret@vc/moref=vm-1?disk=a.vmdk"
[ ! -e c.vmdk ] || fail "something was made"

# Passwords: none, or not in private.
echo "$secret" >public
chmod 644 public
: >empty
chmod 600 empty
for call in "info URL" "map URL" "compare URL b.vmdk" "convert URL c.vmdk" "convert -t raw URL c.raw" \
	"read -o c.raw URL" "dd if=URL of=c.raw" "meta list URL"; do
	# shellcheck disable=SC2046
	refused 6 "there is no terminal to ask" vdisk $(echo "$call" | sed "s|URL|$url|")
	expect_text err "root@127.0.0.1"
done
refused 6 "others may read" vdisk info --password-file public "$url"
refused 6 "others may read" vdisk info --cookie-file public "$url"
refused 6 "first line is empty" vdisk info --password-file empty "$url"
refused 6 "No such file" vdisk info --password-file nowhere "$url"
refused 2 "open descriptor" vdisk info --password-fd 77 "$url"
refused 2 "--ca-file takes a file" vdisk info --ca-file nowhere "$url"
VD_PASSWORD_FILE=$tmp/public
export VD_PASSWORD_FILE
refused 6 "others may read" vdisk info "$url"
unset VD_PASSWORD_FILE
VD_PASSWORD_COMMAND="echo $secret; exit 3"
export VD_PASSWORD_COMMAND
refused 6 "exit status 3" vdisk info "$url"
unset VD_PASSWORD_COMMAND
