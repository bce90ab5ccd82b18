/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cleanup: the disks that killed processes of this host have left attached; see server.h.
 */
#include "config.h"

#include "server.h"

#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../connparams.h"
#include "hotadd-state.h"
#include "server-disk.h"

struct cleanup {
	struct vim_session *session;
	VixError err; /* of the last disk that remains */
};

static VixError keep(const struct vd_hotadd_record *r, void *ctx)
{
	(void)r;
	(void)ctx;
	return VIX_E_OBJECT_IS_BUSY;
}

static VixError detach(const struct vd_hotadd_record *r, void *ctx)
{
	struct cleanup *c = ctx;
	VixError err = vim_hotadd_detach(c->session, r->vm, &r->disk);

	if (err == VIX_E_OBJECT_NOT_FOUND) /* the machine is gone, and its devices with it */
		err = VIX_OK;
	if (err == VIX_OK)
		VU_INFO("hotadd", "%s, which a process had left attached to %s, was detached",
			vu_log_quote(r->file), vu_log_quote(r->vm));
	else
		c->err = err;
	return err;
}

VixError vd_server_cleanup(const VixDiskLibConnectParams *params,
			   const struct vd_server_options *options, struct vd_server_left *left_out)
{
	struct cleanup c = { .err = VIX_OK };
	unsigned n_left;

	*left_out = (struct vd_server_left){ 0 };
	vd_hotadd_each_left(options->tmp_dir, NULL, keep, NULL, &n_left);
	if (n_left == 0)
		return VIX_OK;
	VD_TRY(vd_params_check_login(params));
	VD_TRY(vd_server_log_in(params, options, &c.session));
	left_out->n_cleaned = vd_hotadd_each_left(options->tmp_dir,
						  vim_http_name(vim_session_http(c.session)),
						  detach, &c, &left_out->n_remaining);
	vim_session_close(c.session);
	return c.err;
}
