#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Disks that a test hands to the front: chains, kinds of backings, odd names, second hosts, an ESXi host.
. "$top_srcdir/tests/functions.sh"
. "$top_srcdir/tests/vsphere/functions.sh"

# descriptor FILE TYPE EXTENT [PARENT] - EXTENT is "VMFS x-flat.vmdk", its file is made, too
descriptor()
{
	local hint=
	[ -z "${4:-}" ] || hint="parentFileNameHint=\"$4\""
	cat >"$1" <<-END
		# Disk DescriptorFile
		version=1
		CID=12345678
		parentCID=ffffffff
		createType="$2"
		$hint
		RW 20480 ${3% *} "${3#* }"
		ddb.uuid = "60 00 C2 9a 00 11 22 33-44 55 66 77 88 99 aa bb"
	END
	truncate -s 10M "${3#* }"
}

make_tmp
cd "$tmp"
descriptor base.vmdk vmfs 'VMFS base-flat.vmdk'
descriptor base-000001.vmdk vmfsSparse 'VMFSSPARSE base-000001-delta.vmdk' base.vmdk
descriptor base-000002.vmdk seSparse 'SESPARSE base-000002-sesparse.vmdk' base-000001.vmdk
descriptor rdm.vmdk vmfsPassthroughRawDeviceMap 'VMFSRDM rdm-rdmp.vmdk'
descriptor other.vmdk vmfs 'VMFS other-flat.vmdk'

# What a machine has to say of these.
vsphere_start -datastore 'odd + % & ü' -folders 1
vsphere_login
vsphere_put_disk base-000002.vmdk other.vmdk
vsphere_properties VirtualMachine "$vs_moref" config.hardware.device
for name in base-000002 base-000001 base; do
	vsphere_says "<fileName>[$vs_datastore] $vs_vm/$name.vmdk</fileName>"
done
vsphere_says '<deltaDiskFormat>seSparseFormat</deltaDiskFormat>' '<deltaDiskFormat>redoLogFormat</deltaDiskFormat>' \
	'<uuid>6000C29a-0011-2233-4455-66778899aabb</uuid>' '<parent xsi:type="VirtualDiskFlatVer2BackingInfo">' \
	'<key>2001</key>' '<unitNumber>1</unitNumber>'
vsphere_properties VirtualMachine "$vs_moref" layoutEx.disk
vsphere_says '<key>2000</key><chain><fileKey>1</fileKey><fileKey>2</fileKey></chain><chain><fileKey>3</fileKey><fileKey>4</fileKey></chain><chain><fileKey>5</fileKey><fileKey>6</fileKey></chain>'

# A snapshot that ends below.
vsphere_call 200 CreateSnapshot_Task "<_this type=\"VirtualMachine\">$vs_moref</_this><name>s</name><memory>false</memory><quiesce>false</quiesce>"
vsphere_properties Task "$(vsphere_returned)" info.result
snapshot=$(sed -n 's,.*>\(snapshot-[0-9]*\)<.*,\1,p' reply)
vsphere_properties VirtualMachineSnapshot "$snapshot" vm
vsphere_says ">$vs_moref</val>"
vsphere_ctl "snapshot?moref=$vs_moref&snapshot=$snapshot&file=base-000001.vmdk"
vsphere_properties VirtualMachineSnapshot "$snapshot" config.hardware.device
vsphere_says base-000001.vmdk
vsphere_says_not base-000002 other.vmdk

# What only JSON can say: encrypted, of another kind, mapped to a LUN.
cp rdm.vmdk "$vs_vm_dir"
cat >disks <<-END
	[{"file": "base.vmdk", "key": 2010, "capacity": 1048576, "props": {"keyId": "k1"}},
	 {"file": "other.vmdk", "backing": "VirtualDiskSeSparseBackingInfo"}, {"file": "rdm.vmdk"}]
END
vsphere_ctl "disks?moref=$vs_moref" disks
vsphere_properties VirtualMachine "$vs_moref" config
vsphere_says '<key>2010</key>' '<capacityInBytes>1048576</capacityInBytes>' '<keyId><keyId>k1</keyId></keyId>' \
	'<backing xsi:type="VirtualDiskSeSparseBackingInfo">' \
	'<backing xsi:type="VirtualDiskRawDiskMappingVer1BackingInfo">' '<key>2001</key>' '<key>2002</key>'

# Names that are escaped.
vsphere_put_disk -m 5 base.vmdk
vsphere_properties VirtualMachine "$vs_moref5" config.hardware.device
vsphere_says '<fileName>[odd + % &amp; ü] VM [1] on odd + % &amp; ü/base.vmdk</fileName>'
vsphere_curl -f -o got "$(vsphere_folder "${vs_vm_path5#*] }" "$vs_datastore5" "$vs_datacenter5")" || fail "no .vmx file"
[ "$vs_datacenter" = F0/DC0 ] || fail "the datacenter is not in a folder"
vsphere_curl -f -o got "$(vsphere_folder "$vs_vm/base-flat.vmdk")" || fail "no extent"
cmp base-flat.vmdk got

# A second host has a certificate of its own, which tickets and leases tell.
vsphere_ctl listen >second
port=$(sed -n 's/^port=//p' second)
print=$(sed -n 's/^thumbprint=//p' second)
vsphere_call 200 AcquireGenericServiceTicket "<_this type=\"SessionManager\">SessionManager</_this><spec xsi:type=\"SessionManagerHttpServiceRequestSpec\"><method>httpGet</method><url>https://localhost:$port/folder/x?dsName=y</url></spec>"
vsphere_says "<sslThumbprint>$print</sslThumbprint>"
vsphere_ctl "stream?moref=$vs_moref5&key=2000&file=$tmp/base.vmdk"
vsphere_ctl "lease?port=$port"
vsphere_call 200 PowerOffVM_Task "<_this type=\"VirtualMachine\">$vs_moref5</_this>"
vsphere_call 200 ExportVm "<_this type=\"VirtualMachine\">$vs_moref5</_this>"
vsphere_properties HttpNfcLease "$(vsphere_returned)" info
vsphere_says "<url>https://*:$port/nfc/" "<sslThumbprint>$print</sslThumbprint>"
vsphere_ctl "cert?port=$port" >third
! grep -qF "$print" third || fail "its certificate did not change"

# A host: dcPath may be missing, and there is no DisableMethods.
vsphere_start -esx
vsphere_login
vsphere_put_disk -l base-000001.vmdk
vsphere_properties VirtualMachine "$vs_moref" config.hardware.device
vsphere_says "<fileName>[$vs_datastore] $vs_vm/base.vmdk</fileName>"
url=$(vsphere_folder "$vs_vm/base-flat.vmdk")
vsphere_curl -f -o got "${url%%\?*}?dsName=$vs_datastore" || fail "dcPath is wanted"
cmp base-flat.vmdk got
vs_space=urn:internalvim25
vsphere_call MethodNotFound DisableMethods '<_this type="AuthorizationManager">ha-authmgr</_this>'
