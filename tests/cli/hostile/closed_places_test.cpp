// Folders and files that may not be looked at: what is optional never ends the program, what is required is named with
// the reason.

#include <filesystem>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "cli/program.h"

namespace ergon::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// A copy of the scripted model that anybody may read.
std::string model_in(const TemporaryFolder& folder) {
    const fs::path from = fixture("scripted-thinker");
    const fs::path vocabulary = fixture("vocab/r1-distill-qwen.gguf");
    std::string config = read_file(from / "config.json");
    const std::string relative = "../vocab/r1-distill-qwen.gguf";
    config.replace(config.find(relative), relative.size(), "r1-distill-qwen.gguf");
    folder.write("model/config.json", config);
    fs::copy_file(vocabulary, folder.path() / "model" / "r1-distill-qwen.gguf");
    ::chmod(folder.path().c_str(), 0755);
    return (folder.path() / "model").string();
}

/// Commands that end well whatever the user's folders are.
std::vector<std::vector<std::string>> commands_with(const std::string& model) {
    return {{"meter", "--list"},
            {"tokenize", model + "/r1-distill-qwen.gguf"},
            {"run", model, "What is the capital of France?"},
            {"run", "--json", model, "What is the capital of France?"},
            {"puzzles", "--count", "1"}};
}

void expect_that_it_works(const Outcome& outcome) {
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, Not(HasSubstr("filesystem error")));
    EXPECT_THAT(outcome.err, Not(HasSubstr("Permission denied")));
    EXPECT_THAT(outcome.out, Not(IsEmpty()));
}

TEST(ClosedPlaces, AHomeThatIsNoneEndsNoCommand) {
    const TemporaryFolder folder;
    const std::string model = model_in(folder);
    const fs::path loop = folder.path() / "loop";
    fs::create_symlink(loop, loop);
    const std::string file = folder.write("file", "x");
    for (const std::string& home : {std::string(), std::string("relative"), loop.string(), file, file + "/below",
                                    "/" + std::string(300, 'x'), std::string("/no/such/folder")}) {
        SCOPED_TRACE(home.substr(0, 60));
        const Environment environment{
            {"HOME", home}, {"XDG_CACHE_HOME", home}, {"XDG_DATA_HOME", home}, {"TMPDIR", home}};
        for (const auto& command : commands_with(model)) expect_that_it_works(run_ergon(command, "a", environment));
        // What is looked up by name in such a place is not found, and that is all.
        const Outcome unknown = run_ergon({"run", "no-such-model", "x"}, {}, environment);
        EXPECT_EQ(unknown.exit_code, 1);
        EXPECT_THAT(unknown.err, HasSubstr("There is no model 'no-such-model'"));
    }
}

TEST(ClosedPlaces, AHomeThatMayNotBeEnteredEndsNoCommand) {
    const TemporaryFolder folder;
    const std::string model = model_in(folder);
    folder.write("home/.cache/ergon/models/x.gguf", "GGUF");
    const fs::path home = folder.path() / "home";
    ::chmod(home.c_str(), 0700);
    for (const auto& command : commands_with(model)) {
        const auto outcome = run_ergon_as_nobody(command, {{"HOME", home.string()}, {"TMPDIR", home.string()}});
        if (!outcome) GTEST_SKIP() << "only root may try it as another user";
        expect_that_it_works(*outcome);
        // A working folder that may not be entered does not matter either.
        expect_that_it_works(*run_ergon_as_nobody(command, {{"HOME", home.string()}}, home));
    }
    const auto named = run_ergon_as_nobody({"tokenize", (home / ".cache/ergon/models/x.gguf").string()});
    EXPECT_EQ(named->exit_code, 1);
    EXPECT_THAT(named->err,
                HasSubstr(fmt::format("Permission denied (no permission to enter the folder {})", home.string())));
}

TEST(ClosedPlaces, AnOptionalFileThatMayNotBeReadIsLeftOut) {
    const TemporaryFolder folder;
    const std::string model = model_in(folder);
    for (const char* name : {"generation_config.json", "tokenizer_config.json", "README.md"}) {
        ::chmod(folder.write(std::string("model/") + name, "{}").c_str(), 0);
    }
    const auto outcome = run_ergon_as_nobody({"run", model, "What is the capital of France?"});
    if (!outcome) GTEST_SKIP() << "only root may try it as another user";
    EXPECT_EQ(outcome->exit_code, 0) << outcome->err;
    EXPECT_THAT(outcome->out, HasSubstr("Paris"));
    EXPECT_THAT(outcome->err, HasSubstr("generation_config.json: Permission denied"));
    EXPECT_THAT(outcome->err, HasSubstr("it is skipped."));
}

TEST(ClosedPlaces, ARequiredFileThatMayNotBeReadIsNamedWithReasonAndRemedy) {
    const TemporaryFolder folder;
    const std::string model = model_in(folder);
    const std::string file = model + "/r1-distill-qwen.gguf";
    ::chmod(file.c_str(), 0);
    const auto outcome = run_ergon_as_nobody({"tokenize", file});
    if (!outcome) GTEST_SKIP() << "only root may try it as another user";
    EXPECT_EQ(outcome->exit_code, 1);
    EXPECT_EQ(outcome->err,
              fmt::format("ergon: cannot open {}: Permission denied; run as a user with access, change the "
                          "permissions, or name another path\n",
                          file));
    ::chmod((model + "/config.json").c_str(), 0);
    EXPECT_THAT(run_ergon_as_nobody({"run", model, "x"})->err, HasSubstr("config.json: Permission denied"));
    EXPECT_THAT(run_ergon_as_nobody({"eval", model, "--prompts", file, "--results", "/tmp/ergon-nobody.sqlite"})->err,
                HasSubstr("Permission denied"));
}

}  // namespace
}  // namespace ergon::cli
