/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration file; see conffile.h.
 *
 * A file that the client names is its own: trouble with it fails Init or warns.  The default files
 * are shared with other programs: trouble with them is information.
 */
#include "config.h"

#include "conffile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "cleanup.h"
#include "log.h"
#include "osutil.h"
#include "vixerr.h"

#define SYSTEM_CONFIG "/etc/vmware/config"
#define USER_CONFIG   ".vmware/config"

static VixError add_text(const char *path, const char *text, size_t len, enum vu_log_level trouble,
			 struct vu_dict *cfg)
{
	size_t bad_line;

	if (vu_dict_parse(cfg, text, len, &bad_line) < 0)
		return VIX_E_OUT_OF_MEMORY;
	if (bad_line != 0)
		vu_log_msg(trouble, "config",
			   "%s:%zu: this line is not NAME = VALUE and is ignored",
			   vu_log_quote(path), bad_line);
	return VIX_OK;
}

static VixError named_unreadable(const char *path, int rc)
{
	VU_ERR("config", "cannot read the configuration file %s: %s", vu_log_quote(path),
	       strerror(-rc));
	return vu_vixerr_from_errno(-rc);
}

static VixError default_unreadable(const char *path, int rc)
{
	if (rc == -ENOMEM)
		return VIX_E_OUT_OF_MEMORY;
	if (rc != -ENOENT && rc != -ENOTDIR)
		VU_INFO("config", "%s is left out: %s", vu_log_quote(path), strerror(-rc));
	return VIX_OK;
}

static VixError add_file(const char *path, bool is_named, struct vu_dict *cfg)
{
	VU_AUTO(free) char *text = NULL;
	size_t len;
	int rc = vu_read_file(path, VU_CONFIG_MAX, &text, &len);

	if (rc == 0)
		return add_text(path, text, len, is_named ? VU_LOG_WARN : VU_LOG_INFO, cfg);
	return is_named ? named_unreadable(path, rc) : default_unreadable(path, rc);
}

static VixError add_defaults(struct vu_dict *cfg)
{
	const char *home = secure_getenv("HOME");
	VU_AUTO(free) char *path = NULL;

	VD_TRY(add_file(SYSTEM_CONFIG, false, cfg));
	if (home == NULL || home[0] == '\0')
		return VIX_OK;
	path = vu_asprintf("%s/%s", home, USER_CONFIG);
	return path != NULL ? add_file(path, false, cfg) : VIX_E_OUT_OF_MEMORY;
}

VixError vu_config_load(const char *path, struct vu_dict *cfg)
{
	if (path == NULL || path[0] == '\0')
		return add_defaults(cfg);
	return add_file(path, true, cfg);
}

long vu_config_long(const struct vu_dict *cfg, const char *key, long fallback, long min, long max)
{
	const char *text = vu_dict_get(cfg, key);
	char *end;
	long v;

	if (text == NULL)
		return fallback;
	errno = 0;
	v = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || v < min || v > max)
		return fallback;
	return v;
}

void vu_config_set_log_level(const struct vu_dict *cfg)
{
	static const enum vu_log_level levels[] = {
		VU_LOG_ERR,  VU_LOG_ERR, VU_LOG_WARN, VU_LOG_INFO,
		VU_LOG_INFO, VU_LOG_DBG, VU_LOG_DBG,
	};

	vu_log_set_level(levels[vu_config_long(cfg, "vixDiskLib.transport.LogLevel", 3, 0, 6)]);
}
