/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs all hostile disks: each must give its code and one line that tells what is wrong; and
 * CheckRepair finds what reading stumbles over.  Each of these steps within a second and 64 MiB.
 *
 *	hostile.t               all cases, as TAP
 *	hostile.t NAME..        these
 *	hostile.t make DIR      the files of all cases, below DIR/bad-NAME
 *	hostile.t readme        the table of all cases, README.md
 *
 * 1. A case is made by one process and read by another one, whose use of memory and processor is
 *    then known.
 * 2. Memory is not judged, and time generously, where a sanitizer takes its share.
 */
#include "config.h"

#include "hostile.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "array.h"
#include "cleanup.h"
#include "osutil.h"
#include "vixerr.h"

#define README_PATH TESTS_SRCDIR "/hostile/README.md"
#define HANG_S      120u /* wall clock: the machine may be busy */
#define CPU_MS      1000u
#define MEMORY_KIB  (64u << 10)
#define READ_STEP   2048u /* sectors */
#define READ_ALL    65536u
#define MAP_CHUNK   VIXDISKLIB_MIN_CHUNK_SIZE
#define MAP_CHUNKS  4096u
#define TEXT_MAX    8192

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static VU_ARRAY(struct hostile_case) cases;
static VU_ARRAY(char *) texts;

/* What the reading process tells; its own text is the lines that the library warned with. */
struct result {
	VixError err;
	VixError checked, mended, checked_again; /* by CheckRepair */
	unsigned lines;
	unsigned slowest_ms; /* processor time of the slowest step */
	char text[TEXT_MAX];
};

static struct result now; /* in the reading process */
static bool is_checking;  /* there: what is said does not count */

/* What was measured of it. */
struct cost {
	int status; /* of waitpid() */
	unsigned memory_kib;
};

static void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

void hostile_add(const struct hostile_case *c)
{
	if (VU_ARRAY_PUSH(&cases, *c) < 0)
		die("cases");
}

const char *hostile_text(const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0 || VU_ARRAY_PUSH(&texts, text) < 0)
		die("texts");
	return text;
}

/* Files. */

void hostile_put(const char *name, const void *bytes, size_t len)
{
	FILE *f = fopen(name, "wb");

	if (f == NULL || fwrite(bytes, 1, len, f) != len || fclose(f) != 0)
		die(name);
}

void hostile_put_text(const char *name, const char *text)
{
	hostile_put(name, text, strlen(text));
}

#define HEAD "# Disk DescriptorFile\nversion=1\n"

void hostile_put_descriptor(const char *name, const char *fmt, ...)
{
	FILE *f = fopen(name, "w");
	va_list ap;

	if (f == NULL)
		die(name);
	fputs(HEAD, f);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	if (fclose(f) != 0)
		die(name);
}

void hostile_put_lines(const char *name, const char *head, const char *line, unsigned n)
{
	FILE *f = fopen(name, "w");

	if (f == NULL)
		die(name);
	fprintf(f, HEAD "%s", head);
	while (n-- > 0)
		fputs(line, f);
	if (fclose(f) != 0)
		die(name);
}

/* The reading process. */

static void on_warn(const char *fmt, va_list ap)
{
	size_t used = strlen(now.text);

	if (is_checking)
		return;
	now.lines++;
	vsnprintf(now.text + used, sizeof(now.text) - used, fmt, ap);
}

static void on_log(const char *fmt, va_list ap)
{
	(void)fmt;
	(void)ap;
}

static VixError read_range(VixDiskLibHandle disk, uint64_t sector, uint64_t end)
{
	static uint8 buf[READ_STEP * VIXDISKLIB_SECTOR_SIZE];

	while (sector < end) {
		uint64_t n = end - sector < READ_STEP ? end - sector : READ_STEP;

		VD_TRY(VixDiskLib_Read(disk, sector, n, buf));
		sector += n;
	}
	return VIX_OK;
}

/* All of a small disk; of a large one its beginning, middle and end. */
static VixError read_disk(VixDiskLibHandle disk, uint64_t capacity)
{
	uint64_t part = READ_ALL / 4;

	if (capacity <= READ_ALL)
		return read_range(disk, 0, capacity);
	VD_TRY(read_range(disk, 0, part));
	VD_TRY(read_range(disk, capacity / 2, capacity / 2 + part));
	return read_range(disk, capacity - part, capacity);
}

static VixError map_disk(VixDiskLibHandle disk, uint64_t capacity)
{
	uint64_t chunks = (capacity + MAP_CHUNK - 1) / MAP_CHUNK;
	VixDiskLibBlockList *list;
	VixError err;

	chunks = chunks < MAP_CHUNKS ? chunks : MAP_CHUNKS;
	err = VixDiskLib_QueryAllocatedBlocks(disk, 0, chunks * MAP_CHUNK, MAP_CHUNK, &list);
	return err != VIX_OK ? err : VixDiskLib_FreeBlockList(list);
}

static VixError list_keys(VixDiskLibHandle disk)
{
	size_t len;
	VixError err = VixDiskLib_GetMetadataKeys(disk, NULL, 0, &len);

	return err == VIX_E_BUFFER_TOOSMALL ? VIX_OK : err;
}

static VixError use_disk(VixDiskLibHandle disk)
{
	VixDiskLibInfo *info;
	uint64_t capacity;

	VD_TRY(VixDiskLib_GetInfo(disk, &info));
	capacity = info->capacity;
	VixDiskLib_FreeInfo(info);
	VD_TRY(list_keys(disk));
	VD_TRY(read_disk(disk, capacity));
	return map_disk(disk, capacity);
}

static VixError try_disk(const struct hostile_case *c, VixDiskLibConnection conn)
{
	VixDiskLibHandle disk;
	VixError err, close_err;

	VD_TRY(VixDiskLib_Open(conn, DISK, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &disk));
	if (c->meanwhile != NULL)
		c->meanwhile();
	err = use_disk(disk);
	close_err = VixDiskLib_Close(disk);
	return err != VIX_OK ? err : close_err;
}

/* A step of the reading process has ended: all that it used since the last one is the step's. */
static void end_step(void)
{
	static uint64_t before;
	struct timespec t;
	uint64_t used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	used = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
	if (used - before > now.slowest_ms)
		now.slowest_ms = (unsigned)(used - before);
	before = used;
}

static VixError check_disk(VixDiskLibConnection conn, Bool repair)
{
	VixError err = VixDiskLib_CheckRepair(conn, DISK, repair);

	end_step();
	return err;
}

static void check_and_mend(VixDiskLibConnection conn)
{
	is_checking = true;
	now.checked = check_disk(conn, FALSE);
	now.mended = check_disk(conn, TRUE);
	now.checked_again = check_disk(conn, FALSE);
}

/* Ends the process: by exit(), so that leaks are looked for. */
static void read_case(const struct hostile_case *c, int result_fd)
{
	VixDiskLibConnection conn;

	hostile_put_text("config", c->config != NULL ? c->config : "");
	now.err = VixDiskLib_InitEx(8, 0, on_log, on_warn, on_warn, NULL, "config");
	if (now.err == VIX_OK)
		now.err = VixDiskLib_Connect(NULL, &conn);
	if (now.err == VIX_OK) {
		now.err = try_disk(c, conn);
		end_step();
		check_and_mend(conn);
		VixDiskLib_Disconnect(conn);
	}
	VixDiskLib_Exit();
	exit(vu_write_full(result_fd, &now, sizeof(now)) < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* The one that runs them. */

static pid_t start(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		alarm(HANG_S);
	return pid;
}

static struct cost finish(pid_t pid)
{
	struct cost cost = { .status = -1 };
	struct rusage use;

	if (wait4(pid, &cost.status, 0, &use) != pid)
		die("wait4");
	cost.memory_kib = (unsigned)use.ru_maxrss;
	return cost;
}

/* A directory for the case below @dir, which becomes the current one. */
static void enter(const char *dir, const struct hostile_case *c)
{
	const char *path = hostile_text("%s/bad-%s", dir, c->name);

	if (mkdir(path, 0700) < 0 || chdir(path) < 0)
		die(path);
}

#define SKIPPED 77

/* Makes the files of a case; false: it can't be made here, and why was printed. */
static bool make_case(const struct hostile_case *c, unsigned number)
{
	pid_t pid = start();
	struct cost cost;
	const char *why;

	if (pid == 0) {
		why = c->make(c);
		if (why != NULL)
			printf("ok %u bad-%s # SKIP %s\n", number, c->name, why);
		exit(why != NULL ? SKIPPED : EXIT_SUCCESS);
	}
	cost = finish(pid);
	if (WIFEXITED(cost.status) && WEXITSTATUS(cost.status) == SKIPPED)
		return false;
	if (cost.status != 0)
		die(c->name);
	return true;
}

/* Reads it; false: the process told nothing. */
static bool run_case(const struct hostile_case *c, struct result *r_out, struct cost *cost_out)
{
	int fds[2];
	pid_t pid;
	bool told;

	if (pipe(fds) < 0)
		die("pipe");
	pid = start();
	if (pid == 0) {
		close(fds[0]);
		read_case(c, fds[1]);
	}
	close(fds[1]);
	told = vu_read_full(fds[0], r_out, sizeof(*r_out)) == 0;
	close(fds[0]);
	*cost_out = finish(pid);
	return told;
}

/* What is wrong with how a case went; NULL: nothing. */
static const char *judge(const struct hostile_case *c, const struct result *r,
			 const struct cost *cost)
{
	unsigned lines = c->words != NULL;

	if (WIFSIGNALED(cost->status))
		return hostile_text("it was killed by signal %d", WTERMSIG(cost->status));
	if (cost->status != 0)
		return hostile_text("exit status %d", WEXITSTATUS(cost->status));
	if (r->err != c->code)
		return hostile_text("%s, not %s", vu_vixerr_name(r->err), vu_vixerr_name(c->code));
	if (r->lines != lines)
		return hostile_text("%u lines were said, not %u", r->lines, lines);
	if (c->words != NULL && strstr(r->text, c->words) == NULL)
		return hostile_text("\"%s\" was not said", c->words);
	if (c->words != NULL && strstr(r->text, DISK) == NULL)
		return "the disk was not named";
	if (c->code != VIX_OK && c->meanwhile == NULL && r->checked == VIX_OK)
		return "CheckRepair finds nothing";
	if (r->mended == VIX_OK && r->checked_again != VIX_OK)
		return hostile_text("what CheckRepair mended is not sound: %s",
				    vu_vixerr_name(r->checked_again));
	if (r->slowest_ms > CPU_MS * (SANITIZED ? 10 : 1))
		return hostile_text("it took %u ms", r->slowest_ms);
	if (!SANITIZED && cost->memory_kib > MEMORY_KIB)
		return hostile_text("it took %u KiB", cost->memory_kib);
	return NULL;
}

/* The lines of @text as comments. */
static void print_said(const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		printf("# %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static bool test_case(const char *dir, const struct hostile_case *c, unsigned number)
{
	static struct result r;
	struct cost cost;
	const char *wrong;

	enter(dir, c);
	if (!make_case(c, number))
		return true;
	r = (struct result){ 0 };
	if (!run_case(c, &r, &cost) && cost.status == 0)
		cost.status = EXIT_FAILURE << 8;
	wrong = judge(c, &r, &cost);
	printf("%s %u bad-%s: %s%s%s (%u ms, %u KiB)\n", wrong != NULL ? "not ok" : "ok", number,
	       c->name, vu_vixerr_name(r.err), wrong != NULL ? ": " : "",
	       wrong != NULL ? wrong : "", r.slowest_ms, cost.memory_kib);
	print_said(r.text);
	return wrong == NULL;
}

static bool is_named(const struct hostile_case *c, char **names)
{
	if (*names == NULL)
		return true;
	for (; *names != NULL; names++) {
		if (strcmp(*names, c->name) == 0)
			return true;
	}
	return false;
}

/* README.md. */

static char *print_readme(void)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		die("readme");
	fputs("# Hostile disks\n\n"
	      "Made by `hostile.t make DIR`, tested by `hostile.t`; this table is printed by\n"
	      "`hostile.t readme`. Each is opened, read, mapped and asked for its keys: within a\n"
	      "second of processor time and 64 MiB, the first call that fails gives the code, and\n"
	      "one line is said that names the disk and has the words.\n\n"
	      "| disk | field | value | code | words |\n|---|---|---|---|---|\n",
	      f);
	VU_ARRAY_FOREACH(&cases, c) {
		fprintf(f, "| bad-%s | %s | %s | %s | %s |\n", c->name, c->field, c->value,
			vu_vixerr_name(c->code), c->words != NULL ? c->words : "");
	}
	fclose(f);
	return text;
}

static bool test_readme(unsigned number)
{
	VU_AUTO(free) char *want = print_readme();
	VU_AUTO(free) char *have = NULL;
	bool ok = vu_read_file(README_PATH, 1u << 20, &have, NULL) == 0 && strcmp(have, want) == 0;

	printf("%s %u README.md is what `hostile.t readme` prints\n", ok ? "ok" : "not ok", number);
	return ok;
}

static int test_all(char **names)
{
	char dir[] = "/tmp/vdisk-hostile-XXXXXX";
	unsigned number = 0, failed = 0;

	if (mkdtemp(dir) == NULL)
		die(dir);
	VU_ARRAY_FOREACH(&cases, c) {
		if (is_named(c, names))
			failed += !test_case(dir, c, ++number);
	}
	if (*names == NULL)
		failed += !test_readme(++number);
	printf("1..%u\n", number);
	if (chdir("/") < 0 || vu_rm_rf(dir) < 0)
		die(dir);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int make_all(const char *dir_arg)
{
	VU_AUTO(free) char *dir = realpath(dir_arg, NULL);
	unsigned number = 0;

	if (dir == NULL)
		die(dir_arg);
	VU_ARRAY_FOREACH(&cases, c) {
		enter(dir, c);
		make_case(c, ++number);
	}
	return EXIT_SUCCESS;
}

static int print_table(void)
{
	VU_AUTO(free) char *text = print_readme();

	fputs(text, stdout);
	return EXIT_SUCCESS;
}

static int run(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "make") == 0)
		return make_all(argv[2]);
	if (argc == 2 && strcmp(argv[1], "readme") == 0)
		return print_table();
	return test_all(argv + 1);
}

int main(int argc, char **argv)
{
	int status;

	hostile_add_kdmv();
	hostile_add_esx();
	hostile_add_text();
	hostile_add_files();
	hostile_add_chains();
	status = run(argc, argv);
	VU_ARRAY_FOREACH(&texts, text)
		free(*text);
	VU_ARRAY_FREE(&texts);
	VU_ARRAY_FREE(&cases);
	return status;
}
