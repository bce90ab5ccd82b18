/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the FUSE front-end itself costs, over a guest in memory: beside it the same on a tmpfs,
 * where that means something, and how often the guest was called.
 *
 *	tests/bench/frontend [FILES]
 *
 * Prints one line for each case; needs the right to mount with FUSE.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../mount/fakeguest.h"
#include "cleanup.h"
#include "log.h"

#define PER_DIR 100
#define MIB     (1024UL * 1024)

static char mnt[] = "/tmp/vdisk-bench-XXXXXX";
static char tmpfs[] = "/dev/shm/vdisk-bench-XXXXXX";

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* Walks as find(1) with stat. */
static unsigned walk(const char *dir)
{
	char *const dirs[] = { (char *)dir, NULL };
	FTS *fts = fts_open(dirs, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	unsigned n = 0;
	FTSENT *e;

	while ((e = fts_read(fts)) != NULL)
		n += e->fts_info != FTS_DP;
	fts_close(fts);
	return n;
}

static double time_walk(const char *dir)
{
	double t = now_s();
	unsigned n = walk(dir);

	return (now_s() - t) / n * 1e6;
}

static double time_stat(const char *dir, unsigned dirs)
{
	char path[128];
	struct stat st;
	double t = now_s();

	for (unsigned i = 0; i < dirs * PER_DIR; i++) {
		snprintf(path, sizeof(path), "%s/d%u/f%06u", dir, i / PER_DIR, i % PER_DIR);
		if (lstat(path, &st) < 0)
			abort();
	}
	return (now_s() - t) / (dirs * PER_DIR) * 1e6;
}

/* What a reader does with what it read. */
static void work(unsigned us)
{
	double end = now_s() + us * 1e-6;

	while (us != 0 && now_s() < end)
		;
}

static void read_all(const char *path, unsigned work_us_per_mib)
{
	static char buf[131072];
	VU_AUTO(close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		abort();
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		work((unsigned)((double)work_us_per_mib * (double)n / MIB));
	if (n < 0)
		abort();
}

static double time_files(const char *dir, unsigned dirs, unsigned work_us)
{
	char path[128];
	double t = now_s();

	for (unsigned i = 0; i < dirs * PER_DIR; i++) {
		snprintf(path, sizeof(path), "%s/d%u/f%06u", dir, i / PER_DIR, i % PER_DIR);
		read_all(path, 0);
		work(work_us);
	}
	return (now_s() - t) / (dirs * PER_DIR) * 1e6;
}

static struct vmnt_frontend *start(struct fakeguest *g)
{
	struct vmnt_frontend_volume v = { NULL, &g->ops, g };
	struct vmnt_frontend_config cfg = { .dir = mnt, .volumes = &v, .n = 1 };
	struct vmnt_frontend *fe;

	if (vmnt_frontend_start(&cfg, &fe) != VIX_OK) {
		fprintf(stderr, "cannot mount\n");
		exit(77);
	}
	return fe;
}

static void stop(struct vmnt_frontend *fe, struct fakeguest *g)
{
	if (vmnt_frontend_stop(fe, true) != VIX_OK)
		abort();
	fakeguest_free(g);
}

static struct fakeguest *make_guest(unsigned dirs, uint64_t size, unsigned latency_us)
{
	struct fakeguest *g = fakeguest_new();
	char path[32];

	g->latency_us = latency_us;
	for (unsigned i = 0; i < dirs; i++) {
		snprintf(path, sizeof(path), "/d%u", i);
		fakeguest_dir(g, path);
		fakeguest_many(g, path, PER_DIR, size);
	}
	return g;
}

/* The same on a tmpfs. */
static void make_tmpfs(unsigned dirs, size_t size)
{
	VU_AUTO(free) char *data = calloc(1, size);
	char path[128];

	for (unsigned i = 0; i < dirs * PER_DIR; i++) {
		snprintf(path, sizeof(path), "%s/d%u", tmpfs, i / PER_DIR);
		if (i % PER_DIR == 0)
			mkdir(path, 0755);
		snprintf(path, sizeof(path), "%s/d%u/f%06u", tmpfs, i / PER_DIR, i % PER_DIR);
		VU_AUTO(close) int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

		if (write(fd, data, size) != (ssize_t)size)
			abort();
	}
}

/* Resident memory of this process in bytes. */
static size_t resident(void)
{
	VU_AUTO(fclose) FILE *f = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (f == NULL || fscanf(f, "%*u %lu", &pages) != 1)
		abort();
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void bench_names(unsigned dirs)
{
	struct fakeguest *g = make_guest(dirs, 4096, 0);
	size_t before = resident();
	struct vmnt_frontend *fe = start(g);

	printf("walk, first        %6.2f us/entry\n", time_walk(mnt));
	printf("memory             %6.1f MiB for %u entries, %u guest calls\n",
	       (double)(resident() - before) / MIB, dirs * (PER_DIR + 1), fakeguest_calls(g));
	printf("walk, again        %6.2f us/entry\n", time_walk(mnt));
	printf("walk, tmpfs        %6.2f us/entry\n", time_walk(tmpfs));
	printf("stat, again        %6.2f us\n", time_stat(mnt, dirs));
	printf("stat, tmpfs        %6.2f us\n", time_stat(tmpfs, dirs));
	printf("guest calls        %6u\n", fakeguest_calls(g));
	printf("4 KiB files, first %6.2f us/file\n", time_files(mnt, dirs, 0));
	printf("guest reads        %6u for %u files\n", g->n_read, dirs * PER_DIR);
	printf("4 KiB files, again %6.2f us/file\n", time_files(mnt, dirs, 0));
	printf("4 KiB files, tmpfs %6.2f us/file\n", time_files(tmpfs, dirs, 0));
	printf("memory             %6.1f MiB\n", (double)(resident() - before) / MIB);
	stop(fe, g);
}

static void bench_slow_files(unsigned latency_us, unsigned work_us)
{
	struct fakeguest *g = make_guest(5, 20000, latency_us);
	struct vmnt_frontend *fe = start(g);
	double us;

	walk(mnt);
	us = time_files(mnt, 5, work_us);
	printf("20 KB files, guest %4u us, reader %4u us: %6.0f us/file, %u reads\n", latency_us,
	       work_us, us, g->n_read);
	stop(fe, g);
}

static void bench_big_file(unsigned latency_us, unsigned work_us_per_mib)
{
	struct fakeguest *g = fakeguest_new();
	struct vmnt_frontend *fe;
	char path[64];
	double t;

	fakeguest_file(g, "/f", 100 * MIB);
	g->latency_us = latency_us;
	fe = start(g);
	snprintf(path, sizeof(path), "%s/f", mnt);
	t = now_s();
	read_all(path, work_us_per_mib);
	printf("100 MiB, guest %5u us/call, reader %5u us/MiB: %6.0f MiB/s, %u reads\n", latency_us,
	       work_us_per_mib, 100 / (now_s() - t), g->n_read);
	t = now_s();
	read_all(path, 0);
	printf("  again %38s: %6.0f MiB/s\n", "", 100 / (now_s() - t));
	stop(fe, g);
}

static void print_log(const char *fmt, va_list args)
{
	vfprintf(stderr, fmt, args);
}

int main(int argc, char **argv)
{
	static const struct vu_log_handlers handlers = { NULL, print_log, print_log };
	unsigned dirs = (argc > 1 ? (unsigned)atoi(argv[1]) : 100000) / PER_DIR;

	vu_log_set_handlers(&handlers);
	setlinebuf(stdout);
	if (mkdtemp(mnt) == NULL || mkdtemp(tmpfs) == NULL)
		return 1;
	make_tmpfs(dirs, 4096);
	bench_names(dirs);
	bench_slow_files(1000, 0);
	bench_slow_files(1000, 200);
	bench_slow_files(1000, 1000);
	bench_slow_files(1000, 3000);
	bench_big_file(0, 0);
	bench_big_file(5000, 0);
	bench_big_file(5000, 2500);
	bench_big_file(5000, 10000);
	rmdir(mnt);
	return execlp("rm", "rm", "-rf", tmpfs, NULL);
}
