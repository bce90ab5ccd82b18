/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The operating system, without its partial answers: whole reads and writes, close-on-exec
 * everywhere, private directories.  Functions return 0 or a negative errno.
 */
#ifndef VU_OSUTIL_H
#define VU_OSUTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * vu_pread_full() - read exactly @len bytes at @off
 *
 * Return: 0, -ENODATA when the file ends before @off + @len (it shrank), or another -errno.
 */
int vu_pread_full(int fd, void *buf, size_t len, uint64_t off);

/** vu_pwrite_full() - write exactly @len bytes at @off */
int vu_pwrite_full(int fd, const void *buf, size_t len, uint64_t off);

/** vu_read_full(), vu_write_full() - the same on a stream (socket, pipe); -ECONNRESET at its end.
 * Writes raise no SIGPIPE on sockets. */
int vu_read_full(int fd, void *buf, size_t len);
int vu_write_full(int fd, const void *buf, size_t len);

/** vu_open() - open() with O_CLOEXEC, restarted on EINTR.  Return: the descriptor or -errno. */
int vu_open(const char *path, int flags, mode_t mode);

/**
 * vu_read_file() - a whole small file
 * @max: most bytes accepted
 * @len_out: filled with the bytes read; may be NULL.  The text also gets a NUL behind it.
 *
 * Return: 0, -EFBIG when it is longer than @max, or another -errno; *@text_out is the caller's.
 */
int vu_read_file(const char *path, size_t max, char **text_out, size_t *len_out);

/** vu_process_name() - the name of a process, for the caller to free(); NULL: unknown */
char *vu_process_name(pid_t pid);

/**
 * vu_state_root() - the directory for state of running processes, made if need be
 * @configured: tmpDirectory of the configuration, or NULL
 *
 * @configured if given; else /run/vdisk for root; else $XDG_RUNTIME_DIR/vdisk, /run/user/UID/vdisk
 * or /tmp/vdisk-UID.  Where @configured belongs to somebody else or may be written by others, as
 * /tmp is, it is vdisk-UID in it.  Directories that it makes are 0700; one that exists must belong
 * to the caller and, unless configured, be 0700 and no symbolic link.
 * Return: 0 or -errno (-EPERM: it is not ours, or lies where another user than root could exchange
 * it); *@dir_out is the caller's to free().
 */
int vu_state_root(const char *configured, char **dir_out);

/** vu_mkdir_p() - make @path and what is missing above it, with @mode */
int vu_mkdir_p(const char *path, mode_t mode);

/**
 * vu_rm_rf() - remove @path and all below it, without crossing into mounts or following links
 *
 * Goes on after an error, so that as much as can be is removed.  Nothing there: success.
 * Return: 0 or the first -errno: -EXDEV for a mount, -ELOOP past 64 levels, -EINVAL for "/",
 * "." and "..", also at the end of a name.
 */
int vu_rm_rf(const char *path);

/** vu_sleep_ms() - do nothing for a while, whatever signals come */
void vu_sleep_ms(unsigned ms);

/** vu_now_ms() - a monotonic clock in milliseconds */
uint64_t vu_now_ms(void);

#endif
