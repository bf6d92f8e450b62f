#include "text/pre_tokenizer/pre_tokenizer.h"

#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "base/clock.h"
#include "base/expect_error.h"
#include "base/files/file.h"
#include "base/json/json.h"
#include "base/sanitized.h"
#include "text/pre_tokenizer/regex.h"
#include "text/random_text.h"

namespace ergon::text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Pieces pieces_of(const Splitter& splitter, std::string_view text) {
    Pieces all;
    PieceSink sink([&all](const Pieces& batch) { all.insert(all.end(), batch.begin(), batch.end()); });
    splitter.split({text}, sink);
    sink.hand_on();
    return all;
}

Pieces split(std::string_view name, std::string_view text) {
    return PreTokenizer::named(name).split(text);
}

TEST(PreTokenizer, CutsLikeThePublishedModels) {
    EXPECT_THAT(split("deepseek-v3", "Hello, world! It's 2025."),
                ElementsAre("Hello", ",", " world", "!", " It", "'s", " ", "202", "5", "."));
    EXPECT_THAT(split("llama-bpe", "Hello, world! It's 2025."),
                ElementsAre("Hello", ",", " world", "!", " It", "'s", " ", "202", "5", "."));
    EXPECT_THAT(split("qwen2", "Hello, world! It's 2025."),
                ElementsAre("Hello", ",", " world", "!", " It", "'s", " ", "2", "0", "2", "5", "."));
    EXPECT_THAT(split("smollm", "It's 2025."), ElementsAre("It", "'s", " ", "2", "0", "2", "5", "."));
    EXPECT_THAT(split("deepseek-coder", "It's"), ElementsAre("It", "'", "s"));
    const std::string_view code = "  x = foo_bar(1234567);\n\n\treturn x";
    EXPECT_THAT(split("deepseek-v3", code),
                ElementsAre(" ", " x", " =", " foo", "_bar", "(", "123", "456", "7", ");\n\n", "\treturn", " x"));
    EXPECT_THAT(split("llama-bpe", code),
                ElementsAre(" ", " x", " =", " foo", "_bar", "(", "123", "456", "7", ");\n\n", "\treturn", " x"));
    EXPECT_THAT(split("qwen2", code), ElementsAre(" ", " x", " =", " foo", "_bar", "(", "1", "2", "3", "4", "5", "6",
                                                  "7", ");\n\n", "\treturn", " x"));
    const std::string_view mixed = "我在工作DeepSeek-R1でテスト 3.14";
    EXPECT_THAT(split("deepseek-v3", mixed),
                ElementsAre("我在工作", "DeepSeek", "-R", "1", "でテスト", " ", "3", ".", "14"));
    EXPECT_THAT(split("llama-bpe", mixed), ElementsAre("我在工作DeepSeek", "-R", "1", "でテスト", " ", "3", ".", "14"));
    EXPECT_THAT(split("deepseek-v3", "I'VE 12 cats…ok?\r\n"),
                ElementsAre("I", "'VE", " ", "12", " cats", "…", "ok", "?\r\n"));
    EXPECT_THAT(split("llama-bpe", "I'VE 12 cats…ok?\r\n"),
                ElementsAre("I", "'VE", " ", "12", " cats", "…ok", "?\r\n"));
}

// Pieces from the models' own patterns and the `tokenizers` library (tests/parity/make_tokenizer_data.py).
TEST(PreTokenizer, EqualsTheReferenceLibrary) {
    const base::Json cases = base::read_json(ERGON_FIXTURES "/tokenizers/splits.cases.json");
    std::size_t compared = 0;
    for (const auto& [name, texts] : cases.items()) {
        const PreTokenizer pre_tokenizer = PreTokenizer::named(name);
        for (const auto& example : texts) {
            const auto text = example[0].get<std::string>();
            std::vector<std::size_t> lengths;
            for (const std::string_view piece : pre_tokenizer.split(text)) lengths.push_back(piece.size());
            EXPECT_EQ(lengths, example[1].get<std::vector<std::size_t>>()) << name << ": '" << text << "'";
            ++compared;
        }
    }
    EXPECT_GT(compared, 2000u);
}

TEST(PreTokenizer, HandWrittenSplittersEqualTheirRegularExpressions) {
    std::set<std::string> patterns{"\\p{N}+", R"((?=(\d{3})+(?!\d)))"};
    for (const auto& named : named_pre_tokenizers()) patterns.insert(named.patterns.begin(), named.patterns.end());
    // Code points that one library knows and the other not yet are left out: the two follow different Unicode versions.
    const auto unassigned = make_regex_splitter(R"(\P{Cn}+)", SplitBehavior::removed, true, "test");
    std::size_t known = 0;
    for (const std::string& pattern : patterns) {
        const auto by_hand = make_known_splitter(pattern);
        if (!by_hand) continue;
        ++known;
        const auto by_regex = make_regex_splitter(pattern, SplitBehavior::isolated, false, "test");
        base::RandomSequence random(7, known);
        for (int i = 0; i < 1500; ++i) {
            const std::string any = test::random_text(random, 1 + random.below(40));
            const Pieces assigned = pieces_of(*unassigned, any);
            std::string text;
            for (const std::string_view piece : assigned) text += piece;
            const Pieces expected = pieces_of(*by_regex, text), found = pieces_of(*by_hand, text);
            ASSERT_EQ(found, expected) << pattern << " on '" << text << "'";
        }
    }
    EXPECT_GE(known, 16u);
}

TEST(PreTokenizer, NoNameLosesOrChangesText) {
    for (const auto& named : named_pre_tokenizers()) {
        const PreTokenizer pre_tokenizer = PreTokenizer::named(named.name);
        base::RandomSequence random(8);
        for (int i = 0; i < 50; ++i) {
            const std::string text = test::random_text(random, 60);
            std::string joined;
            for (const std::string_view piece : pre_tokenizer.split(text)) {
                EXPECT_FALSE(piece.empty());
                joined += piece;
            }
            ASSERT_EQ(joined, text) << named.name;
        }
    }
}

// A quadratic splitter would take minutes for each of these.
TEST(PreTokenizer, LongRunsTakeLinearTime) {
    const auto repeat = [](std::string_view what) {
        std::string text;
        while (text.size() < (test::sanitized ? 30'000 : 300'000)) text += what;
        return text;
    };
    const std::map<std::string, std::string> texts{
        {"one letter", repeat("a")},
        {"capitals", repeat("A")},
        {"spaces", repeat(" ")},
        {"spaces, a letter", repeat(" ") + "中"},
        {"digits", repeat("7")},
        {"digits, a letter", repeat("7") + "x"},
        {"words", repeat("a ")},
        {"line breaks", repeat("\n")},
        {"breaks and spaces", repeat("\n ")},
        {"signs", repeat("!")},
        {"marks", repeat("\u0301")},
        {"ideographs", repeat("中")},
        {"apostrophes", repeat("'")},
        {"capital, small", repeat("Ab")},
        {"ideograph, capital", repeat("中A")},
    };
    std::set<std::vector<std::string_view>> seen;
    for (const auto& named : named_pre_tokenizers()) {
        if (!seen.insert(named.patterns).second) continue;
        const PreTokenizer pre_tokenizer = PreTokenizer::named(named.name);
        for (const auto& [what, text] : texts) {
            const auto start = std::chrono::steady_clock::now();
            EXPECT_FALSE(pre_tokenizer.split(text).empty());
            const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
            // Linear ones take milliseconds: room for sanitizers and busy machines.
            EXPECT_LT(seconds.count(), 10.0) << named.name << " on " << what;
        }
    }
    EXPECT_GT(seen.size(), 20u);
}

TEST(PreTokenizer, AnUnknownNameIsAnErrorThatListsTheKnown) {
    test::expect_error(base::ErrorCode::unsupported, "'martian'", [] { PreTokenizer::named("martian"); });
    test::expect_error(base::ErrorCode::unsupported, "llama-bpe, ", [] { PreTokenizer::named("martian"); });
    std::set<std::string_view> names;
    for (const auto& named : named_pre_tokenizers()) EXPECT_TRUE(names.insert(named.name).second) << named.name;
    for (const std::string_view name :
         {"llama-bpe",    "llama3",      "llama-v3",       "qwen2",      "deepseek-r1-qwen",
          "deepseek-llm", "deepseek-v3", "deepseek-coder", "smollm",     "gpt-2",
          "falcon",       "mpt",         "starcoder",      "refact",     "command-r",
          "gpt-4o",       "llama4",      "tekken",         "dbrx",       "olmo",
          "stablelm2",    "phi-2",       "jais",           "viking",     "poro-chat",
          "codeshell",    "bloom",       "exaone",         "minerva-7b", "chameleon",
          "superbpe",     "bailingmoe",  "qwen35",         "default"}) {
        EXPECT_TRUE(names.contains(name)) << name;
    }
}

TEST(RegexDialect, SaysWhatItDoesNotUnderstand) {
    for (const std::string_view pattern :
         {R"(\h+)", R"((?m:a))", R"((*FAIL))", R"([a&&b])", R"([a[^b]])", R"((?R))", R"((?<n>a))", R"(\Q.\E)", R"(\R)",
          R"([[:alpha:]])", R"(\k<a>)", R"(a{2}+)", R"(\u12)"}) {
        test::expect_error(base::ErrorCode::unsupported, "is not supported",
                           [&] { (void)to_pcre2_dialect(pattern, "here"); });
    }
    test::expect_error(base::ErrorCode::bad_file, "here: ", [] { Regex("(", "here"); });
    test::expect_error(base::ErrorCode::bad_file, "here: ", [] { Regex("a\xFF", "here"); });
    EXPECT_EQ(
        to_pcre2_dialect(R"([(\s|[.,])]+)", "here"),
        R"([(\x{9}-\x{D}\x{20}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}|.,)]+)");
    EXPECT_EQ(to_pcre2_dialect(R"(\u4e00)", "here"), R"(\x{4e00})");
}

TEST(RegexDialect, AnExponentialPatternEndsInAnError) {
    const auto splitter = make_regex_splitter(R"((a|aa|aaa)*b$)", SplitBehavior::isolated, false, "here");
    const std::string text = std::string(4000, 'a') + "bc";
    test::expect_error(base::ErrorCode::out_of_budget, "here: ", [&] { pieces_of(*splitter, text); });
}

// Each place of a text could take what one is granted: what all take together is bounded too.
TEST(RegexDialect, ManyPlacesOfAnExponentialPatternEndInAnError) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += std::string(13, 'a') + "d";
    for (const char* pattern : {R"((?:a+)+[bc]|\s)", R"((?:a|a)+[bc])", R"((?:a+)+[bc]|d)"}) {
        const auto splitter = make_regex_splitter(pattern, SplitBehavior::isolated, false, "here");
        const base::Nanoseconds begin = base::now();
        test::expect_error(base::ErrorCode::out_of_budget, "here: ", [&] { pieces_of(*splitter, text); });
        EXPECT_LT(base::now() - begin, base::Nanoseconds(20'000'000'000)) << pattern;
    }
}

// A place that fails within the steps it is granted may have walked the whole text.
TEST(RegexDialect, PlacesThatWalkToTheEndOfALongTextEndInAnError) {
    const std::string text(1'000'000, 'a');
    for (const char* pattern : {R"((a{1000}){1000}b)", R"([^z]+z)", R"(a(?=[^z]*y))", R"((?=[^z]*)a)"}) {
        const auto splitter = make_regex_splitter(pattern, SplitBehavior::isolated, false, "here");
        const base::Nanoseconds begin = base::now();
        try {
            pieces_of(*splitter, text);
        } catch (const base::Error& error) {
            EXPECT_THAT(error.what(), ::testing::HasSubstr("here: "));
        }
        EXPECT_LT(base::now() - begin, base::Nanoseconds(20'000'000'000)) << pattern;
    }
}

// A piece may be as long as the text: then one place takes many steps, and finds what it seeks.
TEST(RegexDialect, LongPiecesAreFound) {
    const std::string spaces(300'000, ' '), letters(300'000, 'x');
    const auto splitter = make_regex_splitter(R"(\s+(?!\S)|\s+|\S+)", SplitBehavior::isolated, false, "here");
    const std::string text = letters + spaces + letters;
    const std::string_view all = text;
    EXPECT_EQ(pieces_of(*splitter, all),
              (std::vector<std::string_view>{letters, all.substr(300'000, 299'999), " ", letters}));
}

}  // namespace
}  // namespace ergon::text
