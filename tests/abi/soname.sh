#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The shared libraries have the names that programs are linked with, need each other by those
# names, and have no symbol versions: a program that was built against versioned symbols would
# refuse to start on a library that has others.
. "$top_srcdir/tests/functions.sh"

# dynamic TAG FILE - the values of one tag of the dynamic section
dynamic()
{
	LC_ALL=C readelf -d "$2" | sed -n "s/.*($1).*\[\(.*\)\]/\1/p"
}

# check FILE SONAME
check()
{
	[ "$(dynamic SONAME "$1")" = "$2" ] || fail "$1: soname is $(dynamic SONAME "$1"), not $2"
	for link in "${2%.*}" "$2"; do
		[ -e "${1%/*}/$link" ] || fail "$1: there is no link $link beside it"
	done
	if LC_ALL=C readelf -d "$1" | grep -E '\((VERDEF|TEXTREL)\)'; then
		fail "$1: has symbol versions or text relocations"
	fi
	# threads and hooks of a client that calls dlclose() but not Exit go on
	LC_ALL=C readelf -d "$1" | grep -q '(FLAGS_1).*NODELETE' || fail "$1: can be unloaded"
}

requires readelf
disk=$top_builddir/libvdisk/.libs/libvixDiskLib.so
mount=$top_builddir/libmount/.libs/libvixMntapi.so

[ -e "$disk" ] || skip "not built: $disk"
check "$disk" libvixDiskLib.so.8

[ -e "$mount" ] || skip "not built: $mount"
check "$mount" libvixMntapi.so.1
dynamic NEEDED "$mount" | grep -qx libvixDiskLib.so.8 ||
	fail "$mount: does not need libvixDiskLib.so.8"
