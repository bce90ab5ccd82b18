/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of random disks share; see randcheck.h.
 */
#include "config.h"

#include "randcheck.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"

#define SECTOR  RANDISK_SECTOR
#define AT_ONCE 16384u /* sectors */

uint64_t number_of(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static void same_bytes(const struct randisk *model, const char *who, const unsigned char *got,
		       uint64_t sector, uint64_t count)
{
	const unsigned char *want = model->bytes + sector * SECTOR;
	uint64_t i = 0;

	if (memcmp(got, want, count * SECTOR) == 0)
		return;
	while (memcmp(got + i * SECTOR, want + i * SECTOR, SECTOR) == 0)
		i++;
	ck_abort_msg("%s: %s reads other bytes at sector %llu", model->story, who,
		     (unsigned long long)(sector + i));
}

void reads_as(VixDiskLibHandle disk, const struct randisk *model)
{
	unsigned char *buf = malloc((size_t)AT_ONCE * SECTOR);

	for (uint64_t s = 0, n; s < model->sectors; s += n) {
		VixError err;

		n = vu_min(AT_ONCE, model->sectors - s);
		err = VixDiskLib_Read(disk, s, n, buf);
		ck_assert_msg(err == VIX_OK, "%s: read of [%llu, +%llu): error %llu: %s",
			      model->story, (unsigned long long)s, (unsigned long long)n,
			      (unsigned long long)err, client_log.last_warning);
		same_bytes(model, "the library", buf, s, n);
	}
	free(buf);
}

static bool has_qemu(void)
{
	return system("qemu-img --version >/dev/null 2>&1") == 0;
}

static void run_qemu(const struct randisk *model, const char *verb, const char *more)
{
	char command[1200];

	snprintf(command, sizeof(command), "qemu-img %s '%s' %s >/dev/null", verb, model->path,
		 more);
	ck_assert_msg(system(command) == 0, "%s: %s fails", model->story, command);
}

static void same_file(const struct randisk *model, const char *path)
{
	unsigned char *buf = malloc((size_t)AT_ONCE * SECTOR);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	for (uint64_t s = 0, n; s < model->sectors; s += n) {
		n = vu_min(AT_ONCE, model->sectors - s);
		ck_assert_int_eq(read(fd, buf, n * SECTOR), (ssize_t)(n * SECTOR));
		same_bytes(model, "qemu-img", buf, s, n);
	}
	close(fd);
	free(buf);
}

void qemu_reads_as(const struct randisk *model, const char *dir)
{
	char copy[600], quoted[700];

	if (!model->is_for_qemu || !has_qemu())
		return;
	snprintf(copy, sizeof(copy), "%s/by-qemu.raw", dir);
	snprintf(quoted, sizeof(quoted), "'%s'", copy);
	run_qemu(model, "check -q -f vmdk", "");
	run_qemu(model, "convert -f vmdk -O raw", quoted);
	same_file(model, copy);
	ck_assert_int_eq(unlink(copy), 0);
}
