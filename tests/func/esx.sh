# SPDX-License-Identifier: LGPL-2.1-or-later
# Disks as ESX has them, made without the library: descriptors, flat bases, snapshots. Sourced after
# functions.sh; all of it works in the current directory.

# link NAME CID PARENT-CID PARENT EXTENT-LINE - the descriptor NAME.vmdk
link()
{
	cat >"$1.vmdk" <<END
# Disk DescriptorFile
version=1
encoding="UTF-8"
CID=$2
parentCID=$3
createType="vmfsSparse"
parentFileNameHint="$4"
# Extent description
$5
END
}

# flat NAME CID RAW - a base as ESXi has it
flat()
{
	cp --sparse=always "$3" "$1-flat.vmdk"
	link "$1" "$2" ffffffff "" "RW $(($(stat -c %s "$3") / 512)) VMFS \"$1-flat.vmdk\""
}

# delta KIND NAME CID PARENT-CID PARENT OLD.raw NEW.raw [GRAIN] - a snapshot with what is new
delta()
{
	local sectors=$(($(stat -c %s "$7") / 512))
	case $1 in
	cowd)
		"$builddir/mkdelta" cowd "${8:-1}" "$6" "$7" "$2-delta.vmdk"
		link "$2" "$3" "$4" "$5" "RW $sectors VMFSSPARSE \"$2-delta.vmdk\""
		;;
	sesparse)
		"$builddir/mkdelta" sesparse "${8:-8}" "$6" "$7" "$2-sesparse.vmdk"
		link "$2" "$3" "$4" "$5" "RW $sectors SESPARSE \"$2-sesparse.vmdk\""
		;;
	esac
}
