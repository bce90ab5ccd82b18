#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Logins with Kerberos, against a server that takes the tickets of a KDC of the test.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"

session=$builddir/vsphere/session

# opens CODE - a session is opened with a ticket, used and closed, or can't be
opens()
{
	"$session" open sspi >"$tmp/out" 2>"$tmp/said" || fail "$(cat "$tmp/out" "$tmp/said")"
	[ "$(cat "$tmp/out")" = "open $1" ] || fail "expected $1, came: $(cat "$tmp/out" "$tmp/said")"
}

said()
{
	[ "$(wc -l <"$tmp/said")" = 1 ] && grep -q "$1" "$tmp/said" ||
		fail "expected one line like \"$1\", came: $(cat "$tmp/said")"
}

# is_balanced LOGINS - so many there were, and all have ended
is_balanced()
{
	[ "$(vsphere_counter logins)" = "$1" ] && [ "$(vsphere_counter logouts)" = "$1" ] &&
		[ "$(vsphere_counter sessions)" = 0 ] || fail "$(vsphere_ctl counters)"
}

make_tmp
vsphere_start --kdc
[ "$vs_sspi" = yes ] || skip "the front is built without GSSAPI"
grep -q '^#define HAVE_GSSAPI 1' "$top_builddir/config.h" || skip "built without GSSAPI"
export vs_port vs_thumbprint KRB5_CONFIG="$vs_krb5_config" KRB5CCNAME="$vs_krb5_ccname"
export vs_host=localhost

opens 0
is_balanced 1

# The server wants another token, of the same client.
vsphere_ctl 'sspi?challenge=yes'
opens 0
is_balanced 2

# It expires: a new ticket is fetched for the next one.
"$session" open sspi run "curl -sS --noproxy '*' --unix-socket '$vs_ctl' http://ctl/expire" call close >"$tmp/out"
[ "$(paste -sd';' "$tmp/out")" = 'open 0;call 0;close 0' ] || fail "$(cat "$tmp/out")"
vsphere_ctl 'sspi?challenge=no'

# A challenge that is none, and one without end.
vsphere_ctl 'fault?kind=soap&fault=SSPIChallenge&call=LoginBySSPI'
opens 18000
said 'expected a token in its SSPIChallenge'
vsphere_ctl 'fault?kind=soap&fault=InvalidLogin&call=LoginBySSPI'
opens 35
said "refuses the login with Kerberos: InvalidLogin"

# An address has no ticket, and neither has a user who was given none.
vs_host=127.0.0.1 opens 6
said "needs the name of the server, not its address"
KRB5CCNAME=FILE:$tmp/none
opens 35
said "Kerberos can't find a ticket for host@localhost: "
