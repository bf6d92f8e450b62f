// Every assigned character against Python's str (tests/parity/make_unicode_tables.py).

#include "text/jinja/builtins/case.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <string>

#include "base/json/json.h"
#include "text/chat_template.h"
#include "text/jinja/builtins/text.h"

namespace ergon::text {
namespace {

using base::Json;

const Json& answers() {
    static const Json all = base::read_json(std::filesystem::path(ERGON_FIXTURES) / "unicode_cases.json");
    return all;
}

std::string text_of(char32_t code) {
    std::string text;
    append_utf8(text, code);
    return text;
}

template <typename Visit>
void each_code(const Json& ranges, Visit visit) {
    for (const Json& range : ranges) {
        for (auto code = range[0].get<char32_t>(); code <= range[1].get<char32_t>(); ++code) visit(code);
    }
}

TEST(TemplateCase, EveryCharacterIsOfTheKindThatPythonSays) {
    using Kind = bool (*)(char32_t);
    const std::pair<const char*, Kind> kinds[] = {{"isalnum", jinja::is_alphanumeric},
                                                  {"isalpha", jinja::is_letter},
                                                  {"isdecimal", jinja::is_decimal},
                                                  {"isdigit", jinja::is_digit},
                                                  {"isidentifier", jinja::is_identifier_start},
                                                  {"islower", jinja::is_lower},
                                                  {"isnumeric", jinja::is_numeric},
                                                  {"isprintable", jinja::is_printable},
                                                  {"isspace", jinja::is_space}};
    for (const auto& [name, is_kind] : kinds) {
        std::vector<bool> expected(0x110000, false);
        each_code(answers()["true"][name], [&](char32_t code) { expected[code] = true; });
        each_code(answers()["assigned"], [&, is_kind = is_kind, name = name](char32_t code) {
            if (is_kind(code) != expected[code]) ADD_FAILURE() << name << " of " << static_cast<std::uint32_t>(code);
        });
    }
}

TEST(TemplateCase, EveryCharacterBecomesWhatPythonMakesOfIt) {
    using Convert = MarkedText (*)(const MarkedText&);
    const std::pair<const char*, Convert> conversions[] = {
        {"lower", jinja::to_lower},        {"upper", jinja::to_upper},     {"title", jinja::to_title},
        {"capitalize", jinja::capitalize}, {"swapcase", jinja::swap_case}, {"casefold", jinja::fold_case}};
    for (const auto& [name, convert] : conversions) {
        std::vector<std::string> expected(0x110000);
        for (const Json& pair : answers()["mapped"][name]) expected[pair[0].get<std::size_t>()] = pair[1];
        each_code(answers()["assigned"], [&, convert = convert, name = name](char32_t code) {
            const std::string text = text_of(code);
            const std::string made = convert(MarkedText(text, Author::person)).text();
            if (made != (expected[code].empty() ? text : expected[code])) {
                ADD_FAILURE() << name << " of " << static_cast<std::uint32_t>(code) << " is " << made;
            }
        });
    }
}

// What becomes of a character belongs to who wrote it.
TEST(TemplateCase, MappingsKeepAuthors) {
    MarkedText text("ß", Author::person);
    text.append("ﬁΣ", Author::chat_template);
    MarkedText upper("SS", Author::person);
    upper.append("FIΣ", Author::chat_template);
    EXPECT_EQ(jinja::to_upper(text), upper);
    MarkedText lower("ß", Author::person);
    lower.append("ﬁς", Author::chat_template);
    EXPECT_EQ(jinja::to_lower(text), lower);
}

}  // namespace
}  // namespace ergon::text
