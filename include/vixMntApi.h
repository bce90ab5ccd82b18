/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vixMntApi.h - the other spelling of vixMntapi.h, which older programs include */
#include "vixMntapi.h"
