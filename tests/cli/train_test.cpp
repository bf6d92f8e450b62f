// ergon train as a user meets it: it learns, it is killed and goes on, and what it made can be talked to.

#include <csignal>
#include <ctime>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/program.h"
#include "cli/small_recipe.h"

namespace ergon::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class Train : public ::testing::Test {
  protected:
    /// Sums below ten, and a small DeepSeek-V3 that learns them.
    Train() {
        std::string lines;
        for (int a = 0; a < 10; ++a) {
            for (int b = 0; b < 10; ++b) {
                lines += fmt::format("{{\"prompt\": \"{0}+{1}=\", \"thinking\": \"{0} {1}\", \"answer\": \"{2}\"}}\n",
                                     a, b, a + b);
            }
        }
        folder_.write("sums.jsonl", lines);
        recipe_ = folder_.write("sums.toml", fmt::format(R"(tokenizer = "{}"
{}mtp = true
[training]
steps = 60
batch_tokens = 800
learning_rate = 1e-2
warm_up = 10
decay_from = 40
initial_deviation = 0.06
[data]
files = ["sums.jsonl"]
style = "think"
[checkpoint]
every = 7
)",
                                                         fixture("training-words"), small_model));
    }
    Outcome train(const std::string& out, std::vector<std::string> more = {}) {
        std::vector<std::string> arguments{"train", recipe_, "--out", path(out)};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_ergon(arguments);
    }
    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
    static std::string content(const std::string& file) {
        std::ostringstream text;
        text << std::ifstream(file, std::ios::binary).rdbuf();
        return text.str();
    }
    /// "47,123"
    static std::string grouped(std::int64_t count) {
        std::string text = std::to_string(count);
        for (std::ptrdiff_t at = std::ssize(text) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), ",");
        return text;
    }
    /// Three hours of a grid from the one before this on.
    std::string grid(double grams) {
        std::string lines = "time,g/kWh\n";
        const std::time_t now = std::time(nullptr);
        for (int i = -1; i < 2; ++i) lines += fmt::format("{},{}\n", now + 3600 * i, grams);
        return folder_.write("grid.csv", lines);
    }
    TemporaryFolder folder_;
    std::string recipe_;
};

TEST_F(Train, LearnsAndTellsWhatItTook) {
    const Outcome outcome = train("run", {"--json"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("Memory: "));
    const json end = json::parse(outcome.out);
    EXPECT_EQ(end["ended"], "finished");
    EXPECT_EQ(end["steps"], 60);
    EXPECT_GT(end["joules"]["value"].get<double>(), 0);
    std::ifstream log(path("run/log.jsonl"));
    std::vector<json> lines;
    for (std::string line; std::getline(log, line);) lines.push_back(json::parse(line));
    ASSERT_EQ(lines.size(), 60u);
    EXPECT_LT(lines.back()["loss"], 0.5 * lines.front()["loss"].get<double>());
    double joules = 0;
    std::int64_t tokens = 0;
    for (const json& line : lines) {
        joules += line["joules"]["value"].get<double>();
        tokens += line["tokens"].get<std::int64_t>();
        EXPECT_LE(line["joules"]["low"], line["joules"]["value"]);
        EXPECT_GE(line["joules"]["high"], line["joules"]["value"]);
    }
    EXPECT_EQ(lines.front()["loads"].size(), 2u) << "a layer with experts and the MTP block";
    EXPECT_EQ(lines.front()["loads"][0].size(), 4u);
    EXPECT_EQ(end["page"], path("run/page.html"));
    EXPECT_THAT(content(path("run/page.html")), HasSubstr(fmt::format("In 60 steps, on {} tokens", grouped(tokens))));
    EXPECT_NEAR(joules, end["joules"]["value"].get<double>(), 1e-6 * joules) << "the lines add up to the total";
    EXPECT_EQ(tokens, end["tokens"]);

    const Outcome answer = run_ergon({"run", path("run/model"), "2+2=", "--json", "--max-tokens", "20"});
    ASSERT_EQ(answer.exit_code, 0) << answer.err;
    EXPECT_THAT(run_ergon({"inspect", path("run/model")}).out, HasSubstr("DeepseekV3ForCausalLM"));
}

TEST_F(Train, GoesOnAfterAKillWithTheSameBits) {
    for (const std::string precision : {"fp32", "bf16", "fp8"}) {
        SCOPED_TRACE(precision);
        const std::string set = "training.precision=" + precision;
        const std::string whole = precision + "-whole", killed = precision + "-killed";
        ASSERT_EQ(train(whole, {"--set", set}).exit_code, 0);
        const Outcome end = signal_ergon({"train", recipe_, "--out", path(killed), "--set", set}, SIGKILL,
                                         path(killed + "/checkpoint.safetensors"));
        ASSERT_EQ(end.exit_code, -1) << end.err;
        EXPECT_FALSE(std::filesystem::exists(path(killed + "/model")));
        const Outcome again = train(killed, {"--set", set, "--resume", "--threads", "1"});
        ASSERT_EQ(again.exit_code, 0) << again.err;
        EXPECT_EQ(content(path(killed + "/model/model.safetensors")),
                  content(path(whole + "/model/model.safetensors")));
        const std::string log = content(path(killed + "/log.jsonl"));
        EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 60);
        EXPECT_THAT(content(path(killed + "/page.html")), HasSubstr("In 60 steps")) << "all steps, of both pieces";
    }
}

TEST_F(Train, EndsAtEverySignalToEndWithACheckpoint) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        SCOPED_TRACE(signal);
        const std::string out = fmt::format("run{}", signal);
        const std::filesystem::path log = path(out + "/log.jsonl");
        const Outcome stopped = while_ergon_runs(
            {"train", recipe_, "--out", path(out), "--set", "training.steps=3000", "--set", "training.decay_from=2000"},
            log, [&](int process) {
                for (int tries = 0; tries < 10'000 && std::filesystem::file_size(log) == 0; ++tries) usleep(1000);
                kill(process, signal);
            });
        EXPECT_EQ(stopped.exit_code, 128 + signal) << stopped.err;
        EXPECT_THAT(stopped.out, HasSubstr("--resume continues from step"));
        EXPECT_TRUE(std::filesystem::exists(path(out + "/checkpoint.safetensors")));
        EXPECT_TRUE(std::filesystem::exists(path(out + "/page.html")));
    }
}

/// Its figures would be too small.
TEST_F(Train, ARunWhoseLogIsGoneDoesNotGoOn) {
    ASSERT_EQ(train("run", {}).exit_code, 0);
    const std::string log = content(path("run/log.jsonl"));
    std::filesystem::resize_file(path("run/log.jsonl"), log.find('\n') + 1);
    const Outcome on = train("run", {"--resume"});
    EXPECT_EQ(on.exit_code, 1);
    EXPECT_THAT(on.err, HasSubstr("log.jsonl ends with step 1, and the checkpoint is of step "));
    EXPECT_EQ(content(path("run/log.jsonl")), log.substr(0, log.find('\n') + 1)) << "nothing was changed";
}

TEST_F(Train, ALogWithAStepTwiceOrMissingIsRefused) {
    ASSERT_EQ(train("run", {}).exit_code, 0);
    const std::string log = content(path("run/log.jsonl"));
    const std::size_t second = log.find('\n') + 1;
    folder_.write("run/log.jsonl", log.substr(0, second) + log);
    const Outcome twice = train("run", {"--resume"});
    EXPECT_EQ(twice.exit_code, 1);
    EXPECT_THAT(twice.err, HasSubstr("log.jsonl: step 1 stands where step 2 is expected"));
    folder_.write("run/log.jsonl", log.substr(second));
    EXPECT_THAT(train("run", {"--resume"}).err, HasSubstr("step 2 stands where step 1 is expected"));
}

/// Stopped before a step was taken (the log is empty then), or after some: what is told is true.
TEST_F(Train, StoppedAsSoonAsItBeganItGoesOn) {
    const Outcome stopped = signal_ergon({"train", recipe_, "--out", path("run")}, SIGINT, path("run/log.jsonl"));
    EXPECT_EQ(stopped.exit_code, 128 + SIGINT) << stopped.err;
    const Outcome on = train("run", {"--resume"});
    EXPECT_EQ(on.exit_code, 0) << on.err;
    EXPECT_TRUE(std::filesystem::exists(path("run/model/model.safetensors")));
}

TEST_F(Train, OneProcessTrainsInAFolder) {
    const std::vector<std::string> long_run{
        "train", recipe_, "--out", path("run"), "--set", "training.steps=3000", "--set", "training.decay_from=2000"};
    const Outcome first = while_ergon_runs(long_run, path("run/log.jsonl"), [&](int process) {
        for (const bool resume : {false, true}) {
            std::vector<std::string> again = long_run;
            if (resume) again.emplace_back("--resume");
            const Outcome second = run_ergon(again);
            EXPECT_EQ(second.exit_code, 1);
            EXPECT_THAT(second.err, HasSubstr(fmt::format("is in use by process {} on ", process)));
        }
        kill(process, SIGKILL);
    });
    EXPECT_EQ(first.exit_code, -1) << first.err;
    EXPECT_TRUE(std::filesystem::exists(path("run/run.lock")));
    std::vector<std::string> resumed = long_run;
    resumed.emplace_back("--resume");
    const Outcome on = while_ergon_runs(resumed, path("run/run.lock"), [&](int process) {
        const auto holds = [&] {
            std::ostringstream text;
            text << std::ifstream(path("run/run.lock")).rdbuf();
            return text.str().find(std::to_string(process)) != std::string::npos;
        };
        for (int tries = 0; tries < 10'000 && !holds(); ++tries) usleep(1000);
        kill(process, SIGINT);
    });
    EXPECT_EQ(on.exit_code, 128 + SIGINT) << on.err << "a killed holder holds nothing";
    EXPECT_FALSE(std::filesystem::exists(path("run/run.lock")));
}

TEST_F(Train, GramsStandBesideTheJoulesWhereTheGridIsFollowed) {
    const Outcome outcome = train("run", {"--grid", grid(120), "--max-intensity", "150", "--json"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, Not(HasSubstr("paused")));
    const json end = json::parse(outcome.out);
    // Without a wait the schedule saves nothing.
    const double grams = end["joules"]["value"].get<double>() / 3.6e6 * 120;
    for (const char* which : {"grams", "unscheduled_grams"}) {
        EXPECT_NEAR(end["grid"][which]["value"].get<double>(), grams, 1e-9 * grams) << which;
        EXPECT_LT(end["grid"][which]["low"], end["grid"][which]["value"]);
    }
    EXPECT_EQ(end["grid"]["waited_seconds"], 0);
    std::ifstream log(path("run/log.jsonl"));
    std::string line;
    std::getline(log, line);
    const json first = json::parse(line);
    EXPECT_EQ(first["grid"]["grams_per_kwh"], 120);
    EXPECT_NEAR(first["grid"]["grams"]["value"].get<double>(), first["joules"]["value"].get<double>() / 3.6e6 * 120,
                1e-12);
    EXPECT_THAT(content(path("run/page.html")), HasSubstr("the same joules without the schedule"));
}

/// Interrupted while it waits, and going on by itself when the grid is clean: with the same bits.
TEST_F(Train, PausesWhileTheGridIsNotClean) {
    ASSERT_EQ(train("whole").exit_code, 0);
    const std::string file = grid(212);
    const Outcome stopped =
        signal_ergon({"train", recipe_, "--out", path("run"), "--grid", file, "--max-intensity", "150"}, SIGINT,
                     path("run/log.jsonl"));
    EXPECT_EQ(stopped.exit_code, 128 + SIGINT) << stopped.err;
    EXPECT_THAT(stopped.err, HasSubstr("paused: 212 g/kWh, waits for less than 150"));
    EXPECT_THAT(stopped.out, HasSubstr("--resume continues from step 0"));
    EXPECT_THAT(stopped.out, Not(HasSubstr("loss"))) << "there is none yet";
    const std::time_t now = std::time(nullptr);
    const std::string soon = folder_.write("soon.csv", fmt::format("{},300\n{},90\n", now - 9, now + 2));
    const Outcome on = train("run", {"--resume", "--grid", soon, "--max-intensity", "150"});
    ASSERT_EQ(on.exit_code, 0) << on.err;
    EXPECT_THAT(on.err, HasSubstr("paused: 300 g/kWh, waits for less than 150"));
    EXPECT_THAT(on.out, HasSubstr("the same joules without the schedule"));
    EXPECT_THAT(on.out, HasSubstr("Waited "));
    EXPECT_EQ(content(path("run/model/model.safetensors")), content(path("whole/model/model.safetensors")));
}

TEST_F(Train, AGridThatIsNotKnownIsASentence) {
    const std::string old = folder_.write("old.csv", "time,g/kWh\n2020-01-01T00:00Z,100\n");
    const Outcome ended = train("run", {"--grid", old, "--max-intensity", "150"});
    EXPECT_EQ(ended.exit_code, 1);
    EXPECT_THAT(ended.err, HasSubstr("to 2020-01-01T01:00Z"));
    EXPECT_FALSE(std::filesystem::exists(path("run"))) << "nothing was begun";
    EXPECT_THAT(train("run", {"--grid", "command:exit 7", "--max-intensity", "150"}).err,
                HasSubstr("failed (exit code 7)"));
    EXPECT_EQ(train("run", {"--grid", old}).exit_code, 2) << "--max-intensity is missing";
}

TEST_F(Train, HoldsThePowerByFewerThreadsWhereNoLimitCanBeSet) {
    const std::vector<std::string> short_run{"--set", "training.steps=1",      "--set",   "training.warm_up=0",
                                             "--set", "training.decay_from=1", "--sysfs", path("sys")};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), short_run.begin(), short_run.end());
        return more;
    };
    std::filesystem::create_directories(path("sys"));
    const Outcome many = train("many", with({"--max-watts", "10000"}));
    ASSERT_EQ(many.exit_code, 0) << many.err;
    EXPECT_THAT(many.err, HasSubstr("No power cap can be set here, so "));
    EXPECT_THAT(content(path("many/page.html")), HasSubstr("No power cap can be set here"));
    const Outcome none = train("none", with({"--max-watts", "0.01"}));
    EXPECT_EQ(none.exit_code, 2);
    EXPECT_THAT(none.err, HasSubstr("one thread takes an estimated"));

    const std::string limit =
        folder_.write("sys/class/powercap/intel-rapl:0/constraint_0_power_limit_uw", "45000000\n");
    folder_.write("sys/class/powercap/intel-rapl:0/name", "package-0\n");
    folder_.write("sys/class/powercap/intel-rapl:0/energy_uj", "1\n");
    const Outcome capped = train("capped", with({"--max-watts", "20"}));
    ASSERT_EQ(capped.exit_code, 0) << capped.err;
    EXPECT_THAT(capped.err, HasSubstr("package-0: 20 W (45 W before)"));
    EXPECT_EQ(content(limit), "45000000");
}

TEST_F(Train, FiguresOfEveryStepComeAsCsv) {
    const std::string csv = path("steps.csv");
    const Outcome outcome = train("run", {"--set", "training.steps=3", "--set", "training.warm_up=0", "--set",
                                          "training.decay_from=3", "--log-csv", csv});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    std::vector<std::string> lines;
    std::istringstream text(content(csv));
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_THAT(lines[0], ::testing::StartsWith("step,loss,accuracy,tokens,examples,learning_rate,gradient_norm,"));
    EXPECT_THAT(lines[0], HasSubstr(",joules.value,joules.unit,joules.low,joules.high,joules.method,"));
    EXPECT_THAT(lines[0], HasSubstr(",total_tokens,total_seconds,total_joules.value,"));
    std::istringstream log(content(path("run/log.jsonl")));
    for (std::size_t i = 1; i < lines.size(); ++i) {
        std::string entry;
        std::getline(log, entry);
        const json step = json::parse(entry);
        EXPECT_THAT(lines[i], ::testing::StartsWith(step["step"].dump() + "," + step["loss"].dump() + ","));
    }
    const Outcome same = train("other", {"--log-csv", recipe_});
    EXPECT_EQ(same.exit_code, 2) << same.err;
    EXPECT_EQ(train("other", {"--log-csv", path("no/such/folder/x.csv")}).exit_code, 1);
    EXPECT_FALSE(std::filesystem::exists(path("other"))) << "said before the work begins";
}

TEST_F(Train, WhatCannotBeginLeavesNoFolder) {
    const Outcome large =
        train("large", {"--set", "model.hidden_size=1048576", "--set", "model.intermediate_size=1048576"});
    EXPECT_EQ(large.exit_code, 1) << large.err;
    EXPECT_THAT(large.err, HasSubstr("of memory, but only"));
    EXPECT_FALSE(std::filesystem::exists(path("large")));
    folder_.write("sums.jsonl", "{\"prompt\": \"no answer\"}\n");
    const Outcome bad = train("bad");
    EXPECT_EQ(bad.exit_code, 1) << bad.err;
    EXPECT_FALSE(std::filesystem::exists(path("bad"))) << "data that cannot be read";
}

TEST_F(Train, WrongUseIsASentence) {
    const Outcome nothing = run_ergon(
        {"train", std::string(ERGON_SOURCE_DIR) + "/recipes/first.toml", "--set", "data.files=[\"none.jsonl\"]"});
    EXPECT_EQ(nothing.exit_code, 1);
    EXPECT_THAT(nothing.err,
                HasSubstr("which is not there. Make it first: make -C " ERGON_SOURCE_DIR "/recipes first\n"));
    EXPECT_EQ(run_ergon({"train", path("none.toml")}).exit_code, 1);
    const Outcome unknown = train("run", {"--set", "training.stpes=5"});
    EXPECT_EQ(unknown.exit_code, 2);
    EXPECT_THAT(unknown.err, HasSubstr("unknown key training.stpes; did you mean steps?"));
    EXPECT_EQ(train("run", {"--resume"}).exit_code, 2) << "there is nothing to go on from";
    ASSERT_EQ(
        train("run", {"--set", "training.steps=1", "--set", "training.warm_up=0", "--set", "training.decay_from=1"})
            .exit_code,
        0);
    const Outcome twice = train("run");
    EXPECT_EQ(twice.exit_code, 2);
    EXPECT_THAT(twice.err, HasSubstr("already has a run"));
    const Outcome other = train("run", {"--resume", "--set", "training.seed=9"});
    EXPECT_EQ(other.exit_code, 1);
    EXPECT_THAT(other.err, HasSubstr("another recipe"));
}

}  // namespace
}  // namespace ergon::cli
