"""The pairs of tests/fixtures/maths are what their script makes, and math-verify still says of them what the file says."""
import importlib.util
import json
import sys
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "maths"
sys.path.insert(0, str(FOLDER))
import make_pairs  # noqa: E402


class Verdicts(unittest.TestCase):
    def setUp(self):
        self.rows = [json.loads(line) for line in (FOLDER / "pairs.jsonl").read_text().splitlines()]

    def test_the_pairs_are_those_of_the_script(self):
        made = [(kind, gold, answer, equal) for kind, gold, answer, equal in make_pairs.pairs()]
        self.assertEqual(made, [(row["k"], row["g"], row["a"], (row["v"] == 1) != ("x" in row)) for row in self.rows])

    @unittest.skipUnless(importlib.util.find_spec("math_verify"), "math-verify is not installed")
    def test_math_verify_says_the_same_of_every_fortieth(self):
        for row in self.rows[::40]:
            with self.subTest(row=row):
                self.assertEqual(make_pairs.verdict(row["g"], row["a"]), row["v"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
