"""All that the program says goes one way (base/output.h), where it is made safe for a terminal and no failure is thrown; JSON
is written one way (base/json/json_text.h), where bytes that are no UTF-8 end nothing, and no library's own words reach a reader."""
import re
import unittest

from floors import ROOT

# libedit draws the line that is typed, and shows control characters as ^X.
WAYS = {"src/base/output.cpp", "src/cli/chat/edited_lines.cpp"}
# Writing to the terminal by other means. Handlers of signals and of lost memory may call nothing but write(), with words of ours.
DIRECT = re.compile(r"\b(fmt::print\s*\(|fmt::println|printf\s*\(|puts\s*\(|putchar|perror\s*\(|std::(cout|cerr|clog)\b|std::fwrite|"
                    r"STD(OUT|ERR)_FILENO\s*,\s*[a-z]+\.data|\bstd(out|err)\b(?=\s*[,)]))")
DUMP = re.compile(r"\.dump\(")
CAUGHT = re.compile(r"catch \(const nlohmann::[\w:]+& (\w+)\) \{[^}]*\b\1\.what\(\)")


def sources():
    for source in sorted((ROOT / "src").rglob("*")):
        if source.suffix in (".h", ".cpp"):
            text = re.sub(r"//[^\n]*", "", source.read_text())
            yield source.relative_to(ROOT).as_posix(), re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', text)


class Output(unittest.TestCase):
    def test_nobody_writes_to_the_terminal_otherwise(self):
        seen = 0
        for name, text in sources():
            if name in WAYS:
                continue
            seen += 1
            for number, line in enumerate(text.splitlines(), 1):
                if name in ("src/base/files/file.cpp", "src/base/memory.cpp") and "::write(STDERR_FILENO, sentence" in line:
                    continue
                with self.subTest(file=name, line=number):
                    self.assertIsNone(DIRECT.search(line), "use base::print, tell or write_data (base/output.h)")
        self.assertGreater(seen, 100)

    def test_json_is_written_one_way(self):
        for name, text in sources():
            for number, line in enumerate(text.splitlines(), 1):
                safe = name == "src/base/json/json_text.h" or "error_handler_t::replace" in line
                with self.subTest(file=name, line=number):
                    self.assertTrue(safe or not DUMP.search(line), "use base::json_text: dump() throws on bytes")

    def test_no_reader_meets_the_words_of_the_json_library(self):
        for name, text in sources():
            with self.subTest(file=name):
                self.assertIsNone(CAUGHT.search(text), "use base::json_reason(error)")


if __name__ == "__main__":
    unittest.main()
