# SPDX-License-Identifier: LGPL-2.1-or-later
"""Starting and stopping, wrong orders, errors, messages, threads, processes."""

import gc
import io
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import unittest
import warnings

import vdisk
from vdisk import Code, _library

from support import MIB, DiskTestCase, noise


class Errors(unittest.TestCase):
    def test_every_code_is_an_exception_with_name_and_text(self):
        for code in vdisk.Code:
            error = _library.make_error(int(code))
            self.assertIsInstance(error, vdisk.VixError)
            self.assertIsInstance(error, OSError)
            self.assertIs(error.code, code)
            self.assertTrue(error.name.startswith("VIX_"))
            self.assertTrue(error.text)
            self.assertIn(error.text, str(error))
            self.assertIsNotNone(error.errno)

    def test_classes_are_those_of_python_where_it_has_them(self):
        for code, python in (
            (Code.FILE_NOT_FOUND, FileNotFoundError),
            (Code.FILE_ALREADY_EXISTS, FileExistsError),
            (Code.FILE_ACCESS_ERROR, PermissionError),
            (Code.INVALID_ARG, ValueError),
            (Code.DISK_KEY_NOTFOUND, KeyError),
        ):
            self.assertIsInstance(_library.make_error(code), python)
        unknown = _library.make_error(54321)
        self.assertEqual((unknown.code, unknown.name), (54321, "VIX_E_54321"))

    def test_a_function_that_only_other_releases_have_is_not_supported(self):
        with self.assertRaises(vdisk.NotSupportedError) as caught:
            _library.disklib.call("NoSuchFunction")
        self.assertIn("VixDiskLib_NoSuchFunction", str(caught.exception))

    def test_errors_survive_a_pickle(self):
        error = _library.make_error(Code.FILE_NOT_FOUND, "why", "disk.vmdk")
        again = pickle.loads(pickle.dumps(error))
        self.assertEqual(str(again), str(error))
        self.assertEqual((type(again), again.code), (type(error), error.code))


class Messages(DiskTestCase):
    def test_messages_go_to_the_logger_and_into_the_error(self):
        with vdisk.connect() as here, self.assertLogs("vdisk", logging.WARNING) as logs:
            with self.assertRaises(vdisk.DiskNotFoundError) as caught:
                here.open(self.path("missing.vmdk"))
        self.assertIn("missing.vmdk", logs.output[0])
        self.assertIn(caught.exception.detail, logs.output[0])
        self.assertFalse(logs.records[0].getMessage().endswith("\n"))

    def test_nothing_is_printed(self):
        script = "import vdisk\ntry: vdisk.open('/nonexistent.vmdk')\nexcept OSError: pass\n"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
        self.assertEqual((done.stdout, done.stderr), (b"", b""))


class Lifetimes(DiskTestCase):
    def setUp(self):
        super().setUp()
        self.disk = self.raw("disk.img", noise(MIB))

    def tearDown(self):
        gc.collect()
        self.assertEqual(_library.disklib._holders, 0)

    def test_the_library_runs_while_somebody_needs_it(self):
        self.assertEqual(_library.disklib._holders, 0)
        vdisk.init()
        with vdisk.connect() as one, vdisk.open(self.disk):
            with vdisk.connect():
                self.assertEqual(_library.disklib._holders, 4)
            one.close()
            one.close()
            self.assertEqual(_library.disklib._holders, 2)
            vdisk.exit()
            vdisk.exit()
            self.assertEqual(_library.disklib._holders, 1)
        self.assertEqual(_library.disklib._holders, 0)
        with self.assertRaises(ValueError):
            one.open(self.disk)
        with self.assertRaises(ValueError):
            one.unlink(self.disk)
        with self.assertRaises(ValueError):
            one.__enter__()

    def test_a_configuration_is_read_once(self):
        with open(self.path("config"), "w", encoding="utf-8") as f:
            f.write("vixDiskLib.allowExtentsOutside = 1\n")
        with self.assertRaises(FileNotFoundError):
            vdisk.init(self.path("missing"))
        vdisk.init(self.path("config"))
        vdisk.init(self.path("config"))
        with self.assertRaises(RuntimeError):
            vdisk.init(self.path("other"))
        vdisk.open(self.disk).close()
        vdisk.exit()
        vdisk.exit()

    def test_closing_twice_late_or_in_a_wrong_order_is_harmless(self):
        here = vdisk.connect()
        disk, other = here.open(self.disk), here.open(self.disk)
        disk.close()
        disk.close()
        here.close()
        self.assertTrue(other.closed)
        other.close()
        other.flush()
        disk.__exit__(None, None, None)
        for operation in (other.tell, other.read, lambda: other.info, lambda: other.metadata["x"]):
            with self.assertRaises(ValueError):
                operation()
        self.assertIn("closed", repr(other) + repr(here))

    def test_a_disk_outlives_the_library_that_was_stopped(self):
        here = vdisk.connect()
        disk = here.open(self.disk)
        _library.disklib.shut_down()
        self.assertTrue(disk.closed and here.closed)
        disk.close()
        here.close()
        with vdisk.open(self.disk) as again:
            disk.close()
            self.assertEqual(again.read(1), noise(MIB)[:1])

    def test_what_is_leaked_is_closed_with_a_warning(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            vdisk.open(self.disk)
            here = vdisk.connect()
            disk = here.open(self.disk)
            disk.cycle = disk
            del here, disk
            gc.collect()
        kinds = {str(w.message).split()[1] for w in caught}
        self.assertLessEqual({w.category for w in caught}, {ResourceWarning})
        self.assertEqual(kinds, {"<vdisk.Disk", "<vdisk.Connection>"})

    def test_what_is_leaked_in_a_log_function_is_closed_later(self):
        class Leaking(logging.Handler):
            def emit(self, record):
                leaks.pop()

        here = vdisk.connect()
        leaks = [here.open(self.disk)]
        handler = Leaking()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _library.logger.addHandler(handler)
            try:
                with self.assertRaises(FileNotFoundError):
                    here.open(self.path("missing"))
            finally:
                _library.logger.removeHandler(handler)
        self.assertEqual(len(_library._put_off), 1)
        here.open(self.disk).close()
        self.assertEqual(len(_library._put_off), 0)
        here.close()

    def test_an_object_that_was_not_made_is_not_closed(self):
        for wrong in ((), ("missing.vmdk", "w"), ("missing.vmdk",)):
            with self.assertRaises((TypeError, ValueError, OSError)):
                vdisk.open(*wrong)
        vdisk.Disk.__new__(vdisk.Disk)
        vdisk.Connection.__new__(vdisk.Connection)
        gc.collect()


class Together(DiskTestCase):
    def setUp(self):
        super().setUp()
        self.data = noise(4 * MIB)
        self.disk = self.raw("disk.img", self.data)

    def test_threads_read_one_disk(self):
        wrong = []

        def read(first):
            buffer = bytearray(4096)
            for number in range(first, 8000, 7):
                disk.read_sectors(number, buffer)
                if buffer != self.data[number * 512 : number * 512 + 4096]:
                    wrong.append(number)

        with vdisk.open(self.disk) as disk:
            threads = [threading.Thread(target=read, args=(first,)) for first in range(7)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(wrong, [])

    def forked_can_connect(self):
        """In a child of this process."""
        child = os.fork()
        if child == 0:
            try:
                vdisk.connect().close()
                os._exit(3)
            except RuntimeError:
                os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def test_a_child_of_fork_leaves_its_parents_disks_alone(self):
        with vdisk.open(self.disk, "r+") as disk:
            disk.write(b"parent")
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    disk.close()
                    vdisk.connect()
                except RuntimeError:
                    status = 0 if disk.closed else 2
                finally:
                    os._exit(status or self.forked_can_connect())
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            disk.seek(0)
            self.assertEqual(disk.read(6), b"parent")

    def test_ctrl_c_stops_a_long_operation(self):
        script = """
import sys, vdisk
print("ready", flush=True)
def progress(percent):
    print(percent, flush=True)
    if percent == 0:
        sys.stdin.readline()
try:
    with vdisk.connect() as here:
        here.clone(sys.argv[1], sys.argv[2], progress=progress)
except KeyboardInterrupt:
    sys.exit(7)
"""
        copy = self.path("copy.vmdk")
        child = subprocess.Popen(
            [sys.executable, "-c", script, self.disk, copy],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        with child:
            self.assertEqual(child.stdout.readline(), b"ready\n")
            self.assertEqual(child.stdout.readline(), b"0\n")
            child.send_signal(signal.SIGINT)
            self.assertEqual(child.wait(), 7)
        self.assertFalse(os.path.exists(copy))

    def test_the_interpreter_may_end_with_everything_open(self):
        script = "import sys, vdisk; c = vdisk.connect(); d = c.open(sys.argv[1], 'r+')"
        script += "; d.write(b'end')"
        done = subprocess.run(
            [sys.executable, "-c", script, self.disk], capture_output=True, check=True
        )
        self.assertEqual(done.stderr, b"")
        with io.open(self.disk, "rb") as f:
            self.assertEqual(f.read(3), b"end")


if __name__ == "__main__":
    unittest.main()
