#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every fuzz target takes every input of its corpus: $FUZZ_TARGETS names the targets.
set -u
status=0

for target in $FUZZ_TARGETS; do
	corpus=$srcdir/fuzz/corpus/$target
	set -- "$corpus"/*
	if [ ! -e "$1" ]; then
		echo "$target: $corpus has no inputs" >&2
		status=1
	elif "$builddir/fuzz/fuzz_$target" "$@"; then
		echo "$target: $# inputs"
	else
		echo "$target: failed" >&2
		status=1
	fi
done
for source in "$srcdir"/fuzz/fuzz_*.c; do
	target=$(basename "$source" .c)
	if [ ! -d "$srcdir/fuzz/corpus/${target#fuzz_}" ]; then
		echo "$target: has no corpus" >&2
		status=1
	fi
	if [ ! -e "$srcdir/fuzz/${target#fuzz_}.dict" ]; then
		echo "$target: has no dictionary" >&2
		status=1
	fi
done
exit $status
