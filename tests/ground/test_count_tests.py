"""tools/count-tests: the last line of CI and its exit code."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from floors import ROOT

REPORT = """<?xml version="1.0"?><testsuite name="x" tests="{tests}">{cases}</testsuite>"""
PASSED = '<testcase name="good" status="run"/>'
FAILED = '<testcase name="bad" status="fail"><failure message=""/></testcase>'
SKIPPED = """<testcase name="avx512" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
<system-out>[ RUN      ] avx512
some_test.cpp:3: Skipped
no AVX-512 here
[  SKIPPED ]</system-out></testcase>"""
NOT_BUILT = '<testcase name="gone" status="notrun"><skipped message="Unable to find executable"/></testcase>'


class CountTests(unittest.TestCase):
    def count(self, status, **stages):
        with tempfile.TemporaryDirectory() as folder:
            for stage, cases in stages.items():
                (Path(folder) / f"{stage}.xml").write_text(REPORT.format(tests=len(cases), cases="".join(cases)))
            result = subprocess.run([sys.executable, ROOT / "tools" / "count-tests", folder, str(status)],
                                    capture_output=True, text=True, check=False)
        return result.stdout.splitlines(), result.returncode

    def test_stages_add_up(self):
        lines, code = self.count(0, quick=[PASSED] * 3, real=[PASSED])
        self.assertEqual((lines, code), (["4 passed, 0 failed"], 0))

    def test_failures_are_named_and_skips_counted(self):
        lines, code = self.count(2, quick=[PASSED, FAILED, SKIPPED])
        self.assertEqual(lines, ["failed in quick: bad", "skipped in quick: 1 x no AVX-512 here",
                                 "1 passed, 1 failed, 1 skipped"])
        self.assertEqual(code, 1)

    def test_a_test_that_was_not_built_has_failed(self):
        lines, code = self.count(8, quick=[PASSED, NOT_BUILT])
        self.assertEqual((lines, code), (["failed in quick: gone", "1 passed, 1 failed"], 1))

    def test_a_failing_stage_without_tests_counts(self):
        lines, code = self.count(2, quick=[PASSED])
        self.assertEqual((lines[-1], code), ("1 passed, 1 failed", 1))

    def test_no_tests_at_all_is_not_good(self):
        lines, code = self.count(0)
        self.assertEqual((lines[-1], code), ("0 passed, 0 failed", 1))


if __name__ == "__main__":
    unittest.main()
