/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parser of VMDK text descriptors; see descriptor.h.
 *
 * Two passes over the lines: keys first, so that a version that we do not know or an encrypted
 * disk is told as such, whatever its extent lines look like; extents then.
 */
#include "config.h"

#include "descriptor.h"

#include <stdlib.h>
#include <string.h>

#include "../common/ascii.h"
#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "encoding.h"
#include "escape.h"

#define BLANKS         " \t\r"
#define VERSION_NEWEST 4u
#define HEAD_BYTES     4096u /* where a descriptor file is recognised */
#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))

static const char *const access_words[] = {
	[VD_ACCESS_RW] = "RW",
	[VD_ACCESS_RDONLY] = "RDONLY",
	[VD_ACCESS_NOACCESS] = "NOACCESS",
};

static const char *const type_words[] = {
	[VD_EXTENT_FLAT] = "FLAT",
	[VD_EXTENT_SPARSE] = "SPARSE",
	[VD_EXTENT_ZERO] = "ZERO",
	[VD_EXTENT_VMFS] = "VMFS",
	[VD_EXTENT_VMFSSPARSE] = "VMFSSPARSE",
	[VD_EXTENT_VMFSRDM] = "VMFSRDM",
	[VD_EXTENT_VMFSRAW] = "VMFSRAW",
	[VD_EXTENT_SESPARSE] = "SESPARSE",
};

/* What is being parsed, and where we are. */
struct reader {
	struct vd_descriptor *d;
	const char *name; /* of the file */
	const char
		*encoding; /* of file names, as the descriptor has it; set behind the first pass */
	const char *text;  /* all of it */
	size_t line;       /* 1.. */
	size_t line_at;    /* where in the text it begins, behind blanks */
	const char *copy;  /* of the line, which is taken apart */
	size_t n_keys;     /* lines with a key so far */
};

/* Handles one line, without blanks around it; may change it. */
typedef VixError line_fn(struct reader *r, char *s);

static VixError bad_line(const struct reader *r, VixError code, const char *what, const char *text)
{
	VU_ERR("descriptor", "cannot open %s: line %zu: %s: \"%s\"", vu_log_quote(r->name), r->line,
	       what, vu_log_quote(text));
	return code;
}

static VixError bad_descriptor(const struct reader *r, VixError code, const char *what)
{
	VU_ERR("descriptor", "cannot open %s: %s", vu_log_quote(r->name), what);
	return code;
}

/* Words and numbers of a line.  Each take_*() moves *@s behind what it took and the blanks after it. */

static char *skip_blanks(char *s)
{
	return s + strspn(s, BLANKS);
}

static size_t word_len(const char *s)
{
	return strcspn(s, BLANKS "\"=");
}

/* The place in @words of the word that @s begins with, -1 if it is not there. */
static int find_word(const char *s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(words[i]) == word_len(s) &&
		    vu_ascii_ncasecmp(s, words[i], word_len(s)) == 0)
			return (int)i;
	}
	return -1;
}

static int take_word(char **s, const char *const *words, size_t n)
{
	int i = find_word(*s, words, n);

	if (i >= 0)
		*s = skip_blanks(*s + word_len(*s));
	return i;
}

static bool is_blank(char c)
{
	return c != '\0' && strchr(BLANKS, c) != NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A decimal number that ends the line or stands before a blank. */
static bool take_number(char **s, uint64_t *v_out)
{
	char *p = *s;
	uint64_t v = 0;

	if (!is_digit(*p))
		return false;
	for (; is_digit(*p); p++) {
		if (!vu_mul_fits(v, 10, &v) || !vu_add_fits(v, (uint64_t)(*p - '0'), &v))
			return false;
	}
	if (*p != '\0' && !is_blank(*p))
		return false;
	*s = skip_blanks(p);
	*v_out = v;
	return true;
}

/* What stands between the first and the last quote, cut out in place; NULL if there is none. */
static char *take_quoted(char **s)
{
	char *last = strrchr(*s, '"');
	char *text = *s + 1;

	if (**s != '"' || last == *s)
		return NULL;
	*last = '\0';
	*s = skip_blanks(last + 1);
	return text;
}

/* Lines. */

static VixError with_line(struct reader *r, const char *start, const char *end, line_fn *fn)
{
	VU_AUTO(free) char *copy = NULL;

	while (start < end && is_blank(*start))
		start++;
	while (end > start && is_blank(end[-1]))
		end--;
	if (start == end || *start == '#')
		return VIX_OK;
	copy = strndup(start, (size_t)(end - start));
	r->line_at = (size_t)(start - r->text);
	r->copy = copy;
	return copy != NULL ? fn(r, copy) : VIX_E_OUT_OF_MEMORY;
}

/* Editors on Windows begin a file so. */
static size_t byte_order_mark_len(const char *text, size_t len)
{
	static const char mark[] = "\xef\xbb\xbf";

	return len >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0 ? strlen(mark) : 0;
}

/* Calls @fn with each line of @text that is neither blank nor a comment. */
static VixError each_line(struct reader *r, const char *text, size_t len, line_fn *fn)
{
	const char *end = text + strnlen(text, len);

	r->line = 0;
	r->text = text;
	for (const char *p = text + byte_order_mark_len(text, len); p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *eol = nl != NULL ? nl : end;

		r->line++;
		VD_TRY(with_line(r, p, eol, fn));
		p = eol + 1;
	}
	return VIX_OK;
}

/*
 * Told by its shape, so that a line with a misspelt access mode is an error: passing it over would
 * move all that follows it.
 */
static bool is_extent_line(const char *s)
{
	const char *word_end = s + word_len(s);
	const char *next = word_end + strspn(word_end, BLANKS);

	if (*next == '=')
		return false;
	return find_word(s, access_words, COUNT(access_words)) >= 0 ||
	       (word_end != s && next != word_end && is_digit(*next));
}

/* First pass: keys. */

/* Lines are counted, not keys: each one costs a search among the keys before it. */
static VixError keep_key(struct reader *r, struct vu_dict *dict, const char *key, const char *value)
{
	if (r->n_keys++ == VD_DESCRIPTOR_KEYS)
		return bad_line(r, VIX_E_DISK_INVALIDDISK, "too many keys", key);
	return vu_dict_set(dict, key, value) == 0 ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

static VixError read_key(struct reader *r, char *s)
{
	static const char ddb[] = "ddb.";
	VU_AUTO(free) char *key = NULL;
	VU_AUTO(free) char *value = NULL;
	const char *name;
	bool in_ddb;
	int rc;

	if (is_extent_line(s))
		return VIX_OK;
	rc = vu_dict_parse_line(s, strlen(s), &key, &value);
	if (rc == -2)
		return VIX_E_OUT_OF_MEMORY;
	if (rc != 1) {
		VU_DBG("descriptor", "%s: line %zu is passed over: \"%s\"", vu_log_quote(r->name),
		       r->line, vu_log_quote(s));
		return VIX_OK;
	}
	in_ddb = vu_ascii_ncasecmp(key, ddb, strlen(ddb)) == 0;
	name = in_ddb ? key + strlen(ddb) : key;
	if (in_ddb)
		vd_unescape(value);
	return *name == '\0' ? VIX_OK
			     : keep_key(r, in_ddb ? &r->d->ddb : &r->d->header, name, value);
}

static VixError check_version(const struct reader *r)
{
	const char *text = vu_dict_get(&r->d->header, "version");
	VU_AUTO(free) char *copy = vu_strdup_or_null(text);
	char *s = copy;
	uint64_t version;

	if (text == NULL)
		return VIX_OK;
	if (copy == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (!take_number(&s, &version) || *s != '\0')
		return bad_descriptor(r, VIX_E_DISK_INVALIDDISK, "its version is no number");
	if (version > VERSION_NEWEST) {
		VU_ERR("descriptor",
		       "cannot open %s: its descriptor has version %s, the newest known is %u",
		       vu_log_quote(r->name), vu_log_quote(text), VERSION_NEWEST);
		return VIX_E_DISK_UNSUPPORTEDDISKVERSION;
	}
	return VIX_OK;
}

/* The encoding of file names, as the descriptor calls it; NULL: it does not say. */
static const char *encoding_of(const struct vd_descriptor *d)
{
	const char *encoding = vu_dict_get(&d->header, "encoding");

	return encoding != NULL ? encoding : vu_dict_get(&d->ddb, "encoding");
}

/* Is it filtered through vSphere's encryption, so that copies of its files hold ciphertext? */
static bool is_filtered(const struct vd_descriptor *d)
{
	const char *filters = vu_dict_get(&d->ddb, "iofilters");

	return filters != NULL && strcasestr(filters, "vmcrypt") != NULL;
}

/* Keys that begin with "encryption" are only there when what lies in the extents is ciphertext. */
static VixError check_encryption(const struct reader *r)
{
	static const char prefix[] = "encryption";
	bool is_encrypted = is_filtered(r->d);

	VU_ARRAY_FOREACH(&r->d->header.entries, e) {
		if (vu_ascii_ncasecmp(e->key, prefix, strlen(prefix)) == 0 && *e->value != '\0')
			is_encrypted = true;
	}
	if (!is_encrypted)
		return VIX_OK;
	return bad_descriptor(r, VIX_E_DISK_NEEDKEY,
			      "it is encrypted, and encrypted disks need a key");
}

/* One to eight hexadecimal digits: qemu writes no leading zeros. */
static bool parse_cid(const char *s, uint32_t *cid_out)
{
	size_t len = strspn(s, "0123456789abcdefABCDEF");

	if (len == 0 || len > 8 || s[len] != '\0')
		return false;
	*cid_out = (uint32_t)strtoul(s, NULL, 16);
	return true;
}

static VixError read_cid(const struct reader *r, const char *key, uint32_t absent,
			 uint32_t *cid_out)
{
	const char *text = vu_dict_get(&r->d->header, key);

	*cid_out = absent;
	if (text == NULL || parse_cid(text, cid_out))
		return VIX_OK;
	VU_ERR("descriptor", "cannot open %s: its %s is no content ID: \"%s\"",
	       vu_log_quote(r->name), key, vu_log_quote(text));
	return VIX_E_DISK_INVALIDDISK;
}

static VixError read_hint(const struct reader *r)
{
	const char *hint = vu_dict_get(&r->d->header, "parentFileNameHint");

	return hint != NULL ? vd_encoding_to_utf8(r->encoding, hint, &r->d->parent_hint) : VIX_OK;
}

static VixError check_header(struct reader *r)
{
	VD_TRY(check_version(r));
	VD_TRY(check_encryption(r));
	VD_TRY(read_cid(r, "CID", 0, &r->d->cid));
	VD_TRY(read_cid(r, "parentCID", VD_CID_NONE, &r->d->parent_cid));
	r->encoding = encoding_of(r->d);
	return read_hint(r);
}

/* Second pass: extents. */

static bool has_offset(enum vd_extent_type type)
{
	return type == VD_EXTENT_FLAT || type == VD_EXTENT_VMFS;
}

static void free_files(struct vd_extent_line *e)
{
	free(e->file);
	free(e->file_as_written);
}

static VixError keep_file(const struct reader *r, const char *file, struct vd_extent_line *e)
{
	VU_AUTO(free) char *copy = strdup(file);

	if (copy == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vd_encoding_to_utf8(r->encoding, file, &e->file));
	if (e->file == NULL)
		e->file = VU_STEAL(copy);
	else
		e->file_as_written = VU_STEAL(copy);
	return VIX_OK;
}

/* The file and what comes behind it.  Device ids after the offset are passed over. */
static VixError read_extent_file(const struct reader *r, char *s, struct vd_extent_line *e)
{
	char *file = take_quoted(&s);
	uint64_t end;

	if (file == NULL || *file == '\0')
		return e->type == VD_EXTENT_ZERO
			       ? VIX_OK
			       : bad_line(r, VIX_E_DISK_INVALIDDISK, "no file name in quotes", s);
	if (has_offset(e->type) && *s != '\0' && !take_number(&s, &e->offset_sectors))
		return bad_line(r, VIX_E_DISK_INVALIDDISK, "bad offset", s);
	if (!vu_add_fits(e->offset_sectors, e->sectors, &end) || end > VD_SECTORS_MAX)
		return bad_line(r, VIX_E_DISK_INVALIDDISK, "offset too large", file);
	e->file_at = r->line_at + (size_t)(file - r->copy);
	e->file_len = strlen(file);
	return keep_file(r, file, e);
}

static VixError read_extent_words(const struct reader *r, char *s, struct vd_extent_line *e)
{
	int access = take_word(&s, access_words, COUNT(access_words));
	int type;

	if (access < 0)
		return bad_line(r, VIX_E_DISK_INVALIDDISK, "unknown access mode", s);
	if (!take_number(&s, &e->sectors) || e->sectors == 0)
		return bad_line(r, VIX_E_DISK_INVALIDDISK, "bad extent size", s);
	type = take_word(&s, type_words, COUNT(type_words));
	if (type < 0)
		return bad_line(r, VIX_E_DISK_NOTSUPPORTED, "unknown extent type", s);
	e->access = (enum vd_access)access;
	e->type = (enum vd_extent_type)type;
	return read_extent_file(r, s, e);
}

static VixError read_extent(struct reader *r, char *s)
{
	struct vd_descriptor *d = r->d;
	struct vd_extent_line e = { 0 };

	if (!is_extent_line(s))
		return VIX_OK;
	if (d->extents.n == VD_EXTENT_LINES_MAX)
		return bad_line(r, VIX_E_DISK_INVALIDDISK, "too many extents", s);
	VD_TRY(read_extent_words(r, s, &e));
	if (!vu_add_fits(d->capacity, e.sectors, &d->capacity) || d->capacity > VD_SECTORS_MAX) {
		free_files(&e);
		return bad_line(r, VIX_E_DISK_INVALIDDISK, "the extents are too large", s);
	}
	if (VU_ARRAY_PUSH(&d->extents, e) < 0) {
		free_files(&e);
		return VIX_E_OUT_OF_MEMORY;
	}
	return VIX_OK;
}

static VixError parse(struct reader *r, const char *text, size_t len)
{
	r->d->text_len = strnlen(text, len);
	if (r->d->text_len > VD_DESCRIPTOR_MAX)
		return bad_descriptor(r, VIX_E_DISK_INVALIDDISK,
				      "its descriptor is longer than 1 MiB");
	VD_TRY(each_line(r, text, len, read_key));
	VD_TRY(check_header(r));
	VD_TRY(each_line(r, text, len, read_extent));
	if (r->d->extents.n == 0)
		return bad_descriptor(r, VIX_E_DISK_INVALIDDISK, "its descriptor names no extent");
	return VIX_OK;
}

VixError vd_descriptor_parse(const char *text, size_t len, const char *name,
			     struct vd_descriptor **d_out)
{
	struct reader r = { .d = calloc(1, sizeof(*r.d)), .name = name };
	VixError err;

	*d_out = NULL;
	if (r.d == NULL)
		return VIX_E_OUT_OF_MEMORY;
	err = parse(&r, text, len);
	if (err != VIX_OK) {
		vd_descriptor_free(r.d);
		return err;
	}
	*d_out = r.d;
	return VIX_OK;
}

void vd_descriptor_free(struct vd_descriptor *d)
{
	if (d == NULL)
		return;
	VU_ARRAY_FOREACH(&d->extents, e)
		free_files(e);
	VU_ARRAY_FREE(&d->extents);
	vu_dict_free(&d->header);
	vu_dict_free(&d->ddb);
	free(d->parent_hint);
	free(d);
}

bool vd_descriptor_has_parent(const struct vd_descriptor *d)
{
	return d->parent_cid != VD_CID_NONE;
}

static const char *hint_as_written(const struct vd_descriptor *d)
{
	return vd_descriptor_has_parent(d) ? vu_dict_get(&d->header, "parentFileNameHint") : NULL;
}

const char *vd_descriptor_parent_hint(const struct vd_descriptor *d)
{
	const char *hint = hint_as_written(d);

	return hint != NULL && d->parent_hint != NULL ? d->parent_hint : hint;
}

const char *vd_descriptor_parent_hint_as_written(const struct vd_descriptor *d)
{
	return d->parent_hint != NULL ? hint_as_written(d) : NULL;
}

const char *vd_extent_type_name(enum vd_extent_type type)
{
	return type_words[type];
}

/* Recognising a descriptor file. */

/* "# Disk DescriptorFile", with or without the blanks. */
static bool is_signature(const char *s)
{
	static const char disk[] = "Disk Descriptor", file[] = "File";

	s = s + 1 + strspn(s + 1, BLANKS);
	if (vu_ascii_ncasecmp(s, disk, strlen(disk)) != 0)
		return false;
	s += strlen(disk);
	return vu_ascii_ncasecmp(s + strspn(s, BLANKS), file, strlen(file)) == 0;
}

static bool is_version(const char *s)
{
	static const char version[] = "version";

	if (vu_ascii_ncasecmp(s, version, strlen(version)) != 0)
		return false;
	s += strlen(version);
	return s[strspn(s, BLANKS)] == '=';
}

bool vd_descriptor_looks_like(const void *head, size_t len)
{
	char copy[HEAD_BYTES + 1] = "", *rest = copy;

	memcpy(copy, head, vu_min(len, HEAD_BYTES));
	rest += byte_order_mark_len(copy, len);
	for (char *s = strsep(&rest, "\n"); s != NULL; s = strsep(&rest, "\n")) {
		s = skip_blanks(s);
		if (*s == '#' && is_signature(s))
			return true;
		if (*s != '#' && *s != '\0')
			return is_version(s);
	}
	return false;
}
