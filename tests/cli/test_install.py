#!/usr/bin/env python3
"""Installs into a folder of its own and uses what is there from elsewhere: test_install.py BUILD."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD = Path(sys.argv.pop()).resolve()


def run(*command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.elsewhere = Path(cls.folder.name) / "elsewhere"
        cls.elsewhere.mkdir()
        installed = run("cmake", "--install", BUILD, "--prefix", "/opt/ergon",
                        env={**os.environ, "DESTDIR": cls.folder.name})
        assert installed.returncode == 0, installed.stderr
        cls.prefix = Path(cls.folder.name) / "opt/ergon"

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def ergon(self, *arguments):
        done = run(self.prefix / "bin/ergon", *arguments, cwd=self.elsewhere)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_the_program_runs_from_anywhere(self):
        self.assertIn("--html", self.ergon("compare", "--help"))
        self.assertIn("difficulty", self.ergon("puzzles"))
        self.assertIn(str(self.prefix / "share/ergon/models"), self.ergon("inspect", "ergon-dense-think"))
        self.assertTrue((self.prefix / "share/ergon/data/conversation.jsonl").is_file())

    def test_every_command_has_a_page(self):
        pages = self.prefix / "share/man/man1"
        names = {page.name for page in pages.iterdir()}
        self.assertLessEqual({"ergon.1", "ergon-compare.1", "ergon-meter-calibrate.1", "ergon-plan-jevons.1"}, names)
        self.assertNotIn("ergon-write-help.1", names)
        if not shutil.which("groff"):
            self.skipTest("groff is not installed")
        for page in pages.iterdir():
            shown = run("groff", "-man", "-Tutf8", "-ww", page)
            self.assertEqual((shown.returncode, shown.stderr), (0, ""), page.name)
        compare = run("groff", "-man", "-Tascii", "-P-cbou", pages / "ergon-compare.1").stdout
        for word in ("SYNOPSIS", "--json-out FILE", "EXAMPLES"):
            self.assertIn(word, compare)

    def complete(self, *words):
        script = (f"source '{self.prefix}/share/bash-completion/completions/ergon'; COMP_WORDS=(\"$@\"); "
                  "COMP_CWORD=$(($# - 1)); _ergon; printf '%s\\n' \"${COMPREPLY[@]}\"")
        done = run("bash", "-c", script, "bash", "ergon", *words)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_bash_completes_commands_options_and_values(self):
        self.assertEqual(self.complete("comp"), ["compare"])
        self.assertEqual(self.complete("meter", "cal"), ["calibrate"])
        self.assertEqual(self.complete("meter", "calibrate", "--rep"), ["--repeats"])
        self.assertEqual(self.complete("run", "--cache", "f"), ["f16", "f32"])
        self.assertEqual(self.complete("compare", "--json"), ["--json", "--json-out"])
        self.assertEqual(self.complete("compare", "--json-out", "x"), [], "a file, which bash itself completes")
        self.assertNotIn("write-help", self.complete(""))

    def test_zsh_and_fish_can_read_theirs(self):
        read = 0
        for shell, name in (("zsh", "zsh/site-functions/_ergon"), ("fish", "fish/vendor_completions.d/ergon.fish")):
            file = self.prefix / "share" / name
            self.assertIn("compare", file.read_text())
            if shutil.which(shell):
                self.assertEqual(run(shell, "-n", file).stderr, "")
                read += 1
        if read < 2:
            self.skipTest("zsh or fish is not installed; only the files' presence was checked")


if __name__ == "__main__":
    unittest.main()
