#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The public headers compile as C90 and as C++98 to C++20, alone, twice, in any order.
. "$top_srcdir/tests/functions.sh"

include=$top_srcdir/include
strict="-Wall -Wextra -Wundef -pedantic -Werror -fsyntax-only -I$include"
# shellcheck disable=SC2086 # CC and CXX may carry options
compile_c()
{
	std=$1 file=$2
	$CC -std="$std" -Wstrict-prototypes $strict -x c "$file" || fail "$file as $std"
}

# shellcheck disable=SC2086
compile_cxx()
{
	std=$1 file=$2
	$CXX -std="$std" $strict -x c++ "$file" || fail "$file as $std"
}

requires "${CC%% *}" "${CXX%% *}"
make_tmp

for std in c90 gnu11; do
	compile_c $std "$srcdir/abi/header-c90.c"
	compile_c $std "$srcdir/abi/prototypes.c"
done
for std in c++98 c++11 c++17 c++20; do
	compile_cxx $std "$srcdir/abi/header-cxx.cpp"
	compile_cxx $std "$srcdir/abi/prototypes.c"
done

# Each one alone and twice, and each pair both ways round.
for first in "$include"/*.h; do
	for second in "$include"/*.h; do
		file=$tmp/pair.c
		for h in "$first" "$second" "$first"; do
			echo "#include \"${h##*/}\""
		done >"$file"
		compile_c c90 "$file"
		compile_cxx c++98 "$file"
	done
done

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
compile_c c90 "$tmp/vix.c"
compile_cxx c++98 "$tmp/vix.c"

# The proof that the options above find anything.
cat >"$tmp/bad.c" <<'EOF'
#include "vixDiskLib.h"
uint32_t (*p)(VixDiskLibHandle) = VixDiskLib_Close;
EOF
if (compile_c c90 "$tmp/bad.c") 2>/dev/null || (compile_cxx c++98 "$tmp/bad.c") 2>/dev/null; then
	fail "a wrong prototype compiles"
fi
