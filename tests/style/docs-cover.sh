#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every function of the public headers is documented where it is declared, and docs/COMPAT.md has
# one true row for it:
#  1. a comment block right before the declaration, with its name, every parameter and a source;
#  2. a row "| `name` | STATUS | TEST |", and no row for anything else;
#  3. "yes" names a test that exists and uses the function; so does "yes, for ..";
#  4. "not built yet: VIX_E_NOT_SUPPORTED" goes with a header that says so for every call;
#  5. "in work" is for what a change that is under way adds: its test may still be missing.
# Of the manual pages, which docs/man/mkpage makes:
#  6. each function is in the SYNOPSIS and the NAME of one page, and has a section there;
#  7. every code that its comment lists is in that section, with its number;
#  8. all pages are sound POD, and are in docs/Makefile.am.
. "$top_srcdir/tests/functions.sh"

compat=$top_srcdir/docs/COMPAT.md
problems=0

problem()
{
	echo "$*"
	problems=$((problems + 1))
}

# functions - one line for each declared function: its name, and what its comment lacks
# ("block", "@param", "Source") or tells ("unbuilt")
functions()
{
	cat "$top_srcdir"/include/*.h | awk '
		/^\/\*\*/ { doc = ""; in_doc = 1 }
		in_doc { doc = doc $0 "\n"; if (/\*\//) in_doc = 0; next }
		/^[A-Za-z].*Vix(DiskLib|Mntapi)_[A-Za-z]+\(/ && !/^typedef/ { decl = "" ; in_decl = 1 }
		in_decl { decl = decl " " $0; if (/;/) { in_decl = 0; report(); doc = "" } next }
		/^[^ ]/ { doc = "" }

		function report(    name, n, i, list, words, k, lacks) {
			match(decl, /Vix(DiskLib|Mntapi)_[A-Za-z]+\(/)
			name = substr(decl, RSTART, RLENGTH - 1)
			if (index(doc, "\n * " name "() - ") == 0)
				lacks = lacks " block"
			if (index(doc, "\n * Source:  ") == 0)
				lacks = lacks " Source"
			list = substr(decl, RSTART + RLENGTH)
			sub(/\).*/, "", list)
			n = split(list, words, ",")
			for (i = 1; i <= n; i++) {
				gsub(/\[\]/, "", words[i])
				k = words[i]
				sub(/.*[ *]/, "", k)
				if (k != "void" && index(doc, "\n * @" k ":") == 0)
					lacks = lacks " @" k
			}
			if (doc ~ /NOT_SUPPORTED +the arguments are right/)
				lacks = lacks " unbuilt"
			print name lacks
		}'
}

# rows - "name|status|test" of each row of the table
rows()
{
	sed -n 's/^| `\([A-Za-z_]*\)` *| *\(.*[^ ]\) *| *\([^ ]*\) *|$/\1|\2|\3/p' "$compat"
}

# check_row NAME FACTS - compare the row of a function with its header
check_row()
{
	row=$(grep "^$1|" "$tmp/rows") || { problem "$1: no row in docs/COMPAT.md"; return; }
	[ "$(grep -c "^$1|" "$tmp/rows")" = 1 ] || { problem "$1: several rows"; return; }
	status=${row#*|} test=${row##*|}
	status=${status%|*}
	case $status in
	yes | "yes, "*)
		grep -q "\<$1\>" "$top_srcdir/$test" 2>/dev/null ||
			problem "$1: $test is missing or does not use it"
		;;
	"in work" | "in work, "*)
		case $test in
		tests/*.c | tests/*.sh) ;;
		*) problem "$1: \"$test\" is not a test" ;;
		esac
		;;
	"not built yet: VIX_E_NOT_SUPPORTED") ;;
	*)
		problem "$1: unknown status \"$status\""
		;;
	esac
	case "$status:$2" in
	"not built yet"*unbuilt) ;;
	"not built yet"*) problem "$1: the header does not say that it is not built" ;;
	*unbuilt) problem "$1: the header says that it is not built" ;;
	esac
}

# codes - "FUNCTION CODE" for each code that the comment of a function lists
codes()
{
	cat "$top_srcdir"/include/*.h | awk '
		/^ \* Vix[A-Za-z]+_[A-Za-z]+\(\) - / { name = $2; sub(/\(.*/, "", name) }
		/^ \* [A-Z][a-z]+:/ || /^ \*\// || /^ \*$/ { in_errors = 0 }
		/^ \* Errors:/ { in_errors = 1 }
		in_errors {
			text = substr($0, 13)
			while (match(text, /^[A-Z][A-Z0-9_]+/)) {
				print name, substr(text, RSTART, RLENGTH)
				text = substr(text, RSTART + RLENGTH)
				if (!sub(/^, */, "", text))
					break
			}
		}'
}

# section FILE TITLE - what is below this heading
section()
{
	awk -v title="$2" '/^=head/ { is_it = $0 == title; next } is_it' "$1"
}

# check_page FUNCTION - it is on one manual page, in all places
check_page()
{
	page=$(grep -lw "^=for functions.* $1" "$top_srcdir"/docs/man/*.pod) ||
		{ problem "$1: is on no manual page"; return; }
	[ "$(echo "$page" | wc -l)" = 1 ] || { problem "$1: is on several manual pages"; return; }
	made=$tmp/${page##*/}
	section "$made" "=head1 NAME" | grep -qw "$1" || problem "$1: is not in the NAME of $page"
	section "$made" "=head1 SYNOPSIS" | grep -q "\<$1(" || problem "$1: is not in the SYNOPSIS of $page"
	section "$made" "=head2 $1" >"$tmp/section"
	[ -s "$tmp/section" ] || problem "$1: has no section in $page"
	for code in $(sed -n "s/^$1 //p" "$tmp/codes"); do
		grep -q "^=item.*B<VIX_E_$code> ([0-9]" "$tmp/section" ||
			problem "$1: $code is not in $page"
	done
}

requires podchecker perl
make_tmp
functions >"$tmp/functions"
rows >"$tmp/rows"
[ "$(wc -l <"$tmp/functions")" -ge 58 ] || fail "the headers could not be read"

while read -r name facts; do
	for fact in $facts; do
		[ "$fact" = unbuilt ] || problem "$name: its comment lacks $fact"
	done
	check_row "$name" "$facts"
done <"$tmp/functions"

while IFS='|' read -r name rest; do
	grep -q "^$name\>" "$tmp/functions" || problem "$name: a row for what no header declares"
done <"$tmp/rows"

for page in "$top_srcdir"/docs/man/*.pod; do
	made=$tmp/${page##*/}
	podchecker "$page" >"$tmp/pod" 2>&1 || problem "$(cat "$tmp/pod")"
	"$top_srcdir/docs/man/mkpage" "$page" "$top_srcdir"/include/vix*.h >"$made" ||
		problem "$page: can't be made"
	podchecker "$made" >"$tmp/pod" 2>&1 || problem "$(cat "$tmp/pod")"
	grep -qw "man/${page##*/}" "$top_srcdir/docs/Makefile.am" || problem "$page is not in docs/Makefile.am"
done
codes >"$tmp/codes"
[ "$(wc -l <"$tmp/codes")" -ge 250 ] || fail "the codes could not be read"
while read -r name facts; do
	check_page "$name"
done <"$tmp/functions"

[ $problems = 0 ] || fail "$problems problems"
