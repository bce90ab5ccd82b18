/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NBD export: the fixed newstyle negotiation, server side.  There is one export, whatever name
 * the client asks for.
 */
#include "config.h"

#include "nbd-conn.h"

#include <string.h>

#include "../../common/bytes.h"
#include "../../common/osutil.h"

#define OPTION_MAX      4096u /* bytes of one option; names are the longest part */
#define OPTIONS_MAX     64u   /* options before a client must have made up its mind */
#define PREFERRED_BLOCK (64u << 10)
#define BASE_ALLOCATION "base:allocation"

struct option {
	uint32_t id;
	uint32_t len;
	unsigned char data[OPTION_MAX];
};

enum verdict { NEXT_OPTION, START_REQUESTS, HANG_UP };

uint16_t vmnt_nbd_transmission_flags(const struct vmnt_nbd_conn *c)
{
	uint16_t flags = NBD_FLAG_HAS_FLAGS | NBD_FLAG_SEND_FLUSH | NBD_FLAG_SEND_FUA |
			 NBD_FLAG_CAN_MULTI_CONN;

	if (c->disk->readonly)
		flags |= NBD_FLAG_READ_ONLY;
	if (c->structured)
		flags |= NBD_FLAG_SEND_DF;
	return flags;
}

static int send_bytes(struct vmnt_nbd_conn *c, const void *p, size_t len)
{
	return vu_write_full(c->fd, p, len) < 0 ? -1 : 0;
}

static enum verdict reply(struct vmnt_nbd_conn *c, const struct option *o, uint32_t type,
			  const void *data, uint32_t len)
{
	unsigned char head[20];

	vu_put_be64(head, NBD_OPTION_REPLY_MAGIC);
	vu_put_be32(head + 8, o->id);
	vu_put_be32(head + 12, type);
	vu_put_be32(head + 16, len);
	if (send_bytes(c, head, sizeof(head)) < 0 || send_bytes(c, data, len) < 0)
		return HANG_UP;
	return NEXT_OPTION;
}

static enum verdict reply_plain(struct vmnt_nbd_conn *c, const struct option *o, uint32_t type)
{
	return reply(c, o, type, "", 0);
}

/* Reads and drops an option too long to be of use. */
static int skip_bytes(struct vmnt_nbd_conn *c, uint32_t len)
{
	unsigned char waste[OPTION_MAX];

	while (len > 0) {
		size_t n = vu_min(len, sizeof(waste));

		if (vu_read_full(c->fd, waste, n) < 0)
			return -1;
		len -= (uint32_t)n;
	}
	return 0;
}

static int read_option(struct vmnt_nbd_conn *c, struct option *o)
{
	unsigned char head[16];

	if (vu_read_full(c->fd, head, sizeof(head)) < 0 || vu_be64(head) != NBD_OPTION_MAGIC)
		return -1;
	o->id = vu_be32(head + 8);
	o->len = vu_be32(head + 12);
	if (o->len > sizeof(o->data))
		return o->len > VMNT_NBD_MAX_REQUEST ? -1 : skip_bytes(c, o->len);
	return vu_read_full(c->fd, o->data, o->len) < 0 ? -1 : 0;
}

/* The old way to start: no reply header, and no way back. */
static enum verdict export_name(struct vmnt_nbd_conn *c)
{
	unsigned char answer[8 + 2 + 124] = { 0 };

	vu_put_be64(answer, c->bytes);
	vu_put_be16(answer + 8, vmnt_nbd_transmission_flags(c));
	if (send_bytes(c, answer, c->no_zeroes ? 10 : sizeof(answer)) < 0)
		return HANG_UP;
	return START_REQUESTS;
}

static enum verdict send_export_info(struct vmnt_nbd_conn *c, const struct option *o)
{
	unsigned char info[12];
	unsigned char sizes[14];

	vu_put_be16(info, NBD_INFO_EXPORT);
	vu_put_be64(info + 2, c->bytes);
	vu_put_be16(info + 10, vmnt_nbd_transmission_flags(c));
	if (reply(c, o, NBD_REP_INFO, info, sizeof(info)) == HANG_UP)
		return HANG_UP;
	vu_put_be16(sizes, NBD_INFO_BLOCK_SIZE);
	vu_put_be32(sizes + 2, VIXDISKLIB_SECTOR_SIZE);
	vu_put_be32(sizes + 6, PREFERRED_BLOCK);
	vu_put_be32(sizes + 10, VMNT_NBD_MAX_REQUEST);
	return reply(c, o, NBD_REP_INFO, sizes, sizeof(sizes));
}

/* NBD_OPT_INFO and NBD_OPT_GO: name length, name, count of requests, requests of 2 bytes. */
static enum verdict info_or_go(struct vmnt_nbd_conn *c, const struct option *o)
{
	uint32_t name_len = o->len >= 6 ? vu_be32(o->data) : 0;

	if (o->len < 6 || name_len > o->len - 6 ||
	    o->len != 6 + name_len + 2u * vu_be16(o->data + 4 + name_len))
		return reply_plain(c, o, NBD_REP_ERR_INVALID);
	if (send_export_info(c, o) == HANG_UP || reply_plain(c, o, NBD_REP_ACK) == HANG_UP)
		return HANG_UP;
	return o->id == NBD_OPT_GO ? START_REQUESTS : NEXT_OPTION;
}

static enum verdict list_exports(struct vmnt_nbd_conn *c, const struct option *o)
{
	static const unsigned char empty_name[4];

	if (o->len != 0)
		return reply_plain(c, o, NBD_REP_ERR_INVALID);
	if (reply(c, o, NBD_REP_SERVER, empty_name, sizeof(empty_name)) == HANG_UP)
		return HANG_UP;
	return reply_plain(c, o, NBD_REP_ACK);
}

static enum verdict structured_reply(struct vmnt_nbd_conn *c, const struct option *o)
{
	if (o->len != 0)
		return reply_plain(c, o, NBD_REP_ERR_INVALID);
	c->structured = true;
	return reply_plain(c, o, NBD_REP_ACK);
}

/* Is base:allocation among the queries?  -1 when the list is malformed.
 * @listing: "base:" stands for all contexts of that name space, and no query for all there are. */
static int wants_allocation(const unsigned char *p, uint32_t len, bool listing)
{
	uint32_t name_len = len >= 8 ? vu_be32(p) : 0;
	uint32_t queries;
	bool found = false;

	if (len < 8 || name_len > len - 8)
		return -1;
	p += 4 + name_len;
	queries = vu_be32(p);
	p += 4;
	len -= 8 + name_len;
	if (queries == 0)
		return listing;
	for (; queries > 0; queries--) {
		uint32_t n = len >= 4 ? vu_be32(p) : 0;

		if (len < 4 || n > len - 4)
			return -1;
		found |= n == strlen(BASE_ALLOCATION) && memcmp(p + 4, BASE_ALLOCATION, n) == 0;
		found |= listing && n == 5 && memcmp(p + 4, "base:", n) == 0;
		p += 4 + n;
		len -= 4 + n;
	}
	return found;
}

static enum verdict meta_context(struct vmnt_nbd_conn *c, const struct option *o)
{
	unsigned char answer[4 + sizeof(BASE_ALLOCATION) - 1];
	bool listing = o->id == NBD_OPT_LIST_META_CONTEXT;
	int wanted = c->structured ? wants_allocation(o->data, o->len, listing) : -1;

	if (wanted < 0)
		return reply_plain(c, o, NBD_REP_ERR_INVALID);
	if (!listing)
		c->block_status = wanted > 0;
	if (wanted > 0) {
		vu_put_be32(answer, listing ? 0 : NBD_CONTEXT_ALLOCATION);
		memcpy(answer + 4, BASE_ALLOCATION, sizeof(BASE_ALLOCATION) - 1);
		if (reply(c, o, NBD_REP_META_CONTEXT, answer, sizeof(answer)) == HANG_UP)
			return HANG_UP;
	}
	return reply_plain(c, o, NBD_REP_ACK);
}

static enum verdict answer_option(struct vmnt_nbd_conn *c, const struct option *o)
{
	if (o->len > sizeof(o->data))
		return o->id == NBD_OPT_EXPORT_NAME ? HANG_UP
						    : reply_plain(c, o, NBD_REP_ERR_TOO_BIG);
	switch (o->id) {
	case NBD_OPT_EXPORT_NAME:
		return export_name(c);
	case NBD_OPT_ABORT:
		reply_plain(c, o, NBD_REP_ACK);
		return HANG_UP;
	case NBD_OPT_LIST:
		return list_exports(c, o);
	case NBD_OPT_INFO:
	case NBD_OPT_GO:
		return info_or_go(c, o);
	case NBD_OPT_STRUCTURED_REPLY:
		return structured_reply(c, o);
	case NBD_OPT_LIST_META_CONTEXT:
	case NBD_OPT_SET_META_CONTEXT:
		return meta_context(c, o);
	default:
		return reply_plain(c, o, NBD_REP_ERR_UNSUP);
	}
}

static int greet(struct vmnt_nbd_conn *c)
{
	unsigned char hello[18];
	unsigned char flags[4];

	vu_put_be64(hello, NBD_MAGIC);
	vu_put_be64(hello + 8, NBD_OPTION_MAGIC);
	vu_put_be16(hello + 16, NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES);
	if (send_bytes(c, hello, sizeof(hello)) < 0 ||
	    vu_read_full(c->fd, flags, sizeof(flags)) < 0)
		return -1;
	c->no_zeroes = (vu_be32(flags) & NBD_FLAG_NO_ZEROES) != 0;
	return (vu_be32(flags) & ~(uint32_t)(NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES)) ? -1
											    : 0;
}

int vmnt_nbd_negotiate(struct vmnt_nbd_conn *c)
{
	struct option o;

	if (greet(c) < 0)
		return -1;
	for (unsigned i = 0; i < OPTIONS_MAX; i++) {
		enum verdict v = read_option(c, &o) < 0 ? HANG_UP : answer_option(c, &o);

		if (v != NEXT_OPTION)
			return v == START_REQUESTS ? 0 : -1;
	}
	return -1;
}
