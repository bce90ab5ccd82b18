/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes the random disk of a seed, for shell tests and for looking at one that failed.
 *
 *	mkrandisk SEED DIRECTORY
 *
 * Writes DIRECTORY/model.raw, what must be read, beside the links l0.vmdk, l1.vmdk ..., and tells on
 * standard output the path of the newest, "qemu" or "-", "libvmdk" or "-" (may they be asked about
 * it?), and how it was made.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "randisk.h"

static int put_model(const struct randisk *d, const char *dir)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/model.raw", dir);
	f = fopen(path, "w");
	if (f == NULL)
		return -1;
	if (fwrite(d->bytes, RANDISK_SECTOR, d->sectors, f) != d->sectors) {
		fclose(f);
		return -1;
	}
	return fclose(f);
}

int main(int argc, char **argv)
{
	struct randisk d;
	int rc;

	if (argc != 3) {
		fputs("usage: mkrandisk SEED DIRECTORY\n", stderr);
		return 2;
	}
	randisk_make(strtoull(argv[1], NULL, 10), argv[2], &d);
	rc = put_model(&d, argv[2]);
	printf("%s %s %s %s\n", d.path, d.is_for_qemu ? "qemu" : "-",
	       d.is_for_libvmdk ? "libvmdk" : "-", d.story);
	randisk_free(&d);
	if (rc != 0)
		perror("mkrandisk: model.raw");
	return rc != 0;
}
