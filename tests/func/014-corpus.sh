#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Disks of other people, where they are at hand: what an independent reader found in them, or the
# reason for which they are refused.
. "$top_srcdir/tests/functions.sh"
corpus=$top_srcdir/../shared/corpus
requires_file "$corpus/MANIFEST.tsv"
make_tmp

# sha256 < DATA
sha256()
{
	sha256sum | cut -d ' ' -f 1
}

read_same()
{
	[ "$("$builddir/readdisk" "$1" | sha256)" = "$2" ] || fail "$1: other content"
}

checked=0
tail -n +2 "$corpus/MANIFEST.tsv" >"$tmp/rows"
tab=$(printf '\t')
while IFS=$tab read -r file repo path size sha kind type virtual raw_sha rest; do
	disk=$corpus/$file
	case "$file:$kind:$raw_sha" in
	*:vmdk-sparse*:[0-9a-f]*)
		read_same "$disk" "$raw_sha"
		;;
	*:vmdk-sparse*:-)
		refuses 16063 "its descriptor names no extent" "$disk"
		;;
	*:vmdk-descriptor:*)
		refuses 4 "its extent" "$disk"
		;;
	*:qcow2:*)
		refuses 16013 "qcow2 image" "$disk"
		;;
	*:raw:*)
		if [ $((size % 512)) = 0 ]; then
			read_same "$disk" "$sha"
		else
			refuses 16063 "no whole number of sectors" "$disk"
		fi
		;;
	*)
		fail "$file: a kind of file that this test does not know: $kind"
		;;
	esac
	checked=$((checked + 1))
done <"$tmp/rows"
echo "$checked files"
[ "$checked" -gt 0 ]
