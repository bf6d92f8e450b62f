"""JSON from outside is parsed in one way: by src/base/json/json.cpp, which bounds depth, values and time."""
import re
import unittest

from floors import ROOT

PARSER = ROOT / "src" / "base" / "json" / "json.cpp"
OTHER_PARSERS = {"Integer", "SafetensorsParser", "jinja", "toml"}  # that have a function of the same name
CALL = re.compile(r"\b(\w+)\s*::\s*(parse|sax_parse|accept|from_(?:bson|bjdata|cbor|msgpack|ubjson))\s*\(")
FROM_STREAM = re.compile(r">>\s*\w*json\w*\b(?!\s*::)|std::istream\s*&\s*\w*\s*,\s*[\w:]*json\s*&", re.IGNORECASE)
LITERAL = re.compile(r'"_json(_pointer)?\b|\bjson_sax_dom|\bsax_parse\b')


def uses(text):
    """What in a source calls the library's parser, however it is spelt."""
    code = re.sub(r"//[^\n]*", "", text)
    found = [call.group(0) for call in CALL.finditer(code) if call.group(1) not in OTHER_PARSERS]
    return found + [use.group(0) for pattern in (FROM_STREAM, LITERAL) for use in pattern.finditer(code)]


class Json(unittest.TestCase):
    def test_every_way_to_parse_is_seen(self):
        for code in ("nlohmann::json::parse(text)", "Json::parse(text, nullptr, false)", "Tree::sax_parse(a, b, &c)",
                     "ordered_json::accept(text)", "stream >> json;", "file >> out_json;", 'auto j = "{}"_json;',
                     "json :: parse (text)", "json::from_cbor(bytes)"):
            with self.subTest(code=code):
                self.assertTrue(uses(code))
        for code in ("toml::parse(text, file)", "base::parse_json(text, file)", "// json::parse(text)",
                     "const auto parsed = parse(plug, text);"):
            with self.subTest(code=code):
                self.assertFalse(uses(code))

    def test_only_one_file_calls_the_parser(self):
        self.assertTrue(uses(PARSER.read_text()))
        for path in sorted((ROOT / "src").rglob("*")):
            if path.suffix in (".h", ".cpp", ".inc") and path != PARSER:
                with self.subTest(file=str(path.relative_to(ROOT))):
                    self.assertEqual([], uses(path.read_text()))


if __name__ == "__main__":
    unittest.main()
