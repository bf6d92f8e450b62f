"""Sources of a target are compiled several at once: what an unnamed namespace declares is seen by all of them, and
hides what its floor's headers declare under the same name."""
import re
import unittest
from collections import defaultdict

from floors import ROOT
from names import declarations, without_literals


def sources(folder, suffix):
    return sorted(path for path in (ROOT / folder).rglob("*") if path.suffix == suffix)


def is_overload(name, declared, texts):
    """Whether calls find the right one: functions of different parameters, none of which is passed by its name."""
    if any(one.kind != "function" for _, one in declared):
        return False
    files = {(file, one.what) for file, one in declared}
    if len({what for _, what in files}) < len(files):
        return False
    passed = re.compile(rf"[(,{{]\s*{name}\s*[),}}]")
    return not any(passed.search(texts[file]) for file, _ in files)


def collisions(texts, public):
    """Of files, with the text of each, what has one name in several; `public`: what their headers declare."""
    found = defaultdict(list)
    for file, text in texts.items():
        for one in declarations(text):
            found[one.namespace, one.name].append((file, one))
    clashes = []
    for (namespace, name), declared in found.items():
        unnamed = [(file, one) for file, one in declared if one.anonymous]
        files = sorted({file for file, _ in declared})
        same_alias = all(one.kind == "alias" for _, one in declared) and len({one.what for _, one in declared}) == 1
        if unnamed and len(files) > 1 and not same_alias and not is_overload(name, unnamed, texts):
            clashes.append(f"{namespace}::{name} in {', '.join(files)}")
        elif unnamed and (namespace, name) in public and not all(one.kind == "alias" for _, one in unnamed):
            clashes.append(f"{namespace}::{name} in {', '.join(files)} and in a header")
    return clashes


def texts_of(folder):
    return {path.relative_to(ROOT).as_posix(): without_literals(path.read_text()) for path in sources(folder, ".cpp")}


def collisions_of(folder, headers):
    public = {(one.namespace, one.name) for headers_of in headers for path in sources(headers_of, ".h")
              for one in declarations(path.read_text())}
    return collisions(texts_of(folder), public)


class Names(unittest.TestCase):
    def test_no_two_things_of_a_floor_share_a_name(self):
        for floor in sorted(path.name for path in (ROOT / "src").iterdir()):
            with self.subTest(floor=floor):
                self.assertEqual(collisions_of(f"src/{floor}", [f"src/{floor}"]), [])

    def test_nor_do_two_of_its_tests(self):
        for folder in sorted({path.parent.name for path in (ROOT / "tests").glob("*/*.cpp")}):
            with self.subTest(tests=folder):
                self.assertEqual(collisions_of(f"tests/{folder}", [f"tests/{folder}", f"src/{folder}"]), [])

    def test_a_name_planted_in_two_files_of_a_floor_is_found(self):
        texts = texts_of("src/plan")
        for file in sorted(texts)[:2]:
            texts[file] += "namespace ergon::plan { namespace { int planted(int a) { return a; } } }"
        self.assertEqual(len(collisions(texts, set())), 1)

    def test_what_collides(self):
        both = {"constexpr int most = 1;": "constexpr int least = 2, most = 3;",
                "struct Kind { int a; };": "enum class Kind { one };",
                "using nvml::Device;": "struct Device {};",
                "enum Column { joules, words };": "double words(int);",
                "template <typename T> T or_null(const T& value) { return value; }":
                    "template <typename T>\nT or_null(const T& one) { return one; }",
                "bool has(const Line& line, int at = 0) { return at; }": "bool has(const Line&, int) { return true; }",
                "bool has(const Line&);": "bool has(const Dot&); bool any = std::any_of(dots, has);"}
        for one, other in both.items():
            with self.subTest(one):
                self.assertEqual(len(self.collisions_between(one, other)), 1)

    def test_what_does_not(self):
        both = {"namespace fs = std::filesystem;": "namespace fs = std::filesystem;",
                "using testing::HasSubstr;": "using ::testing::HasSubstr;",
                "bool has(const Line& line);": "bool has(const Dot& dot) { return has(dot.line); }",
                "// int most;\nconst char* a = \"int most;\";": "int most = '{';",
                "struct A { int most; };": "int most[] = {1'000};"}
        for one, other in both.items():
            with self.subTest(one):
                self.assertEqual(self.collisions_between(one, other), [])

    def test_a_header_is_hidden(self):
        text = without_literals("namespace ergon { namespace { std::string name(int type) { return {}; } } }")
        self.assertEqual(len(collisions({"a.cpp": text}, {("ergon", "name")})), 1)

    def collisions_between(self, one, other):
        texts = {"a.cpp": one, "b.cpp": other}
        around = "namespace ergon::lab {{\nnamespace {{\n{}\n}}\n}}"
        return collisions({file: without_literals(around.format(text)) for file, text in texts.items()}, set())


if __name__ == "__main__":
    unittest.main()
