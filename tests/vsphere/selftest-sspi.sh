#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# LoginBySSPI of the front, with tickets of a Kerberos server that runs for this test alone.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"

requires pkg-config
pkg-config --exists krb5-gssapi || skip "libkrb5-dev is not installed"
make_tmp
cd "$tmp"
$CC -I"$top_builddir" -o spnego "$srcdir/vsphere/spnego.c" $(pkg-config --cflags --libs krb5-gssapi)
vsphere_start --kdc
[ "$vs_sspi" = yes ] || fail "the front is built without GSSAPI"
export KRB5_CONFIG="$vs_krb5_config" KRB5CCNAME="$vs_krb5_ccname"

content='<_this type="ServiceInstance">ServiceInstance</_this>'

# login TOKEN WANTED - call LoginBySSPI; WANTED is 200, or a fault
login()
{
	local got
	got=$(vsphere_soap LoginBySSPI "<_this type=\"SessionManager\">SessionManager</_this><base64Token>$1</base64Token>")
	[ "$got" = "$2" ] || grep -q "xsi:type=\"$2\"" reply || fail "not $2: $(cat reply)"
}

challenge()
{
	sed -n 's,.*<base64Token>\(.*\)</base64Token>.*,\1,p' reply
}

# A token that is enough by itself.
login "$(./spnego host@localhost </dev/null)" 200
grep -q '<userName>backup@TEST.LOCAL</userName>' reply || fail "another user: $(cat reply)"
[ "$(vsphere_soap CurrentTime "$content")" = 200 ] || fail "that is no session"
[ "$(vsphere_counter logins)" = 1 ] || fail "not one login"

# A challenge before: what the client makes of it ends its context, and the next call logs in.
rm cookies
vsphere_ctl 'sspi?challenge=yes'
mkfifo in
./spnego host@localhost <in >out &
exec 3>in
wait_until [ -s out ]
login "$(head -n 1 out)" SSPIChallenge
[ "$(vsphere_soap CurrentTime "$content")" = 500 ] || fail "a challenge is a session"
challenge >&3
exec 3>&-
wait $! || fail "the client does not take the challenge"
login "$(sed -n 2p out)" 200
[ "$(vsphere_soap CurrentTime "$content")" = 200 ] || fail "that is no session"
vsphere_ctl 'sspi?challenge=no'

# Others are not let in.
rm cookies
login bm9uc2Vuc2U= InvalidLogin
login '***' InvalidLogin
! ./spnego host@elsewhere </dev/null 2>/dev/null || fail "there is a ticket for another host"
KRB5CCNAME=FILE:$tmp/none
! ./spnego host@localhost </dev/null 2>/dev/null || fail "there is a token without a ticket"

vsphere_start -esx
[ "$(vsphere_soap LoginBySSPI '<_this type="SessionManager">ha-sessionmgr</_this><base64Token>AA==</base64Token>')" = 500 ] ||
	fail "a host takes tickets"
grep -q 'xsi:type="NotSupported"' reply || fail "another fault: $(cat reply)"
