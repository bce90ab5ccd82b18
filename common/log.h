/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Logging: one line per message, to the handlers that the client gave at Init.
 *
 * 1. VU_ERR and VU_WARN reach the client's warn handler, VU_INFO and VU_DBG its log handler.
 *    VU_ERR lines are sentences for people ("cannot open a.vmdk: its parent b.vmdk is missing").
 * 2. VU_DBG is off unless the environment names the area: VDISK_DEBUG=area,... or "all", read
 *    once; then it is on at every level, and its lines begin with "area: ".
 * 3. Handlers get the prepared line as "%s", with its newline; they run with no lock held
 *    but the log's own, one message at a time.  What is logged from inside a handler is dropped.
 * 4. No secrets, no cookies.  Without handlers nothing is printed anywhere.
 * 5. Bytes from disks and peers are printed through vu_log_quote() only.
 */
#ifndef VU_LOG_H
#define VU_LOG_H

#include <stdarg.h>
#include <stddef.h>

#include "cleanup.h"

enum vu_log_level { VU_LOG_ERR, VU_LOG_WARN, VU_LOG_INFO, VU_LOG_DBG };

/* As the client's: a printf format and its arguments. */
typedef void vu_log_handler_fn(const char *fmt, va_list args);

struct vu_log_handlers {
	vu_log_handler_fn *log;   /* NULL: dropped */
	vu_log_handler_fn *warn;  /* NULL: dropped */
	vu_log_handler_fn *panic; /* NULL: dropped; never called today */
};

/** vu_log_set_handlers() - install the client's handlers; NULL removes them */
void vu_log_set_handlers(const struct vu_log_handlers *h);

/** vu_log_set_level() - the least important level that is passed on (default VU_LOG_INFO) */
void vu_log_set_level(enum vu_log_level level);

/**
 * vu_log_hush(), vu_log_unhush() - errors of this thread are not told in between
 *
 * For who tries one way, and has another one or asks again when it fails: an error is told once,
 * by the attempt that counts.  Warnings are.  May be nested.
 */
void vu_log_hush(void);
void vu_log_unhush(void);

/**
 * vu_log_catch() - errors and warnings of this thread are kept, not told, from now on
 * @into: gets the first of them, without a newline; "" so far; NULL: they are told again
 * @size: bytes of it
 *
 * For who looks for damage: what a layer below finds is an answer there.  What is hushed is not
 * kept either.
 */
void vu_log_catch(char *into, size_t size);

/**
 * vu_log_about() - errors and warnings of this thread are about a disk, from now on
 * @disk: its path, which must stay until another one is set; NULL: about none
 *
 * For layers that know a file but not the disk that it is a part of: a line in which the path does
 * not stand gets it at its end.
 * Return: what was set before.
 */
const char *vu_log_about(const char *disk);

static inline void vu_auto_about(const char **before)
{
	vu_log_about(*before);
}

/* vu_log_about() until the end of the enclosing scope. */
#define VU_LOG_ABOUT(disk) \
	VU_AUTO(about)     \
	const char *VU_CAT(vu_about_, __LINE__) __attribute__((unused)) = vu_log_about(disk)

/** vu_log_msg() - the function behind the macros */
void vu_log_msg(enum vu_log_level level, const char *area, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * vu_log_quote() - untrusted bytes made printable
 *
 * Control characters (C0, DEL, C1) and invalid UTF-8 become \\xNN; longer than 200 bytes is cut
 * with "..."; NULL is "(null)".
 * Return: a thread-local buffer, valid until the eighth next call on this thread.
 */
const char *vu_log_quote(const char *s);

#define VU_ERR(area, ...)  vu_log_msg(VU_LOG_ERR, area, __VA_ARGS__)
#define VU_WARN(area, ...) vu_log_msg(VU_LOG_WARN, area, __VA_ARGS__)
#define VU_INFO(area, ...) vu_log_msg(VU_LOG_INFO, area, __VA_ARGS__)
#define VU_DBG(area, ...)  vu_log_msg(VU_LOG_DBG, area, __VA_ARGS__)

#endif
