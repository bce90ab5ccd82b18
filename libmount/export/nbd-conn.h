/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection of the NBD export: negotiation, then requests.
 *
 * 1. Everything that comes from the peer is checked before use; memory for one connection is
 *    bounded by VMNT_NBD_MAX_REQUEST, whatever it asks for.
 * 2. All functions return 0, or -1 when the connection is to be closed.
 *
 * Protocol: docs/formats/nbd.md.  Used by nbd.c, and by the fuzz target.
 */
#ifndef VMNT_NBD_CONN_H
#define VMNT_NBD_CONN_H

#include <stdatomic.h>

#include "export.h"

#define VMNT_NBD_MAX_REQUEST (32u << 20) /* bytes of one read or write; what qemu asks at most */
#define VMNT_NBD_PIECE       (1u << 20)  /* a structured read is answered in pieces of this size */

struct vmnt_nbd_conn {
	int fd;                       /* connected stream socket, borrowed */
	const struct vmnt_disk *disk; /* borrowed */
	uint64_t bytes;               /* size of the export */
	bool no_zeroes;               /* negotiated: no padding after the export's size */
	bool structured;              /* negotiated: structured replies */
	bool block_status;            /* negotiated: base:allocation */
	unsigned char *buf;           /* of buf_len bytes; owned */
	size_t buf_len;
	_Atomic VixError *first_error; /* of the export: the first write or flush that failed */
};

/** vmnt_nbd_negotiate() - the handshake.  Return: 0 when requests may follow. */
int vmnt_nbd_negotiate(struct vmnt_nbd_conn *c);

/** vmnt_nbd_serve_request() - read one request, answer it.  Return: 0 when another may follow. */
int vmnt_nbd_serve_request(struct vmnt_nbd_conn *c);

/** vmnt_nbd_conn_buffer() - make c->buf at least @len bytes long.  Return: 0, or -1 without memory. */
int vmnt_nbd_conn_buffer(struct vmnt_nbd_conn *c, size_t len);

/* What the export can do, as the NBD_FLAG_ bits. */
uint16_t vmnt_nbd_transmission_flags(const struct vmnt_nbd_conn *c);

/* Numbers of the protocol. */
#define NBD_MAGIC              UINT64_C(0x4e42444d41474943) /* "NBDMAGIC" */
#define NBD_OPTION_MAGIC       UINT64_C(0x49484156454f5054) /* "IHAVEOPT" */
#define NBD_OPTION_REPLY_MAGIC UINT64_C(0x0003e889045565a9)
#define NBD_REQUEST_MAGIC      0x25609513u
#define NBD_SIMPLE_MAGIC       0x67446698u
#define NBD_STRUCTURED_MAGIC   0x668e33efu

enum { /* handshake flags, both ways */
       NBD_FLAG_FIXED_NEWSTYLE = 1,
       NBD_FLAG_NO_ZEROES = 2,
};

enum { /* transmission flags */
       NBD_FLAG_HAS_FLAGS = 1,
       NBD_FLAG_READ_ONLY = 1 << 1,
       NBD_FLAG_SEND_FLUSH = 1 << 2,
       NBD_FLAG_SEND_FUA = 1 << 3,
       NBD_FLAG_SEND_DF = 1 << 7,
       NBD_FLAG_CAN_MULTI_CONN = 1 << 8,
};

enum { /* options and replies to them */
       NBD_OPT_EXPORT_NAME = 1,
       NBD_OPT_ABORT = 2,
       NBD_OPT_LIST = 3,
       NBD_OPT_INFO = 6,
       NBD_OPT_GO = 7,
       NBD_OPT_STRUCTURED_REPLY = 8,
       NBD_OPT_LIST_META_CONTEXT = 9,
       NBD_OPT_SET_META_CONTEXT = 10,
       NBD_REP_ACK = 1,
       NBD_REP_SERVER = 2,
       NBD_REP_INFO = 3,
       NBD_REP_META_CONTEXT = 4,
       NBD_INFO_EXPORT = 0,
       NBD_INFO_BLOCK_SIZE = 3,
};
#define NBD_REP_ERR_UNSUP   0x80000001u
#define NBD_REP_ERR_INVALID 0x80000003u
#define NBD_REP_ERR_UNKNOWN 0x80000006u
#define NBD_REP_ERR_TOO_BIG 0x80000009u

enum { /* commands, their flags, reply chunks */
       NBD_CMD_READ = 0,
       NBD_CMD_WRITE = 1,
       NBD_CMD_DISC = 2,
       NBD_CMD_FLUSH = 3,
       NBD_CMD_BLOCK_STATUS = 7,
       NBD_CMD_FLAG_FUA = 1,
       NBD_CMD_FLAG_DF = 1 << 2,
       NBD_CMD_FLAG_REQ_ONE = 1 << 3,
       NBD_REPLY_FLAG_DONE = 1,
       NBD_REPLY_TYPE_NONE = 0,
       NBD_REPLY_TYPE_OFFSET_DATA = 1,
       NBD_REPLY_TYPE_BLOCK_STATUS = 5,
       NBD_REPLY_TYPE_ERROR = 0x8001,
       NBD_STATE_HOLE = 1,
       NBD_STATE_ZERO = 2,
       NBD_CONTEXT_ALLOCATION = 1, /* the id that we give base:allocation */
};

enum { /* errors on the wire */
       NBD_EPERM = 1,
       NBD_EIO = 5,
       NBD_ENOMEM = 12,
       NBD_EINVAL = 22,
       NBD_ENOSPC = 28,
       NBD_EOVERFLOW = 75,
};

#endif
