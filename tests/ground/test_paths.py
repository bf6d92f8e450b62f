"""The standard library's questions about paths throw where a permission is missing: base/files/paths.h asks them instead."""
import re
import unittest

from floors import ROOT

ASKED_IN = {"src/base/files/paths.cpp", "src/base/files/file.cpp"}
QUESTION = re.compile(r"(?:std::filesystem|\bfs)::(?!path\b|directory_iterator\b|recursive_directory_iterator\b)([a-z_]+)\s*\(")
LOOP = re.compile(r"for\s*\([^;)]*:\s*[^;]*directory_iterator\s*\(")


class Paths(unittest.TestCase):
    def test_nobody_asks_the_standard_library(self):
        seen = 0
        for source in sorted((ROOT / "src").rglob("*")):
            name = source.relative_to(ROOT).as_posix()
            if source.suffix not in (".h", ".cpp") or name in ASKED_IN:
                continue
            seen += 1
            text = source.read_text()
            codes = set(re.findall(r"std::error_code (\w+)", text))  # a call that takes one does not throw
            for number, line in enumerate(text.splitlines(), 1):
                found = None if any(f", {code})" in line for code in codes) else QUESTION.search(line)
                with self.subTest(file=name, line=number):
                    self.assertIsNone(found, f"use base/files/paths.h instead of std::filesystem::{found and found[1]}")
                    caught = name == "src/tasks/readers/folder.cpp"  # it catches, and says which folder
                    self.assertTrue(caught or not LOOP.search(line), "use base::entries: a loop over a folder throws")
        self.assertGreater(seen, 100)


if __name__ == "__main__":
    unittest.main()
