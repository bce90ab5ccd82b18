#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Streams of an independent writer: tables behind the grains, a footer, a descriptor that begins
# with a comment of the writer's own.
. "$top_srcdir/tests/functions.sh"
requires_python VMDKstream
make_tmp
cd "$tmp"

for sectors in 131072 81923; do
	mk_raw disk.raw $sectors
	"$python" -c 'import VMDKstream; VMDKstream.convert_to_stream("disk.raw", "stream.vmdk")' \
		>/dev/null
	same_disk disk.raw stream.vmdk
	rm stream.vmdk
done

# The same file as the extent of a descriptor beside it.
"$python" -c 'import VMDKstream; VMDKstream.convert_to_stream("disk.raw", "extent.vmdk")' >/dev/null
cat >disk.vmdk <<EOF
# Disk DescriptorFile
version=1
RDONLY $(($(stat -c %s disk.raw) / 512)) SPARSE "extent.vmdk"
EOF
same_disk disk.raw disk.vmdk
