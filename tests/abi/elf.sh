#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the shared libraries do to a process that loads them: they bring the libraries of the lists
# below and no others, run no code, leave the stack unexecutable, and keep no table of function
# pointers writable.
#
#	elf.sh [DIRECTORY LIBDIR]     those in DIRECTORY, configured for LIBDIR, not the build's
#
# Installed ones, moreover, look for libraries at no place of their own but LIBDIR.
. "$top_srcdir/tests/functions.sh"

needs_of_libvixDiskLib='libc libdeflate'
if grep -q '^#define HAVE_VSPHERE 1' "$top_builddir/config.h"; then
	needs_of_libvixDiskLib='libc libcrypto libcurl libdeflate libssl libxml2'
fi
needs_of_libvixMntapi='libc libfuse3 libguestfs libvixDiskLib'

# dynamic TAG FILE - the values of one tag of the dynamic section
dynamic()
{
	LC_ALL=C readelf -d "$2" | sed -n "s/.*($1) *//p" | sed 's/.*\[\(.*\)\]/\1/'
}

# needed FILE - the libraries that it brings, without their numbers; the dynamic linker is no one's choice
needed()
{
	dynamic NEEDED "$1" | sed 's/\.so.*//' | grep -v '^ld-linux\|^ld64' | LC_ALL=C sort | xargs
}

# segment TYPE FILE - flags of its program headers of that type
segment()
{
	LC_ALL=C readelf -lW "$2" | awk -v type="$1" '$1 == type {
		flags = ""
		for (i = 7; i < NF; i++)
			flags = flags $i
		print flags
	}'
}

# runs FILE - how many bytes of pointers to code that runs at load and at unload
runs()
{
	local tag
	for tag in PREINIT_ARRAYSZ INIT_ARRAYSZ FINI_ARRAYSZ; do
		echo "$tag $(dynamic $tag "$1")"
	done
	LC_ALL=C readelf -SW "$1" | grep -oE ' \.(ctors|dtors) ' || :
}

# problems FILE NEEDS - what is wrong with it, a line each
problems()
{
	[ "$(needed "$1")" = "$2" ] || echo "needs $(needed "$1"), not $2"
	[ "$(runs "$1")" = "$(runs "$tmp/empty.so")" ] || echo "has code that runs by itself"
	[ "$(segment GNU_STACK "$1")" = RW ] || echo "has an executable stack"
	! segment LOAD "$1" | grep -q 'W.*E' || echo "has memory to write and execute"
	[ "$(segment GNU_RELRO "$1")" = R ] || echo "has no read-only relocations"
	LC_ALL=C readelf -d "$1" | grep -q 'FLAGS.* NOW' || echo "is not bound at once"
	[ -z "$(dynamic RPATH "$1")" ] || echo "has an RPATH"
	[ -z "$libdir" ] || case $(dynamic RUNPATH "$1") in
	'' | "$libdir") ;;
	*) echo "has the RUNPATH $(dynamic RUNPATH "$1")" ;;
	esac
}

# check FILE NEEDS
check()
{
	[ -z "$(problems "$@")" ] || fail "$1: $(problems "$@")"
}

# finds PROBLEM OPTION.. - a library made so has the problem
# shellcheck disable=SC2086 # CC may be several words
finds()
{
	local problem=$1
	shift
	$CC -shared -fPIC -o "$tmp/bad.so" "$@" -Wl,-z,relro
	problems "$tmp/bad.so" libc | grep -q "$problem" || fail "not found: $problem"
}

requires readelf "${CC%% *}"
requires_foreign
make_tmp
libdir=${2:-}
$CC -shared -fPIC -o "$tmp/empty.so" -x c /dev/null

for name in libvixDiskLib libvixMntapi; do
	if [ -n "$libdir" ]; then
		file=$1/$name.so
	else
		file=$(find "$top_builddir"/lib*/.libs -name $name.so)
	fi
	[ -e "$file" ] || skip "not built: $name"
	eval "check \"$file\" \"\$needs_of_$name\""
done

# The proof that each of these is found.
echo '__attribute__((constructor)) static void f(void) { }' >"$tmp/init.c"
echo '__attribute__((destructor)) static void f(void) { }' >"$tmp/fini.c"
libdir=/usr/lib
finds "needs libc libm, not libc" -x c /dev/null -Wl,--no-as-needed -lm
finds "runs by itself" "$tmp/init.c"
finds "runs by itself" "$tmp/fini.c"
finds "executable stack" -x c /dev/null -Wl,-z,execstack
finds "not bound at once" -x c /dev/null -Wl,-z,lazy
finds "RUNPATH /elsewhere" -x c /dev/null -Wl,--enable-new-dtags -Wl,-rpath,/elsewhere
finds "an RPATH" -x c /dev/null -Wl,--disable-new-dtags -Wl,-rpath,/elsewhere
