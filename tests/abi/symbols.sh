#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The shared libraries export what symbols.txt lists, no more and no less, and the headers declare
# the public part of it. Not built libraries are skipped.
. "$top_srcdir/tests/functions.sh"

# exported FILE - the dynamic symbols that FILE defines, sorted
exported()
{
	nm -D --defined-only "$1" | awk '{ print $NF }' | sort
}

# listed LIBRARY - what symbols.txt says of it, sorted
listed()
{
	awk -v lib="$1" '$1 == lib { print $2 }' "$srcdir/abi/symbols.txt" | sort
}

# declared - the functions of all public headers, sorted
declared()
{
	sed -n 's/^[A-Za-z].*[ *]\(Vix[A-Za-z]*_[A-Za-z]*\)(.*/\1/p' "$top_srcdir"/include/*.h | sort
}

# compare TITLE EXPECTED ACTUAL - fail where two files of names differ
compare()
{
	diff -u "$2" "$3" || fail "$1: the lines with - are missing, those with + are too many"
}

requires nm diff
make_tmp

awk '$3 == "vddk" || $3 == "extension" { print $2 }' "$srcdir/abi/symbols.txt" |
	sort >"$tmp/public"
declared >"$tmp/declared"
compare "include/" "$tmp/public" "$tmp/declared"

missing=
for path in libvdisk/.libs/libvixDiskLib.so libmount/.libs/libvixMntapi.so; do
	if [ ! -e "$top_builddir/$path" ]; then
		missing="$missing $path"
		continue
	fi
	lib=${path##*/}
	lib=${lib%.so}
	listed "$lib" >"$tmp/listed"
	exported "$top_builddir/$path" >"$tmp/exported"
	compare "$lib" "$tmp/listed" "$tmp/exported"
done
[ -z "$missing" ] || skip "not built:$missing"
