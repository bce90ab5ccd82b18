/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Error codes: see vixerr.h.
 *
 * The table is in ascending order and searched by halves; tests/unit/vixerr.c checks the order.
 */
#include "config.h"

#include "vixerr.h"

#include <errno.h>
#include <stdlib.h>

struct vixerr_row {
	unsigned code;
	const char *name;
	const char *text;
};

static const struct vixerr_row rows[] = {
#define VIXERR(code, text) { code, #code, text },
#include "vixerr.def"
#undef VIXERR
};

static int compare_code(const void *key, const void *row)
{
	unsigned code = *(const unsigned *)key;
	unsigned other = ((const struct vixerr_row *)row)->code;

	return (code > other) - (code < other);
}

static const struct vixerr_row *find_row(VixError err)
{
	unsigned code = VIX_ERROR_CODE(err);

	return bsearch(&code, rows, sizeof(rows) / sizeof(rows[0]), sizeof(rows[0]), compare_code);
}

const char *vu_vixerr_name(VixError err)
{
	const struct vixerr_row *row = find_row(err);

	return row ? row->name : "unknown";
}

const char *vu_vixerr_text(VixError err)
{
	const struct vixerr_row *row = find_row(err);

	return row ? row->text : "An error happened that this library has no text for";
}

VixError vu_vixerr_from_errno(int err)
{
	switch (err) {
	case ENOENT:
	case ENODEV:
		return VIX_E_FILE_NOT_FOUND;
	case EACCES:
	case EPERM:
		return VIX_E_FILE_ACCESS_ERROR;
	case EEXIST:
		return VIX_E_FILE_ALREADY_EXISTS;
	case ENOSPC:
	case EDQUOT:
		return VIX_E_DISK_FULL;
	case ENOMEM:
		return VIX_E_OUT_OF_MEMORY;
	case EBUSY:
	case EAGAIN:
		return VIX_E_OBJECT_IS_BUSY;
	case EROFS:
		return VIX_E_FILE_READ_ONLY;
	case EINVAL:
		return VIX_E_INVALID_ARG;
	case ECONNREFUSED:
		return VIX_E_HOST_NETWORK_CONN_REFUSED;
	case ECONNRESET:
	case EPIPE:
		return VIX_E_HOST_TCP_CONN_LOST;
	default:
		return VIX_E_FILE_ERROR;
	}
}

/*
 * libcurl's numbers never change.  What happens to a connection has a code of its own; for the rest, the
 * codes from 30001 to 30047 are 30000 and libcurl's number.
 */
VixError vu_vixerr_from_curl(int curl_code)
{
	switch (curl_code) {
	case 0: /* CURLE_OK */
		return VIX_OK;
	case 6: /* CURLE_COULDNT_RESOLVE_HOST */
		return VIX_E_HOST_SERVER_NOT_FOUND;
	case 7: /* CURLE_COULDNT_CONNECT */
		return VIX_E_HOST_NETWORK_CONN_REFUSED;
	case 28: /* CURLE_OPERATION_TIMEDOUT */
		return VIX_E_HOST_TCP_SOCKET_ERROR;
	case 18: /* CURLE_PARTIAL_FILE */
	case 52: /* CURLE_GOT_NOTHING */
	case 55: /* CURLE_SEND_ERROR */
	case 56: /* CURLE_RECV_ERROR */
	case 65: /* CURLE_SEND_FAIL_REWIND: lost, and it may not be sent again */
		return VIX_E_HOST_TCP_CONN_LOST;
	case 60: /* CURLE_PEER_FAILED_VERIFICATION */
	case 77: /* CURLE_SSL_CACERT_BADFILE */
	case 83: /* CURLE_SSL_ISSUER_ERROR */
		return VIX_E_CANNOT_CONNECT_TO_HOST;
	case 27: /* CURLE_OUT_OF_MEMORY */
		return VIX_E_OUT_OF_MEMORY;
	case 42: /* CURLE_ABORTED_BY_CALLBACK */
		return VIX_E_CANCELLED;
	case 1:  /* CURLE_UNSUPPORTED_PROTOCOL */
	case 3:  /* CURLE_URL_MALFORMAT */
	case 5:  /* CURLE_COULDNT_RESOLVE_PROXY */
	case 22: /* CURLE_HTTP_RETURNED_ERROR */
	case 35: /* CURLE_SSL_CONNECT_ERROR */
	case 47: /* CURLE_TOO_MANY_REDIRECTS */
		return 30000 + (VixError)curl_code;
	default:
		return VIX_E_NET_HTTP_TRANSFER;
	}
}
