#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The mount interface on the real engine: what it tells of a disk with seven volumes, the files in
# three of them, and every way in which a client may end what it has begun, the wrong ones too.
# Nothing may be left: no mount, no process, no file.
. "$top_srcdir/tests/functions.sh"
requires_fuse
requires_appliance
requires_disks mkdisks.sh
disk=$test_disks/multi.vmdk

make_tmp
mkdir -m 700 "$tmp/state"
echo "tmpDirectory = \"$tmp/state\"" >"$tmp/config"

# Processes of libguestfs, which name the directory of the set; grep itself must not.
echo "$tmp/state/sets" >"$tmp/sets"
machines()
{
	grep -lsF -f "$tmp/sets" /proc/[0-9]*/cmdline | cut -d/ -f3
}

end_machines()
{
	for pid in ${client:-} $(machines); do
		kill -9 "$pid" 2>/dev/null || :
	done
	"$builddir/api-engine" init "$tmp/config" >/dev/null 2>&1
}
cleanup_fn end_machines

# libguestfs's sockets that nobody uses.  They lie below /tmp, whatever we say; those of other
# programs are there too.
sockets()
{
	find "${XDG_RUNTIME_DIR:-/tmp}" /tmp -maxdepth 2 -user "$(id -u)" -name guestfsd.sock \
		2>/dev/null | sort -u | while read -r path; do
		grep -qF " $path" /proc/net/unix || echo "$path"
	done
}

# Waits up to half a minute until a command says nothing.
wait_until_silent()
{
	tries=0
	while [ -n "$("$@")" ]; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || fail "$1: $("$@")"
		sleep 0.1
	done
}

nothing_left()
{
	! grep -F " $tmp/" /proc/self/mounts || fail "$1: a mount is left"
	[ -z "$(ls -A "$tmp/state/sets" 2>/dev/null)" ] || fail "$1: a directory is left"
	sockets >"$tmp/sockets.after"
	new=$(comm -13 "$tmp/sockets.before" "$tmp/sockets.after")
	[ -z "$new" ] || fail "$1: $new is left"
}

for case in close disconnect mount-exit disk-exit; do
	echo "# $case"
	sockets >"$tmp/sockets.before"
	expect_exit 0 "$builddir/api-engine" $case "$tmp/config" "$disk"
	wait_until_silent machines
	nothing_left $case
done

echo "# killed: the virtual machine ends by itself, the next Init takes the rest away"
sockets >"$tmp/sockets.before"
"$builddir/api-engine" wait "$tmp/config" "$disk" >"$tmp/out" 2>"$tmp/err" &
client=$!
tries=0
until grep -q ready "$tmp/out"; do
	tries=$((tries + 1))
	[ -d /proc/$client ] && [ $tries -lt 6000 ] || fail "not ready: $(cat "$tmp/err")"
	sleep 0.1
done
[ -n "$(machines)" ] || fail "no virtual machine is seen"
grep -qF " $tmp/" /proc/self/mounts || fail "no mount is seen"
kill -9 $client
wait $client 2>/dev/null || :
client=
wait_until_silent machines
expect_exit 0 "$builddir/api-engine" init "$tmp/config"
nothing_left killed
