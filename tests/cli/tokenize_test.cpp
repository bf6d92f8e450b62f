// ergon tokenize

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/program.h"

namespace ergon::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Ids = std::vector<int>;

Ids tokenize(const std::string& model, std::string_view text, const std::vector<std::string>& options = {}) {
    std::vector<std::string> arguments{"tokenize", fixture("vocab/" + model + ".gguf")};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Outcome outcome = run_ergon(arguments, text);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out).get<Ids>();
}

std::string text_of(const std::string& model, const std::string& ids) {
    const Outcome outcome = run_ergon({"tokenize", fixture("vocab/" + model + ".gguf"), "--ids"}, ids);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.out;
}

// A few texts of the fixtures through the whole program; the tokenizer's own tests have them all.
TEST(Tokenize, GivesTheKnownIdsAndBack) {
    const std::string inputs = read_file(fixture("vocab/deepseek-llm.gguf.inp"));
    const std::string outputs = read_file(fixture("vocab/deepseek-llm.gguf.out"));
    constexpr std::string_view separator = "\n__ggml_vocab_test__\n";
    std::size_t input_at = 0;
    std::size_t output_at = 0;
    int compared = 0;
    for (int i = 0; i < 46; ++i) {
        const std::size_t input_end = inputs.find(separator, input_at);
        const std::size_t output_end = outputs.find('\n', output_at);
        ASSERT_NE(input_end, std::string::npos);
        ASSERT_NE(output_end, std::string::npos);
        if (i % 9 == 0) {
            const std::string text = inputs.substr(input_at, input_end - input_at);
            std::istringstream line(outputs.substr(output_at, output_end - output_at));
            const Ids expected{std::istream_iterator<int>(line), std::istream_iterator<int>()};
            EXPECT_EQ(tokenize("deepseek-llm", text), expected) << text;
            EXPECT_EQ(text_of("deepseek-llm", nlohmann::json(expected).dump()), text);
            ++compared;
        }
        input_at = input_end + separator.size();
        output_at = output_end + 1;
    }
    EXPECT_EQ(compared, 6);
}

TEST(Tokenize, ControlTokensAreWordsUnlessSpecial) {
    EXPECT_THAT(tokenize("smollm2", "<|im_end|>"), ::testing::Not(::testing::Contains(2)));
    EXPECT_EQ(tokenize("smollm2", "<|im_end|>", {"--special"}), Ids{2});
    // This model asks for a token at the beginning of a text, but only text with control tokens is a whole one.
    EXPECT_EQ(tokenize("deepseek-llm", "Hello world"), (Ids{17464, 1843}));
    EXPECT_EQ(tokenize("deepseek-llm", "Hello world", {"--special"}), (Ids{100000, 17464, 1843}));
}

TEST(Tokenize, NothingGivesNothing) {
    EXPECT_EQ(tokenize("smollm2", ""), Ids{});
    EXPECT_EQ(text_of("smollm2", "[]"), "");
}

TEST(Tokenize, IdsShowControlTokensToo) {
    EXPECT_EQ(text_of("smollm2", "[1, 2]"), "<|im_start|><|im_end|>");
}

TEST(Tokenize, RefusesWhatAreNoIds) {
    const std::pair<const char*, int> cases[] = {{"[49152]", 2}, {"[-1]", 2}, {"[1.5]", 2},
                                                 {"[\"a\"]", 2}, {"{}", 2},   {"[18446744073709551615]", 2},
                                                 {"[1", 1},      {"", 1}};
    for (const auto& [input, exit_code] : cases) {
        const Outcome outcome = run_ergon({"tokenize", fixture("vocab/smollm2.gguf"), "--ids"}, input);
        EXPECT_EQ(outcome.exit_code, exit_code) << input;
        EXPECT_THAT(outcome.err, StartsWith("ergon: stdin")) << input;
        EXPECT_EQ(outcome.out, "") << input;
    }
}

TEST(Tokenize, RefusesWhatIsNoModel) {
    const TemporaryFolder folder;
    const std::string text_file = folder.write("model.gguf", "this is no model at all");
    const Outcome outcome = run_ergon({"tokenize", text_file}, "x");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr(text_file));
}

}  // namespace
}  // namespace ergon::cli
