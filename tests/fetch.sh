#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Gets from Debian's mirror what tests need and no package installs, once: a root file system on a
# disk, nbdkit with its vddk plugin. The tests use no network; what is missing then, they skip.
#
#	fetch.sh DIRECTORY
#
# DIRECTORY is what the tests find as $VDISK_TEST_DISKS; without it they look in tests/disks of the
# build, which `make fetch` fills. What this system can't have is left out with a reason.
set -u
here=$(cd "$(dirname "$0")" && pwd)
dir=$1
mkdir -p "$dir" || exit 1
failed=0

# get WHAT SCRIPT DIRECTORY
get()
{
	status=0
	reason=$(sh "$here/$2" "$3" 2>&1) || status=$?
	case $status in
	0) echo "fetch: $1 is there" ;;
	77) echo "fetch: $1 is left out: $reason" ;;
	*)
		echo "fetch: $1 can't be had: $reason" >&2
		failed=1
		;;
	esac
}

get "nbdkit's vddk plugin" func/get-nbdkit.sh "$dir/nbdkit"
get "a disk with a Debian root" mount/mkroot.sh "$dir"
exit $failed
