/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How users name a disk: a file of this host, or a disk of a virtual machine on a server.
 *
 *	FILE
 *	vsphere://[USER@]HOST[:PORT]/moref=ID[?KEY=VALUE&...]
 *	vsphere://[USER@]HOST[:PORT]/[DATASTORE] DIR/NAME.vmx[?KEY=VALUE&...]
 *	vsphere://[USER@]HOST[:PORT]/DIR/NAME.vmx?dsName=DATASTORE[&KEY=VALUE...]
 *
 *	disk=[DATASTORE] DIR/NAME.vmdk, disk=NAME.vmdk (beside the .vmx file), disk=2000 (its key)
 *	snapshot=ID, transport=MODES, dcPath=FOLDER/DATACENTER
 *
 * 1. What begins with "vsphere:", in any case, is a URL; a file called so is ./vsphere:...
 * 2. Everywhere behind vsphere:// a byte may be written as %xx; what separates parts must be where
 *    it does not.  No part is empty, none has control characters.
 * 3. A password is refused, and none is ever in a struct vdt_source.  What is wrong with a URL is
 *    told without a word of it: there may be a password in it.
 */
#ifndef VDT_SOURCE_H
#define VDT_SOURCE_H

#include <stdbool.h>

/* Strings are owned. */
struct vdt_source {
	char *file;      /* of this host; NULL: on a server, */
	char *user;      /* as whom; NULL: not told */
	char *host;      /* name or address, IPv6 without brackets, in small letters */
	unsigned port;   /* 443 where it is not told */
	char *vmx_spec;  /* the VM, as VixDiskLibConnectParams wants it */
	char *disk;      /* path or key; NULL: not told */
	char *snapshot;  /* its reference; NULL: the VM as it is now */
	char *transport; /* modes, separated by colons; NULL: not told */
};

/** vdt_source_is_remote() - does a user mean a disk of a server? */
bool vdt_source_is_remote(const char *text);

/**
 * vdt_source_parse() - take the name of a disk apart
 * @src_out: filled; vdt_source_free(), also where it fails
 *
 * Return: NULL, or what is wrong with it: a static sentence about "it"
 */
const char *vdt_source_parse(const char *text, struct vdt_source *src_out);

/**
 * vdt_source_parse_server() - the same, for a server alone: vsphere://[USER@]HOST[:PORT]
 *
 * Its vmx_spec is NULL.
 */
const char *vdt_source_parse_server(const char *text, struct vdt_source *src_out);

/** vdt_source_free() - free its strings; all zero is fine */
void vdt_source_free(struct vdt_source *src);

/** vdt_source_has_key() - is its disk named by a key, and not by a path? */
bool vdt_source_has_key(const struct vdt_source *src);

/**
 * vdt_source_id() - the one name of a source, however it was written
 *
 * An absolute path, or a URL without user and transport: it means the same whoever reads it how.
 * A path that leads nowhere and a URL that is none are their own names.
 * Return: for the caller to free(), or NULL when memory is short.
 */
char *vdt_source_id(const char *text);

#endif
