// SPDX-License-Identifier: LGPL-2.1-or-later

//go:build gssapi

package main

/*
#cgo pkg-config: krb5-gssapi
#include <gssapi/gssapi.h>
#include <stdlib.h>
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

const haveGssapi = true

// An acceptor takes the tokens of one client, one after the other, with the key of $KRB5_KTNAME.
type acceptor struct {
	context C.gss_ctx_id_t
}

// gssError says what a call of the library says.
func gssError(major, minor C.OM_uint32) error {
	text := fmt.Sprintf("GSS 0x%x", uint32(major))
	for _, part := range []struct{ code, kind C.OM_uint32 }{{major, C.GSS_C_GSS_CODE}, {minor, C.GSS_C_MECH_CODE}} {
		var unused, more C.OM_uint32
		var message C.gss_buffer_desc
		C.gss_display_status(&unused, part.code, C.int(part.kind), nil, &more, &message)
		text += ": " + C.GoStringN((*C.char)(message.value), C.int(message.length))
		C.gss_release_buffer(&unused, &message)
	}
	return errors.New(text)
}

// step takes a token. out is for the client; who is set when it is known who that is.
func (a *acceptor) step(token []byte) (out []byte, who string, err error) {
	var minor, unused C.OM_uint32
	var client C.gss_name_t
	var reply C.gss_buffer_desc
	input := C.gss_buffer_desc{length: C.size_t(len(token)), value: C.CBytes(token)}
	defer C.free(unsafe.Pointer(input.value))
	major := C.gss_accept_sec_context(&minor, &a.context, nil, &input, nil, &client, nil, &reply, nil, nil, nil)
	out = C.GoBytes(reply.value, C.int(reply.length))
	C.gss_release_buffer(&unused, &reply)
	defer C.gss_release_name(&unused, &client)
	if major != C.GSS_S_COMPLETE && major != C.GSS_S_CONTINUE_NEEDED {
		return nil, "", gssError(major, minor)
	}
	if major == C.GSS_S_COMPLETE {
		who, err = nameOf(client)
	}
	return out, who, err
}

func nameOf(client C.gss_name_t) (string, error) {
	var minor C.OM_uint32
	var text C.gss_buffer_desc
	if major := C.gss_display_name(&minor, client, &text, nil); major != C.GSS_S_COMPLETE {
		return "", gssError(major, minor)
	}
	defer C.gss_release_buffer(&minor, &text)
	return C.GoStringN((*C.char)(text.value), C.int(text.length)), nil
}

func (a *acceptor) close() {
	var minor C.OM_uint32
	C.gss_delete_sec_context(&minor, &a.context, nil)
}
