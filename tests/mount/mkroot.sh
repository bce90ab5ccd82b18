#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes, once, a disk with a Debian root file system of more than 20 000 files:
#
#   DIR/root.raw   GPT, one ext4 partition from sector 2048 on
#   DIR/root.vmdk  the same as monolithicSparse
#
#   mkroot.sh DIR
#
# Uses the network, Debian's mirror. Exit status 77 when it can't be made here (no root, tools missing).
set -eu
dir=$1
part_start=1048576
part_bytes=$((1400 * 1048576))

skip()
{
	echo "mkroot: $*" >&2
	exit 77
}

for tool in mmdebstrap mke2fs sfdisk qemu-img; do
	command -v $tool >/dev/null || skip "$tool is not installed"
done
[ "$(id -u)" -eq 0 ] || skip "needs root, to keep owners and device nodes"

mkdir -p "$dir"
exec 9>"$dir/.root.lock"
flock 9
[ ! -f "$dir/root.done" ] || exit 0

work=$(mktemp -d "$dir/root.XXXXXX")
trap 'rm -rf "$work"' EXIT

mmdebstrap --quiet --variant=standard --include=linux-image-cloud-amd64 bookworm \
	"$work/root.tar" >"$work/log" 2>&1 || {
	tail -n 5 "$work/log" >&2
	exit 1
}
mkdir "$work/root"
tar -C "$work/root" -xpf "$work/root.tar" --xattrs --xattrs-include='*' --numeric-owner
rm "$work/root.tar"
# One large file, that does not compress.
openssl rand -out "$work/root/var/large.bin" $((200 * 1048576))
mke2fs -q -t ext4 -L root -d "$work/root" "$work/ext4" $((part_bytes / 1024))k
rm -rf "$work/root"

truncate -s $((part_start + part_bytes + 1048576)) "$dir/root.raw"
echo 'label: gpt
start=2048, size='$((part_bytes / 512))', type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name=root' |
	sfdisk -q "$dir/root.raw"
dd if="$work/ext4" of="$dir/root.raw" bs=1M seek=1 conv=notrunc,sparse status=none
rm "$work/ext4"
qemu-img convert -f raw -O vmdk -o subformat=monolithicSparse "$dir/root.raw" "$dir/root.vmdk"
touch "$dir/root.done"
