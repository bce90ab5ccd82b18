/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Crashes, for tests: records every write and flush of files in the memory store, and makes the
 * files that a crash could leave behind.
 *
 *	crashstore_record(paths, n);
 *	... the work ...
 *	crashstore_stop();
 *	for (n = 0; n <= crashstore_events(); n++)
 *		for each enum crashstore_fate:
 *			crashstore_crash(n, fate, seed);
 *			... open, look ...
 *	crashstore_free();
 */
#ifndef CRASHSTORE_H
#define CRASHSTORE_H

#include <stddef.h>
#include <stdint.h>

/* What becomes of writes that no flush of their file has followed. */
enum crashstore_fate {
	CRASH_KEEPS_ALL, /* the process was killed */
	CRASH_LOSES_ALL, /* the power failed, and nothing was written early */
	CRASH_KEEPS_SOME, /* the power failed: any sectors of any of them were written, in any order */
};

/** crashstore_record() - from now on; @n files are as they are now */
void crashstore_record(const char *const *paths, size_t n);

/** crashstore_stop() - the work is done */
void crashstore_stop(void);

/** crashstore_events() - writes and flushes so far */
size_t crashstore_events(void);

/** crashstore_crash() - make the files as a crash after @n events leaves them */
void crashstore_crash(size_t n, enum crashstore_fate fate, uint64_t seed);

/** crashstore_free() - forget it all */
void crashstore_free(void);

#endif
