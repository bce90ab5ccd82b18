/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeps what libguestfs and its children print; see console.h.
 */
#include "config.h"

#include "console.h"

#include <stdio.h>
#include <string.h>

#include "../../common/cleanup.h"
#include "../../common/log.h"

/* Printed by the guest's kernel, the initial RAM disk or the first process: the machine runs. */
static const char *const life_signs[] = { "Linux version ", "supermin: mounting ",
					  "mini initrd starting up", "Starting /init script" };

void vmnt_console_init(struct vmnt_console *c)
{
	memset(c, 0, sizeof(*c));
	pthread_mutex_init(&c->lock, NULL);
	vmnt_console_reset(c);
}

void vmnt_console_destroy(struct vmnt_console *c)
{
	pthread_mutex_destroy(&c->lock);
}

void vmnt_console_reset(struct vmnt_console *c)
{
	VU_LOCK(&c->lock);

	c->tail_len = c->line_len = 0;
	c->tail[0] = '\0';
	atomic_store(&c->alive, false);
	atomic_store(&c->quit, false);
}

/* Makes room for @need bytes by dropping whole lines from the front. */
static void drop_oldest(struct vmnt_console *c, size_t need)
{
	size_t drop = 0;

	while (c->tail_len - drop + need > VMNT_CONSOLE_TAIL) {
		const char *nl = memchr(c->tail + drop, '\n', c->tail_len - drop);

		drop = (size_t)(nl - c->tail) + 1;
	}
	c->tail_len -= drop;
	memmove(c->tail, c->tail + drop, c->tail_len);
}

static void keep_line(struct vmnt_console *c)
{
	c->line[c->line_len] = '\0';
	for (size_t i = 0; i < sizeof(life_signs) / sizeof(life_signs[0]); i++)
		if (strstr(c->line, life_signs[i]) != NULL)
			atomic_store(&c->alive, true);
	drop_oldest(c, c->line_len + 1);
	memcpy(c->tail + c->tail_len, c->line, c->line_len);
	c->tail_len += c->line_len;
	c->tail[c->tail_len++] = '\n';
	c->tail[c->tail_len] = '\0';
	c->line_len = 0;
}

void vmnt_console_add(struct vmnt_console *c, const char *text, size_t len)
{
	VU_LOCK(&c->lock);

	for (size_t i = 0; i < len; i++) {
		bool ends = text[i] == '\n';

		if (!ends && text[i] != '\r' && text[i] != '\0')
			c->line[c->line_len++] = text[i];
		if ((ends && c->line_len > 0) || c->line_len == VMNT_CONSOLE_LINE) {
			keep_line(c);
			VU_DBG("guestfs", "%s", vu_log_quote(c->line));
		}
	}
}

static void on_event(guestfs_h *g, void *opaque, uint64_t event, int event_handle, int flags,
		     const char *buf, size_t len, const uint64_t *array, size_t array_len)
{
	struct vmnt_console *c = opaque;

	(void)g, (void)event_handle, (void)flags, (void)array, (void)array_len;
	if (event == GUESTFS_EVENT_SUBPROCESS_QUIT) {
		atomic_store(&c->quit, true);
		return;
	}
	vmnt_console_add(c, buf, len);
	if (event != GUESTFS_EVENT_APPLIANCE) /* comes in whole messages, without a newline */
		vmnt_console_add(c, "\n", 1);
}

int vmnt_console_attach(struct vmnt_console *c, guestfs_h *g)
{
	uint64_t events = GUESTFS_EVENT_APPLIANCE | GUESTFS_EVENT_LIBRARY | GUESTFS_EVENT_WARNING |
			  GUESTFS_EVENT_TRACE | GUESTFS_EVENT_SUBPROCESS_QUIT;

	return guestfs_set_event_callback(g, on_event, events, 0, c) < 0 ? -1 : 0;
}

bool vmnt_console_has(struct vmnt_console *c, const char *needle)
{
	VU_LOCK(&c->lock);

	return strstr(c->tail, needle) != NULL ||
	       memmem(c->line, c->line_len, needle, strlen(needle)) != NULL;
}

/* What a monitor says of itself: "qemu-system-x86_64: error: failed to …".  NULL: no such line. */
static const char *monitor_error(const char *line, size_t len)
{
	static const char kvm[] = "KVM internal error";
	const char *colon = memmem(line, len, ": ", 2);

	if (len >= strlen(kvm) && memcmp(line, kvm, strlen(kvm)) == 0)
		return line;
	if (colon == NULL || memcmp(line, "qemu", 4) != 0 || memmem(line, len, ": warning: ", 11))
		return NULL;
	colon += 2;
	return strncmp(colon, "error: ", 7) == 0 ? colon + 7 : colon;
}

bool vmnt_console_monitor_error(struct vmnt_console *c, char *out, size_t size)
{
	VU_LOCK(&c->lock);

	out[0] = '\0';
	for (const char *p = c->tail, *nl; (nl = strchr(p, '\n')) != NULL; p = nl + 1) {
		const char *error = monitor_error(p, (size_t)(nl - p));

		if (error != NULL) {
			snprintf(out, size, "%.*s", (int)(nl - error), error);
			return true;
		}
	}
	return false;
}

void vmnt_console_last_line(struct vmnt_console *c, char *out, size_t size)
{
	VU_LOCK(&c->lock);
	const char *nl = c->tail_len > 0 ? memrchr(c->tail, '\n', c->tail_len - 1) : NULL;

	if (c->line_len > 0)
		snprintf(out, size, "%.*s", (int)c->line_len, c->line);
	else
		snprintf(out, size, "%.*s", (int)strcspn(nl != NULL ? nl + 1 : c->tail, "\n"),
			 nl != NULL ? nl + 1 : c->tail);
}
