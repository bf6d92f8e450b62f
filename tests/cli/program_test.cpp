// What holds for the program as a whole.

#include "cli/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

namespace ergon::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Grows with the commands; `--help` of each is tested below.
const std::vector<std::string> commands{"bench", "compare",  "inspect",  "logits", "perplexity",     "puzzles",
                                        "run",   "template", "tokenize", "train",  "train-tokenizer"};

TEST(Program, PrintsItsVersion) {
    const Outcome outcome = run_ergon({"--version"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out,
                ::testing::MatchesRegex("ergon [0-9]+\\.[0-9]+\\.[0-9]+( \\(commit [0-9a-f]+(, changed)?\\))?\n"));
    EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(Program, HelpNamesEveryCommand) {
    const Outcome outcome = run_ergon({"--help"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.err, IsEmpty());
    for (const std::string& command : commands) EXPECT_THAT(outcome.out, HasSubstr("\n  " + command + " "));
}

TEST(Program, EveryCommandExplainsItselfWithAnExample) {
    for (const std::string& command : commands) {
        const Outcome outcome = run_ergon({command, "--help"});
        EXPECT_EQ(outcome.exit_code, 0);
        EXPECT_THAT(outcome.out, HasSubstr("Example")) << command;
        EXPECT_THAT(outcome.out, HasSubstr("ergon " + command + " ")) << command;
    }
}

TEST(Program, NothingBehindTwoDashesIsWrongUse) {
    const Outcome outcome = run_ergon({"meter", "--seconds", "1", "--"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("Nothing stands behind --"));
}

TEST(Program, AnEmptyNameIsNoFile) {
    const Outcome outcome = run_ergon({"report", "r.sqlite", "--json-out", ""});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("expected the name of a file"));
    EXPECT_EQ(run_ergon({"report", "r.sqlite", "--run", "-1"}).exit_code, 2);
}

TEST(Program, GuessesWhichWordWasMeant) {
    EXPECT_THAT(run_ergon({"comapre"}).err, HasSubstr("There is no command 'comapre'. Did you mean 'compare'?"));
    EXPECT_THAT(run_ergon({"puzzles", "--cuont", "3"}).err, HasSubstr("Did you mean '--count'?"));
    EXPECT_THAT(run_ergon({"meter", "calibrate", "--repeat=3"}).err, HasSubstr("Did you mean '--repeats'?"));
    EXPECT_THAT(run_ergon({"puzzles", "--log-levle", "off"}).err, HasSubstr("Did you mean '--log-level'?"));
    EXPECT_THAT(run_ergon({"xyzzy"}).err, ::testing::Not(HasSubstr("Did you mean")));
}

TEST(Program, HelpIsAsWideAsTheTerminal) {
    const auto widest = [](const char* columns) {
        std::istringstream help(run_ergon({"compare", "--help"}, "", {{"COLUMNS", columns}}).out);
        std::size_t most = 0;
        for (std::string line; std::getline(help, line);) {
            const bool breaks =
                !line.starts_with("  ") || line.starts_with(std::string(30, ' '));  // not names, examples
            if (breaks && !line.starts_with("Usage")) most = std::max(most, line.size());
        }
        return most;
    };
    EXPECT_LE(widest(""), 80u) << "in a pipe";
    EXPECT_GT(widest("100"), 90u);
    EXPECT_LE(widest("100"), 100u);
    EXPECT_GT(widest("300"), 110u);
    EXPECT_LE(widest("300"), 120u);
}

TEST(Program, ThreadsAreDecimalAndFewerThanProcessors) {
    for (const char* threads : {"0x3", "010x", "0", "1025", "two", ""}) {
        const Outcome outcome = run_ergon({"perplexity", fixture("scripted-plain"), "none.txt", "--threads", threads});
        EXPECT_EQ(outcome.exit_code, 2) << threads << outcome.err;
    }
    EXPECT_THAT(run_ergon({"perplexity", fixture("scripted-plain"), "none.txt", "--threads", "1000"}).err,
                HasSubstr("1000 threads are more than the "));
    EXPECT_THAT(run_ergon({"perplexity", fixture("scripted-plain"), "none.txt", "--threads", "1"}).err,
                ::testing::Not(HasSubstr("more than")));
}

TEST(Program, NumbersAreDecimalAndFinite) {
    const auto with_seed = [](const char* seed) { return run_ergon({"puzzles", "--count", "3", "--seed", seed}); };
    EXPECT_EQ(with_seed("010").out, with_seed("10").out);
    EXPECT_EQ(with_seed("000").out, with_seed("0").out);
    EXPECT_NE(with_seed("010").out, with_seed("8").out);
    for (const char* seed : {"0x10", "0b1", "1e3", "1.0", "", " 1", "1'000"})
        EXPECT_EQ(with_seed(seed).exit_code, 2) << seed;
    for (const char* seconds : {"nan", "inf", "-nan", "0x1p3", "", "1s"}) {
        const Outcome outcome = run_ergon({"meter", "--seconds", seconds});
        EXPECT_EQ(outcome.exit_code, 2) << seconds;
        EXPECT_THAT(outcome.err, HasSubstr("number")) << seconds;
    }
}

TEST(Program, WrongUseIsASentenceAndExitCode2) {
    const Outcome nothing = run_ergon({});
    EXPECT_EQ(nothing.exit_code, 2);
    EXPECT_THAT(nothing.err, HasSubstr("tokenize"));

    const Outcome unknown = run_ergon({"no-such-command"});
    EXPECT_EQ(unknown.exit_code, 2);
    EXPECT_EQ(unknown.err, "ergon: There is no command 'no-such-command'. Try 'ergon --help'.\n");

    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"no-such-command"},
                                                      {"tokenize"},
                                                      {"tokenize", "model", "--no-such-option"},
                                                      {"tokenize", "--ids", "--special", "model"},
                                                      {"--log-level", "loud", "tokenize", "model"}}) {
        const Outcome outcome = run_ergon(arguments);
        EXPECT_EQ(outcome.exit_code, 2) << ::testing::PrintToString(arguments);
        EXPECT_THAT(outcome.err, StartsWith("ergon: "));
        EXPECT_THAT(outcome.err, HasSubstr("--help'."));
        EXPECT_THAT(outcome.out, IsEmpty());
    }
}

TEST(Program, FailureIsASentenceAndExitCode1) {
    const Outcome outcome = run_ergon({"tokenize", "/no/such/model.gguf"}, "x");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.err, "ergon: There is no file or folder '/no/such/model.gguf'.\n");
    EXPECT_THAT(outcome.out, IsEmpty());
}

TEST(Program, LogLevelMayStandBeforeAndBehindTheCommand) {
    const std::string model = fixture("vocab/smollm2.gguf");
    EXPECT_EQ(run_ergon({"--log-level", "off", "tokenize", model}, "a").exit_code, 0);
    EXPECT_EQ(run_ergon({"tokenize", model, "--log-level", "error"}, "a").exit_code, 0);
}

TEST(Program, AReaderThatLeftIsNoFailure) {
    const Outcome outcome = run_ergon_into({.out = Sink::left}, {"tokenize", fixture("vocab/smollm2.gguf")}, "Hello");
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(ModelNames, AreLookedUpInTheCache) {
    const TemporaryFolder cache;
    std::filesystem::create_directories(cache.path() / "ergon" / "models");
    std::filesystem::create_symlink(fixture("vocab/smollm2.gguf"), cache.path() / "ergon" / "models" / "tiny.gguf");
    const Environment environment{{"XDG_CACHE_HOME", cache.path().string()}};
    for (const char* const name : {"tiny", "tiny.gguf"}) {
        const Outcome outcome = run_ergon({"tokenize", name}, "Hello", environment);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    }
    const Outcome unknown = run_ergon({"tokenize", "huge"}, "Hello", environment);
    EXPECT_EQ(unknown.exit_code, 1);
    EXPECT_THAT(unknown.err, HasSubstr("There is no model 'huge'"));
    EXPECT_THAT(unknown.err, HasSubstr("tiny"));
}

TEST(ModelNames, TheBeginningOfOneStandsForIt) {
    const TemporaryFolder cache;
    const std::filesystem::path models = cache.path() / "ergon" / "models";
    std::filesystem::create_directories(models);
    for (const char* name : {"tiny-one.gguf", "tiny-two.gguf", "other.gguf", "broken.gguf.part123"}) {
        std::filesystem::create_symlink(fixture("vocab/smollm2.gguf"), models / name);
    }
    const Environment environment{{"XDG_CACHE_HOME", cache.path().string()}};
    EXPECT_EQ(run_ergon({"tokenize", "oth"}, "Hello", environment).exit_code, 0);
    const Outcome several = run_ergon({"tokenize", "tiny"}, "Hello", environment);
    EXPECT_EQ(several.exit_code, 1);
    EXPECT_THAT(several.err, HasSubstr("tiny-one, tiny-two"));
    EXPECT_THAT(several.err, ::testing::Not(HasSubstr("part123")));
}

TEST(ModelNames, AnAddressIsNoFile) {
    const Outcome outcome = run_ergon({"inspect", "http://127.0.0.1:8080/v1#name"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("Servers are for ergon run, compare and eval."));
}

}  // namespace
}  // namespace ergon::cli
