/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * common/forks: forks are counted, and a child destroys what threads of its parent waited for.
 */
#include "config.h"

#include "unit.h"

#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forks.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER, waits = PTHREAD_COND_INITIALIZER;
static bool is_waiting, may_end;

static void *wait_for_end(void *unused)
{
	pthread_mutex_lock(&lock);
	is_waiting = true;
	pthread_cond_signal(&waits);
	while (!may_end)
		pthread_cond_wait(&cond, &lock);
	pthread_mutex_unlock(&lock);
	return unused;
}

/* Return: the exit status of the child that @body was. */
static int in_child(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(body());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int forks_here(void)
{
	return (int)vu_forks();
}

START_TEST(children_differ_from_their_parent)
{
	ck_assert_uint_eq(vu_forks(), 0);
	ck_assert_int_eq(in_child(forks_here), 1);
	ck_assert_uint_eq(vu_forks(), 0);
}
END_TEST

static int destroy(void)
{
	vu_cond_destroy(&cond);
	return 0;
}

/* pthread_cond_destroy() would wait for the thread, which the child does not have. */
START_TEST(child_destroys_what_a_thread_of_its_parent_waits_for)
{
	pthread_t thread;

	ck_assert_uint_eq(vu_forks(), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_end, NULL), 0);
	pthread_mutex_lock(&lock);
	while (!is_waiting)
		pthread_cond_wait(&waits, &lock);
	ck_assert_int_eq(in_child(destroy), 0);
	may_end = true;
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	vu_cond_destroy(&cond);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("forks");
	TCase *tc = unit_tcase(s, "forks");

	tcase_add_test(tc, children_differ_from_their_parent);
	tcase_add_test(tc, child_destroys_what_a_thread_of_its_parent_waits_for);
	return unit_run(s);
}
