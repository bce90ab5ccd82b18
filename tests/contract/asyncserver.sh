#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A server as nbdkit's vddk plugin is one (asyncserver.c): many connections to one file, requests of
# one sector up to 64 MiB under way together. Under a sanitizer the server itself is checked by that;
# else it runs by itself, and then under valgrind, which must have nothing to say.
. "$top_srcdir/tests/functions.sh"
make_tmp
mib64=131072 # sectors

# serve TYPE CONNECTIONS LARGEST [COMMAND..] - a new disk of that type, by that command
serve()
{
	local type=$1 connections=$2 largest=$3
	shift 3
	makedisk create "$tmp/disk.vmdk" "$type" $((mib64 + 5))
	timeout 120 "$@" "$server" "$tmp/disk.vmdk" "$connections" "$largest" >"$tmp/out" 2>&1 || {
		cat "$tmp"/valgrind* "$tmp/out" >&2
		fail "a disk of type $type, $connections connections: exit status $?"
	}
	[ ! -s "$tmp/out" ] || fail "it said: $(cat "$tmp/out")"
	makedisk unlink "$tmp/disk.vmdk"
}

# types as vixDiskLib.h numbers them: sparse, and in parts; below: sparse, and flat
server=$builddir/contract/asyncserver
for type in 1 3; do
	serve $type 16 $mib64
done

# The program itself, not libtool's wrapper: what is checked begins with it. Of system calls that are
# newer than valgrind it has a line to say; the library does without those.
! is_configured '--enable-[at]san' || exit 0
requires valgrind
server=$builddir/contract/.libs/asyncserver
[ -x "$server" ] || server=$builddir/contract/asyncserver
for type in 1 2; do
	serve $type 4 $mib64 valgrind -q --log-file="$tmp/valgrind" --error-exitcode=9 --fair-sched=yes \
		--leak-check=full --errors-for-leak-kinds=definite,indirect,possible
done
