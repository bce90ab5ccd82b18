#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The public headers compile as C90 to C17 and as C++98 to C++20, alone, twice, in any order, with
# each compiler that is there:
#
#	headers.sh [DIRECTORY]     of these headers, not of the tree's
. "$top_srcdir/tests/functions.sh"

include=${1:-$top_srcdir/include}
strict="-Wall -Wextra -Wundef -pedantic -Werror -fsyntax-only -I$include"

# compile_c STANDARD FILE..
# shellcheck disable=SC2086 # compilers and options may be several words
compile_c()
{
	std=$1
	shift
	$cc -std="$std" -Wstrict-prototypes $strict -x c "$@" || fail "$* as $std, with $cc"
}

# compile_cxx STANDARD FILE..
# shellcheck disable=SC2086
compile_cxx()
{
	std=$1
	shift
	$cxx -std="$std" $strict -x c++ "$@" || fail "$* as $std, with $cxx"
}

# compile_programs - what uses the headers as VDDK's programs do, by all standards
compile_programs()
{
	for std in c90 c99 c11 c17 gnu11; do
		compile_c $std "$srcdir/abi/header-c90.c" "$srcdir/abi/prototypes.c" "$tmp/vix.c"
	done
	compile_c gnu11 "$tmp/cgo.c"
	for std in c++98 c++11 c++14 c++17 c++20; do
		compile_cxx $std "$srcdir/abi/header-cxx.cpp" "$srcdir/abi/prototypes.c" "$tmp/vix.c"
	done
}

cc=$CC cxx=$CXX
requires "${cc%% *}" "${cxx%% *}"
make_tmp

# After VMware's vix.h, which has the errors too.
cat >"$tmp/vix.c" <<'EOF'
#define _VIX_H_
#include "vm_basic_types.h"
typedef uint64 VixError;
#define VIX_FAILED(err) (VIX_OK != (err))
enum { VIX_OK = 0, VIX_E_FAIL = 1 };
#include "vixDiskLib.h"
#include "vixMntapi.h"
int main(void);
int main(void)
{
	return VIX_FAILED(VIX_E_FAIL);
}
EOF

# As Go's cgo asks for the kind of a name. Its programs include vixDiskLib.h only and call C.free.
cat >"$tmp/cgo.c" <<'EOF'
#include "vixDiskLib.h"
__typeof__(free) *has_free(void);
__typeof__(free) *has_free(void)
{
	return free;
}
EOF

compile_programs

# Each one alone and twice, and each pair both ways round.
for first in "$include"/*.h; do
	for second in "$include"/*.h; do
		name=$(basename "$first" .h)-$(basename "$second" .h).c
		for h in "$first" "$second" "$first"; do
			echo "#include \"${h##*/}\""
		done >"$tmp/pair-$name"
	done
done
compile_c c90 "$tmp"/pair-*.c
compile_cxx c++98 "$tmp"/pair-*.c

# The proof that the options above find anything.
echo 'uint32_t (*p)(VixDiskLibHandle) = VixDiskLib_Close;' |
	cat "$tmp/pair-vixDiskLib-vixDiskLib.c" - >"$tmp/bad.c"
sed 's/vixDiskLib.h/stddef.h/' "$tmp/cgo.c" >"$tmp/nofree.c"
for bad in bad nofree; do
	if (compile_c gnu11 "$tmp/$bad.c" || compile_cxx c++98 "$tmp/$bad.c") 2>/dev/null; then
		fail "$bad.c compiles"
	fi
done

# The other compiler, where it is installed.
case $CC in
*clang*) cc=gcc cxx=g++ ;;
*) cc=clang cxx=clang++ ;;
esac
! command -v $cxx >/dev/null || compile_programs
