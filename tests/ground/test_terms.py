"""Identifiers use the field's terms: CONTRIBUTING.md lists words of our own that have one."""
import re
import unittest

from floors import ROOT
from names import without_literals

ROW = re.compile(r"^\| `([^`]+)` \| ((?:`[^`]+`(?:, )?)+) \|$", re.MULTILINE)
FIXTURES = ROOT / "tests" / "fixtures"


def words_of_our_own():
    """Each word with the term that stands for it; `word_*` is any identifier that begins so."""
    return {word: term
            for term, words in ROW.findall((ROOT / "CONTRIBUTING.md").read_text())
            for word in re.findall(r"`([^`]+)`", words)}


def sources():
    for folder in ("src", "tests", "fuzz", "bench"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".h", ".cpp", ".inc") and FIXTURES not in path.parents:
                yield path


def found_in(text, words):
    """Identifiers of `text` that have one of the words as a part: between underscores, or at a capital."""
    found = set()
    for identifier in set(re.findall(r"\b[A-Za-z_]\w*", without_literals(text))):
        parts = "_" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", identifier).strip("_").lower() + "_"
        for word in words:
            begin = re.match("_" + re.escape(word[:-1]) + r"\w", parts) if word.endswith("*") else f"_{word}_" in parts
            if begin:
                found.add((identifier, word))
    return found


class TermsTest(unittest.TestCase):
    def test_identifiers_use_the_terms_of_the_field(self):
        words = words_of_our_own()
        self.assertGreater(len(words), 10, "CONTRIBUTING.md has a table of terms")
        wrong = [f"{path.relative_to(ROOT)}: {identifier} (say {words[word]})"
                 for path in sources() for identifier, word in sorted(found_in(path.read_text(), words))]
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))

    def test_words_are_found_as_parts_of_identifiers_only(self):
        words = ["most_*", "hog", "way_back"]
        text = 'int most, most_bytes; struct IdleHog {}; void on_way_back(); const char* s = "hog"; // hog\nint utmost_hogwash;'
        self.assertEqual({identifier for identifier, _ in found_in(text, words)}, {"most_bytes", "IdleHog", "on_way_back"})


if __name__ == "__main__":
    unittest.main()
