#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What `make install` puts where works from there: programs under all their names, the libraries by
# pkg-config. Nothing is there of what configure was told to leave out, and `make uninstall` leaves
# nothing.
. "$top_srcdir/tests/functions.sh"
requires make flock pkg-config "${CC%% *}"
requires_foreign
make_tmp
root=$tmp/root

# is_there NAME - does a file below $root have this name?
is_there()
{
	[ -n "$(find "$root" -name "$1" -print -quit)" ]
}

# needs NAME.., lacks NAME..
needs()
{
	for name; do
		is_there "$name" || fail "$name is not installed"
	done
}

lacks()
{
	for name; do
		! is_there "$name" || fail "$name is installed"
	done
}

# flags_of PACKAGE EXPECTED - what pkg-config says a program needs
flags_of()
{
	local got
	got=$(pkg-config --cflags --libs "$1" | sed 's/ *$//')
	[ "$got" = "$2" ] || fail "$1 wants $got, not $2"
}

# compiles EXAMPLE PACKAGE - as its first comment says; into $tmp/example
# shellcheck disable=SC2046,SC2086 # several words each
compiles()
{
	$CC "$top_srcdir/examples/$1.c" $(pkg-config --cflags --libs "$2") -o "$tmp/example" ||
		fail "$1 can't be built with what is installed"
}

installs install
needs vdisk vdisk.1 vixDiskLib.h vixDiskLibExt.h vixMntapi.h vixMntApi.h vixMntapiExt.h \
	vm_basic_types.h libvixDiskLib.so.8 vixdisklib.pc COMPAT.md 01-read-sectors.c
mounts='vdmount vdmount.1 vixMntapi.3 libvixMntapi.so libvixMntapi.so.1 vixmntapi.pc'
if is_configured --without-libguestfs; then
	lacks $mounts
else
	needs $mounts
fi

# where the package files say that things are, and where this root has them
PKG_CONFIG_PATH=$(dirname "$(find "$root" -name vixdisklib.pc)")
export PKG_CONFIG_PATH
includedir=$(pkg-config --variable=includedir vixdisklib)
libdir=$(pkg-config --variable=libdir vixdisklib)
PKG_CONFIG_SYSROOT_DIR=$root
LD_LIBRARY_PATH=$root$libdir
export PKG_CONFIG_SYSROOT_DIR LD_LIBRARY_PATH
vdisk=$(find "$root" -name vdisk -path '*/bin/*')

flags="-I$root$includedir -L$root$libdir"
flags_of vixdisklib "$flags -lvixDiskLib"
expect_exit 0 "$vdisk" create -q "$tmp/new.vmdk" 1M
compiles 02-dump-info vixdisklib
expect_exit 0 "$tmp/example" "$tmp/new.vmdk"

if ! is_configured --without-libguestfs; then
	flags_of vixmntapi "$flags -lvixMntapi -lvixDiskLib"
	compiles 05-mount-volume vixmntapi
	expect_exit 2 "$tmp/example"
fi

if is_configured --enable-vmware-names; then
	expect_exit 0 "${vdisk%/*}/vmware-vdiskmanager" -R "$tmp/new.vmdk"
	expect_text "$tmp/out" "No errors were found on the virtual disk"
else
	lacks vmware-vdiskmanager
fi

if is_configured --enable-python; then
	requires_python ctypes
	PYTHONPATH=$(dirname "$(dirname "$(find "$root" -name py.typed)")") PYTHONDONTWRITEBYTECODE=1 \
		"$python" -c 'import sys, vdisk; vdisk.open(sys.argv[1]).close()' "$tmp/new.vmdk" ||
		fail "the installed Python module does not work"
else
	lacks py.typed
fi

# Every function has a page: its own name leads to one that tells about it.
if [ -n "$(find "$root" -name vixDiskLib.3)" ]; then
	man3=$(dirname "$(find "$root" -name vixDiskLib.3)")
	awk '$1 ~ /^lib/ && $3 != "private" { print $1, $2 }' "$srcdir/abi/symbols.txt" >"$tmp/symbols"
	[ -s "$tmp/symbols" ] || fail "symbols.txt lists nothing"
	while read -r lib name; do
		is_there "$lib.so" || continue
		[ -s "$man3/$name.3" ] || fail "$name has no manual page"
		grep -q "$name" "$man3/$(sed -n 's,^\.so man3/,,p' "$man3/$name.3")" ||
			fail "the manual page of $name tells nothing about it"
	done <"$tmp/symbols"
fi

installs uninstall
[ -z "$(find "$root" ! -type d)" ] || fail "this is left: $(find "$root" ! -type d)"
