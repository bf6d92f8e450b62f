"""The map in docs/architecture.md tells the truth, and paths that documents and comments name exist."""
import importlib.machinery
import importlib.util
import re
import unittest

from floors import ROOT, declared_uses, floor_order

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PATH = re.compile(r"`((?:src|tests|docs|tools|cmake|data|bench|fuzz|\.ci)/[\w./*-]*)`")


def map_tool():
    """tools/map as a module."""
    loader = importlib.machinery.SourceFileLoader("map", str(ROOT / "tools" / "map"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("map", loader))
    loader.exec_module(module)
    return module


def floor_rows():
    """Rows of the floors table: (floor, the floors of its column "uses"), top to bottom."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", text, re.MULTILINE)
    return [(floor, set(re.findall(r"`(\w+)`", uses))) for floor, uses in rows]


class Map(unittest.TestCase):
    def test_the_table_lists_the_floors_from_top_to_bottom(self):
        self.assertEqual([floor for floor, _ in floor_rows()], floor_order()[::-1])

    def test_the_table_tells_what_each_floor_links(self):
        for floor, uses in floor_rows():
            with self.subTest(floor=floor):
                self.assertEqual(uses, declared_uses(floor))

    def test_folders_inside_floors_are_named(self):
        text = (ROOT / "docs" / "architecture.md").read_text()
        for folder in (ROOT / "src").glob("*/**/"):
            if folder.parent == ROOT / "src":
                continue
            with self.subTest(folder=folder.name):
                self.assertIn(f"`{folder.relative_to(ROOT).as_posix()}/`", text)

    def test_the_list_of_headers_is_current(self):
        self.assertEqual((ROOT / "docs" / "map.md").read_text(), map_tool().the_map(), "run tools/map")

    def test_every_header_opens_with_a_sentence(self):
        tool = map_tool()
        for path in tool.headers():
            with self.subTest(header=path.as_posix()):
                self.assertGreater(len(tool.first_sentence((ROOT / "src" / path).read_text())), 10)

    def test_what_a_first_sentence_is(self):
        sentence = map_tool().first_sentence
        self.assertEqual(sentence("#pragma once\n// One, e.g. two\n// lines. More.\n\n#include <a>\n"), "One, e.g. two lines")
        self.assertEqual(sentence("// A list:\n//\n//   a\n"), "A list")
        self.assertEqual(sentence("#pragma once\n\n// Of something else.\n"), "")

    def test_every_path_that_a_document_names_exists(self):
        named = 0
        for document in DOCUMENTS:
            for path in PATH.findall(document.read_text()):
                named += 1
                with self.subTest(document=document.name, path=path):
                    self.assertTrue(any(ROOT.glob(path.rstrip("/"))), "no such file or folder")
        self.assertGreater(named, 20)

    def test_every_document_that_a_comment_names_exists(self):
        for folder in ("src", "tests", "tools", "cmake", "fuzz", "bench"):
            for file in (ROOT / folder).rglob("*"):
                if file.suffix not in (".h", ".cpp", ".inc", ".py", ".txt", ".cmake", "") or not file.is_file():
                    continue
                for document in re.findall(r"docs/[\w-]+\.md", file.read_text(errors="replace")):
                    with self.subTest(file=file.relative_to(ROOT).as_posix(), document=document):
                        self.assertTrue((ROOT / document).is_file(), "no such document")


if __name__ == "__main__":
    unittest.main()
