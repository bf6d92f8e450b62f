"""fuzz/make_seeds.py gives every target seeds; tools/fuzz keeps a count that adds up."""
import importlib.machinery
import importlib.util
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from floors import ROOT


def load(path):
    loader = importlib.machinery.SourceFileLoader(path.name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(path.name, loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


class Fuzz(unittest.TestCase):
    def test_every_target_has_seeds(self):
        targets = re.findall(r"^ergon_fuzz\(fuzz_(\w+)", (ROOT / "fuzz" / "CMakeLists.txt").read_text(), re.MULTILINE)
        self.assertGreaterEqual(len(targets), 10)
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-B", ROOT / "fuzz" / "make_seeds.py", folder], check=True)
            for target in targets:
                seeds = list((Path(folder) / target).iterdir())
                self.assertGreater(len(seeds), 1, target)
                self.assertLessEqual(max(seed.stat().st_size for seed in seeds), 64 << 10)

    def test_every_corpus_and_dictionary_has_a_target(self):
        targets = set(re.findall(r"^ergon_fuzz\(fuzz_(\w+)", (ROOT / "fuzz" / "CMakeLists.txt").read_text(), re.MULTILINE))
        named = {path.name for path in (ROOT / "fuzz" / "corpus").iterdir()} | {path.stem for path in (ROOT / "fuzz" / "dictionaries").iterdir()}
        self.assertEqual(named - targets, set())
        self.assertEqual({path.stem.removeprefix("fuzz_") for path in (ROOT / "fuzz").glob("fuzz_*.cpp")}, targets)

    def test_executions_add_up(self):
        fuzz = load(ROOT / "tools" / "fuzz")
        with tempfile.TemporaryDirectory() as folder:
            fuzz.TABLE = Path(folder) / "security.md"
            fuzz.TABLE.write_text("Before.\n\n| date | commit | hours | executions | total | failed |\n|---|---|---|---|---|---|\n\nAfter.\n")
            fuzz.add_row(fuzz.commit_here(), 0.5, 1_000_000, [])
            fuzz.add_row("0123abc", 8, 2_345_678, ["fuzz_gguf"])
            lines = fuzz.TABLE.read_text().splitlines()
        self.assertEqual(lines[-2:], ["", "After."])
        self.assertRegex(lines[4], r"^\| \d{4}-\d\d-\d\d \| [\w-]+ \| 0\.5 \| 1,000,000 \| 1,000,000 \| nothing \|$")
        self.assertRegex(lines[5], r"\| 0123abc \| 8 \| 2,345,678 \| 3,345,678 \| fuzz_gguf \|$")


if __name__ == "__main__":
    unittest.main()
