/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls by name; see calls.h.
 */
#include "config.h"

#include "calls.h"

#include <ctype.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/unit.h"
#include "vixDiskLib.h"

#define MOST_ARGS 8
#define ALL       MOST_ARGS /* of the pointers are NULL, */
#define NONE      (-1)
#define SECONDS   30

/* Numbers and pointers go the same way to the functions of this interface. */
typedef uint64_t (*any_function)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
				 uintptr_t, uintptr_t);

/* What a child tells. */
struct outcome {
	uint64_t result;
	bool leaves_pointers; /* in what is filled, though it failed */
	bool works_after;     /* the library does */
};

static const struct calls_kit *kit;
static uint64_t filled[MOST_ARGS];

static bool is_number(char letter)
{
	return isdigit((unsigned char)letter) != 0;
}

static bool is_filled(char letter)
{
	return letter == 'O' || letter == 'W' || letter == 'o';
}

static uintptr_t argument(const struct call *call, int i)
{
	char letter = call->args[i];

	if (letter == '7')
		return 128;
	if (is_number(letter))
		return (uintptr_t)(letter - '0');
	if (letter == 'z')
		return 0;
	if (is_filled(letter))
		return (uintptr_t)&filled[i];
	return kit->argument(letter);
}

static uint64_t invoke(const struct call *call, int null_at)
{
	void *symbol = dlsym(RTLD_DEFAULT, call->name);
	uintptr_t a[MOST_ARGS] = { 0 };
	any_function function;

	ck_assert_msg(symbol != NULL, "no %s", call->name);
	memcpy(&function, &symbol, sizeof(function));
	memset(filled, 0xa5, sizeof(filled));
	for (int i = 0; call->args[i] != '\0'; i++) {
		bool is_null = !is_number(call->args[i]) && (null_at == ALL || null_at == i);

		a[i] = is_null ? 0 : argument(call, i);
	}
	return function(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
}

/* Leaves @result as it is on every machine, and free of leaks. */
static uint64_t normalise(const struct call *call, uint64_t result)
{
	if (call->result == CALLS_MEMORY)
		free((void *)(uintptr_t)result);
	if (call->result == CALLS_TEXT || call->result == CALLS_MEMORY)
		return result != 0;
	return call->result == CALLS_NOTHING ? 0 : result;
}

static bool has_pointers(const struct call *call, int null_at)
{
	for (int i = 0; call->args[i] != '\0'; i++)
		if (call->args[i] == 'O' && null_at != i && null_at != ALL && filled[i] != 0)
			return true;
	return false;
}

static bool works(void)
{
	VixDiskLibConnection c;

	return VixDiskLib_Connect(NULL, &c) == VIX_OK && VixDiskLib_Disconnect(c) == VIX_OK;
}

static void with_null(const struct call *call, int null_at, struct outcome *o)
{
	kit->set_up();
	o->result = normalise(call, invoke(call, null_at));
	o->leaves_pointers = has_pointers(call, null_at);
	o->works_after = call->result == CALLS_NOTHING || works();
	kit->tear_down();
}

static void before_init(const struct call *call, int unused, struct outcome *o)
{
	(void)unused;
	o->result = normalise(call, invoke(call, NONE));
	o->leaves_pointers = has_pointers(call, NONE);
	kit->tear_down();
}

static void after_exit(const struct call *call, int unused, struct outcome *o)
{
	kit->set_up();
	kit->tear_down();
	before_init(call, unused, o);
}

typedef void (*deed_fn)(const struct call *, int, struct outcome *);

static struct outcome in_child(deed_fn deed, const struct call *call, int null_at)
{
	struct outcome *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct outcome o;
	int status;
	pid_t pid;

	ck_assert_ptr_ne(shared, MAP_FAILED);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		alarm(SECONDS);
		deed(call, null_at, shared);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(status == 0, "%s(%s) ends with status %#x, argument %d being NULL",
		      call->name, call->args, status, null_at);
	o = *shared;
	munmap(shared, sizeof(*shared));
	return o;
}

/* Is one of the pointers that are NULL a needed one? */
static bool must_fail(const struct call *call, int null_at)
{
	for (int i = 0; call->args[i] != '\0'; i++)
		if ((null_at == ALL || null_at == i) && isupper((unsigned char)call->args[i]))
			return true;
	return false;
}

static bool is_code(const struct call *call)
{
	return call->result == CALLS_CODE || call->result == CALLS_ANYTIME;
}

static void check_failed(const struct call *call, const struct outcome *o, int null_at)
{
	if (call->result == CALLS_TEXT)
		ck_assert_msg(o->result == 0, "%s tells something about NULL", call->name);
	if (!is_code(call))
		return;
	ck_assert_msg(o->result == VIX_E_INVALID_ARG || o->result == VIX_E_INVALID_HANDLE ||
			      o->result == VIX_E_DISK_INVALID_CONNECTION,
		      "%s(%s), argument %d being NULL: %llu", call->name, call->args, null_at,
		      (unsigned long long)o->result);
	ck_assert_msg(!o->leaves_pointers, "%s fails and gives a pointer", call->name);
}

static void check_null(const struct call *call, int null_at)
{
	bool fails = must_fail(call, null_at);
	struct outcome o, usual;

	if (!fails && call->is_slow)
		return;
	o = in_child(with_null, call, null_at);
	ck_assert_msg(o.works_after, "nothing works after %s", call->name);
	if (fails) {
		check_failed(call, &o, null_at);
		return;
	}
	usual = in_child(with_null, call, NONE);
	ck_assert_msg(o.result == usual.result, "%s(%s): %llu without argument %d, %llu with it",
		      call->name, call->args, (unsigned long long)o.result, null_at,
		      (unsigned long long)usual.result);
}

static void check_nulls(const struct call *call)
{
	ck_assert_uint_le(strlen(call->args), MOST_ARGS);
	for (int i = 0; call->args[i] != '\0'; i++)
		if (!is_number(call->args[i]))
			check_null(call, i);
	check_null(call, ALL);
}

static void check_without_init(const struct call *call)
{
	struct outcome before = in_child(before_init, call, NONE);
	struct outcome after = in_child(after_exit, call, NONE);

	ck_assert_msg(before.result == after.result, "%s: %llu before Init, %llu after Exit",
		      call->name, (unsigned long long)before.result,
		      (unsigned long long)after.result);
	ck_assert_msg(!is_code(call) || before.result != 0 || call->result == CALLS_ANYTIME,
		      "%s works without Init", call->name);
	if (call->result != CALLS_CODE)
		return;
	ck_assert_msg(before.result == VIX_E_DISK_NOINIT, "%s without Init: %llu", call->name,
		      (unsigned long long)before.result);
	ck_assert_msg(!before.leaves_pointers && !after.leaves_pointers,
		      "%s fails without Init and gives a pointer", call->name);
}

static bool is_called(const char *name)
{
	for (int i = 0; i < kit->n; i++)
		if (strcmp(kit->calls[i].name, name) == 0)
			return true;
	return false;
}

START_TEST(every_function_is_called)
{
	FILE *f = fopen(TESTS_SRCDIR "/abi/symbols.txt", "re");
	char line[200], owner[40], symbol[80], kind[40];
	unsigned found = 0;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%39s %79s %39s", owner, symbol, kind) != 3 ||
		    strcmp(owner, kit->library) != 0 || strcmp(kind, "private") == 0)
			continue;
		ck_assert_msg(is_called(symbol), "%s is not called", symbol);
		found++;
	}
	fclose(f);
	ck_assert_uint_gt(found, 20);
}
END_TEST

START_TEST(rule_11_null_is_harmless_everywhere)
{
	check_nulls(&kit->calls[_i]);
}
END_TEST

START_TEST(rule_07_calls_before_init_and_after_exit_do_no_harm)
{
	check_without_init(&kit->calls[_i]);
}
END_TEST

Suite *calls_suite(const struct calls_kit *the_kit)
{
	Suite *s = suite_create("contract: every call");
	TCase *tc = unit_tcase(s, the_kit->library);

	kit = the_kit;
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, every_function_is_called);
	tcase_add_loop_test(tc, rule_11_null_is_harmless_everywhere, 0, kit->n);
	tcase_add_loop_test(tc, rule_07_calls_before_init_and_after_exit_do_no_harm, 0, kit->n);
	return s;
}
