/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The standard streams; see streams.h.
 */
#include "config.h"

#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

static int lost; /* errno of the first flush that failed */

void vdt_streams_begin(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int unusable = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", unusable) != fd)
			exit(VDT_FAILED); /* there may be nowhere to say it */
	}
}

void vdt_streams_flush(void)
{
	if (fflush(stdout) != 0 && lost == 0)
		lost = errno;
}

static enum vdt_exit code_of(int err)
{
	return err == ENOSPC || err == EDQUOT || err == EFBIG ? VDT_NO_SPACE : VDT_FAILED;
}

enum vdt_exit vdt_streams_end(enum vdt_exit code)
{
	bool has_failed;

	vdt_streams_flush();
	has_failed = ferror(stdout) != 0;
	if (fclose(stdout) != 0 && lost == 0)
		lost = errno;
	if (lost == 0 && !has_failed)
		return code;
	vdt_error(code_of(lost), "cannot write the standard output: %s",
		  lost != 0 ? strerror(lost) : "not all of it arrived");
	return code != VDT_OK ? code : (enum vdt_exit)vdt_message_exit_status(code_of(lost));
}
