#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The process that holds a mount, while it starts: with a virtual machine that never comes up, so
# that none is needed.
. "$top_srcdir/tests/functions.sh"
requires_fuse
requires qemu-img jq
make_tmp
cd "$tmp"
mkdir mnt
head -c 1000000 /dev/urandom >random.raw
qemu-img convert -f raw -O vmdk random.raw disk.vmdk

hanging_machine

# The entry of our mount point, as JSON.
entry()
{
	vdmount status --json | jq -e --arg at "$tmp/mnt" '.mounts[] | select(.mountpoint == $at)'
}

# Its process is the holder, not the command that started it.
has_holder()
{
	pid=$(entry | jq .pid) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = vdmount-holder ]
}

no_entry()
{
	! entry >/dev/null
}

start_mount()
{
	rm -f fail
	vdmount mount disk.vmdk mnt >out 2>err &
	mounter=$!
	wait_until has_holder
	holder=$pid
}

echo "# what the caller has open is not kept"
exec 9>caller.lock
start_mount
exec 9>&-
for fd in /proc/$holder/fd/*; do
	[ "$(readlink "$fd")" != "$tmp/caller.lock" ] || fail "the holder has the caller's file open"
done
[ "$(entry | jq -r .health)" = starting ] || fail "status does not tell that it is starting"

echo "# the mount point is taken"
expect_exit 5 vdmount mount disk.vmdk mnt
expect_text err "is mounted there"

echo "# interrupted: cleaned up"
kill -TERM $mounter
status=0
wait $mounter || status=$?
[ $status -eq 143 ] || fail "exit status $status, not 143"
wait_until no_entry
[ ! -d "/proc/$holder" ] || grep -q '^State:[[:space:]]*Z' "/proc/$holder/status" ||
	fail "the holder lives on"

echo "# out of time"
expect_exit 12 vdmount mount --timeout=1s disk.vmdk mnt
expect_text err "not ready after 1 s"
no_entry || fail "an entry is left"

echo "# unmounted by force while it starts"
start_mount
expect_exit 0 vdmount unmount --force --timeout=1s mnt
wait $mounter && fail "the mount succeeded" || :
no_entry || fail "an entry is left"

echo "# whoever starts it is killed: the holder ends, and cleans up itself"
start_mount
state=$(readlink "/proc/$holder/fd/1")
state=${state%/log}
[ -d "$state" ] || fail "where is the holder's log? $state"
kill -9 $mounter
wait $mounter 2>/dev/null || :
let_fail
gone()
{
	[ ! -e "$state" ]
}
wait_until gone

echo "# a name that is not UTF-8"
bytes=$(printf 'b\377d')
mkdir "$bytes"
cp disk.vmdk "$bytes.vmdk"
expect_exit 13 vdmount mount "$bytes.vmdk" "$bytes"
