/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faults; see fault.h.
 */
#include "config.h"

#include "fault.h"

#include <stdio.h>
#include <string.h>

#include "../../common/log.h"
#include "../../common/vixerr.h"

/* docs/vsphere.md has the same table for people.  What is not here is VIX_E_FAIL. */
static const struct {
	const char *name;
	VixError code;
} faults[] = {
	/* who we are */
	{ "InvalidLogin", VIX_E_AUTHENTICATION_FAIL },
	{ "NotAuthenticated", VIX_E_AUTHENTICATION_FAIL },
	{ "PasswordExpired", VIX_E_AUTHENTICATION_FAIL },
	{ "NoClientCertificate", VIX_E_AUTHENTICATION_FAIL },
	/* what we may */
	{ "NoPermission", VIX_E_FILE_ACCESS_ERROR },
	{ "CannotAccessFile", VIX_E_FILE_ACCESS_ERROR },
	{ "InaccessibleDatastore", VIX_E_FILE_ACCESS_ERROR },
	{ "FileNotWritable", VIX_E_FILE_READ_ONLY },
	{ "DatastoreNotWritableOnHost", VIX_E_FILE_READ_ONLY },
	{ "InvalidLicense", VIX_E_LICENSE },
	{ "LicenseRestricted", VIX_E_LICENSE },
	{ "RestrictedVersion", VIX_E_LICENSE },
	/* what there is */
	{ "ManagedObjectNotFound", VIX_E_OBJECT_NOT_FOUND },
	{ "NotFound", VIX_E_OBJECT_NOT_FOUND },
	{ "FileNotFound", VIX_E_FILE_NOT_FOUND },
	{ "FileAlreadyExists", VIX_E_FILE_ALREADY_EXISTS },
	{ "AlreadyExists", VIX_E_ALREADY_EXISTS },
	{ "DuplicateName", VIX_E_DUPLICATE_NAME },
	{ "InvalidDatastore", VIX_E_FILE_NAME_INVALID },
	{ "InvalidDatastorePath", VIX_E_FILE_NAME_INVALID },
	{ "InvalidName", VIX_E_FILE_NAME_INVALID },
	/* what goes on */
	{ "FileLocked", VIX_E_FILE_ALREADY_LOCKED },
	{ "TaskInProgress", VIX_E_OBJECT_IS_BUSY },
	{ "ConcurrentAccess", VIX_E_OBJECT_IS_BUSY },
	{ "ResourceInUse", VIX_E_OBJECT_IS_BUSY },
	{ "InvalidState", VIX_E_OBJECT_IS_BUSY },
	{ "InvalidPowerState", VIX_E_OBJECT_IS_BUSY },
	{ "MethodDisabled", VIX_E_OBJECT_IS_BUSY },
	{ "MethodAlreadyDisabled", VIX_E_OBJECT_IS_BUSY },
	{ "MethodAlreadyDisabledFault", VIX_E_OBJECT_IS_BUSY },
	{ "RequestCanceled", VIX_E_CANCELLED },
	/* what does not work */
	{ "NoDiskSpace", VIX_E_DISK_FULL },
	{ "FileTooLarge", VIX_E_FILE_TOO_BIG },
	{ "FileFault", VIX_E_FILE_ERROR },
	{ "InvalidArgument", VIX_E_INVALID_ARG },
	{ "OutOfBounds", VIX_E_INVALID_ARG },
	{ "InvalidType", VIX_E_INVALID_ARG },
	{ "NotSupported", VIX_E_NOT_SUPPORTED },
	{ "NotImplemented", VIX_E_NOT_SUPPORTED },
	{ "MethodNotFound", VIX_E_NOT_SUPPORTED },
	{ "InvalidRequest", VIX_E_NOT_SUPPORTED },
	{ "InvalidProperty", VIX_E_NOT_SUPPORTED },
	/* the host of a machine */
	{ "HostNotConnected", VIX_E_VM_HOST_DISCONNECTED },
	{ "HostNotReachable", VIX_E_VM_HOST_DISCONNECTED },
	{ "HostCommunication", VIX_E_VM_HOST_DISCONNECTED },
	{ "InvalidHostState", VIX_E_HOST_SERVER_NOT_AVAILABLE },
};

VixError vim_fault_code(const char *name)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (strcmp(faults[i].name, name) == 0)
			return faults[i].code;
	return VIX_E_FAIL;
}

/* "NoPermissionFault" is an element of type NoPermission. */
static size_t without_fault(const char *name)
{
	const size_t suffix = strlen("Fault");
	size_t len = strlen(name);

	if (strcmp(name, "fault") == 0) /* of a LocalizedMethodFault that has no type */
		return 0;
	return len > suffix && strcmp(name + len - suffix, "Fault") == 0 ? len - suffix : len;
}

void vim_fault_read(vim_node *n, const char *message, struct vim_fault *f_out)
{
	const char *name = vim_xml_type(n);
	size_t len = strlen(name);

	if (len == 0) {
		name = vim_xml_name(n);
		len = without_fault(name);
	}
	if (len == 0) {
		name = "Fault";
		len = strlen(name);
	}
	*f_out = (struct vim_fault){ .message = message == NULL ? "" : message, .detail = n };
	snprintf(f_out->name, sizeof(f_out->name), "%.*s",
		 (int)(len < sizeof(f_out->name) ? len : sizeof(f_out->name)), name);
}

void vim_fault_localized(vim_node *n, struct vim_fault *f_out)
{
	vim_fault_read(vim_xml_find(n, "fault"), vim_xml_text(n, "localizedMessage"), f_out);
}

bool vim_fault_is(const struct vim_fault *f, const char *name)
{
	return strcmp(f->name, name) == 0;
}

VixError vim_fault_log(const char *server, const char *doing, const struct vim_fault *f)
{
	VixError code = vim_fault_code(f->name);

	VU_ERR("vim", "%s refuses %s: %s%s%s (%s)", server, doing, vu_log_quote(f->name),
	       f->message[0] == '\0' ? "" : ": ", vu_log_quote(f->message), vu_vixerr_name(code));
	return code;
}
