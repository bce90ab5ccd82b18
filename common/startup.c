/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first Init and the last Exit; see startup.h.
 */
#include "config.h"

#include "startup.h"

#include "conffile.h"

VixError vu_startup_begin(const struct vu_init *init, VixError (*check)(const struct vu_init *),
			  struct vu_dict *config_out)
{
	VixError err;

	vu_log_set_handlers(&init->handlers);
	err = check(init);
	if (err == VIX_OK)
		err = vu_config_load(init->config_file, config_out);
	if (err == VIX_OK)
		vu_config_set_log_level(config_out);
	else
		vu_startup_end(config_out);
	return err;
}

void vu_startup_end(struct vu_dict *config)
{
	vu_dict_free(config);
	vu_log_set_level(VU_LOG_INFO);
	vu_log_set_handlers(NULL);
}
