#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The Debian packages that scripts/deb made, those in $VDISK_TEST_DEBS: each file is in one of them,
# none needs more than it should, and what they hold works together, unpacked into a directory:
# programs, development files, and the root for nbdkit, at the place where Debian's looks for it.
. "$top_srcdir/tests/functions.sh"
debs=${VDISK_TEST_DEBS:-}
[ -n "$debs" ] || skip "VDISK_TEST_DEBS names no packages"
requires dpkg-deb dpkg-architecture pkg-config "${CC%% *}"
make_tmp
root=$tmp/root

# field PACKAGE NAME - of its control file
field()
{
	dpkg-deb -f "$debs/$1"_*.deb "$2"
}

# has PACKAGE FILE.. - these are in it, perhaps with others
has()
{
	local package=$1 file
	shift
	dpkg-deb --fsys-tarfile "$debs/$package"_*.deb | tar -t >"$tmp/list"
	for file; do
		grep -qxF "./$file" "$tmp/list" || fail "$package lacks $file"
	done
}

# needs_no PACKAGE TEXT - its dependencies do not have the text
needs_no()
{
	! field "$1" Depends | grep -q "$2" || fail "$1 depends on $(field "$1" Depends)"
}

packages='libvixdisklib8 libvixmntapi1 libvixdisklib-dev libvixmntapi-dev vdisk vdmount python3-vdisk
	vdisk-vddk vdisk-doc'
: >"$tmp/all"
for package in $packages; do
	dpkg-deb -x "$debs/$package"_*.deb "$root"
	dpkg-deb --fsys-tarfile "$debs/$package"_*.deb | tar -t | grep -v '/$' >>"$tmp/all"
done
[ -z "$(sort "$tmp/all" | uniq -d)" ] || fail "in two packages: $(sort "$tmp/all" | uniq -d)"

libdir=usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH)
vddkroot=$libdir/vmware-vix-disklib
has libvixdisklib8 "$libdir/libvixDiskLib.so.8"
has libvixmntapi1 "$libdir/libvixMntapi.so.1"
has libvixdisklib-dev usr/include/vdisk/vixDiskLib.h "$libdir/libvixDiskLib.so" usr/share/man/man3/vixDiskLib.3.gz
has vdisk-doc usr/share/doc/vdisk-doc/COMPAT.md
has vdisk-vddk "$vddkroot/lib64/libvixDiskLib.so" "$vddkroot/include" "$vddkroot/doc"
for package in libvixdisklib8 libvixdisklib-dev vdisk python3-vdisk vdisk-vddk; do
	needs_no $package 'guestfs\|fuse\|mntapi'
done
find "$root/$vddkroot" -type l | while read -r link; do
	[ -e "$link" ] || fail "$link leads nowhere"
done

unset PKG_CONFIG_PATH
PKG_CONFIG_LIBDIR=$root/$libdir/pkgconfig
PKG_CONFIG_SYSROOT_DIR=$root
LD_LIBRARY_PATH=$root/$libdir
export PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR LD_LIBRARY_PATH
expect_exit 0 "$root/usr/bin/vdisk" create -q "$tmp/new.vmdk" 1M
expect_exit 0 "$root/usr/bin/vdmount" --help
if [ -x /usr/bin/python3 ]; then
	PYTHONPATH=$root/usr/lib/python3/dist-packages expect_exit 0 /usr/bin/python3 -B -c \
		"import vdisk; print(vdisk.__file__, vdisk.open('$tmp/new.vmdk').info.capacity)"
	expect_text "$tmp/out" "$root/usr/lib/python3/dist-packages/vdisk/__init__.py 1048576"
fi
# shellcheck disable=SC2046,SC2086 # several words each
for example in 02-dump-info:vixdisklib 05-mount-volume:vixmntapi; do
	$CC "$root/usr/share/doc/vdisk-doc/examples/${example%:*}.c" \
		$(pkg-config --cflags --libs ${example#*:}) -o "$tmp/${example%:*}"
done
expect_exit 0 "$tmp/02-dump-info" "$tmp/new.vmdk"
expect_exit 2 "$tmp/05-mount-volume"

requires nbdinfo
requires_nbdkit_vddk
unset LD_LIBRARY_PATH
"$nbdkit" "$vddk" --dump-plugin libdir="$root/$vddkroot" >"$tmp/plugin"
expect_text "$tmp/plugin" "vddk_default_libdir=/$vddkroot"
expect_exit 0 "$nbdkit" -U - "$vddk" libdir="$root/$vddkroot" file="$tmp/new.vmdk" \
	--run 'nbdinfo --size "$uri"'
expect_text "$tmp/out" 1048576
