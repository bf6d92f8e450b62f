// Expressions and statements against what Jinja2 makes of them (tests/parity/make_template_cases.py writes the cases).

#include <ctime>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>

#include "base/error.h"
#include "base/json/json.h"
#include "text/chat_template.h"

namespace ergon::text {
namespace {

using base::Json;

const Json& cases() {
    static const Json all = base::read_json(std::filesystem::path(ERGON_FIXTURES) / "template_cases.json",
                                            {.large = base::LargeIntegers::as_digits});
    return all;
}

std::tm time_of_the_cases() {
    std::tm parts{};
    EXPECT_NE(strptime(cases()["now"].get<std::string>().c_str(), "%Y-%m-%dT%H:%M:%S", &parts), nullptr);
    return parts;
}

TEST(TemplateCases, EqualJinja2) {
    const std::tm now = time_of_the_cases();
    std::size_t texts = 0;
    std::size_t errors = 0;
    for (const Json& expected : cases()["cases"]) {
        const auto source = expected["template"].get<std::string>();
        SCOPED_TRACE(source);
        try {
            const std::string text = ChatTemplate(source).render(cases()["variables"], now).text();
            if (expected.contains("error")) {
                ADD_FAILURE() << "gives \"" << text << "\", Jinja2 refuses: " << expected["error"];
            } else {
                EXPECT_EQ(text, expected["text"].get<std::string>());
                ++texts;
            }
        } catch (const base::Error& error) {
            if (!expected.contains("error")) {
                ADD_FAILURE() << error.what() << "; Jinja2 gives " << expected["text"];
            }
            ++errors;
        }
    }
    EXPECT_GT(texts, 800u);
    EXPECT_GT(errors, 150u);
}

/// Moves every ASCII character of a person's words to U+E000 and above, where no template writes.
void disguise(Json& value) {
    if (value.is_string()) {
        std::string disguised;
        for (const char c : value.get<std::string>()) {
            const auto code = static_cast<unsigned char>(c);
            if (code >= 0x80) continue;
            disguised += '\xEE';
            disguised += static_cast<char>(0x80 | (code >> 6));
            disguised += static_cast<char>(0x80 | (code & 0x3F));
        }
        value = disguised;
    } else if (value.is_structured()) {
        for (Json& item : value) disguise(item);
    }
}

// Whatever a template does with people's words, they stay theirs: no disguised character is ever the template's.
TEST(TemplateCases, NeverTurnWordsIntoTheTemplates) {
    Json variables = cases()["variables"];
    for (auto& [name, value] : variables.items()) disguise(value);
    const std::tm now = time_of_the_cases();
    std::size_t with_words = 0;
    for (const Json& one : cases()["cases"]) {
        const auto source = one["template"].get<std::string>();
        SCOPED_TRACE(source);
        MarkedText text;
        try {
            text = ChatTemplate(source).render(variables, now);
        } catch (const base::Error&) {
            continue;
        }
        with_words += text.text().find('\xEE') != std::string::npos ? 1 : 0;
        for (std::size_t i = 0; i < text.runs().size(); ++i) {
            if (text.runs()[i].author != Author::chat_template) continue;
            // The cases themselves spell U+E000 once.
            if (source.find("\\ue000") != std::string::npos) continue;
            EXPECT_EQ(text.run_text(i).find('\xEE'), std::string_view::npos);
        }
    }
    EXPECT_GT(with_words, 60u);
}

}  // namespace
}  // namespace ergon::text
