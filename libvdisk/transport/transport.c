/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of transports, and the choice among them; see transport.h.
 */
#include "config.h"

#include "transport.h"

#include <stdbool.h>
#include <string.h>

#include "../../common/ascii.h"
#include "../../common/log.h"
#include "../conn.h"

static const struct vd_transport_ops *const transports[] = {
#define TRANSPORT(name) &vd_transport_##name,
#include "../drivers.def"
};

/* ":a:b", from the same lines. */
static const char modes[] = ""
#define TRANSPORT(name) ":" #name
#include "../drivers.def"
	;

const char *vd_transport_list(void)
{
	return modes + 1;
}

static const struct vd_transport_ops *find_mode(const char *mode, size_t len)
{
	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
		if (strlen(transports[i]->mode) == len &&
		    vu_ascii_ncasecmp(transports[i]->mode, mode, len) == 0)
			return transports[i];
	}
	return NULL;
}

/* The transport that a list names at *@at, if it serves @c, else NULL; *@at goes on to the next name. */
static const struct vd_transport_ops *next(const struct vd_conn *c, const char **at)
{
	const char *s = *at;
	size_t len = strcspn(s, ":");
	const struct vd_transport_ops *t = find_mode(s, len);

	*at = s + len + strspn(s + len, ":");
	if (t != NULL && t->usable(c))
		return t;
	VU_DBG("transport", "transport \"%.*s\" %s", (int)len, s,
	       t != NULL ? "can't serve this connection" : "is not known");
	return NULL;
}

bool vd_transport_is_listed(const struct vd_conn *c, const char *mode)
{
	const char *at = c->transport_modes != NULL ? c->transport_modes : vd_transport_list();

	while (*at != '\0') {
		const struct vd_transport_ops *t = next(c, &at);

		if (t != NULL && strcmp(t->mode, mode) == 0)
			return true;
	}
	return false;
}

static VixError refuse(const char *path, const char *list, bool was_served)
{
	if (was_served) {
		VU_ERR("transport",
		       "cannot open %s: none of the transports \"%s\" can be used for it",
		       vu_log_quote(path), vu_log_quote(list));
		return VIX_E_FILE_ACCESS_ERROR;
	}
	VU_ERR("transport",
	       "cannot open %s: none of the transports \"%s\" serves this connection; built in: %s",
	       vu_log_quote(path), vu_log_quote(list), vd_transport_list());
	return VIX_E_NOT_SUPPORTED;
}

VixError vd_transport_open(struct vd_conn *c, const char *path, uint32 flags,
			   struct vd_disk **d_out)
{
	const char *list = c->transport_modes != NULL ? c->transport_modes : vd_transport_list();
	const char *at = list;
	bool was_served = false;

	*d_out = NULL;
	while (*at != '\0' && *d_out == NULL) {
		const struct vd_transport_ops *t = next(c, &at);

		if (t == NULL)
			continue;
		VD_TRY(t->open(c, path, flags, d_out));
		was_served = true;
	}
	if (*d_out != NULL)
		return VIX_OK;
	if (!c->remote) /* what a list asks for is about servers */
		return vd_transport_file.open(c, path, flags, d_out);
	return refuse(path, list, was_served);
}
