/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of disks; see source.h.
 *
 * Functions that return a text return NULL, or what is wrong.
 */
#include "config.h"

#include "source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../common/alloc.h"
#include "../common/ascii.h"
#include "../common/cleanup.h"
#include "../common/path.h"
#include "../common/percent.h"

#define SCHEME     "vsphere:"
#define MOREF      "moref="
#define HTTPS_PORT 443u
#define SEPARATORS "?&#" /* inside a path or a value they are written as %xx */
#define BRACKET    "["   /* and so is this in a path whose datastore is named behind it */

#define HAS_PASSWORD                                                                 \
	"there is a password in it, for all to see: it belongs in --password-file, " \
	"--password-fd or $VD_PASSWORD_FILE"
#define NO_MEMORY "memory is short"

/* A part of the text. */
struct part {
	const char *s;
	size_t len;
};

/* The query's answers on where a VM lies. */
struct place {
	char *dc_path, *ds_name;
};

bool vdt_source_is_remote(const char *text)
{
	return vu_ascii_ncasecmp(text, SCHEME, strlen(SCHEME)) == 0;
}

static bool has_control_characters(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return true;
	return false;
}

/* What is there once keeps its value. */
static const char *decode(struct part p, char **out)
{
	int err;

	if (*out != NULL)
		return "a key comes twice";
	if (p.len == 0)
		return "a part of it is empty";
	err = vu_percent_decode(p.s, p.len, out);
	if (err == -ENOMEM)
		return NO_MEMORY;
	if (err < 0)
		return "a % is not followed by the two hexadecimal digits of a character (%25 is "
		       "the % itself)";
	return has_control_characters(*out) ? "it has control characters" : NULL;
}

/* Server */

static bool is_host_char(char c)
{
	int l = vu_ascii_lower(c);

	return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

static bool is_name(const char *s)
{
	for (; *s != '\0'; s++)
		if (!is_host_char(*s))
			return false;
	return true;
}

/* "fe80::1%eth0", too. */
static bool is_ipv6(const char *s)
{
	size_t len = strcspn(s, "%");
	VU_AUTO(free) char *address = strndup(s, len);
	struct in6_addr in;

	return address != NULL && inet_pton(AF_INET6, address, &in) == 1 &&
	       (s[len] == '\0' || (s[len + 1] != '\0' && is_name(s + len + 1)));
}

static const char *parse_port(struct part p, unsigned *port)
{
	*port = 0;
	for (size_t i = 0; i < p.len && *port <= 65535; i++) {
		if (p.s[i] < '0' || p.s[i] > '9')
			return "what follows the host is no port: it should be HOST:PORT";
		*port = *port * 10 + (unsigned)(p.s[i] - '0');
	}
	return *port >= 1 && *port <= 65535 ? NULL : "the port is none of 1 to 65535";
}

/* "[fe80::1]"; behind it "" or ":443". */
static const char *parse_ipv6(struct part p, struct vdt_source *src, struct part *port_out)
{
	const char *end = memchr(p.s, ']', p.len);
	const char *wrong;

	if (end == NULL)
		return "the [ before an IPv6 address has no ]";
	wrong = decode((struct part){ p.s + 1, (size_t)(end - p.s) - 1 }, &src->host);
	if (wrong != NULL)
		return wrong;
	*port_out = (struct part){ end + 1, p.len - (size_t)(end + 1 - p.s) };
	return is_ipv6(src->host) ? NULL : "what stands in brackets is no IPv6 address";
}

static const char *parse_name(struct part p, struct vdt_source *src, struct part *port_out)
{
	const char *colon = memchr(p.s, ':', p.len);
	struct part host = { p.s, colon != NULL ? (size_t)(colon - p.s) : p.len };
	const char *wrong;

	if (host.len == 0)
		return "no host is named: it should be vsphere://HOST/moref=vm-57";
	if (colon != NULL && memchr(colon + 1, ':', p.len - host.len - 1) != NULL)
		return "an IPv6 address needs brackets: [fe80::1]";
	wrong = decode(host, &src->host);
	if (wrong != NULL)
		return wrong;
	*port_out = (struct part){ p.s + host.len, p.len - host.len };
	return is_name(src->host) ? NULL : "the host has characters that no host has";
}

static const char *parse_host(struct part p, struct vdt_source *src)
{
	struct part port = { NULL, 0 };
	const char *wrong = p.len > 0 && p.s[0] == '[' ? parse_ipv6(p, src, &port)
						       : parse_name(p, src, &port);

	if (wrong != NULL)
		return wrong;
	for (char *c = src->host; *c != '\0' && *c != '%'; c++)
		*c = (char)vu_ascii_lower(*c);
	src->port = HTTPS_PORT;
	if (port.len == 0)
		return NULL;
	if (port.s[0] != ':')
		return "something follows the ] that is no :PORT";
	return parse_port((struct part){ port.s + 1, port.len - 1 }, &src->port);
}

/* "USER@HOST:PORT"; users of vCenter have an @ in their names, too. */
static const char *parse_authority(struct part p, struct vdt_source *src)
{
	const char *at = memrchr(p.s, '@', p.len);
	struct part user = { p.s, at != NULL ? (size_t)(at - p.s) : 0 };
	const char *wrong;

	if (at == NULL)
		return parse_host(p, src);
	if (memchr(user.s, ':', user.len) != NULL)
		return HAS_PASSWORD;
	wrong = decode(user, &src->user);
	return wrong != NULL ? wrong
			     : parse_host((struct part){ at + 1, p.len - user.len - 1 }, src);
}

/* Query */

static char **find_key(struct part key, struct vdt_source *src, struct place *place)
{
	const struct {
		const char *name;
		char **to;
	} keys[] = {
		{ "disk", &src->disk },           { "snapshot", &src->snapshot },
		{ "transport", &src->transport }, { "dcPath", &place->dc_path },
		{ "dsName", &place->ds_name },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strlen(keys[i].name) == key.len &&
		    vu_ascii_ncasecmp(keys[i].name, key.s, key.len) == 0)
			return keys[i].to;
	return NULL;
}

static const char *parse_pair(struct part p, struct vdt_source *src, struct place *place)
{
	const char *equals = memchr(p.s, '=', p.len);
	size_t key_len = equals != NULL ? (size_t)(equals - p.s) : 0;
	char **to;

	if (equals == NULL)
		return "behind the ? there is something that is no KEY=VALUE";
	to = find_key((struct part){ p.s, key_len }, src, place);
	if (to == NULL)
		return "behind the ? there is a key that is none of disk, snapshot, transport, "
		       "dcPath, dsName";
	return decode((struct part){ equals + 1, p.len - key_len - 1 }, to);
}

static const char *parse_query(const char *s, struct vdt_source *src, struct place *place)
{
	for (bool more = true; more;) {
		size_t len = strcspn(s, "&");
		const char *wrong = parse_pair((struct part){ s, len }, src, place);

		if (wrong != NULL)
			return wrong;
		more = s[len] == '&';
		s += len + more;
	}
	return NULL;
}

/* Virtual machine */

static const char *spec_moref(const char *id, const struct place *place, struct vdt_source *src)
{
	for (const char *c = id; *c != '\0'; c++)
		if (!is_host_char(*c) && *c != ':')
			return "what follows moref= is no reference such as vm-57";
	if (id[0] == '\0')
		return "nothing follows moref=";
	if (place->dc_path != NULL || place->ds_name != NULL)
		return "dcPath and dsName go with a .vmx file, not with moref=";
	src->vmx_spec = vu_asprintf(MOREF "%s", id);
	return src->vmx_spec != NULL ? NULL : NO_MEMORY;
}

/* "[ds] dir/a.vmx" becomes "dir/a.vmx", and @place has the datastore.  Where that is named already,
 * a directory is called so. */
static const char *take_datastore(char *path, struct place *place, char **file_out)
{
	char *end = strstr(path, "] ");

	*file_out = path;
	if (place->ds_name != NULL)
		return NULL;
	if (path[0] != '[')
		return "the datastore of the .vmx file is not told: add dsName=DATASTORE";
	if (end == NULL || end == path + 1)
		return "what begins with [ is no \"[DATASTORE] DIR/NAME.vmx\"";
	place->ds_name = strndup(path + 1, (size_t)(end - path) - 1);
	*file_out = end + 2;
	return place->ds_name != NULL ? NULL : NO_MEMORY;
}

static bool is_vmx(const char *path)
{
	return vu_path_has_suffix(path, ".vmx") || vu_path_has_suffix(path, ".vmtx");
}

static const char *spec_file(char *path, struct place *place, struct vdt_source *src)
{
	struct vu_strbuf b = { .s = NULL };
	const char *wrong;
	char *file;

	if (!is_vmx(path))
		return "it names no virtual machine: /moref=vm-57, or the path of a .vmx file";
	wrong = take_datastore(path, place, &file);
	if (wrong != NULL)
		return wrong;
	vu_percent_encode(&b, file + strspn(file, "/"), SEPARATORS BRACKET);
	if (place->dc_path != NULL) {
		vu_strbuf_puts(&b, "?dcPath=");
		vu_percent_encode(&b, place->dc_path, SEPARATORS);
	}
	vu_strbuf_puts(&b, place->dc_path != NULL ? "&dsName=" : "?dsName=");
	vu_percent_encode(&b, place->ds_name, SEPARATORS);
	src->vmx_spec = vu_strbuf_take(&b);
	return src->vmx_spec != NULL ? NULL : NO_MEMORY;
}

/* @p: what is between the host's "/" and the "?". */
static const char *parse_vm(struct part p, struct place *place, struct vdt_source *src)
{
	VU_AUTO(free) char *vm = NULL;
	const char *wrong;

	if (p.len == 0)
		return "no virtual machine is named: it should be vsphere://HOST/moref=vm-57";
	wrong = decode(p, &vm);
	if (wrong != NULL)
		return wrong;
	if (vu_ascii_ncasecmp(vm, MOREF, strlen(MOREF)) == 0)
		return spec_moref(vm + strlen(MOREF), place, src);
	return spec_file(vm, place, src);
}

/* The whole */

static const char *check_transport(const struct vdt_source *src)
{
	const char *allowed = "abcdefghijklmnopqrstuvwxyz:";

	if (src->transport != NULL && src->transport[strspn(src->transport, allowed)] != '\0')
		return "its transport is no list such as hotadd:https";
	return NULL;
}

/* @s: behind the "/" after the host. */
static const char *parse_path(const char *s, struct vdt_source *src)
{
	size_t len = strcspn(s, "?");
	struct place place = { 0 };
	const char *wrong = NULL;

	if (s[len] == '?')
		wrong = parse_query(s + len + 1, src, &place);
	if (wrong == NULL)
		wrong = parse_vm((struct part){ s, len }, &place, src);
	if (wrong == NULL)
		wrong = check_transport(src);
	free(place.dc_path);
	free(place.ds_name);
	return wrong;
}

/* @rest_out: behind the "/" after the host. */
static const char *parse_server(const char *s, struct vdt_source *src, const char **rest_out)
{
	size_t len;
	const char *wrong;

	if (s[0] != '/' || s[1] != '/')
		return "it should begin with vsphere://HOST/ (a file that is called so is "
		       "./vsphere:...)";
	s += 2;
	len = strcspn(s, "/?");
	wrong = parse_authority((struct part){ s, len }, src);
	if (wrong != NULL)
		return wrong;
	*rest_out = s + len + (s[len] == '/');
	return strchr(s, '#') != NULL ? "a # in it is written as %23" : NULL;
}

static const char *parse_url(const char *s, struct vdt_source *src)
{
	const char *rest;
	const char *wrong = parse_server(s, src, &rest);

	return wrong != NULL ? wrong : parse_path(rest, src);
}

const char *vdt_source_parse(const char *text, struct vdt_source *src_out)
{
	const char *wrong;

	*src_out = (struct vdt_source){ 0 };
	if (vdt_source_is_remote(text)) {
		wrong = parse_url(text + strlen(SCHEME), src_out);
	} else {
		src_out->file = strdup(text);
		wrong = src_out->file != NULL ? NULL : NO_MEMORY;
	}
	return wrong;
}

const char *vdt_source_parse_server(const char *text, struct vdt_source *src_out)
{
	const char *rest, *wrong;

	*src_out = (struct vdt_source){ 0 };
	if (!vdt_source_is_remote(text))
		return "it is no server: it should be vsphere://HOST";
	wrong = parse_server(text + strlen(SCHEME), src_out, &rest);
	if (wrong != NULL || rest[0] == '\0')
		return wrong;
	return "something follows the server: it should be vsphere://HOST";
}

void vdt_source_free(struct vdt_source *src)
{
	free(src->file);
	free(src->user);
	free(src->host);
	free(src->vmx_spec);
	free(src->disk);
	free(src->snapshot);
	free(src->transport);
	*src = (struct vdt_source){ 0 };
}

bool vdt_source_has_key(const struct vdt_source *src)
{
	return src->disk != NULL && src->disk[strspn(src->disk, "0123456789")] == '\0';
}

/* Names */

static void add_server(struct vu_strbuf *b, const struct vdt_source *src)
{
	bool is_v6 = strchr(src->host, ':') != NULL;

	vu_strbuf_puts(b, is_v6 ? SCHEME "//[" : SCHEME "//");
	vu_percent_encode(b, src->host, "");
	if (is_v6)
		vu_strbuf_putc(b, ']');
	if (src->port != HTTPS_PORT)
		vu_strbuf_printf(b, ":%u", src->port);
}

/* @key: "disk="; the first one follows a "?", the others a "&". */
static void add_pair(struct vu_strbuf *b, const char *key, const char *value)
{
	if (value == NULL)
		return;
	vu_strbuf_putc(b, b->s != NULL && strchr(b->s, '?') != NULL ? '&' : '?');
	vu_strbuf_puts(b, key);
	vu_percent_encode(b, value, SEPARATORS);
}

static char *url_of(const struct vdt_source *src)
{
	struct vu_strbuf b = { .s = NULL };

	add_server(&b, src);
	vu_strbuf_putc(&b, '/');
	vu_strbuf_puts(&b, src->vmx_spec);
	add_pair(&b, "snapshot=", src->snapshot);
	add_pair(&b, "disk=", src->disk);
	return vu_strbuf_take(&b);
}

char *vdt_source_id(const char *text)
{
	struct vdt_source src;
	const char *wrong = vdt_source_parse(text, &src);
	char *id = NULL;

	if (wrong == NULL)
		id = src.file != NULL ? realpath(src.file, NULL) : url_of(&src);
	if (id == NULL)
		id = strdup(text);
	vdt_source_free(&src);
	return id;
}
