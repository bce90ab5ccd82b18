/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the first Init and the last Exit of either library do: message handlers, version,
 * configuration.  Called by the one who counts them (initcount.h), one at a time.
 */
#ifndef VU_STARTUP_H
#define VU_STARTUP_H

#include "dict.h"
#include "log.h"
#include "vixDiskLib.h"

/* What a client gives to Init. */
struct vu_init {
	uint32 major, minor;
	struct vu_log_handlers handlers;
	const char *config_file; /* NULL: the default places */
};

/**
 * vu_startup_begin() - handlers first, so that what goes wrong is told; then the rest
 * @check:      may refuse, before anything is read
 * @config_out: filled; vu_startup_end()
 *
 * Errors: those of @check and of vu_config_load(); then everything is as before.
 */
VixError vu_startup_begin(const struct vu_init *init, VixError (*check)(const struct vu_init *),
			  struct vu_dict *config_out);

/** vu_startup_end() - drop configuration, level and handlers */
void vu_startup_end(struct vu_dict *config);

#endif
