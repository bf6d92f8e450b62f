// ergon train as a user meets it: it learns, it is killed and goes on, and what it made can be talked to.

#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "program.h"

namespace ergon::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

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
[model]
hidden_size = 48
num_hidden_layers = 2
max_position_embeddings = 64
num_attention_heads = 2
kv_lora_rank = 24
qk_nope_head_dim = 16
qk_rope_head_dim = 8
v_head_dim = 24
intermediate_size = 96
first_k_dense_replace = 1
n_routed_experts = 4
num_experts_per_tok = 2
n_shared_experts = 1
moe_intermediate_size = 24
mtp = true
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
                                                         fixture("training-words")));
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
    EXPECT_NEAR(joules, end["joules"]["value"].get<double>(), 1e-6 * joules) << "the lines add up to the total";
    EXPECT_EQ(tokens, end["tokens"]);

    const Outcome answer = run_ergon({"run", path("run/model"), "2+2=", "--json", "--max-tokens", "20"});
    ASSERT_EQ(answer.exit_code, 0) << answer.err;
    EXPECT_THAT(run_ergon({"inspect", path("run/model")}).out, HasSubstr("DeepseekV3ForCausalLM"));
}

TEST_F(Train, GoesOnAfterAKillWithTheSameBits) {
    ASSERT_EQ(train("whole").exit_code, 0);
    const Outcome killed =
        signal_ergon({"train", recipe_, "--out", path("killed")}, SIGKILL, path("killed/checkpoint.safetensors"));
    ASSERT_EQ(killed.exit_code, -1) << killed.err;
    EXPECT_FALSE(std::filesystem::exists(path("killed/model")));
    const Outcome again = train("killed", {"--resume", "--threads", "1"});
    ASSERT_EQ(again.exit_code, 0) << again.err;
    EXPECT_EQ(content(path("killed/model/model.safetensors")), content(path("whole/model/model.safetensors")));
    const std::string log = content(path("killed/log.jsonl"));
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 60);
}

TEST_F(Train, EndsAtAnInterruptWithACheckpoint) {
    const Outcome stopped =
        signal_ergon({"train", recipe_, "--out", path("run")}, SIGINT, path("run/checkpoint.safetensors"));
    EXPECT_EQ(stopped.exit_code, 0) << stopped.err;
    EXPECT_THAT(stopped.out, HasSubstr("--resume goes on from step"));
}

TEST_F(Train, WrongUseIsASentence) {
    EXPECT_EQ(run_ergon({"train", path("none.toml")}).exit_code, 1);
    const Outcome unknown = train("run", {"--set", "training.stpes=5"});
    EXPECT_EQ(unknown.exit_code, 2);
    EXPECT_THAT(unknown.err, HasSubstr("training.stpes is not a key"));
    EXPECT_EQ(train("run", {"--resume"}).exit_code, 2) << "there is nothing to go on from";
    ASSERT_EQ(
        train("run", {"--set", "training.steps=1", "--set", "training.warm_up=0", "--set", "training.decay_from=1"})
            .exit_code,
        0);
    const Outcome twice = train("run");
    EXPECT_EQ(twice.exit_code, 2);
    EXPECT_THAT(twice.err, HasSubstr("holds a run already"));
    const Outcome other = train("run", {"--resume", "--set", "training.seed=9"});
    EXPECT_EQ(other.exit_code, 1);
    EXPECT_THAT(other.err, HasSubstr("another recipe"));
}

}  // namespace
}  // namespace ergon::cli
