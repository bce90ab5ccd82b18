/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a lease says of its files; see lease.h.
 *
 * 1. Which file is which disk is never guessed: by the only disk of a machine, or by the name of the
 *    place where it is attached.
 */
#include "config.h"

#include "lease.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/ascii.h"

#define SCHEME   "https://"
#define PORT_MAX 65535u

/* Places. */

static vim_node *find_device(vim_node *devices, const char *type, uint64_t key)
{
	vim_node *d = vim_xml_find(devices, "VirtualDevice");
	uint64_t has;

	for (; d != NULL; d = vim_xml_next(d)) {
		if ((type == NULL || strcmp(vim_xml_type(d), type) == 0) &&
		    vim_xml_uint(d, "key", &has) && has == key)
			return d;
	}
	return NULL;
}

static size_t count_disks(vim_node *devices)
{
	vim_node *d = vim_xml_find(devices, "VirtualDevice");
	size_t n = 0;

	for (; d != NULL; d = vim_xml_next(d))
		n += strcmp(vim_xml_type(d), "VirtualDisk") == 0;
	return n;
}

VixError vim_lease_place(vim_node *devices, uint32_t key, char **place_out, bool *is_only_out)
{
	vim_node *disk = find_device(devices, "VirtualDisk", key), *controller;
	uint64_t controller_key, unit, bus;

	*place_out = NULL;
	*is_only_out = count_disks(devices) == 1;
	if (disk == NULL)
		return VIX_E_OBJECT_NOT_FOUND;
	if (!vim_xml_uint(disk, "controllerKey", &controller_key) ||
	    !vim_xml_uint(disk, "unitNumber", &unit))
		return VIX_OK;
	controller = find_device(devices, NULL, controller_key);
	if (controller == NULL || !vim_xml_uint(controller, "busNumber", &bus))
		return VIX_OK;
	*place_out = vu_asprintf("%s%" PRIu64 ":%" PRIu64, vim_xml_type(controller), bus, unit);
	return *place_out != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

/* Files. */

/* "/vm-57/ParaVirtualSCSIController0:1" */
static bool is_at(vim_node *file, const char *place)
{
	const char *key = vim_xml_text(file, "key");
	const char *last = key != NULL ? strrchr(key, '/') : NULL;

	return last != NULL && place != NULL && strcmp(last + 1, place) == 0;
}

static vim_node *next_disk(vim_node *file)
{
	while (file != NULL && !vim_xml_is(file, "disk"))
		file = vim_xml_next(file);
	return file;
}

/* NULL: none, or several. */
static vim_node *pick(vim_node *info, const char *place, bool is_only)
{
	vim_node *first = next_disk(vim_xml_find(info, "deviceUrl")), *found = NULL;

	if (is_only && first != NULL && next_disk(vim_xml_next(first)) == NULL)
		return first;
	for (vim_node *f = first; f != NULL; f = next_disk(vim_xml_next(f))) {
		if (!is_at(f, place))
			continue;
		if (found != NULL)
			return NULL;
		found = f;
	}
	return found;
}

/* ":8443" or nothing, up to the path. */
static bool read_port(const char *s, const char **end_out, unsigned *port_out)
{
	unsigned port = 0;

	*port_out = 0;
	*end_out = s;
	if (*s != ':')
		return true;
	for (s++; isdigit((unsigned char)*s) && port <= PORT_MAX; s++)
		port = 10 * port + (unsigned)(*s - '0');
	*end_out = s;
	*port_out = port;
	return port > 0 && port <= PORT_MAX;
}

/* A name, an address, or one of IPv6 in brackets; its end. */
static const char *host_end(const char **host, size_t *len_out)
{
	const char *end;

	if (**host != '[') {
		*len_out = strcspn(*host, ":/?#@");
		return *host + *len_out;
	}
	(*host)++;
	end = strchr(*host, ']');
	*len_out = end != NULL ? (size_t)(end - *host) : 0;
	return end != NULL ? end + 1 : *host;
}

static VixError read_url(const char *url, struct vim_lease_file *f)
{
	const char *host = url + strlen(SCHEME), *end;
	bool is_named;
	size_t len;

	if (vu_ascii_ncasecmp(url, SCHEME, strlen(SCHEME)) != 0)
		return VIX_E_NET_HTTP_TRANSFER;
	end = host_end(&host, &len);
	if (len == 0 || !read_port(end, &end, &f->port) || *end != '/')
		return VIX_E_NET_HTTP_TRANSFER;
	is_named = len != 1 || *host != '*';
	f->target = strdup(end);
	f->host = is_named ? strndup(host, len) : NULL;
	return f->target == NULL || (is_named && f->host == NULL) ? VIX_E_OUT_OF_MEMORY : VIX_OK;
}

VixError vim_lease_find(vim_node *info, const char *place, bool is_only,
			struct vim_lease_file *f_out)
{
	vim_node *file = pick(info, place, is_only);
	const char *url = vim_xml_text(file, "url"), *print = vim_xml_text(file, "sslThumbprint");
	VixError err;

	*f_out = (struct vim_lease_file){ 0 };
	if (file == NULL)
		return VIX_E_NOT_SUPPORTED;
	err = read_url(url != NULL ? url : "", f_out);
	f_out->thumbprint = vu_strdup_or_null(print);
	if (err == VIX_OK && f_out->thumbprint == NULL && print != NULL)
		err = VIX_E_OUT_OF_MEMORY;
	if (err != VIX_OK)
		vim_lease_file_free(f_out);
	return err;
}

void vim_lease_file_free(struct vim_lease_file *f)
{
	free(f->host);
	free(f->target);
	free(f->thumbprint);
	*f = (struct vim_lease_file){ 0 };
}
