#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The example programs tell the same about a disk as qemu-img, which made it.
. "$top_srcdir/tests/functions.sh"

requires qemu-img qemu-io od awk
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
grep -q missing.vmdk "$tmp/err" || fail "the message does not name the missing disk"

"$examples/03-extents" "$disk" >"$tmp/extents"
awk 'NR > 1 && NF == 2 { print $1, $2 }' "$tmp/extents" >"$tmp/got"
printf '%s\n' '0 128' '2048 128' '20480 3' >"$tmp/want"
diff "$tmp/want" "$tmp/got" || fail "03-extents lists other blocks"
