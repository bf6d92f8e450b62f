// stdout and stderr that are closed, full, or have lost their reader: every command ends by itself, with an exit code,
// and what was asked for in files is there.

#include <csignal>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <sstream>

#include "cli/program.h"
#include "cli/small_recipe.h"

namespace ergon::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr Sink failing_sinks[] = {Sink::closed, Sink::full, Sink::left};

const char* name_of(Sink sink) {
    constexpr const char* names[] = {"kept", "closed", "full", "left"};
    return names[static_cast<int>(sink)];
}

/// What the program's own help lists.
std::vector<std::string> commands_of_help() {
    std::istringstream help(run_ergon({"--help"}).out);
    std::vector<std::string> commands;
    bool listed = false;
    for (std::string line; std::getline(help, line);) {
        if (line.empty() || line[0] != ' ') listed = line.starts_with("Subcommands:");
        if (!listed || line.size() < 3 || line[2] == ' ' || !line.starts_with("  ")) continue;
        commands.push_back(line.substr(2, line.find(' ', 2) - 2));
    }
    return commands;
}

/// A use of a command: small, and with every file that it can write.
struct Use {
    std::vector<std::string> arguments;
    std::vector<std::string> files;  // that it writes into the folder `out`
};

class Outputs : public ::testing::Test {
  protected:
    Outputs() {
        std::string prompts;  // as many as plan needs
        for (int i = 0; i < 8; ++i) {
            prompts += i % 2 == 0 ? fmt::format(
                                        "{{\"id\": \"{}\", \"prompt\": \"What is the capital of France?\", \"answer\": "
                                        "\"Paris\", \"grader\": \"includes\"}}\n",
                                        i)
                                  : fmt::format("{{\"id\": \"{}\", \"prompt\": \"What is 2+2?\", \"answer\": 4}}\n", i);
        }
        folder_.write("prompts.jsonl", prompts);
        folder_.write("ids.json", "[1, 2, 3]");
        folder_.write("hi.json", "[{\"role\": \"user\", \"content\": \"Hi\"}]");
        std::string text;
        for (int i = 0; i < 60; ++i) text += "The quick brown fox jumps over the lazy dog. ";
        folder_.write("text.txt", text);
        folder_.write("sums.jsonl", "{\"prompt\": \"1+2=\", \"thinking\": \"1 2\", \"answer\": \"3\"}\n");
        folder_.write("sums.toml",
                      fmt::format("tokenizer = \"{}\"\n{}", fixture("training-words"), small_model) + R"([training]
steps = 2
batch_tokens = 100
learning_rate = 1e-2
warm_up = 1
decay_from = 1
[data]
files = ["sums.jsonl"]
style = "think"
)");
    }
    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
    std::string out(const std::string& name) const { return path("out/" + name); }
    std::vector<std::string> experiment(const std::string& command, std::vector<std::string> models) const {
        std::vector<std::string> arguments{command};
        for (const std::string& model : models) arguments.push_back(model);
        for (const char* word : {"--idle-seconds", "0", "--sessions", "1"}) arguments.emplace_back(word);
        return arguments;
    }
    static Use with_files(std::vector<std::string> arguments, const std::map<std::string, std::string>& options,
                          const std::string& folder) {
        Use use{std::move(arguments), {}};
        for (const auto& [option, file] : options) {
            use.arguments.insert(use.arguments.end(), {option, folder + "/" + file});
            use.files.push_back(file);
        }
        return use;
    }
    /// Of every command that there is.
    std::map<std::string, Use> uses() const {
        const std::string thinker = fixture("scripted-thinker"), plain = fixture("scripted-plain"),
                          small = fixture("llama-gqa");
        const auto with = [&](std::vector<std::string> arguments, const std::map<std::string, std::string>& options) {
            return with_files(std::move(arguments), options, path("out"));
        };
        std::vector<std::string> compare = experiment("compare", {thinker, plain}),
                                 eval = experiment("eval", {thinker});
        compare.insert(compare.end(), {"--prompts", path("prompts.jsonl")});
        eval.insert(eval.end(), {"--prompts", path("prompts.jsonl")});
        const std::map<std::string, std::string> findings{
            {"--html", "f.html"}, {"--json-out", "f.json"}, {"--csv-out", "f.csv"}};
        std::map<std::string, std::string> all = findings, report = findings;
        all["--results"] = "f.sqlite";
        report["--traces"] = "f.jsonl";
        return {
            {"bench", with({"bench", small, "--prompt-tokens", "8", "--generate-tokens", "2", "--batch", "1",
                            "--threads", "1", "--repeats", "1"},
                           {{"--json-out", "f.json"}})},
            {"compare", with(compare, all)},
            {"eval", with(eval, all)},
            {"inspect", with({"inspect", small}, {{"--json-out", "f.json"}})},
            {"logits", with({"logits", small, "--ids", path("ids.json")}, {{"--out", "f.safetensors"}})},
            {"meter", with({"meter", "--interval", "0.01"}, {{"--csv-out", "f.csv"}, {"--json-out", "f.json"}})},
            {"perplexity", with({"perplexity", plain, path("text.txt"), "--window", "64"}, {{"--json-out", "f.json"}})},
            {"plan", with({"plan", "jevons", path("kept.sqlite"), "--answers-per-day", "1000"},
                          {{"--html", "f.html"}, {"--json-out", "f.json"}})},
            {"profile", with({"profile", small, "--prompt-tokens", "4", "--generate-tokens", "2", "--threads", "1"},
                             {{"--html", "f.html"}, {"--json-out", "f.json"}})},
            {"puzzles", with({"puzzles", "--count", "300"}, {{"--json-out", "f.jsonl"}})},
            {"report", with({"report", path("kept.sqlite")}, report)},
            {"run", {{"run", thinker, "What is the capital of France?"}, {}}},
            {"template", {{"template", fixture("vocab/r1-distill-qwen.gguf"), "--messages", path("hi.json")}, {}}},
            {"tokenize", {{"tokenize", fixture("vocab/smollm2.gguf")}, {}}},
            {"train",
             {{"train", path("sums.toml"), "--out", out("run"), "--json-out", out("f.json")},
              {"f.json", "run/checkpoint.safetensors", "run/log.jsonl", "run/page.html", "run/model/config.json",
               "run/model/model.safetensors"}}},
            {"train-tokenizer",
             {{"train-tokenizer", path("text.txt"), "--vocab", "280", "--out", out("words"), "--json-out",
               out("f.json")},
              {"f.json", "words/tokenizer.json"}}},
        };
    }
    /// What plan and report read.
    void keep_a_run() const {
        std::vector<std::string> arguments =
            experiment("compare", {fixture("scripted-thinker"), fixture("scripted-plain")});
        arguments.insert(arguments.end(), {"--prompts", path("prompts.jsonl"), "--results", path("kept.sqlite")});
        ASSERT_EQ(run_ergon(arguments).exit_code, 0);
    }
    Outcome use(const Use& one, const Sinks& sinks) const {
        fs::remove_all(path("out"));
        fs::create_directories(path("out"));
        return run_ergon_into(sinks, one.arguments, "Hello");
    }
    void expect_files(const Use& one) const {
        for (const std::string& file : one.files) {
            EXPECT_TRUE(fs::exists(out(file)) && fs::file_size(out(file)) > 0) << file << " is missing";
        }
        for (const auto& entry : fs::recursive_directory_iterator(path("out"))) {
            EXPECT_EQ(entry.path().string().find(".part"), std::string::npos) << entry.path();
        }
    }

    TemporaryFolder folder_;
};

TEST_F(Outputs, WhateverBecomesOfThemEveryCommandEndsByItselfAndWritesItsFiles) {
    keep_a_run();
    const std::map<std::string, Use> all = uses();
    const std::vector<std::string> commands = commands_of_help();
    ASSERT_GE(commands.size(), 16u);
    for (const std::string& command : commands) {
        if (command == "serve") continue;  // does not end by itself: test_serve.py
        ASSERT_TRUE(all.contains(command)) << "a new command: say how it is used here";
        const Use& one = all.at(command);
        Use plain = one;
        if (command == "meter") plain.arguments.insert(plain.arguments.end(), {"--", "echo", "metered"});
        const Outcome usual = use(plain, {});
        ASSERT_EQ(usual.exit_code, 0) << command << ": " << usual.err;
        expect_files(one);
        for (const Sink sink : failing_sinks) {
            SCOPED_TRACE(command + " with what is " + name_of(sink));
            const Outcome unheard = use(plain, {.err = sink});
            EXPECT_EQ(unheard.exit_code, 0);
            expect_files(one);
            // A result that nobody could have is a failure, unless its reader left; a metered command's output is its
            // own.
            const bool failed = sink != Sink::left && !usual.out.empty() && command != "meter";
            const Outcome lost = use(plain, {.out = sink});
            if (command == "meter") {
                EXPECT_THAT(lost.exit_code, ::testing::AnyOf(0, 1, 128 + SIGPIPE)) << "echo's own";
            } else {
                EXPECT_EQ(lost.exit_code, failed ? 1 : 0) << lost.err;
            }
            EXPECT_THAT(lost.err,
                        ::testing::Conditional(failed, HasSubstr("ergon: cannot write to stdout: "), ::testing::_));
            expect_files(one);
            EXPECT_EQ(use(plain, {sink, sink}).exit_code, command == "meter" ? lost.exit_code : failed ? 1 : 0);
            expect_files(one);
        }
    }
}

TEST_F(Outputs, HelpAndVersionThatNobodyCouldReadAreFailures) {
    std::vector<std::vector<std::string>> all{{"--help"}, {"--version"}};
    for (const std::string& command : commands_of_help()) all.push_back({command, "--help"});
    for (const auto& arguments : all) {
        SCOPED_TRACE(arguments[0]);
        EXPECT_EQ(run_ergon_into({.out = Sink::closed}, arguments).exit_code, 1);
        EXPECT_EQ(run_ergon_into({.out = Sink::left}, arguments).exit_code, 0);
        EXPECT_EQ(run_ergon_into({.err = Sink::full}, arguments).exit_code, 0);
        const Outcome full = run_ergon_into({.out = Sink::full}, arguments);
        EXPECT_EQ(full.exit_code, 1);
        EXPECT_EQ(full.err, "ergon: cannot write to stdout: No space left on device.\n");
    }
}

TEST_F(Outputs, ASentenceThatNobodyHearsLeavesTheExitCodeAsItIs) {
    for (const Sink sink : failing_sinks) {
        SCOPED_TRACE(name_of(sink));
        EXPECT_EQ(run_ergon_into({.err = sink}, {}).exit_code, 2);
        EXPECT_EQ(run_ergon_into({.err = sink}, {"no-such-command"}).exit_code, 2);
        EXPECT_EQ(run_ergon_into({.err = sink}, {"inspect", "/no/such/file"}).exit_code, 1);
        EXPECT_EQ(
            run_ergon_into({.err = sink}, {"run", fixture("scripted-plain"), "x", "--log-level", "trace"}).exit_code,
            0);
        EXPECT_EQ(run_ergon_into({.err = sink}, {"meter", "--", "/no/such/program"}).exit_code, 127);
    }
}

/// The shell's own descriptor would be what the next open() gives.
TEST_F(Outputs, NoFileTakesThePlaceOfAClosedDescriptor) {
    const std::string words = fmt::format("exec '{}' logits '{}' --ids '{}' --out '{}' --log-level trace",
                                          ERGON_PROGRAM, fixture("llama-gqa"), path("ids.json"), path("f.safetensors"));
    const auto written_with = [&](const std::string& closed) {
        fs::remove(path("f.safetensors"));
        const std::string shell = fmt::format("({} {}) >'{}' 2>&1; echo $?", words, closed, path("said"));
        std::FILE* pipe = popen(shell.c_str(), "r");
        char code[16]{};
        EXPECT_NE(std::fgets(code, sizeof code, pipe), nullptr);
        pclose(pipe);
        EXPECT_EQ(std::string(code), "0\n") << closed;
        return read_file(path("f.safetensors"));
    };
    const std::string usual = written_with("");
    ASSERT_FALSE(usual.empty());
    for (const char* closed : {"<&-", ">&-", "2>&-", "<&- >&- 2>&-", "<&- 2>&-"})
        EXPECT_EQ(written_with(closed), usual) << closed;
}

TEST_F(Outputs, AFileThatMayNotGrowIsASentence) {
    const auto limited = [&](const std::string& command, const std::string& more) {
        const std::string said = path("said");
        const std::string shell =
            fmt::format("ulimit -f 2; '{}' {} >/dev/null 2>'{}'; echo $?", ERGON_PROGRAM, command + more, said);
        std::FILE* pipe = popen(shell.c_str(), "r");
        char code[16]{};
        EXPECT_NE(std::fgets(code, sizeof code, pipe), nullptr);
        pclose(pipe);
        EXPECT_EQ(std::string(code), "1\n") << command << read_file(said);
        return read_file(said);
    };
    EXPECT_THAT(limited("logits",
                        fmt::format(" '{}' --ids '{}' --out '{}'", fixture("llama-gqa"), path("ids.json"), path("f"))),
                HasSubstr("File too large"));
    EXPECT_FALSE(fs::exists(path("f")));
    EXPECT_THAT(
        limited("eval", fmt::format(" '{}' --prompts '{}' --results '{}'", fixture("scripted-plain"),
                                    path("prompts.jsonl"), path("f.sqlite"))),
        AnyOf(HasSubstr("disk I/O error (File too large)"),
              HasSubstr("disk I/O error (a write failed: the disk may be full, or the size of files limited)")));
}

/// The threads that compute would be the first to ask for the kernels, and nobody catches what they throw.
TEST_F(Outputs, KernelsThatThisProcessorLacksAreToldBeforeThreadsStart) {
    const std::string shell =
        fmt::format("ERGON_ISA=x '{}' train '{}' 2>&1; echo $?", ERGON_PROGRAM, path("none.toml"));
    std::FILE* pipe = popen(shell.c_str(), "r");
    std::string said;
    for (char block[256]; std::fgets(block, sizeof block, pipe) != nullptr;) said += block;
    pclose(pipe);
    EXPECT_THAT(said, HasSubstr("ERGON_ISA=x is not an instruction set"));
    EXPECT_TRUE(said.ends_with("2\n")) << said;
}

TEST_F(Outputs, ATinyStackIsASentenceAndAMebibyteIsEnough) {
    std::ofstream(path("words.txt")) << std::string(100'000, '[') << " some words";
    const auto limited = [&](int kib) {
        const std::string shell = fmt::format("ulimit -s {}; '{}' tokenize '{}' <'{}' 2>&1 >/dev/null; echo $?", kib,
                                              ERGON_PROGRAM, fixture("vocab/smollm2.gguf"), path("words.txt"));
        std::FILE* pipe = popen(shell.c_str(), "r");
        std::string said;
        for (char block[256]; std::fgets(block, sizeof block, pipe) != nullptr;) said += block;
        pclose(pipe);
        return said;
    };
    EXPECT_EQ(limited(64), "ergon: The stack is limited to 64 KiB (ulimit -s), and ergon needs 1024 KiB.\n1\n");
    EXPECT_EQ(limited(1024), "0\n");
}

}  // namespace
}  // namespace ergon::cli
