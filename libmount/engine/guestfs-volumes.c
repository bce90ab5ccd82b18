/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The appliance engine: which volumes there are; scan.h tells how.
 */
#include "config.h"

#include "guestfs-engine.h"

#include <string.h>

#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "scan.h"

/* Tells of partitions that the appliance could not look into: they are listed as unknown. */
static void warn_of_silence(const char *text)
{
	const char *end = strstr(text, "\nB\n");

	for (const char *line = text; line != NULL && line < end;) {
		const char *next = strchr(line, '\n');
		VU_AUTO(free) char *why = strndup(line, (size_t)(next - line));

		if (why != NULL && strncmp(why, "E ", 2) == 0)
			VU_WARN("guestfs", "nothing is known of a partition: %s",
				vu_log_quote(why + 2));
		line = next + 1;
	}
}

VixError vmnt_guestfs_scan(struct vmnt_guestfs *en)
{
	char *script[] = { (char *)vmnt_scan_script, NULL };

	if (en->scan_text != NULL && !vmnt_guestfs_is_dead(en))
		return VIX_OK;
	VMNT_TIME_LIMIT(en);
	VU_AUTO(free) char *text = guestfs_debug(en->g, "sh", script);

	if (text == NULL)
		return vmnt_guestfs_failed(en, "cannot list the volumes");
	warn_of_silence(text);
	VU_AUTO(free) char *copy = strdup(text);

	if (copy == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vmnt_scan_parse(text, en->n_disks, &en->volumes, &en->n_volumes));
	en->scan_text = VU_STEAL(copy);
	return VIX_OK;
}

VixError vmnt_guestfs_volumes(struct vmnt_engine *base, struct vmnt_volume_info **v_out,
			      size_t *n_out)
{
	VMNT_NO_SIGPIPE;
	struct vmnt_guestfs *en = (struct vmnt_guestfs *)base;
	VU_AUTO(free) char *text = NULL;

	VD_TRY(vmnt_guestfs_scan(en));
	text = strdup(en->scan_text);
	return text != NULL ? vmnt_scan_parse(text, en->n_disks, v_out, n_out)
			    : VIX_E_OUT_OF_MEMORY;
}
