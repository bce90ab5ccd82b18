/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The servers of the vSphere tests for check programs: serve.sh in a directory of its own.
 *
 *	int main(void)
 *	{
 *		int status = vserver_start(&server, NULL);
 *
 *		if (status)
 *			return vserver_skip(status);
 *		...
 *		status = unit_run(s);
 *		vserver_stop(server);
 *		return status;
 *	}
 *
 * 1. One server for all tests of a program, which are processes of their own: what a test tells the
 *    front stays, until vserver_ctl(server, "clear"), and so on.
 * 2. It ends with the process that started it, however that ends.
 */
#ifndef VSERVER_H
#define VSERVER_H

#include <stdbool.h>
#include <stddef.h>

struct vserver;

/**
 * vserver_start() - build what is not built yet, start, and wait until all is ready
 * @options:    the simulator's, see serve.sh; the last is NULL; NULL: none
 * @server_out: filled; vserver_stop()
 *
 * Return: 0; 77: something that it is built of is missing; 99: it does not start, for what stderr says.
 */
int vserver_start(struct vserver **server_out, const char *const *options);

/** vserver_stop() - end it, and remove its directory; NULL is fine */
void vserver_stop(struct vserver *server);

/** vserver_skip() - tell in TAP that no test is run, if @status is 77; return what main() shall */
int vserver_skip(int status);

/**
 * vserver_info() - what the server says of itself: "url", "port", "moref", .. as docs/TESTING.md lists
 *
 * Return: lent, until vserver_stop(). A name that is not known fails the test.
 */
const char *vserver_info(const struct vserver *server, const char *name);

/** vserver_has() - does it say that of itself? */
bool vserver_has(const struct vserver *server, const char *name);

/** vserver_dir() - its directory: tests may leave files there */
const char *vserver_dir(const struct vserver *server);

/**
 * vserver_ctl() - have the front do something: "fault?kind=cut&at=100"; blanks are encoded here
 *
 * Return: its answer, to be freed. A command that is refused fails the test.
 */
char *vserver_ctl(const struct vserver *server, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** vserver_ctl_body() - the same, with what some commands want besides: JSON */
char *vserver_ctl_body(const struct vserver *server, const char *command, const char *body);

/** vserver_tell() - vserver_ctl() for commands that have no answer */
#define vserver_tell(...) free(vserver_ctl(__VA_ARGS__))

/** vserver_counter() - how often something has happened: front/count.go has the names */
long vserver_counter(const struct vserver *server, const char *name);

#endif
