#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A program with the calls of VDDK's mount sample on Linux: volumes are where it prints them, until
# Enter is pressed; then nothing is left.
. "$top_srcdir/tests/functions.sh"
requires_fuse
requires_appliance
requires_disks mkdisks.sh
make_tmp
mkdir -m 700 "$tmp/state"
echo "tmpDirectory = \"$tmp/state\"" >"$tmp/config"
mkfifo "$tmp/keys"

"$builddir/clients/mountsample" "$tmp/config" "$test_disks/multi.vmdk" \
	<"$tmp/keys" >"$tmp/out" 2>"$tmp/err" &
client=$!
exec 9>"$tmp/keys"
end_client()
{
	kill -9 $client 2>/dev/null || :
}
cleanup_fn end_client

# is_ready - it waits for a key, or is gone
is_ready()
{
	grep -q '^Press Enter' "$tmp/out" || [ ! -d /proc/$client ]
}
tries=0
until is_ready; do
	[ $((tries += 1)) -lt 6000 ] || fail "not ready after ten minutes"
	sleep 0.1
done
expect_text "$tmp/out" 'Press Enter'
[ ! -s "$tmp/err" ] || fail "a good run has a warning: $(cat "$tmp/err")"

dir=$(sed -n 's/^DiskSet flags 4 mounted at //p' "$tmp/out")
[ -d "$dir" ] || fail "the set is mounted nowhere: $(cat "$tmp/out")"
expect_text "$tmp/out" 'Num volumes: 7'
[ "$(grep -c '^Volume [1-7]: .*, isMounted 1, path /' "$tmp/out")" -ge 6 ] ||
	fail "too few are mounted: $(cat "$tmp/out")"
for n in 1 5 7; do
	path=$(sed -n "s/^Volume $n: .*, path \(.*\), guest mount points .*/\1/p" "$tmp/out")
	[ "$(cat "$path/hello.txt")" = 'hello, world' ] || fail "volume $n has something else"
done

echo >&9
wait $client || fail "the program ends with an error: $(cat "$tmp/err")"
! grep -F " $tmp/" /proc/self/mounts || fail "a mount is left"
[ -z "$(ls -A "$tmp/state/sets" 2>/dev/null)" ] || fail "a directory is left"
