/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A build without GSSAPI: nobody is proved.
 */
#include "config.h"

#include "sspi.h"

#include "../../common/log.h"

VixError vim_sspi_open(const char *host, struct vim_sspi **p_out)
{
	*p_out = NULL;
	VU_ERR("vim",
	       "%s: a login with Kerberos (SSPI) needs GSSAPI, which this library was built "
	       "without",
	       vu_log_quote(host));
	return VIX_E_NOT_SUPPORTED;
}

VixError vim_sspi_step(struct vim_sspi *p, const void *in, size_t in_len, void **out,
		       size_t *out_len)
{
	(void)p;
	(void)in;
	(void)in_len;
	*out = NULL;
	*out_len = 0;
	return VIX_E_NOT_SUPPORTED;
}

void vim_sspi_close(struct vim_sspi *p)
{
	(void)p;
}
