# SPDX-License-Identifier: LGPL-2.1-or-later
# A Kerberos server of its own for a test: realm TEST.LOCAL, on an unused loopback port, all in one
# directory. Sourced by serve.sh, which has skip.
PATH=$PATH:/usr/sbin

# kdc_files DIR PORT
kdc_files()
{
	cat >"$1/krb5.conf" <<-END
		[libdefaults]
		default_realm = TEST.LOCAL
		dns_lookup_kdc = false
		dns_lookup_realm = false
		dns_canonicalize_hostname = false
		rdns = false
		[realms]
		TEST.LOCAL = {
			kdc = 127.0.0.1:$2
		}
	END
	cat >"$1/kdc.conf" <<-END
		[kdcdefaults]
		kdc_listen = 127.0.0.1:$2
		kdc_tcp_listen = 127.0.0.1:$2
		[realms]
		TEST.LOCAL = {
			database_name = $1/principal
			key_stash_file = $1/stash
			acl_file = $1/acl
		}
	END
}

# kdc_database DIR - a user with a password, and a server with a key in svc.keytab
kdc_database()
{
	kdb5_util create -s -r TEST.LOCAL -P master
	kadmin.local -q 'addprinc -pw secret backup'
	kadmin.local -q 'addprinc -randkey host/localhost'
	kadmin.local -q "ktadd -k $1/svc.keytab host/localhost"
}

# kdc_try DIR PORT - run it there; fails if the port is taken
kdc_try()
{
	kdc_files "$1" "$2"
	setpriv --pdeathsig TERM krb5kdc -n >>"$1/log" 2>&1 &
	kdc_pid=$!
	while kill -0 $kdc_pid 2>/dev/null; do
		! echo secret | kinit backup >>"$1/log" 2>&1 || return 0
		sleep 0.1
	done
	return 1
}

# kdc_start DIR - and log the user in; what clients and servers need is in the environment from then on
# The server ends with the process that has called this.
kdc_start()
{
	local program tries=0
	for program in krb5kdc kdb5_util kadmin.local kinit setpriv; do
		command -v $program >/dev/null || skip "$program is not installed"
	done
	mkdir "$1"
	export KRB5_CONFIG="$1/krb5.conf" KRB5_KDC_PROFILE="$1/kdc.conf"
	export KRB5CCNAME="FILE:$1/cc" KRB5_KTNAME="FILE:$1/svc.keytab"
	kdc_files "$1" 1
	kdc_database "$1" >"$1/log" 2>&1
	until kdc_try "$1" $((20000 + ($$ * 7 + tries * 101) % 40000)); do
		[ $((tries += 1)) -lt 20 ] || return 1
	done
}
