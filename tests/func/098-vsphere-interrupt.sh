#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A mount of a server's disk that ends before it was made: however that comes, no session is left on
# the server and nothing here. The virtual machine never comes up, so that none is needed.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"
requires_fuse
requires jq
! is_configured without-vsphere || skip "built without vSphere"
make_tmp
cd "$tmp"
unset VD_PASSWORD VD_PASSWORD_FILE VD_PASSWORD_COMMAND CREDENTIALS_DIRECTORY
vsphere_start
mkdir mnt
mk_raw truth.raw 65536
mk_vmdk truth.raw disk.vmdk monolithicFlat
vsphere_put_disk disk.vmdk
url="vsphere://$vs_user@$vs_host:$vs_port/moref=$vs_moref?disk=disk.vmdk"
login="--password-file $vs_password_file --thumbprint $vs_thumbprint"

hanging_machine

# The entry of our mount point, as JSON.
entry()
{
	vdmount status --json | jq -e --arg at "$tmp/mnt" '.mounts[] | select(.mountpoint == $at)'
}

# begin COMMAND.. - in the background, until it waits for the virtual machine
begin()
{
	rm -f running
	"$@" >out 2>err &
	pid=$!
	wait_until test -e running
	[ "$(vsphere_counter sessions)" = 1 ] || fail "not one session: $(cat err)"
}

# ended STATUS - so it ends, and leaves nothing
ended()
{
	local status=0
	wait "$pid" || status=$?
	[ "$status" -eq "$1" ] || fail "exit status $status, not $1: $(cat err)"
	nothing_left
}

nothing_left()
{
	[ "$(vsphere_counter sessions)" = 0 ] || fail "a session is left: $(cat err)"
	! entry >/dev/null || fail "an entry is left"
}

# more_logins NUMBER - have there been more than these?
more_logins()
{
	[ "$(vsphere_counter logins)" -gt "$1" ]
}

# shellcheck disable=SC2086 # options are words
{
	echo "# interrupted"
	begin vdmount mount $login "$url" mnt
	kill -TERM "$pid"
	ended 143

	echo "# interrupted while it logs in"
	logins=$(vsphere_counter logins)
	vsphere_ctl 'latency?ms=500'
	vdmount mount $login "$url" mnt >out 2>err &
	pid=$!
	wait_until more_logins "$logins"
	kill -TERM "$pid"
	ended 143
	vsphere_ctl 'latency?ms=0'

	echo "# out of time"
	expect_exit 12 vdmount mount --timeout=3s $login "$url" mnt
	expect_text err "not ready after 3 s"
	nothing_left

	echo "# unmounted by force"
	begin vdmount mount $login "$url" mnt
	expect_exit 0 vdmount unmount --force --timeout=1s mnt
	! wait "$pid" || fail "the mount succeeded"
	nothing_left

	echo "# in the foreground"
	begin vdmount mount --foreground --mkdir $login "$url" made
	kill -TERM "$pid"
	ended 143
	[ ! -e made ] || fail "the mount point that was made is left"

	echo "# a list of volumes"
	begin vdmount list $login "$url"
	kill -TERM "$pid"
	ended 143
	expect_text err "cancelling"

	echo "# whoever starts it is killed"
	begin vdmount mount $login "$url" mnt
	kill -9 "$pid"
	wait "$pid" 2>/dev/null || :
	let_fail
	no_session()
	{
		[ "$(vsphere_counter sessions)" = 0 ]
	}
	wait_until no_session
}
