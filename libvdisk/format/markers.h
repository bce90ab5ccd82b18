/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Markers: what stands in front of each piece of a compressed extent, at a sector.
 * Layout: docs/formats/vmdk-streamoptimized.md.
 */
#ifndef VD_MARKERS_H
#define VD_MARKERS_H

enum vd_marker_off {
	VD_MARKER_OFF_VALUE = 0, /* of a grain: its guest sector; else sectors that follow */
	VD_MARKER_OFF_SIZE = 8,  /* of a grain: bytes of its stream; else 0 */
	VD_MARKER_OFF_TYPE = 12, /* not of a grain: there its stream begins */
};
#define VD_MARKER_GRAIN_BYTES 12u

enum vd_marker_type {
	VD_MARKER_EOS = 0,
	VD_MARKER_GT = 1,
	VD_MARKER_GD = 2,
	VD_MARKER_FOOTER = 3,
};

#endif
