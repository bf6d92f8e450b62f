"""tools/mutants changes what it says it changes, and leaves every file as it was."""
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from importlib.machinery import SourceFileLoader
from pathlib import Path

from floors import ROOT

TOOL = ROOT / "tools" / "mutants"
LOADER = SourceFileLoader("mutants", str(TOOL))
mutants = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutants", LOADER))
LOADER.exec_module(mutants)

SOURCE = '''#include <a - b>
// 1 + 1
double f(double x) {
    check(x);
    print("2 * 2", R"(3 < 4)",
          other(x));
    return x < 0.5 && x != -1 ? x * 1'000 : true;
}
'''


class MutantsTest(unittest.TestCase):
    def test_code_is_changed_and_nothing_else(self):
        changes = [(SOURCE[begin:end].strip(), new) for begin, end, new in mutants.mutants_of(SOURCE)]
        self.assertEqual(changes, [("check(x);", ";"), ("<", "<="), ("0.5", "(0.5 * 2)"), ("&&", "||"), ("!=", "=="),
                                   ("1", "(1 * 2)"), ("*", "/"), ("true", "false")])

    def test_the_file_is_as_it_was_whatever_happens(self):
        class Failing:
            def verdict(self, _):
                raise RuntimeError("the compiler is gone")

        path = ROOT / "src" / "energy" / "figure.h"
        before = path.read_bytes()
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(RuntimeError):
            mutants.try_out(path, path.read_text(), (0, 1, "?"), Failing(), Path(folder) / "original")
        self.assertEqual(path.read_bytes(), before)

    def test_a_killed_run_leaves_the_file_as_it_was(self):
        self.run_until_changed(signal.SIGTERM)

    def test_the_next_run_puts_back_what_one_without_a_chance_left(self):
        self.run_until_changed(signal.SIGKILL)

    def run_until_changed(self, end):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            source = root / "src" / "energy" / "a.cpp"
            source.parent.mkdir(parents=True)
            source.write_text("int f() { return 1 + 2; }\n")
            tool = root / "tools" / "mutants"
            tool.parent.mkdir()
            tool.write_text(TOOL.read_text())
            (root / "bin").mkdir()
            program = root / "build" / "mutants" / "tests" / "energy" / "test_energy"
            program.parent.mkdir(parents=True)
            program.write_text("#!/bin/sh\nexit 0\n")
            # A compiler that succeeds once, for the unchanged sources, and then never ends.
            (root / "bin" / "cmake").write_text(
                f'#!/bin/sh\n[ "$1" = -B ] && exit 0\n[ -e {root}/built ] && {{ touch {root}/changed; exec sleep 5; }}\n'
                f"touch {root}/built\n")
            for path in (program, root / "bin" / "cmake"):
                path.chmod(0o755)
            environment = {**os.environ, "PATH": f"{root}/bin:{os.environ['PATH']}"}
            command = [sys.executable, "-B", str(tool), str(source)]
            run = subprocess.Popen(command, cwd=root, env=environment)
            while run.poll() is None and not (root / "changed").exists():
                time.sleep(0.01)
            self.assertNotEqual(source.read_text(), "int f() { return 1 + 2; }\n")
            run.send_signal(end)
            run.wait(20)
            if end == signal.SIGKILL:
                subprocess.run([*command, "--count", "0"], cwd=root, env=environment, check=False, timeout=20,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.assertEqual(source.read_text(), "int f() { return 1 + 2; }\n")


if __name__ == "__main__":
    unittest.main()
