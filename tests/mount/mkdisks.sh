#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes, once for each version of this text, a disk with a volume of every common kind, for all
# tests of mounts:
#
#   DIR/multi.raw    GPT: 1 ext4 (label e4), 2 xfs, 3 btrfs, 4 vfat, 5 ntfs, 6 swap,
#                    7 LVM: vg0/root (ext4, a small Linux system), vg0/data (xfs)
#   DIR/multi.vmdk   the same as monolithicSparse
#   DIR/linux        what vg0/root holds
#   DIR/unix         what the other Unix file systems hold
#   DIR/plain        what vfat and ntfs hold
#   DIR/TREE.sha256  the sums of its regular files, to be checked inside a mount
#
#   mkdisks.sh DIR
#
# All is made in one virtual machine, which needs no root and takes about a minute without KVM.
# On ext4 and xfs, hello.txt has the attribute user.greeting = hello.
# Exit status 77 when it can't be made here (tools missing).
set -eu
dir=$1
export LC_ALL=C
. "$(dirname "$0")/mktrees.sh"

for tool in guestfish qemu-img openssl truncate; do
	command -v $tool >/dev/null || {
		echo "mkdisks: $tool is not installed" >&2
		exit 77
	}
done

mkdir -p "$dir"
exec 9>"$dir/.multi.lock"
flock 9
version=$(cat "$0" "$(dirname "$0")/mktrees.sh" | sha256sum)
[ "$(cat "$dir/multi.done" 2>/dev/null)" != "$version" ] || exit 0

# Read-only files and directories of an earlier try would be in the way.
[ ! -d "$dir/multi.work" ] || chmod -R u+rwX "$dir/multi.work"
rm -rf "$dir/multi.work"
mkdir "$dir/multi.work"
work=$dir/multi.work

for tree in plain unix linux; do
	${tree}_tree "$work/$tree"
	find "$work/$tree" -exec touch -h -d '2024-02-29 12:34:56 UTC' {} +
	tar -C "$work/$tree" --owner=0 --group=0 --numeric-owner --sort=name \
		-cf "$work/$tree.tar" .
	(cd "$work/$tree" && find . -type f -print0 | sort -z | xargs -0r sha256sum -b) \
		>"$work/$tree.sha256"
done

# partition MIB - a line that adds the next one
next_mib=1
partition()
{
	echo "part-add /dev/sda primary $((next_mib * 2048)) $(((next_mib + $1) * 2048 - 1))"
	next_mib=$((next_mib + $1))
}

# fill DEVICE TREE [OPTIONS] - lines that unpack a tree onto a file system
fill()
{
	echo "mount-options '${3-}' $1 /"
	echo "tar-in $work/$2.tar /"
	[ "$2" = plain ] || echo "setxattr user.greeting hello 5 /hello.txt"
	echo "umount /"
}

truncate -s 1024M "$work/multi.raw"
{
	echo 'run'
	echo 'part-init /dev/sda gpt'
	for mib in 64 320 128 40 32 8 424; do
		partition $mib
	done
	cat <<-END
		part-set-gpt-type /dev/sda 4 EBD0A0A2-B9E5-4433-87C0-68B6B72699C7
		part-set-gpt-type /dev/sda 5 EBD0A0A2-B9E5-4433-87C0-68B6B72699C7
		part-set-gpt-type /dev/sda 6 0657FD6D-A4AB-43C4-84E5-0933C84B4F4F
		part-set-gpt-type /dev/sda 7 E6D6D379-F507-44C2-A23C-238F2A3DF928
		mkfs ext4 /dev/sda1 label:e4
		mkfs xfs /dev/sda2 label:x
		mkfs btrfs /dev/sda3 label:b
		mkfs vfat /dev/sda4 label:FAT
		mkfs ntfs /dev/sda5 label:nt
		mkswap /dev/sda6 label:swap
		pvcreate /dev/sda7
		vgcreate vg0 /dev/sda7
		lvcreate root vg0 64
		lvcreate data vg0 320
		mkfs ext4 /dev/vg0/root label:root
		mkfs xfs /dev/vg0/data label:data
	END
	fill /dev/sda1 unix
	fill /dev/sda2 unix
	fill /dev/sda3 unix
	fill /dev/sda4 plain quiet
	fill /dev/sda5 plain
	fill /dev/vg0/root linux
	fill /dev/vg0/data unix
} >"$work/multi.fish"
# Emulation everywhere: where KVM is there but hangs, guestfish would too.
LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=force_tcg \
	guestfish --format=raw -a "$work/multi.raw" -f "$work/multi.fish" >&2
qemu-img convert -f raw -O vmdk -o subformat=monolithicSparse "$work/multi.raw" "$work/multi.vmdk"

for made in plain unix linux; do
	rm "$work/$made.tar"
	[ ! -d "$dir/$made" ] || chmod -R u+rwX "$dir/$made"
	rm -rf "$dir/$made"
done
rm "$work/multi.fish"
mv "$work"/* "$dir"
rmdir "$work"
echo "$version" >"$dir/multi.done"
