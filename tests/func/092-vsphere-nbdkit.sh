#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# nbdkit's vddk plugin reads disks of a server, as virt-v2v and others have it do.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"
. "$srcdir/func/esx.sh"
make_tmp
cd "$tmp"
. "$srcdir/func/nbdkit.sh"

# copy_out_of DISK PARAMETER=VALUE.. - what nbdcopy gets, in out
copy_out_of()
{
	local disk=$1
	shift
	rm -f out
	"$nbdkit" -v -r -U - "$vddk" libdir="$libdir" server="$vs_host" port="$vs_port" user="$vs_user" \
		password=+"$vs_password_file" thumbprint="$vs_thumbprint" file="$disk" "$@" \
		--run 'nbdcopy "$uri" out' 2>log || {
		tail -n 20 log >&2
		fail "$disk: nbdkit or nbdcopy fails"
	}
	! grep 'error:' log >&2 || fail "$disk: nbdkit reports an error of what went well"
	! grep -qF -e "$(cat "$vs_password_file")" log || fail "the password is in the log"
}

mk_raw t0.raw 20483
cp t0.raw t1.raw
seq 20000 25000 | put t1.raw 333
flat vm 11111111 t0.raw
delta cowd vm-000001 22222222 11111111 vm.vmdk t0.raw t1.raw

vsphere_start
vsphere_put_disk vm-000001.vmdk
copy_out_of "[$vs_datastore] $vs_vm/vm-000001.vmdk" vm="moref=$vs_moref"
head -c "$(stat -c %s t1.raw)" out | cmp t1.raw - || fail "other bytes"
grep -q 'transport mode: https' log || fail "another transport: $(grep -i transport log)"
copy_out_of "[$vs_datastore] $vs_vm/vm.vmdk" vm="moref=$vs_moref" transports=nbdssl:https
head -c "$(stat -c %s t0.raw)" out | cmp t0.raw - || fail "other bytes of the base"
[ "$(vsphere_counter sessions)" = 0 ] || fail "$(vsphere_counter sessions) sessions are left"
