/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Error codes: their names, their sentences, and the codes for what the system and libcurl report.
 *
 * 1. The only place where an errno or a libcurl error becomes a VixError.
 * 2. Knows every code of vixDiskLib.h; any other value has a text too.
 * 3. No state, no allocation: may be called before Init and from any thread.
 */
#ifndef VU_VIXERR_H
#define VU_VIXERR_H

#include "vixDiskLib.h"

/**
 * vu_vixerr_name() - the name of a code in the header, for log lines
 * @err: any value; bits above 15 are ignored
 *
 * Return: "VIX_E_FILE_NOT_FOUND"; "unknown" for a code that the header does not have. Static.
 */
const char *vu_vixerr_name(VixError err);

/**
 * vu_vixerr_text() - what a code means, as one English sentence without its full stop
 * @err: any value; bits above 15 are ignored
 *
 * Return: never NULL, a general text for unknown codes. Static.
 */
const char *vu_vixerr_text(VixError err);

/**
 * vu_vixerr_from_errno() - the code for a failed system call
 * @err: errno as the call left it
 *
 * Return: never VIX_OK: FILE_ERROR where nothing fits better, 0 included.
 */
VixError vu_vixerr_from_errno(int err);

/**
 * vu_vixerr_from_curl() - the code for the result of a libcurl call
 * @curl_code: a CURLcode
 *
 * Return: VIX_OK for CURLE_OK; HOST_SERVER_NOT_FOUND, HOST_NETWORK_CONN_REFUSED, HOST_TCP_SOCKET_ERROR
 * (it took too long), HOST_TCP_CONN_LOST; CANNOT_CONNECT_TO_HOST for a server that is not trusted;
 * OUT_OF_MEMORY; CANCELLED; else NET_HTTP_* of the same number, or NET_HTTP_TRANSFER where the header has no code for the error.
 */
VixError vu_vixerr_from_curl(int curl_code);

#endif
