#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# docs/vsphere.md has the table of libvdisk/vim/fault.c: the same faults with the same codes, and the numbers
# of vixDiskLib.h.
. "$top_srcdir/tests/functions.sh"

make_tmp
sed -n 's/^	{ "\([A-Za-z]*\)", \(VIX_E_[A-Z_]*\) },$/\1 \2/p' "$top_srcdir/libvdisk/vim/fault.c" |
	sort >"$tmp/code"
sed -n 's/^| \(.*\) | \(VIX_E_[A-Z_]*\) ([0-9]*) |$/\1, \2/p' "$top_srcdir/docs/vsphere.md" |
	awk -F', ' '{ for (i = 1; i < NF; i++) print $i, $NF }' | sort >"$tmp/docs"
[ "$(wc -l <"$tmp/code")" -gt 30 ] || fail "the table of fault.c could not be read"
diff "$tmp/code" "$tmp/docs" || fail "docs/vsphere.md (>) has another table than fault.c (<)"

sed -n 's/^| .* | \(VIX_E_[A-Z_]*\) (\([0-9]*\)) |$/\1 = \2,/p' "$top_srcdir/docs/vsphere.md" >"$tmp/numbers"
while read -r number; do
	grep -q -F "	$number" "$top_srcdir/include/vixDiskLib.h" || fail "vixDiskLib.h has not: $number"
done <"$tmp/numbers"
