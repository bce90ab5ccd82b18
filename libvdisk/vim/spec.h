/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmxSpec: the words with which a client names a virtual machine of a server.
 *
 *	moref=vm-57                          by its reference, of vCenter or ("153") of ESXi
 *	dir/a.vmx?dcPath=Folder/DC&dsName=ds by its file; with %xx for what means something here
 *	[ds] dir/a.vmx?dcPath=Folder/DC      the same, as servers write it; nothing stands for another
 *
 * Keys may be in any case, dcPath may be missing or empty.
 */
#ifndef VIM_SPEC_H
#define VIM_SPEC_H

#include <stdbool.h>

#include "vixDiskLib.h"

/* A vmxSpec, taken apart; strings are owned. */
struct vim_spec {
	char *moref;   /* "vm-57"; NULL: */
	char *vmx;     /* "[ds] dir/a.vmx" */
	char *dc_path; /* "Folder/DC"; NULL: not told */
};

/**
 * vim_spec_parse() - take a vmxSpec apart
 * @spec_out: filled; vim_spec_free()
 *
 * Errors: INVALID_ARG  it is none (logged: what is wrong with it); OUT_OF_MEMORY
 */
VixError vim_spec_parse(const char *text, struct vim_spec *spec_out);

/** vim_spec_free() - free its strings; all zero is fine */
void vim_spec_free(struct vim_spec *spec);

/** vim_is_moref() - may this be a managed object's reference: "vm-57", "153", "57-snapshot-2"? */
bool vim_is_moref(const char *s);

#endif
