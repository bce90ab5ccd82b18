/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Taking a vmxSpec apart; see spec.h.
 */
#include "config.h"

#include "spec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/ascii.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/path.h"
#include "../../common/percent.h"
#include "dspath.h"

#define MOREF_KEY "moref="
#define MOREF_MAX 128 /* bytes; those of servers have some twenty */

/* What comes behind the "?"; strings are owned. */
struct query {
	char *dc_path;
	char *ds_name;
};

static VixError refuse(const char *text, const char *why)
{
	VU_ERR("connect",
	       "vmxSpec \"%s\" names no virtual machine: %s; it should be moref=vm-57 or "
	       "dir/name.vmx?dcPath=DATACENTER&dsName=DATASTORE",
	       vu_log_quote(text), why);
	return VIX_E_INVALID_ARG;
}

static bool has_control_characters(const char *s)
{
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return true;
	}
	return false;
}

static bool is_moref_char(char c)
{
	int l = vu_ascii_lower(c);

	return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || strchr("-_.:", c) != NULL;
}

bool vim_is_moref(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0' && n <= MOREF_MAX && is_moref_char(s[n]))
		n++;
	return n > 0 && n <= MOREF_MAX && s[n] == '\0';
}

static VixError parse_moref(const char *text, const char *moref, struct vim_spec *spec)
{
	if (!vim_is_moref(moref))
		return refuse(text, moref[0] == '\0' ? "the reference is empty"
						     : "the reference has characters that no "
						       "reference has");
	spec->moref = strdup(moref);
	return spec->moref != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

/* @s with its %xx replaced; *@s_out is NULL where it has no bytes. */
static VixError decode(const char *text, const char *s, size_t len, char **s_out)
{
	VU_AUTO(free) char *plain = NULL;
	int err = vu_percent_decode(s, len, &plain);

	if (err == -ENOMEM)
		return VIX_E_OUT_OF_MEMORY;
	if (err < 0)
		return refuse(text, "a % is not followed by two hexadecimal digits of a "
				    "character");
	if (has_control_characters(plain))
		return refuse(text, "it has control characters");
	free(*s_out);
	*s_out = plain[0] != '\0' ? VU_STEAL(plain) : NULL;
	return VIX_OK;
}

static bool is_key(const char *s, size_t len, const char *key)
{
	return len == strlen(key) && vu_ascii_ncasecmp(s, key, len) == 0;
}

/* "dcPath=DC", its value beginning at @value. */
static VixError parse_pair(const char *text, const char *pair, const char *value, size_t value_len,
			   struct query *q)
{
	size_t key_len = (size_t)(value - pair) - 1;
	char **to;

	if (is_key(pair, key_len, "dcPath"))
		to = &q->dc_path;
	else if (is_key(pair, key_len, "dsName"))
		to = &q->ds_name;
	else
		return refuse(text, "behind the \"?\" there is a key that is neither dcPath nor "
				    "dsName");
	if (*to != NULL)
		return refuse(text, "a key comes twice");
	return decode(text, value, value_len, to);
}

static VixError parse_query(const char *text, const char *s, struct query *q)
{
	while (*s != '\0') {
		size_t len = strcspn(s, "&");
		const char *equals = memchr(s, '=', len);

		if (equals == NULL)
			return refuse(text, "behind the \"?\" there is a word without \"=\"");
		VD_TRY(parse_pair(text, s, equals + 1, (size_t)(s + len - equals - 1), q));
		s += len + (s[len] == '&');
	}
	return VIX_OK;
}

static bool is_vmx(const char *file)
{
	return vu_path_has_suffix(file, ".vmx") || vu_path_has_suffix(file, ".vmtx");
}

static VixError take_vmx(const char *text, const char *ds, size_t ds_len, const char *file,
			 struct vim_spec *spec)
{
	if (!is_vmx(file))
		return refuse(text, "no .vmx file is named");
	if (ds_len == 0)
		return refuse(text, "no datastore is named");
	spec->vmx = vu_asprintf("[%.*s] %s", (int)ds_len, ds, file);
	return spec->vmx != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

/* "[ds] dir/a.vmx", and @q behind it. */
static VixError parse_dspath(const char *text, const char *path, const struct query *q,
			     struct vim_spec *spec)
{
	struct vim_dspath p;

	if (!vim_dspath_split(path, &p))
		return refuse(text, "behind the datastore there is no file");
	if (q->ds_name != NULL)
		return refuse(text, "the datastore is named twice");
	return take_vmx(text, p.ds, p.ds_len, p.file, spec);
}

static VixError parse_url_path(const char *text, const char *path, const struct query *q,
			       struct vim_spec *spec)
{
	VU_AUTO(free) char *plain = NULL;
	const char *ds = q->ds_name != NULL ? q->ds_name : "";

	VD_TRY(decode(text, path, strlen(path), &plain));
	if (plain == NULL)
		return refuse(text, "it is empty");
	return take_vmx(text, ds, strlen(ds), plain + strspn(plain, "/"), spec);
}

static VixError parse_path(const char *text, struct query *q, struct vim_spec *spec)
{
	VU_AUTO(free) char *path = strdup(text);
	char *mark;

	if (path == NULL)
		return VIX_E_OUT_OF_MEMORY;
	mark = strchr(path, '?');
	if (mark != NULL) {
		*mark = '\0';
		VD_TRY(parse_query(text, mark + 1, q));
	}
	if (path[0] == '[')
		VD_TRY(parse_dspath(text, path, q, spec));
	else
		VD_TRY(parse_url_path(text, path, q, spec));
	spec->dc_path = VU_STEAL(q->dc_path);
	return VIX_OK;
}

static VixError parse(const char *text, struct vim_spec *spec)
{
	struct query q = { 0 };
	VixError err;

	if (has_control_characters(text))
		return refuse(text, "it has control characters");
	if (vu_ascii_ncasecmp(text, MOREF_KEY, strlen(MOREF_KEY)) == 0)
		return parse_moref(text, text + strlen(MOREF_KEY), spec);
	err = parse_path(text, &q, spec);
	free(q.dc_path);
	free(q.ds_name);
	return err;
}

VixError vim_spec_parse(const char *text, struct vim_spec *spec_out)
{
	VixError err;

	*spec_out = (struct vim_spec){ 0 };
	err = parse(text, spec_out);
	if (err != VIX_OK)
		vim_spec_free(spec_out);
	return err;
}

void vim_spec_free(struct vim_spec *spec)
{
	free(spec->moref);
	free(spec->vmx);
	free(spec->dc_path);
	*spec = (struct vim_spec){ 0 };
}
