/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NBD export: one request after the other.
 *
 * Reads are answered in pieces where the client understands structured replies, so that memory
 * stays small and the first bytes leave early; else in one.
 */
#include "config.h"

#include "nbd-conn.h"

#include <stdlib.h>

#include "../../common/bytes.h"
#include "../../common/osutil.h"

#define SECTOR       VIXDISKLIB_SECTOR_SIZE
#define STATUS_CHUNK VIXDISKLIB_MIN_CHUNK_SIZE /* granularity of block status, sectors */
#define STATUS_RUNS  1024u                     /* runs that one answer tells of */

struct request {
	uint16_t flags;
	uint16_t command;
	uint64_t cookie;
	uint64_t off;
	uint32_t len;
};

int vmnt_nbd_conn_buffer(struct vmnt_nbd_conn *c, size_t len)
{
	if (len <= c->buf_len)
		return 0;
	free(c->buf);
	c->buf = malloc(len);
	c->buf_len = c->buf != NULL ? len : 0;
	return c->buf != NULL ? 0 : -1;
}

static uint32_t wire_error(VixError err)
{
	switch (err) {
	case VIX_OK:
		return 0;
	case VIX_E_FILE_READ_ONLY:
		return NBD_EPERM;
	case VIX_E_DISK_FULL:
		return NBD_ENOSPC;
	case VIX_E_OUT_OF_MEMORY:
		return NBD_ENOMEM;
	case VIX_E_INVALID_ARG:
	case VIX_E_DISK_OUTOFRANGE:
		return NBD_EINVAL;
	default:
		return NBD_EIO;
	}
}

static int send_simple(struct vmnt_nbd_conn *c, const struct request *rq, uint32_t error)
{
	unsigned char head[16];

	vu_put_be32(head, NBD_SIMPLE_MAGIC);
	vu_put_be32(head + 4, error);
	vu_put_be64(head + 8, rq->cookie);
	return vu_write_full(c->fd, head, sizeof(head)) < 0 ? -1 : 0;
}

/* The head of a chunk whose payload of @len bytes the caller sends. */
static int send_chunk(struct vmnt_nbd_conn *c, const struct request *rq, uint16_t flags,
		      uint16_t type, uint32_t len)
{
	unsigned char head[20];

	vu_put_be32(head, NBD_STRUCTURED_MAGIC);
	vu_put_be16(head + 4, flags);
	vu_put_be16(head + 6, type);
	vu_put_be64(head + 8, rq->cookie);
	vu_put_be32(head + 16, len);
	return vu_write_full(c->fd, head, sizeof(head)) < 0 ? -1 : 0;
}

/* Ends a request that can have structured replies (read, block status). */
static int send_error(struct vmnt_nbd_conn *c, const struct request *rq, uint32_t error)
{
	unsigned char body[6] = { 0 };

	if (!c->structured)
		return send_simple(c, rq, error);
	vu_put_be32(body, error);
	if (send_chunk(c, rq, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_ERROR, sizeof(body)) < 0)
		return -1;
	return vu_write_full(c->fd, body, sizeof(body)) < 0 ? -1 : 0;
}

/* 0 when the range may be worked on, else the error to send. */
static uint32_t check_range(const struct vmnt_nbd_conn *c, const struct request *rq, uint32_t max)
{
	if (rq->len == 0 || rq->off % SECTOR != 0 || rq->len % SECTOR != 0)
		return NBD_EINVAL;
	if (!vu_range_inside(rq->off, rq->len, c->bytes))
		return rq->command == NBD_CMD_WRITE ? NBD_ENOSPC : NBD_EINVAL;
	return rq->len > max ? NBD_EOVERFLOW : 0;
}

static VixError read_disk(struct vmnt_nbd_conn *c, uint64_t off, size_t len)
{
	if (vmnt_nbd_conn_buffer(c, len) < 0)
		return VIX_E_OUT_OF_MEMORY;
	return VixDiskLib_Read(c->disk->handle, off / SECTOR, len / SECTOR, c->buf);
}

static int send_data_chunk(struct vmnt_nbd_conn *c, const struct request *rq, uint64_t off,
			   uint32_t len, bool last)
{
	unsigned char where[8];

	vu_put_be64(where, off);
	if (send_chunk(c, rq, last ? NBD_REPLY_FLAG_DONE : 0, NBD_REPLY_TYPE_OFFSET_DATA,
		       len + (uint32_t)sizeof(where)) < 0 ||
	    vu_write_full(c->fd, where, sizeof(where)) < 0)
		return -1;
	return vu_write_full(c->fd, c->buf, len) < 0 ? -1 : 0;
}

static int read_in_pieces(struct vmnt_nbd_conn *c, const struct request *rq)
{
	uint32_t piece = (rq->flags & NBD_CMD_FLAG_DF) ? rq->len : VMNT_NBD_PIECE;

	for (uint32_t done = 0; done < rq->len;) {
		uint32_t n = (uint32_t)vu_min(piece, rq->len - done);
		VixError err = read_disk(c, rq->off + done, n);

		if (err != VIX_OK)
			return send_error(c, rq, wire_error(err));
		if (send_data_chunk(c, rq, rq->off + done, n, done + n == rq->len) < 0)
			return -1;
		done += n;
	}
	return 0;
}

static int do_read(struct vmnt_nbd_conn *c, const struct request *rq)
{
	uint32_t error = check_range(c, rq, VMNT_NBD_MAX_REQUEST);

	if (error != 0)
		return send_error(c, rq, error);
	if (c->structured)
		return read_in_pieces(c, rq);
	error = wire_error(read_disk(c, rq->off, rq->len));
	if (send_simple(c, rq, error) < 0)
		return -1;
	if (error != 0)
		return 0;
	return vu_write_full(c->fd, c->buf, rq->len) < 0 ? -1 : 0;
}

/* The first loss is kept for whoever closes the export: the guest may never tell. */
static VixError note_error(struct vmnt_nbd_conn *c, VixError err)
{
	VixError none = VIX_OK;

	if (err != VIX_OK)
		atomic_compare_exchange_strong(c->first_error, &none, err);
	return err;
}

static VixError flush_disk(struct vmnt_nbd_conn *c)
{
	if (c->disk->readonly)
		return VIX_OK;
	return note_error(c, VixDiskLib_Flush(c->disk->handle));
}

static VixError write_disk(struct vmnt_nbd_conn *c, const struct request *rq)
{
	if (c->disk->readonly)
		return VIX_E_FILE_READ_ONLY;
	VixError err = note_error(
		c, VixDiskLib_Write(c->disk->handle, rq->off / SECTOR, rq->len / SECTOR, c->buf));

	if (err == VIX_OK && (rq->flags & NBD_CMD_FLAG_FUA))
		err = flush_disk(c);
	return err;
}

static int do_write(struct vmnt_nbd_conn *c, const struct request *rq)
{
	uint32_t error = check_range(c, rq, VMNT_NBD_MAX_REQUEST);

	/* The payload follows whether we like the request or not. */
	if (rq->len > VMNT_NBD_MAX_REQUEST || vmnt_nbd_conn_buffer(c, rq->len) < 0 ||
	    vu_read_full(c->fd, c->buf, rq->len) < 0)
		return -1;
	if (error == 0)
		error = wire_error(write_disk(c, rq));
	return send_simple(c, rq, error);
}

/* Runs of an answer, built in c->buf after the context id. */
struct status {
	unsigned char *p;
	uint32_t runs;
	uint32_t last_flags;
};

static void status_add(struct status *s, uint64_t bytes, uint32_t flags)
{
	if (bytes == 0)
		return;
	if (s->runs > 0 && s->last_flags == flags) {
		s->p -= 8;
		bytes += vu_be32(s->p);
	} else {
		s->runs++;
	}
	vu_put_be32(s->p, (uint32_t)bytes);
	vu_put_be32(s->p + 4, flags);
	s->p += 8;
	s->last_flags = flags;
}

static uint64_t clamp(uint64_t v, uint64_t lo, uint64_t hi)
{
	return vu_min(vu_max(v, lo), hi);
}

/* Turns a block list into runs over [off, end); returns with less when there are too many. */
static void status_fill(struct status *s, const VixDiskLibBlockList *list, uint64_t off,
			uint64_t end)
{
	uint64_t pos = off;

	for (uint32_t i = 0; i < list->numBlocks && s->runs < STATUS_RUNS - 2; i++) {
		uint64_t from = clamp(list->blocks[i].offset * SECTOR, pos, end);
		uint64_t to = clamp((list->blocks[i].offset + list->blocks[i].length) * SECTOR,
				    from, end);

		status_add(s, from - pos, NBD_STATE_HOLE | NBD_STATE_ZERO);
		status_add(s, to - from, 0);
		pos = to;
		if (i + 1 == list->numBlocks)
			status_add(s, end - pos, NBD_STATE_HOLE | NBD_STATE_ZERO);
	}
	if (list->numBlocks == 0)
		status_add(s, end - pos, NBD_STATE_HOLE | NBD_STATE_ZERO);
}

/* The allocation of [off, off + len) in c->buf; what can't be told counts as data. */
static uint32_t build_status(struct vmnt_nbd_conn *c, const struct request *rq)
{
	struct status s = { .p = c->buf + 4 };
	uint64_t end = rq->off + rq->len;
	uint64_t first = vu_round_down(rq->off / SECTOR, STATUS_CHUNK);
	/* Whole chunks only; a tail shorter than one is data. */
	uint64_t chunks_end = vu_round_down(c->bytes / SECTOR, STATUS_CHUNK);
	uint64_t last = vu_min(vu_round_up(vu_div_up(end, SECTOR), STATUS_CHUNK), chunks_end);
	VixDiskLibBlockList *list = NULL;

	vu_put_be32(c->buf, NBD_CONTEXT_ALLOCATION);
	if (first < last && VixDiskLib_QueryAllocatedBlocks(c->disk->handle, first, last - first,
							    STATUS_CHUNK, &list) == VIX_OK) {
		uint64_t known = vu_min(end, last * SECTOR);

		status_fill(&s, list, rq->off, known);
		if (s.runs < STATUS_RUNS - 2)
			status_add(&s, end - known, 0);
		VixDiskLib_FreeBlockList(list);
	} else {
		status_add(&s, end - rq->off, 0);
	}
	return (uint32_t)(s.p - c->buf);
}

static int do_block_status(struct vmnt_nbd_conn *c, const struct request *rq)
{
	uint32_t error = c->block_status ? check_range(c, rq, UINT32_MAX) : NBD_EINVAL;
	uint32_t len;

	if (error == 0 && vmnt_nbd_conn_buffer(c, 4 + 8 * STATUS_RUNS) < 0)
		error = NBD_ENOMEM;
	if (error != 0)
		return send_error(c, rq, error);
	len = build_status(c, rq);
	if (rq->flags & NBD_CMD_FLAG_REQ_ONE)
		len = 4 + 8;
	if (send_chunk(c, rq, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_BLOCK_STATUS, len) < 0)
		return -1;
	return vu_write_full(c->fd, c->buf, len) < 0 ? -1 : 0;
}

static int read_request(struct vmnt_nbd_conn *c, struct request *rq)
{
	unsigned char head[28];

	if (vu_read_full(c->fd, head, sizeof(head)) < 0 || vu_be32(head) != NBD_REQUEST_MAGIC)
		return -1;
	rq->flags = vu_be16(head + 4);
	rq->command = vu_be16(head + 6);
	rq->cookie = vu_be64(head + 8);
	rq->off = vu_be64(head + 16);
	rq->len = vu_be32(head + 24);
	return 0;
}

int vmnt_nbd_serve_request(struct vmnt_nbd_conn *c)
{
	struct request rq;

	if (read_request(c, &rq) < 0)
		return -1;
	switch (rq.command) {
	case NBD_CMD_READ:
		return do_read(c, &rq);
	case NBD_CMD_WRITE:
		return do_write(c, &rq);
	case NBD_CMD_FLUSH:
		return send_simple(c, &rq, wire_error(flush_disk(c)));
	case NBD_CMD_BLOCK_STATUS:
		return do_block_status(c, &rq);
	case NBD_CMD_DISC:
		return -1;
	default:
		return send_simple(c, &rq, NBD_EINVAL);
	}
}
