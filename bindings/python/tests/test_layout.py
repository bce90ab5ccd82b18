# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the package believes of the C headers, a C compiler confirms."""

import ctypes
import os
import re
import shlex
import shutil
import unittest

import vdisk
from vdisk import _native, _native_mount
from vdisk.kinds import Symlinks

from support import DiskTestCase, run_other

HERE = os.path.dirname(os.path.abspath(__file__))
INCLUDE = os.environ.get("VDISK_INCLUDE", os.path.join(HERE, "../../../include"))
HEADERS = ("vixDiskLib.h", "vixDiskLibExt.h", "vixMntapi.h", "vixMntapiExt.h")

ENUMS = {
    vdisk.DiskType: "VIXDISKLIB_DISK_",
    vdisk.AdapterType: "VIXDISKLIB_ADAPTER_",
    vdisk.MapKind: "VIXDISKLIB_MAP_",
    vdisk.ProblemKind: "VIXDISKLIB_PROBLEM_",
    vdisk.OsFamily: "VIXMNTAPI_",
    vdisk.VolumeType: "VIXMNTAPI_",
    Symlinks: "VIXMNTAPI_SYMLINKS_",
}

CONSTANTS = {
    "VIXDISKLIB_SECTOR_SIZE": _native.SECTOR_SIZE,
    "VIXDISKLIB_MIN_CHUNK_SIZE": _native.MIN_CHUNK_SIZE,
    "VIXDISKLIB_MAX_CHUNK_SIZE": _native.MAX_CHUNK_SIZE,
    "VIXDISKLIB_MAX_CHUNK_NUMBER": _native.MAX_CHUNK_NUMBER,
    "VIXDISKLIB_FLAG_OPEN_UNBUFFERED": _native.OPEN_UNBUFFERED,
    "VIXDISKLIB_FLAG_OPEN_SINGLE_LINK": _native.OPEN_SINGLE_LINK,
    "VIXDISKLIB_FLAG_OPEN_READ_ONLY": _native.OPEN_READ_ONLY,
    "VIXDISKLIB_CRED_UID": _native.CRED_UID,
    "VIXDISKLIB_HWVERSION_CURRENT": _native.HWVERSION_CURRENT,
    "VIXDISKLIB_MAP_RUNS_MAX": _native.MAP_RUNS_MAX,
    "VIXDISKLIB_OFFSET_NONE": _native.OFFSET_NONE,
    "VIXMNTAPI_MOUNT_SINGLE": _native_mount.MOUNT_SINGLE,
    "VIXMNTAPI_MOUNT_PARTIAL": _native_mount.MOUNT_PARTIAL,
    "VIXMNTAPI_MOUNT_CHECK": _native_mount.MOUNT_CHECK,
    "VIXMNTAPI_SIZE_UNKNOWN": _native_mount.SIZE_UNKNOWN,
}


def code_name(code):
    return "VIX_%s%s" % ("" if code.name in ("OK", "ASYNC") else "E_", code.name)


def expected():
    """Each C expression, and its value as this package has it."""
    yield from CONSTANTS.items()
    for code in vdisk.Code:
        yield code_name(code), code.value
    for enum, prefix in ENUMS.items():
        for member in enum:
            yield prefix + member.name, member.value
    for structures in (_native.STRUCTURES, _native_mount.STRUCTURES):
        for structure, name in structures.items():
            yield "sizeof(%s)" % name, ctypes.sizeof(structure)
            for field, *_ in structure._fields_:
                at = getattr(structure, field)
                yield "offsetof(%s, %s)" % (name, field), at.offset
                yield "sizeof(((%s *)0)->%s)" % (name, field), at.size


def headers():
    text = ""
    for header in HEADERS:
        with open(os.path.join(INCLUDE, header), encoding="utf-8") as f:
            text += f.read()
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


class Layout(DiskTestCase):
    def test_sizes_offsets_and_constants_are_those_of_the_headers(self):
        compiler = shlex.split(os.environ.get("CC", "cc"))
        if not shutil.which(compiler[0]):
            self.skipTest("there is no C compiler")
        numbers = list(expected())
        source = "#include <stddef.h>\n#include <stdio.h>\n"
        source += "".join('#include "%s"\n' % header for header in HEADERS)
        source += "int main(void)\n{\n"
        source += "".join(
            'printf("%%llu\\n", (unsigned long long)(%s));\n' % what for what, _ in numbers
        )
        source += "return 0;\n}\n"
        self.raw("layout.c", source.encode())
        program = self.path("layout")
        run_other(*compiler, "-I", INCLUDE, self.path("layout.c"), "-o", program)
        actual = [int(line) for line in run_other(program).split()]
        self.assertEqual(dict(numbers), {w: n for (w, _), n in zip(numbers, actual)})

    def test_every_code_of_the_header_is_known(self):
        theirs = re.findall(r"\b(VIX_OK|VIX_ASYNC|VIX_E_\w+) = \d", headers())
        self.assertEqual(sorted(theirs), sorted(code_name(code) for code in vdisk.Code))

    def test_every_member_of_the_structures_is_known(self):
        structures = {**_native.STRUCTURES, **_native_mount.STRUCTURES}
        plain = re.findall(r"typedef struct \w*\s*\{([^{}]*)\} (\w+);", headers())
        bodies = {name: body for body, name in plain}
        del structures[_native.ConnectParams]  # has unions inside; its size tells
        for structure, name in structures.items():
            names = re.findall(r"(\w+)(?:\[\d+\])?[;,]", bodies[name])
            self.assertEqual(names, [field for field, *_ in structure._fields_], name)

    def test_functions_have_as_many_arguments_as_in_the_headers(self):
        text = headers()
        for prefix, module in (("VixDiskLib_", _native), ("VixMntapi_", _native_mount)):
            for name, _result, *arguments in module.PROTOTYPES:
                match = re.search(r"\b%s%s\(([^)]*)\);" % (prefix, name), text)
                self.assertIsNotNone(match, prefix + name)
                theirs = [] if match[1].strip() == "void" else match[1].split(",")
                self.assertEqual(len(arguments), len(theirs), prefix + name)


if __name__ == "__main__":
    unittest.main()
