#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vdisk with disks of a server: what is there is read, whoever may not is refused, and the password is
# seen nowhere.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"
requires qemu-img setsid
requires_python json
! is_configured without-vsphere || skip "built without vSphere"
make_tmp
cd "$tmp"
unset VD_PASSWORD VD_PASSWORD_FILE VD_PASSWORD_COMMAND CREDENTIALS_DIRECTORY VDISK_DEBUG
vsphere_start

mk_raw truth.raw 65536
mk_vmdk truth.raw disk1.vmdk monolithicFlat
vsphere_put_disk disk1.vmdk
server=vsphere://$vs_user@$vs_host:$vs_port
url="$server/moref=$vs_moref?disk=disk1.vmdk"
word='wörd' # of the password, as it is in XML and JSON, too

# on_server VERB ARGUMENT.. - vdisk with all that the server wants
on_server()
{
	vdisk "$@" --password-file "$vs_password_file" --thumbprint "$vs_thumbprint"
}

# not_told FILE.. - there is no password in these
not_told()
{
	! grep -a -q -e "$word" "$@" || fail "the password is in $*"
}

# refused STATUS TEXT COMMAND..
refused()
{
	local wanted=$1 text=$2
	shift 2
	expect_exit "$wanted" setsid -w "$@" </dev/null
	expect_text err "$text"
	not_told err out
	sed 's/^/  /' err
}

# more_logins NUMBER - have there been more than these?
more_logins()
{
	[ "$(vsphere_counter logins)" -gt "$1" ]
}

# no_sessions - whoever logged in has logged out
no_sessions()
{
	[ "$(vsphere_counter sessions)" = 0 ] || fail "a session is left"
}

echo "# what is there"
expect_exit 0 on_server info "$url"
expect_text out "virtual size: 32 MiB (33554432 bytes)"
expect_text out "transport: https"
expect_exit 0 on_server info --json "$url"
[ "$(json out 'd["virtual-size"]')" = 33554432 ] || fail "not its size: $(cat out)"
[ "$(json out 'd["format-specific"]["data"]["links"]')" = 1 ] || fail "not one link: $(cat out)"
expect_exit 0 on_server compare truth.raw "$url"
expect_exit 0 on_server convert -t raw "$url" copy.raw
cmp truth.raw copy.raw
expect_exit 0 on_server convert "$url" copy.vmdk
same_to_qemu truth.raw copy.vmdk
on_server read "$url" | cmp truth.raw -
on_server read -s 5M -l 100000 "$url" >part
tail -c +$((5 * 1048576 + 1)) truth.raw | head -c 100000 | cmp - part
on_server dd if="$url" of=first bs=1M count=1 2>/dev/null
head -c 1048576 truth.raw | cmp - first
expect_exit 0 on_server map --json "$url"
[ "$(json out 'sum(r["length"] for r in d)')" = 33554432 ] || fail "not all of it: $(cat out)"
expect_exit 0 on_server map "$url"
expect_text out Offset
expect_exit 0 on_server meta get "$url" adapterType
truncate -s 1M zeros.raw
expect_exit 1 on_server compare "$url" zeros.raw
no_sessions

echo "# other names of it"
vm=${vs_vm_path#*] }
datastore=$(uri_encode "$vs_datastore")
for name in "$server/moref=$vs_moref?disk=[$vs_datastore] ${vm%/*}/disk1.vmdk" \
	"$server/$vs_vm_path?disk=disk1.vmdk&dcPath=$vs_datacenter" \
	"$server/$(uri_encode "$vm" | sed 's,%2F,/,g')?dsName=$datastore&dcPath=$vs_datacenter&disk=disk1.vmdk" \
	"VSPHERE://$vs_host:$vs_port/moRef=$vs_moref?DISK=disk1.vmdk&transport=https"; do
	expect_exit 0 on_server compare --user "$vs_user" truth.raw "$name"
done
# two disks of one machine, over one session
before=$(vsphere_counter logins)
expect_exit 0 on_server compare "$url" "$server/moref=$vs_moref?disk=[$vs_datastore] ${vm%/*}/disk1.vmdk"
[ "$(vsphere_counter logins)" -eq $((before + 1)) ] || fail "not one login"
no_sessions

echo "# passwords"
vdisk info --thumbprint "$vs_sha256" --password-fd 5 "$url" 5<"$vs_password_file" >/dev/null
VD_PASSWORD_FILE=$vs_password_file vdisk info --thumbprint "$vs_thumbprint" "$url" >/dev/null
VD_PASSWORD_COMMAND="cat '$vs_password_file'" vdisk info --thumbprint "$vs_thumbprint" "$url" >/dev/null
VD_PASSWORD=$(cat "$vs_password_file") vdisk info --thumbprint "$vs_thumbprint" "$url" >/dev/null
mkdir creds
cp "$vs_password_file" creds/vdisk.password
CREDENTIALS_DIRECTORY=$tmp/creds vdisk info --thumbprint "$vs_thumbprint" "$url" >/dev/null
cp "$vs_password_file" public
chmod 644 public
refused 6 "others may read" vdisk info --password-file public --thumbprint "$vs_thumbprint" "$url"
vdisk info --password-file public --insecure-file --thumbprint "$vs_thumbprint" "$url" >/dev/null
no_sessions

echo "# a session of somebody else"
vsphere_login
(umask 077 && sed -n 's/.*vmware_soap_session[[:space:]]//p' cookies >cookie)
expect_exit 0 vdisk info --cookie-file cookie --thumbprint "$vs_thumbprint" "$url"
[ "$(vsphere_soap CurrentTime '<_this type="ServiceInstance">ServiceInstance</_this>')" = 200 ] ||
	fail "a session that was lent has ended"
[ "$(vsphere_counter sessions)" = 1 ] || fail "more than the session that was lent is left"
vsphere_ctl expire

echo "# what is refused"
echo wrong >wrong
chmod 600 wrong
failed=$(vsphere_counter 'failed logins')
refused 6 "$vs_host" vdisk info --password-file wrong --thumbprint "$vs_thumbprint" "$url"
[ "$(vsphere_counter 'failed logins')" -eq $((failed + 1)) ] || fail "a wrong password was tried again"
expect_exit 6 vdisk info --json --password-file wrong --thumbprint "$vs_thumbprint" "$url"
expect_text err '"code":"auth"'
logins=$(vsphere_counter logins)
refused 6 "$vs_thumbprint" vdisk info --password-file "$vs_password_file" \
	--thumbprint 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33 "$url"
expect_text err 00:11:22
[ "$(awk 'length > 160' err | wc -l)" -eq 0 ] || fail "a line of more than 160 columns: $(cat err)"
expect_exit 6 vdisk info --json --password-file "$vs_password_file" "$url"
expect_text err '"code":"auth"'
expect_text err 'give its thumbprint: SHA-256 '
refused 6 "not trusted" vdisk vsphere list --password-file "$vs_password_file" "$server"
refused 6 "$vs_host" vdisk info --password-file "$vs_password_file" "$url"
[ "$(vsphere_counter logins)" = "$logins" ] || fail "the password went to somebody who is not trusted"
refused 2 "neither SHA-1 nor SHA-256" vdisk info --password-file "$vs_password_file" --thumbprint 12:34 "$url"
expect_exit 0 vdisk info --password-file "$vs_password_file" --ca-file "$vs_certificate" "$url"
refused 12 127.0.0.1 vdisk info --password-file "$vs_password_file" --thumbprint "$vs_thumbprint" \
	"vsphere://root@127.0.0.1:1/moref=$vs_moref?disk=disk1.vmdk"
login="--password-file $vs_password_file --thumbprint $vs_thumbprint"
# shellcheck disable=SC2086
refused 4 "nowhere.vmdk" vdisk info $login "$server/moref=$vs_moref?disk=nowhere.vmdk"
# shellcheck disable=SC2086
refused 4 "vm-4711" vdisk info $login "$server/moref=vm-4711?disk=disk1.vmdk"
# shellcheck disable=SC2086
refused 8 "of this host only" vdisk convert $login truth.raw "$url"
no_sessions

echo "# nobody sees the password"
VDISK_DEBUG=all expect_exit 0 on_server info -v "$url"
not_told out err
before=$(vsphere_counter logins)
vsphere_ctl 'latency?ms=300'
VD_PASSWORD=$(cat "$vs_password_file") vdisk convert -t raw -f --thumbprint "$vs_thumbprint" "$url" copy.raw \
	>out 2>err &
pid=$!
wait_until more_logins "$before"
tr '\0' '\n' <"/proc/$pid/environ" >environ
tr '\0' '\n' <"/proc/$pid/cmdline" >cmdline
grep -q '^VD_PASSWORD=$' environ || fail "the environment was not looked at: $(cat environ)"
not_told environ cmdline
vsphere_ctl 'latency?ms=0'
wait "$pid" || fail "the conversion failed: $(cat err)"
cmp truth.raw copy.raw

echo "# a signal ends the session, too"
vsphere_ctl 'fault?kind=slow&rate=100000&path=/folder&times=-1'
vdisk convert -t raw -f --password-file "$vs_password_file" --thumbprint "$vs_thumbprint" "$url" cut.raw \
	>out 2>err &
pid=$!
wait_until test -e cut.raw
kill -TERM "$pid"
status=0
wait "$pid" || status=$?
[ "$status" -eq 143 ] || fail "exit status $status after a signal: $(cat err)"
[ ! -e cut.raw ] || fail "what was begun is left"
vsphere_ctl clear
no_sessions
