#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What `make install` puts where works from there: programs under all their names, the libraries by
# pkg-config. Nothing is there of what configure was told to leave out, and `make uninstall` leaves
# nothing.
. "$top_srcdir/tests/functions.sh"
requires make pkg-config "${CC%% *}"
requires_foreign
make_tmp
root=$tmp/root

# make_here TARGET - of the whole tree, without what the make that runs the tests was told
make_here()
{
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$top_builddir" "$1" DESTDIR="$root" \
		>"$tmp/log" 2>&1 || {
		tail -n 20 "$tmp/log" >&2
		fail "make $1 fails"
	}
}

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

make_here install
needs vdisk vdisk.1 vixDiskLib.h vixDiskLibExt.h vm_basic_types.h libvixDiskLib.so.8 vixdisklib.pc
configured=$("$top_builddir/config.status" --config)
mounts='vdmount vdmount.1 vixMntapi.3 vixMntapi.h vixMntApi.h vixMntapiExt.h libvixMntapi.so.1 vixmntapi.pc'
case $configured in
*--without-libguestfs*) lacks $mounts ;;
*) needs $mounts ;;
esac

PKG_CONFIG_SYSROOT_DIR=$root
PKG_CONFIG_PATH=$(dirname "$(find "$root" -name vixdisklib.pc)")
LD_LIBRARY_PATH=$root$(PKG_CONFIG_SYSROOT_DIR='' PKG_CONFIG_PATH=$PKG_CONFIG_PATH \
	pkg-config --variable=libdir vixdisklib)
export PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_PATH LD_LIBRARY_PATH
vdisk=$(find "$root" -name vdisk -path '*/bin/*')

expect_exit 0 "$vdisk" create -q "$tmp/new.vmdk" 1M
$CC "$top_srcdir/examples/02-dump-info.c" $(pkg-config --cflags --libs vixdisklib) -o "$tmp/example" ||
	fail "a program can't be built with what is installed"
expect_exit 0 "$tmp/example" "$tmp/new.vmdk"

case $configured in
*--enable-vmware-names*)
	expect_exit 0 "${vdisk%/*}/vmware-vdiskmanager" -R "$tmp/new.vmdk"
	expect_text "$tmp/out" "No errors were found on the virtual disk"
	;;
*) lacks 'vmware-*' ;;
esac

make_here uninstall
[ -z "$(find "$root" ! -type d)" ] || fail "this is left: $(find "$root" ! -type d)"
