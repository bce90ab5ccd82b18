#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The root, a directory of VDDK's layout that `make install` makes: programs find in it the headers,
# the libraries under every name that VDDK's had, the programs and the pages, also after the tree it
# is installed in has been moved. Debian's nbdkit takes its vddk plugin's library from there.
. "$top_srcdir/tests/functions.sh"
requires make flock realpath
requires_foreign
make_tmp
root=$tmp/installed
installs install
mv "$root" "$tmp/moved"
vddkroot=$(find "$tmp/moved" -type d -name vmware-vix-disklib)
unset LD_LIBRARY_PATH

# names_are SUBDIRECTORY NAME.. - it has these and no others
names_are()
{
	local dir=$1
	shift
	printf '%s\n' "$@" | LC_ALL=C sort >"$tmp/wanted"
	(cd "$vddkroot/$dir" && LC_ALL=C ls) | diff "$tmp/wanted" - || fail "$dir has other names"
}

# loads NAME LIBRARY.. - by its name in lib64; it has every function that VDDK's LIBRARY has
loads()
{
	awk -v lib="$2" '$1 == lib && $3 == "vddk" { print $2 }' "$srcdir/abi/symbols.txt" >"$tmp/symbols"
	[ -s "$tmp/symbols" ] || fail "symbols.txt knows nothing of $2"
	"$builddir/loadlib" "$vddkroot/lib64/$1" <"$tmp/symbols" || fail "$1 as $2"
}

mounts='' mount_programs=''
if ! is_configured --without-libguestfs; then
	mounts='libvixMntapi.so libvixMntapi.so.1' mount_programs=vdmount
fi
vmware_names=$(! is_configured --enable-vmware-names || echo vmware-vdiskmanager)
# shellcheck disable=SC2086 # lists
{
	names_are . include lib64 bin64 doc
	names_are include vixDiskLib.h vixDiskLibExt.h vixMntApi.h vixMntapi.h vixMntapiExt.h vm_basic_types.h
	names_are lib64 libvixDiskLib.so libvixDiskLib.so.6 libvixDiskLib.so.7 libvixDiskLib.so.8 \
		libvixDiskLib.so.9 $mounts
	names_are bin64 vdisk $mount_programs $vmware_names
}

# Links that lead somewhere, and nowhere out of the tree that was moved.
find "$vddkroot" -type l >"$tmp/links"
[ -s "$tmp/links" ] || fail "the root consists of links"
while read -r link; do
	case $(realpath -e "$link") in
	"$tmp"/moved/*) ;;
	*) fail "$link leads to $(readlink "$link")" ;;
	esac
done <"$tmp/links"

sh "$srcdir/abi/headers.sh" "$vddkroot/include"
libdir=${vddkroot#"$tmp/moved"}
sh "$srcdir/abi/elf.sh" "$vddkroot/lib64" "${libdir%/*}" || [ $? -eq 77 ]
for name in libvixDiskLib.so libvixDiskLib.so.6 libvixDiskLib.so.7 libvixDiskLib.so.8 libvixDiskLib.so.9; do
	loads $name libvixDiskLib
done
for name in $mounts; do
	LD_LIBRARY_PATH=$vddkroot/lib64 loads "$name" libvixMntapi
done
# A copy without links, as for an image of a container.
cp -rL "$vddkroot" "$tmp/copy"
[ -z "$(find "$tmp/copy" -type l)" ] || fail "cp -rL leaves links"
(vddkroot=$tmp/copy && loads libvixDiskLib.so.9 libvixDiskLib)
for program in vdisk $mount_programs; do
	LD_LIBRARY_PATH=$vddkroot/lib64 expect_exit 0 "$vddkroot/bin64/$program" --help
done
for program in $vmware_names; do
	LD_LIBRARY_PATH=$vddkroot/lib64 expect_exit 1 "$vddkroot/bin64/$program" --help
	expect_text "$tmp/err" "Usage: $program OPERATION"
done

# links EXAMPLE LIBRARY.. - it is built as programs for VDDK are, in $tmp/example
links()
{
	local example=$1
	shift
	$CC "$top_srcdir/examples/$example.c" -I"$vddkroot/include" -L"$vddkroot/lib64" "$@" \
		-o "$tmp/example" || fail "$example can't be linked with $*"
}

# The libraries that VDDK brings along are on the line of its sample; here as many as there are.
# shellcheck disable=SC2086 # several words
{
	brought=
	for lib in dl z curl ssl crypto cares; do
		! echo 'int main(void) { return 0; }' | $CC -x c - -l$lib -o "$tmp/example" 2>"$tmp/err" ||
			brought="$brought -l$lib"
	done
	links 02-dump-info -lvixDiskLib $brought
	truncate -s 1M "$tmp/raw.img"
	LD_LIBRARY_PATH=$vddkroot/lib64 expect_exit 0 "$tmp/example" "$tmp/raw.img"
	if [ -n "$mounts" ]; then
		links 05-mount-volume -lvixDiskLib $brought -lvixMntapi
		LD_LIBRARY_PATH=$vddkroot/lib64 expect_exit 2 "$tmp/example"
	fi
}

# The pages name others in their links: those are there.
for page in "$vddkroot"/doc/*.md "$vddkroot"/doc/formats/*.md; do
	for target in $(grep -o ']([^):#]*)' "$page" | tr -d ']()'); do
		[ -e "${page%/*}/$target" ] || fail "${page##*/} names $target, which is not there"
	done
done

# The real client, from here on: it runs itself anew with the library's directory in the path, and
# what it runs sees the old one.
requires nbdinfo qemu-img
requires_nbdkit_vddk
qemu-img create -q -f vmdk "$tmp/disk.vmdk" 1M
"$nbdkit" "$vddk" --dump-plugin libdir="$vddkroot" >"$tmp/plugin"
expect_text "$tmp/plugin" "vddk_library_version=8"
expect_text "$tmp/plugin" "vddk_dll=$(realpath "$vddkroot/lib64/libvixDiskLib.so.8")"
for path in /nowhere "/no/where:$vddkroot/lib"; do
	LD_LIBRARY_PATH=$path expect_exit 0 "$nbdkit" -v -U - "$vddk" libdir="$vddkroot" \
		file="$tmp/disk.vmdk" --run 'echo "$LD_LIBRARY_PATH" && nbdinfo --size "$uri"'
	expect_text "$tmp/err" "LD_LIBRARY_PATH=$vddkroot/lib64:$path"
	printf '%s\n' "$path" 1048576 | diff - "$tmp/out" || fail "nbdkit's child with $path"
done
