/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a server is and has: the versions of its API, and its service content.
 *
 * 1. Nothing that a server names itself is taken as known: vCenter and ESXi have other references.
 */
#include "config.h"

#include "session-impl.h"

#include <stdio.h>
#include <string.h>

#include "../../common/log.h"
#include "fault.h"

/* Of the API that we speak, newest first: 6.7 has snapshots of first-class disks. */
static const char *const versions[] = { "6.7", "6.5", "6.0", "5.5", "5.1", "5.0" };

/* Is @version, or one that it includes, in the list of a namespace? */
static bool offers(vim_node *namespace, const char *version)
{
	const char *newest = vim_xml_text(namespace, "version");
	vim_node *prior = vim_xml_find(namespace, "priorVersions/version");

	if (newest != NULL && strcmp(newest, version) == 0)
		return true;
	for (; prior != NULL; prior = vim_xml_next(prior))
		if (strcmp(vim_xml_text(prior, ""), version) == 0)
			return true;
	return false;
}

/* The newest version of ours that the server has; our usual one where it does not tell. */
static const char *choose_version(const struct vim_response *r)
{
	const char *chosen = VIM_SOAP_VERSION;
	struct vim_xml *x = NULL;
	vim_node *n;

	if (r->status != 200 || vim_xml_parse(r->body, r->body_len, &x) != VIX_OK)
		return chosen;
	for (n = vim_xml_find(vim_xml_root(x), "namespace"); n != NULL; n = vim_xml_next(n)) {
		const char *name = vim_xml_text(n, "name");

		if (name == NULL || strcmp(name, "urn:vim25") != 0)
			continue;
		for (size_t i = sizeof(versions) / sizeof(versions[0]); i-- > 0;)
			if (offers(n, versions[i]))
				chosen = versions[i];
	}
	vim_xml_free(x);
	return chosen;
}

static VixError ask_versions(struct vim_session *s)
{
	const struct vim_request q = { .method = "GET",
				       .target = VIM_SOAP_PATH "/vimServiceVersions.xml" };
	struct vim_response r = { 0 };

	VD_TRY(vim_http_send(s->http, &q, &r));
	snprintf(s->version, sizeof(s->version), "%s", choose_version(&r));
	vim_response_free(&r);
	return VIX_OK;
}

/* A text that may be missing; NULL where there is none, or nothing in it. */
static const char *text(vim_node *n, const char *path)
{
	const char *s = vim_xml_text(n, path);

	return s == NULL || s[0] == '\0' ? NULL : s;
}

/* Fills @c from the reply, which it points into.  Is there what no session can do without? */
static bool read_content(vim_node *n, struct vim_content *c)
{
	const char *type = text(n, "about/apiType");

	c->is_vcenter = type != NULL && strcmp(type, "VirtualCenter") == 0;
	c->api_version = text(n, "about/apiVersion");
	c->product = text(n, "about/fullName");
	c->root_folder = text(n, "rootFolder");
	c->property_collector = text(n, "propertyCollector");
	c->session_manager = text(n, "sessionManager");
	c->search_index = text(n, "searchIndex");
	c->file_manager = text(n, "fileManager");
	c->virtual_disk_manager = text(n, "virtualDiskManager");
	c->view_manager = text(n, "viewManager");
	c->authorization_manager = text(n, "authorizationManager");
	c->vstorage_object_manager = text(n, "vStorageObjectManager");
	c->vstorage_type = c->vstorage_object_manager == NULL
				   ? NULL
				   : vim_xml_ref_type(vim_xml_find(n, "vStorageObjectManager"));
	return c->root_folder != NULL && c->property_collector != NULL &&
	       c->session_manager != NULL;
}

VixError vim_content_load(struct vim_session *s)
{
	const struct vim_call call = { .method = "RetrieveServiceContent",
				       .of = { "ServiceInstance", "ServiceInstance" } };
	struct vim_reply r;
	VixError err;

	VD_TRY(ask_versions(s));
	err = vim_soap_send(s->http, s->version, &call, &r);
	if (err == VIX_OK)
		err = vim_login_offer(s, &r);
	s->about = VU_STEAL(r.xml);
	if (err != VIX_OK) {
		vim_reply_free(&r);
		return err;
	}
	if (r.fault.name[0] != '\0') {
		vim_fault_log(vim_http_name(s->http), call.method, &r.fault);
		err = VIX_E_NET_HTTP_TRANSFER;
	} else if (!read_content(vim_xml_find(vim_xml_root(s->about), "returnval"), &s->content)) {
		VU_ERR("vim",
		       "%s: expected what a vCenter or an ESXi host has, came content without root "
		       "folder, property collector or session manager",
		       vim_http_name(s->http));
		err = VIX_E_NET_HTTP_TRANSFER;
	}
	vim_reply_free(&r);
	return err;
}
