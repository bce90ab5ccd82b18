#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes configure and the Makefile.in files from a checkout.
set -e
cd "$(dirname "$0")"
mkdir -p build-aux
exec autoreconf -fi
