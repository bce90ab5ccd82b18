#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Gets Debian's nbdkit and its vddk plugin, and puts them into a directory without installing them:
#
#	get-nbdkit.sh DIRECTORY
#
# DIRECTORY gets nbdkit's "usr", a file "vddk.so" (the plugin) and one "multi-conn.so" (a filter).
# The plugin is in trixie's contrib; nbdkit is taken from the system's own sources, since newer ones
# want a newer libc. The state of apt stays as it is. Status 77, with the reason: not on this system.
set -eu
dir=$1
keys=/usr/share/keyrings/debian-archive-keyring.gpg

# give_up STATUS REASON..
give_up()
{
	local status=$1
	shift
	echo "$*" >&2
	rm -rf "$dir.new"
	exit "$status"
}

# quietly COMMAND.. - for two minutes at most
quietly()
{
	timeout 120 "$@" >"$dir.new/log" 2>&1 || give_up 1 "$1 fails: $(tail -n 1 "$dir.new/log")"
}

# of_trixie ARGUMENT.. - apt-get with sources and lists of its own
of_trixie()
{
	quietly apt-get -o Dir::Etc::SourceList="$dir.new/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$dir.new/lists" \
		-o Dir::Cache="$dir.new/cache" -o Acquire::Retries=1 "$@"
}

[ ! -e "$dir/vddk.so" ] || exit 0
case $dir in
/*) ;;
*) dir=$PWD/$dir ;;
esac
rm -rf "$dir.new"
mkdir -p "$dir.new/lists/partial" "$dir.new/cache/archives/partial"
for program in apt-get dpkg-deb timeout; do
	command -v "$program" >/dev/null || give_up 77 "$program is not installed"
done
[ -e "$keys" ] || give_up 77 "$keys is not there"
mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep '/debian/*$' | head -n 1)
echo "deb [signed-by=$keys] ${mirror:-http://deb.debian.org/debian} trixie contrib" \
	>"$dir.new/sources.list"
cd "$dir.new"
quietly apt-get -o Acquire::Retries=1 download nbdkit
of_trixie update
of_trixie download nbdkit-plugin-vddk
for package in ./*.deb; do
	quietly dpkg-deb -x "$package" .
done
ln -s usr/lib/*/nbdkit/plugins/nbdkit-vddk-plugin.so vddk.so
ln -s usr/lib/*/nbdkit/filters/nbdkit-multi-conn-filter.so multi-conn.so
[ -e vddk.so ] && [ -e multi-conn.so ] || give_up 1 "the packages have another layout"
rm -rf lists cache ./*.deb log sources.list
mv "$dir.new" "$dir"
