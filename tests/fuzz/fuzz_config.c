/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a configuration file: it is read, and numbers keep to their ranges.
 */
#include "config.h"

#include "fuzz.h"

#include <sys/mman.h>

#include "alloc.h"
#include "cleanup.h"
#include "conffile.h"
#include "osutil.h"

/* A file of the input that has a name; read through /proc. */
static int make_file(const uint8_t *data, size_t size)
{
	int fd = memfd_create("config", MFD_CLOEXEC);

	FUZZ_CHECK(fd >= 0 && vu_pwrite_full(fd, data, size, 0) == 0);
	return fd;
}

static void check_number(const struct vu_dict *cfg, const char *key)
{
	long v = vu_config_long(cfg, key, -7, 0, 6);

	FUZZ_CHECK(v == -7 || (v >= 0 && v <= 6));
	FUZZ_CHECK(vu_dict_get(cfg, key) != NULL || v == -7);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	VU_AUTO(close) int fd = make_file(data, size);
	VU_AUTO(free) char *path = vu_asprintf("/proc/self/fd/%d", fd);
	struct vu_dict cfg = { 0 };
	VixError err;

	FUZZ_CHECK(path != NULL);
	err = vu_config_load(path, &cfg);
	FUZZ_CHECK((err == VIX_OK) == (size <= VU_CONFIG_MAX));
	FUZZ_CHECK(cfg.entries.n <= VU_DICT_MAX);
	VU_ARRAY_FOREACH(&cfg.entries, e)
		check_number(&cfg, e->key);
	check_number(&cfg, "vixDiskLib.transport.LogLevel");
	vu_config_set_log_level(&cfg);
	vu_dict_free(&cfg);
	return 0;
}
