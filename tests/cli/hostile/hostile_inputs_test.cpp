// Inputs that would take for ever, or all memory: each gets its answer, or a sentence, in bounded time and memory.

#include <algorithm>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "cli/program.h"

namespace ergon::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t gigabyte = 1'000'000'000;

std::string times(std::size_t count, std::string_view text) {
    std::string all;
    all.reserve(count * text.size());
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

/// Exit code 1 or 2, and the sentence.
void expect_sentence(const Outcome& outcome, const std::string& sentence) {
    EXPECT_TRUE(outcome.exit_code == 1 || outcome.exit_code == 2) << outcome.exit_code;
    EXPECT_THAT(outcome.err, HasSubstr(sentence));
}

// Whoever opens a pipe for reading waits for a writer, who never comes; a device may never end.
TEST(HostileInputs, PipesAndDevicesAreNoFiles) {
    const TemporaryFolder folder;
    const std::string pipe = (folder.path() / "pipe").string();
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const std::string model = fixture("gguf-qwen3/model.gguf"), out = (folder.path() / "out").string();
    const std::string hi = folder.write("hi.json", R"([{"role": "user", "content": "Hi"}])");
    const std::string text = folder.write("text.txt", "Words to read.");
    const std::string jinja = folder.write("plain.jinja", "{{ messages[0].content }}");
    const std::string ids = folder.write("ids.json", "[1, 2]");
    for (const char* const name : {"tokenizer_config.json", "config.json", "tokenizer.json"}) {
        const std::string model_folder = "folder-" + std::string(name) + "/";
        folder.write(model_folder + "tokenizer_config.json", "{}");
        std::filesystem::remove(folder.path() / model_folder / name);
        ASSERT_EQ(::mkfifo((folder.path() / model_folder / name).c_str(), 0600), 0);
        expect_sentence(run_ergon_within(0, {"tokenize", (folder.path() / model_folder).string()}, "a"),
                        "is a pipe, which is not a regular file");
    }
    const std::vector<std::vector<std::string>> commands{{"inspect", "INPUT"},
                                                         {"run", "INPUT", "Hi"},
                                                         {"bench", "INPUT"},
                                                         {"logits", "INPUT", "--ids", ids, "--out", out},
                                                         {"perplexity", "INPUT", text},
                                                         {"perplexity", model, "INPUT"},
                                                         {"profile", "INPUT"},
                                                         {"tokenize", "INPUT"},
                                                         {"template", "INPUT", "--messages", hi},
                                                         {"template", jinja, "--messages", "INPUT"},
                                                         {"train-tokenizer", "INPUT", "--out", out},
                                                         {"train-tokenizer", text, "INPUT", "--out", out},
                                                         {"train", "INPUT"},
                                                         {"eval", model, "--prompts", "INPUT"},
                                                         {"logits", model, "--ids", "INPUT", "--out", out},
                                                         {"compare", model, model, "--prompts", "INPUT"},
                                                         {"compare", model, "INPUT"},
                                                         {"report", "INPUT"}};
    for (const std::string& input : {pipe, std::string("/dev/zero")}) {
        for (std::vector<std::string> command : commands) {
            std::ranges::replace(command, std::string("INPUT"), input);
            SCOPED_TRACE(fmt::format("ergon {}", fmt::join(command, " ")));
            const Outcome outcome = run_ergon_within(2 * gigabyte, command);
            EXPECT_NE(outcome.exit_code, too_long);
            expect_sentence(outcome, input + (input == pipe ? " is a pipe, which" : " is a device, which"));
        }
    }
}

TEST(HostileInputs, PipesInARunsFolderAreNoFiles) {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "run");
    ASSERT_EQ(::mkfifo((folder.path() / "run" / "page.html").c_str(), 0600), 0);
    expect_sentence(
        run_ergon_within(0, {"train", ERGON_SOURCE_DIR "/recipes/first.toml", "--out", (folder.path() / "run").string(),
                             "--set", "tokenizer=" + fixture("train/folder"), "--set",
                             fmt::format("data.files=[\"{}\"]", folder.write("p.jsonl", "{}"))}),
        "page.html is a pipe");
}

TEST(HostileInputs, TokensOfALongTextNeedNoMemory) {
    const std::string vocabulary = fixture("vocab/r1-distill-qwen.gguf");
    const Outcome digits = run_ergon_within(gigabyte, {"tokenize", vocabulary}, times(20'000'000, "7"));
    EXPECT_EQ(digits.exit_code, 0) << digits.err;
    EXPECT_EQ(std::ranges::count(digits.out, ','), 20'000'000 - 1);
    EXPECT_THAT(digits.out.substr(digits.out.size() - 10), EndsWith("22,22]\n"));
    EXPECT_EQ(run_ergon({"tokenize", vocabulary}, "").out, "[]\n");
}

// The text is one piece, whose merges need more than there is; what holds them must not fail on its way out either.
TEST(HostileInputs, TooLittleMemoryIsASentence) {
    const TemporaryFolder folder;
    folder.write("model/tokenizer.json", read_file(fixture("tokenizers/llama2.json")));
    folder.write("model/tokenizer_config.json", "{}");
    const Outcome outcome =
        run_ergon_within(gigabyte / 2, {"tokenize", (folder.path() / "model").string()}, times(30'000'000, "a"));
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("not enough memory"));
}

TEST(HostileInputs, JsonIsBoundedInEveryFile) {
    const TemporaryFolder folder;
    const std::string brackets = folder.write("deep.jsonl", std::string(20'000'000, '['));
    const std::string model = fixture("gguf-qwen3/model.gguf"), out = (folder.path() / "out").string();
    expect_sentence(run_ergon_within(gigabyte, {"eval", model, "--prompts", brackets}),
                    "expected one JSON object on the line. It nests deeper than 128 levels");
    expect_sentence(run_ergon_within(gigabyte, {"train-tokenizer", brackets, "--out", out}),
                    "expected one JSON object on the line. It nests deeper than 128 levels");
    folder.write("many/tokenizer_config.json", "{}");
    folder.write("many/tokenizer.json", R"({"model": {}, "added_tokens": [)" + times(5'000'000, "{},") + "{}]}");
    expect_sentence(run_ergon_within(gigabyte, {"tokenize", (folder.path() / "many").string()}, "a"),
                    "holds more than 4194304 values");
}

TEST(HostileInputs, AWordWithoutAnEndIsNoTextToLearnFrom) {
    const TemporaryFolder folder;
    const std::string word = folder.write("word.txt", std::string(20'000'000, 'a'));
    const Outcome outcome = run_ergon_within(gigabyte / 2, {"train-tokenizer", word, "--out", folder.path() / "out"});
    expect_sentence(outcome, word + " has a word of 20000000 bytes that cannot be split");
}

}  // namespace
}  // namespace ergon::cli
