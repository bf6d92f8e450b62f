"""tools/recompute on a run of this program: test_recompute.py ERGON. It must agree, and notice what was changed."""
import copy
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import scipy  # noqa: F401
except ImportError:
    print("Skipped: no SciPy here")
    sys.exit(77)

ROOT = Path(__file__).resolve().parents[2]
ERGON = sys.argv.pop()
MODELS = ["ergon-dense-direct", "ergon-dense-think", "ergon-moe-direct", "ergon-moe-think"]
# What is no figure, or none that answers tell: shares of variance, the work account, protocol and machine.
NOT_FROM_ANSWERS = {"variance", "measures", "details"}


def numbers(tree, path=()):
    """Paths of all numbers but those."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key not in NOT_FROM_ANSWERS:
                yield from numbers(value, path + (key,))
    elif isinstance(tree, list):
        for i, value in enumerate(tree):
            yield from numbers(value, path + (i,))
    elif isinstance(tree, (int, float)) and not isinstance(tree, bool) and tree != 0:
        yield path


class Recompute(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.path = Path(cls.folder.name)
        subprocess.run([ERGON, "compare", *MODELS, "--prompts", "held-out", "--limit", "10", "--max-tokens", "120", "--sessions", "2", "--idle-seconds", "0",
                        "--factor", "experts=dense,dense,sparse,sparse", "--factor", "thinking=no,yes,no,yes",
                        "--results", cls.path / "r.sqlite", "--csv-out", cls.path / "a.csv", "--json-out", cls.path / "f.json"],
                       check=True, capture_output=True)
        cls.findings = json.loads((cls.path / "f.json").read_text())

    def recompute(self, findings):
        (self.path / "changed.json").write_text(json.dumps(findings))
        return subprocess.run([ROOT / "tools" / "recompute", self.path / "a.csv", self.path / "changed.json"], capture_output=True, text=True, check=False)

    def test_every_figure_agrees(self):
        result = self.recompute(self.findings)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        self.assertRegex(result.stdout, r"^\d{3,} figures agree, 0 do not\n$")

    def test_a_figure_that_was_changed_is_noticed(self):
        kinds = {}
        for place in ("contenders", "pairs", "effects"):
            for path in numbers(self.findings[place], (place,)):
                kinds.setdefault(tuple(key for key in path if isinstance(key, str)), path)
        self.assertGreater(len(kinds), 200)
        # A value and its ends are one figure.
        figures = {path[:-1] if path[-1] in ("value", "low", "high") else path for path in kinds.values()}
        changed = copy.deepcopy(self.findings)
        for path in kinds.values():
            at = changed
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] *= 1.5
        result = self.recompute(changed)
        self.assertEqual(result.returncode, 1)
        self.assertGreaterEqual(result.stdout.count("NOT "), len(figures), result.stdout)


if __name__ == "__main__":
    unittest.main()
