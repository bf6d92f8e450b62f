#!/usr/bin/env python3
"""Writes what Python's str knows of Unicode beyond a character's category and simple case mappings.

src/text/unicode_exceptions.h has the exceptions, tests/fixtures/unicode_cases.json every answer of str, to hold ergon
against. The data are the Unicode Character Database's (SpecialCasing.txt, PropList.txt, DerivedNumericType.txt,
DerivedCoreProperties.txt), in the version that the Python has. Run it with CPython 3.11 (Unicode 14.0.0):

    python3 tests/parity/make_unicode_tables.py
"""

import json
import pathlib
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODES = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
ASSIGNED = [c for c in CODES if unicodedata.category(chr(c)) not in ("Cn", "Co")]
IDENTIFIER = ("Lu", "Ll", "Lt", "Lm", "Lo", "Nl", "Mn", "Mc", "Nd", "Pc")


def kind(code):
    return unicodedata.category(chr(code))


def is_case_ignorable(code):
    # A capital sigma at the end of a word, with this character in between, is a final one.
    return ("AΣ" + chr(code)).lower()[1] == "ς" and ("A" + chr(code) + "Σ").lower()[-1] == "ς" and not chr(code).isalpha()


def ranges(codes):
    found = []
    for code in codes:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def range_table(name, comment, codes):
    rows = [f"    {{0x{first:X}, 0x{last:X}}}," for first, last in ranges(codes)]
    return [f"// {comment}", f"inline constexpr CodeRange {name}[] = {{", *rows, "};", ""]


def mapping(text):
    codes = [f"0x{ord(c):X}" for c in text]
    return "{" + ", ".join(codes) + "}"


def special_casing():
    rows = []
    for code in CODES:
        forms = [chr(code).lower(), chr(code).title(), chr(code).upper()]
        if max(map(len, forms)) > 1:
            rows.append(f"    {{0x{code:X}, {mapping(forms[0])}, {mapping(forms[1])}, {mapping(forms[2])}}},")
    return ["// Case mappings to more than one character, where neither language nor context decides (SpecialCasing.txt).",
            "inline constexpr SpecialCase special_cases[] = {", *rows, "};", ""]


def header():
    case_ignorable = [c for c in CODES if is_case_ignorable(c) and kind(c) not in ("Mn", "Me", "Cf", "Lm", "Sk")]
    lines = ["#pragma once", "// Made by tests/parity/make_unicode_tables.py from the Unicode Character Database "
             f"{unicodedata.unidata_version}.", "", "namespace ergon::text::jinja {", "",
             "struct CodeRange {", "    char32_t first, last;", "};", "",
             "/// Zeros fill up.", "struct SpecialCase {", "    char32_t code;", "    char32_t lower[3], title[3], upper[3];",
             "};", ""]
    lines += special_casing()
    lines += range_table("other_lowercase", "Lowercase, but not of category Ll.",
                         [c for c in CODES if chr(c).islower() and kind(c) != "Ll"])
    lines += range_table("other_uppercase", "Uppercase, but not of category Lu.",
                         [c for c in CODES if chr(c).isupper() and kind(c) != "Lu"])
    lines += range_table("other_digits", "Digits, but not of category Nd.",
                         [c for c in CODES if chr(c).isdigit() and kind(c) != "Nd"])
    lines += range_table("other_numerals", "Numeric, but of no category N*.",
                         [c for c in CODES if chr(c).isnumeric() and kind(c)[0] != "N"])
    lines += range_table("other_case_ignorable", "Case-ignorable, but of none of the categories Mn, Me, Cf, Lm, Sk.",
                         case_ignorable)
    lines += range_table("other_identifier_parts", "Parts of identifiers by exception.",
                         [c for c in CODES if ("a" + chr(c)).isidentifier() and kind(c) not in IDENTIFIER])
    lines += range_table("no_identifier_parts", "No parts of identifiers, though of a category that makes them.",
                         [c for c in CODES if not ("a" + chr(c)).isidentifier() and kind(c) in IDENTIFIER])
    starts = ("Lu", "Ll", "Lt", "Lm", "Lo", "Nl")
    lines += range_table("other_identifier_starts", "Begin identifiers by exception.",
                         [c for c in CODES if chr(c).isidentifier() and chr(c) != "_" and kind(c) not in starts])
    lines += range_table("no_identifier_starts", "Begin none, though of a category that does.",
                         [c for c in CODES if not chr(c).isidentifier() and kind(c) in starts])
    return "\n".join([*lines, "}  // namespace ergon::text::jinja", ""])


def fixture():
    methods = ("isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric",
               "isprintable", "isspace", "istitle", "isupper")
    cases = ("lower", "upper", "title", "capitalize", "swapcase", "casefold")
    return {
        "unicode": unicodedata.unidata_version,
        "assigned": ranges(ASSIGNED),
        "true": {name: ranges([c for c in ASSIGNED if getattr(chr(c), name)()]) for name in methods},
        "mapped": {name: [[c, getattr(chr(c), name)()] for c in ASSIGNED if getattr(chr(c), name)() != chr(c)]
                   for name in cases},
    }


def main():
    (ROOT / "src/text/unicode_exceptions.h").write_text(header())
    text = json.dumps(fixture(), ensure_ascii=False, separators=(",", ":"))
    (ROOT / "tests/fixtures/unicode_cases.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
