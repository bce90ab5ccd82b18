/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arguments that are lent for one call; see lent.h.
 */
#include "config.h"

#include "lent.h"

#include <check.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MOST 32

static char *pages[MOST]; /* pairs of pages; nothing may be done with the second one */
static unsigned n_pages;

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

void *lend(const void *data, size_t size)
{
	size_t page = page_size();
	char *two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			 0);

	ck_assert_ptr_ne(two, MAP_FAILED);
	ck_assert_int_eq(mprotect(two + page, page, PROT_NONE), 0);
	ck_assert_uint_le(size, page);
	ck_assert_uint_lt(n_pages, MOST);
	pages[n_pages++] = two;
	return memcpy(two + page - size, data, size);
}

char *lend_text(const char *text)
{
	return lend(text, strlen(text) + 1);
}

/* The addresses stay taken, so that nothing else is found there. */
void take_back(void)
{
	for (unsigned i = 0; i < n_pages; i++)
		ck_assert_int_eq(mprotect(pages[i], 2 * page_size(), PROT_NONE), 0);
	n_pages = 0;
}
