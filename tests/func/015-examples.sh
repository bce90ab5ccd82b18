#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The example programs tell the same about a disk as qemu-img, which made it.
. "$top_srcdir/tests/functions.sh"

requires qemu-img qemu-io od awk mkfifo
examples=$top_builddir/examples
[ -x "$examples/01-read-sectors" ] || skip "the examples are not built"
make_tmp

# 10 MiB and 3 sectors, with data in three grains, one of them the last
raw=$tmp/disk.raw disk=$tmp/disk.vmdk
qemu-img create -q -f raw "$raw" $((20483 * 512))
qemu-io -f raw -c "write -P 0x41 0 65536" -c "write -P 0x42 1048576 65536" \
	-c "write -P 0x43 $((20482 * 512)) 512" "$raw" >/dev/null
qemu-img convert -O vmdk -o adapter_type=lsilogic "$raw" "$disk"

# sectors FIRST COUNT - their bytes, from the example, 16 in each line
sectors()
{
	"$examples/01-read-sectors" "$disk" "$1" "$2" | awk '{
		line = ""
		for (i = 2; i <= 17; i++)
			line = line " " $i
		print line
	}'
}

for range in "0 2" "127 2" "2048 1" "5000 3" "20481 2"; do
	first=${range% *} count=${range#* }
	sectors "$first" "$count" >"$tmp/got"
	od -An -v -tx1 -w16 -j $((first * 512)) -N $((count * 512)) "$raw" >"$tmp/want"
	cmp "$tmp/got" "$tmp/want" || fail "sectors $range differ"
done
if "$examples/01-read-sectors" "$disk" 20483 2>"$tmp/err"; then
	fail "a sector past the end was read"
fi
grep -q '(16007)$' "$tmp/err" || fail "no clear error for a sector past the end"

"$examples/02-dump-info" "$disk" >"$tmp/info"
for line in 'capacity  *20483 sectors' 'links  *1' 'adapter  *LSI Logic SCSI' \
	'transport  *file' 'adapterType = lsilogic'; do
	grep -q "^$line\$" "$tmp/info" || fail "02-dump-info does not say: $line"
done
if "$examples/02-dump-info" "$tmp/missing.vmdk" 2>"$tmp/err"; then
	fail "a missing disk was opened"
fi
grep -q '^[^ ]*missing.vmdk: .* (4)$' "$tmp/err" || fail "no clear error for a missing disk"

"$examples/03-extents" "$disk" >"$tmp/extents"
awk 'NR > 1 && NF == 2 { print $1, $2 }' "$tmp/extents" >"$tmp/got"
printf '%s\n' '0 128' '2048 128' '20480 3' >"$tmp/want"
diff "$tmp/want" "$tmp/got" || fail "03-extents lists other blocks"

# A copy of every kind holds the same; 04-clone tells how far it is, and does not overwrite.
for kind in sparse flat split-sparse split-flat vmfs vmfs-thin vmfs-sparse stream; do
	"$examples/04-clone" "$disk" "$tmp/copy.vmdk" $kind 2>"$tmp/err" ||
		fail "$kind: $(cat "$tmp/err")"
	tr '\r' '\n' <"$tmp/err" | grep -qx '100% copied' || fail "$kind: no progress is shown"
	same_disk "$raw" "$tmp/copy.vmdk"
	case $kind in
	vmfs-sparse) ;;
	*) same_to_qemu "$raw" "$tmp/copy.vmdk" ;;
	esac
	grep -aq 'ddb.adapterType = "lsilogic"' "$tmp/copy.vmdk" || fail "$kind: another adapter"
	[ $kind = stream ] || rm "$tmp"/copy*
done
expect_exit 1 "$examples/04-clone" "$disk" "$tmp/copy.vmdk"
grep -q ' (12)$' "$tmp/err" || fail "no clear error for a copy that is there"
expect_exit 0 "$examples/04-clone" "$raw" "$tmp/of-raw.vmdk"
same_to_qemu "$raw" "$tmp/of-raw.vmdk"
expect_exit 2 "$examples/04-clone" "$disk" "$tmp/no.vmdk" no-such-kind
expect_exit 1 "$examples/04-clone" "$tmp/missing.vmdk" "$tmp/no.vmdk"

# Interrupted, it leaves nothing. The pipe that takes the percents is so full that the program waits
# at one of them until the signal is there.
mkdir "$tmp/cancel"
mkfifo "$tmp/pipe"
exec 7<>"$tmp/pipe"
head -c 65520 /dev/zero >&7
head -c 16777216 /dev/urandom >"$tmp/random.raw"
env --default-signal=INT "$examples/04-clone" "$tmp/random.raw" "$tmp/cancel/copy.vmdk" flat \
	2>"$tmp/pipe" 7>&- &
pid=$!
has_begun()
{
	[ -n "$(ls -A "$tmp/cancel")" ]
}
wait_until has_begun
kill -INT $pid
cat <&7 >"$tmp/said" &
reader=$!
status=0
wait $pid || status=$?
kill $reader
exec 7>&-
[ $status -eq 130 ] || fail "exit status $status after SIGINT"
[ -z "$(ls -A "$tmp/cancel")" ] || fail "left after SIGINT: $(ls -A "$tmp/cancel")"
