#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A file includes only its own layer and the layers below; read from the #include "..." lines.
. "$top_srcdir/tests/functions.sh"

# layers TREE - on standard output, one line for each include that is not allowed
layers()
{
	(
		cd "$1"
		find common include libvdisk libmount tools examples \
			\( -name '*.c' -o -name '*.h' -o -name '*.def' \) -print | sort
	) >"$tmp/files"
	(
		cd "$1"
		xargs grep -nH '^[ 	]*#[ 	]*include[ 	]*"' <"$tmp/files" || :
	) >"$tmp/includes"
	awk '
	BEGIN {
		# layer: what it may include
		may["include"] = "include"
		may["common"] = "include common"
		may["vim"] = may["common"] " vim"
		may["store"] = may["common"] " store"
		may["datastore"] = may["store"] " vim datastore"
		may["format"] = may["store"] " format"
		may["disk"] = may["format"] " disk"
		may["transport"] = may["disk"] " conn.h transport"
		may["https"] = may["transport"] " vim datastore https"
		may["conn.h"] = may["disk"] " conn.h"
		may["api"] = may["https"] " api"
		may["export"] = may["common"] " export"
		may["fuse"] = may["common"] " fuse"
		may["engine"] = may["export"] " fuse engine"
		may["mntapi"] = may["engine"] " mntapi"
		may["tools"] = may["common"] " tools"
		may["examples"] = "include"
	}

	# The layer of a file; a library has those of its directories, and of the files above them.
	function layer(file) {
		if (file ~ /^libvdisk\/store\/datastore/)
			return "datastore"
		if (file ~ /^libvdisk\/transport\/(hotadd|https|server)/)
			return "https"
		if (file ~ /^libvdisk\/(vim|store|format|transport)\//)
			return part(file, 2)
		if (file ~ /^libvdisk\/(conn|connparams)\.h$/)
			return "conn.h"
		if (file ~ /^libvdisk\/(api|conn|runtime)/)
			return "api"
		if (file ~ /^libvdisk\/[^\/]*$/)
			return "disk"
		if (file ~ /^libmount\/(export|fuse|engine)\//)
			return part(file, 2)
		if (file ~ /^libmount\/[^\/]*$/)
			return "mntapi"
		return part(file, 1)
	}

	function part(file, n,    parts) {
		split(file, parts, "/")
		return parts[n]
	}

	# DIR/NAME without "x/.." and "."
	function join(dir, name,    path) {
		path = dir "/" name
		gsub(/\/\.\//, "/", path)
		while (sub(/[^\/.][^\/]*\/\.\.\//, "", path))
			;
		return path
	}

	# The file that an include means, as the compiler looks for it.
	function target(file, name,    dir, path) {
		dir = file
		sub(/\/[^\/]*$/, "", dir)
		if ((path = join(dir, name)) in files)
			return path
		if ((path = join(part(file, 1), name)) in files)
			return path
		return join("include", name)
	}

	FILENAME ~ /files$/ { files[$0] = 1; next }
	{
		split($0, f, ":")
		name = $0
		sub(/^[^"]*"/, "", name)
		sub(/".*/, "", name)
		if (name == "config.h" || name ~ /(^|\/)drivers\.def$/)
			next
		to = target(f[1], name)
		from = layer(f[1])
		if (!(to in files))
			print f[1] ":" f[2] ": " name " is nowhere in the tree"
		else if (index(" " may[from] " ", " " layer(to) " ") == 0)
			print f[1] ":" f[2] ": " from " must not include " to
	}' "$tmp/files" "$tmp/includes"
}

# wrong FILE INCLUDE - fail unless this include is reported, in a copy of the tree
wrong()
{
	mkdir -p "$tmp/tree/$(dirname "$1")"
	printf '#include "config.h"\n# include "%s"\n' "$2" >"$tmp/tree/$1"
	layers "$tmp/tree" >"$tmp/out"
	grep -q "^$1:2: " "$tmp/out" || fail "$1: including $2 was not found to be wrong"
	[ "$(wc -l <"$tmp/out")" = 1 ] || fail "more was found to be wrong: $(cat "$tmp/out")"
	rm "$tmp/tree/$1"
}

make_tmp
mkdir "$tmp/tree"
for dir in common include libvdisk libmount tools examples; do
	cp -R "$top_srcdir/$dir" "$tmp/tree"
done
chmod -R u+w "$tmp/tree" # make distcheck builds from sources that cannot be written

layers "$tmp/tree" >"$tmp/out"
if [ -s "$tmp/out" ]; then
	cat "$tmp/out"
	fail "$(wc -l <"$tmp/out") includes against the order of layers"
fi
[ "$(wc -l <"$tmp/includes")" -gt 50 ] || fail "the include lines could not be read"

wrong common/x.c ../libvdisk/disk.h
wrong include/x.h ../common/log.h
wrong libvdisk/vim/x.c ../store/store.h
wrong libvdisk/store/x.c ../format/format.h
wrong libvdisk/store/x.c ../vim/http.h
wrong libvdisk/store/datastore-x.c ../format/format.h
wrong libvdisk/format/x.c ../disk.h
wrong libvdisk/format/x.c disk-chain.h
wrong libvdisk/x.c conn.h
wrong libvdisk/x.c transport/transport.h
wrong libvdisk/transport/x.c ../runtime.h
wrong libvdisk/transport/x.c ../store/datastore.h
wrong libvdisk/transport/https-x.c ../runtime.h
wrong libvdisk/api-x.c ../libmount/diskset.h
wrong libmount/x.c ../libvdisk/disk.h
wrong libmount/export/x.c ../engine/engine.h
wrong libmount/fuse/x.c ../engine/engine.h
wrong libmount/engine/x.c ../diskset.h
wrong tools/x.c ../libvdisk/runtime.h
wrong tools/x.c ../libmount/mountpoint.h
wrong examples/x.c ../common/log.h
wrong libvdisk/x.c no-such-file.h
