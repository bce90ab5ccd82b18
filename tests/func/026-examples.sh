#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The examples that mount, on a disk with seven volumes: each volume's root directory is listed, and
# a scan finds the files that hold a text, and no others. Nothing stays mounted.
. "$top_srcdir/tests/functions.sh"
requires_fuse
requires_appliance
requires_disks mkdisks.sh
disk=$test_disks/multi.vmdk
examples=$top_builddir/examples
[ -x "$examples/06-scan-files" ] || skip "the examples are not built"
make_tmp

# entries NUMBER - what 05-mount-volume lists of this volume
entries()
{
	awk -v number="$1" '/^volume/ { is_it = $2 == number } is_it && /^    / { print $1 }' \
		"$tmp/listed"
}

expect_exit 0 "$examples/05-mount-volume" "$disk"
cp "$tmp/out" "$tmp/listed"
expect_text "$tmp/listed" "system: Debian"
[ "$(grep -c '^volume' "$tmp/listed")" = 7 ] || fail "not seven volumes: $(cat "$tmp/listed")"
for number in 1 2 3 4 5 6 7; do
	entries $number | grep -qx hello.txt || fail "no hello.txt on volume $number"
done
entries 7 | grep -qx etc || fail "no etc on volume 7"
expect_text "$tmp/listed" "in the guest on /"
expect_exit 1 "$examples/05-mount-volume" "$tmp/missing.vmdk"

# Every volume has hello.txt, where there can be with a hard link.
mkdir "$tmp/mnt"
expect_exit 1 "$examples/06-scan-files" "hello, world" "$tmp/mnt" "$disk"
sed "s|^$tmp/mnt/||" "$tmp/out" | grep -v '/links/hard$' | sort >"$tmp/found"
printf '%s/hello.txt\n' disk0-p1 disk0-p2 disk0-p3 disk0-p4 disk0-p5 vg0-data vg0-root >"$tmp/wanted"
diff -u "$tmp/wanted" "$tmp/found" || fail "the scan finds other files"
expect_text "$tmp/err" "0 errors"
expect_exit 2 "$examples/06-scan-files" x "$tmp/missing" "$disk"
! grep -F " $tmp/" /proc/self/mounts || fail "a mount is left"
