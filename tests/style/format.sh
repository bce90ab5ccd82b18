#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What every source has in common:
#  1. the licence in its first line, or in the second, after the interpreter's;
#  2. at most 700 lines, but for the public headers;
#  3. no notes about work that is left;
#  4. config.h is the first thing that a C file of ours includes.  What clients would write, and
#     the headers as they see them, are examples/ and tests/abi/header-*.
. "$top_srcdir/tests/functions.sh"

# sources TREE - the names of the sources, without what is generated between them
sources()
{
	(
		cd "$1"
		find . -name .git -prune -o -name autom4te.cache -prune -o -name build-aux -prune \
			-o -path ./build -prune \
			-o -name config.h -o -path './m4/l*.m4' \
			-o -type f \( -name '*.[ch]' -o -name '*.cpp' -o -name '*.def' \
			-o -name '*.map' -o -name '*.sh' -o -name '*.am' -o -name '*.ac' \
			-o -name '*.m4' -o -name run.in -o -path './scripts/*' -o -path ./.ci/run \) \
			! -name aclocal.m4 -print | sed 's,^\./,,' | sort
	)
}

# format TREE - on standard output, one line for each fault
format()
{
	note='TO''DO\|FIX''ME'
	sources "$1" | while read -r file; do
		head -n 2 "$1/$file" | grep -q 'SPDX-License-Identifier: LGPL-2.1-or-later' ||
			echo "$file: no licence in its first line"
		lines=$(wc -l <"$1/$file")
		case $file in
		include/*.h) ;;
		*) [ "$lines" -le 700 ] || echo "$file: $lines lines, 700 are the most" ;;
		esac
		if grep -n "$note" "$1/$file" >"$tmp/notes"; then
			sed "s,^\([0-9]*\):.*,$file:\1: a note of work that is left," "$tmp/notes"
		fi
		case $file in
		examples/* | tests/abi/*) ;;
		*.c)
			[ "$(grep -m 1 '^#[ 	]*include' "$1/$file")" = '#include "config.h"' ] ||
				echo "$file: config.h is not its first include"
			;;
		esac
	done
}

# wrong FILE - fail unless the file on standard input is found to be at fault, as the only one
wrong()
{
	mkdir -p "$tmp/tree/$(dirname "$1")"
	cat >"$tmp/tree/$1"
	format "$tmp/tree" >"$tmp/out"
	grep -q "^$1:" "$tmp/out" || fail "$1: nothing was found to be wrong in it"
	[ "$(wc -l <"$tmp/out")" = 1 ] || fail "more was found to be wrong: $(cat "$tmp/out")"
	rm "$tmp/tree/$1"
}

licence='SPDX-License-Identifier: LGPL-2.1-or-later'

make_tmp
format "$top_srcdir" >"$tmp/faults"
if [ -s "$tmp/faults" ]; then
	cat "$tmp/faults"
	fail "$(wc -l <"$tmp/faults") faults"
fi
[ "$(sources "$top_srcdir" | wc -l)" -gt 100 ] || fail "the sources could not be found"

mkdir "$tmp/tree"
echo '#include "config.h"' | wrong common/x.c
printf '#!/bin/sh\n\n# %s\n' "$licence" | wrong tests/x.sh
{
	echo "/* $licence */"
	yes | head -n 700
} | wrong common/x.h
printf '# %s\n# TO''DO: more\n' "$licence" | wrong tests/Makefile.am
printf '/* %s */\n#include <stdio.h>\n#include "config.h"\n' "$licence" | wrong libvdisk/store/x.c
printf '/* %s */\nint x;\n' "$licence" | wrong tools/x.c
