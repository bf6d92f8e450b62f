// Models that are not whole, as a user meets them: a sentence and exit status 1, or what was left unused.

#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace ergon::cli {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

/// A model of 288 tokens with a tokenizer, whose files can be changed.
class SmallModel {
  public:
    SmallModel() {
        for (const std::string file : {"config.json", "model.safetensors"}) copy("mistral/" + file, file);
        copy("training-words/tokenizer.json", "tokenizer.json");
        copy("training-words/tokenizer_config.json", "tokenizer_config.json");
    }
    std::string path() const { return (folder_.path() / "model").string(); }
    std::string text() const {
        std::string text;
        for (int i = 0; i < 60; ++i) text += "one two three four ";
        return folder_.write("text.txt", text);
    }
    std::string ids(std::size_t count) const {
        return folder_.write("ids.json", json(std::vector<int>(count, 7)).dump());
    }
    std::string out() const { return (folder_.path() / "logits.safetensors").string(); }

    void copy(const std::string& from, const std::string& to) const {
        folder_.write("model/" + to, read_file(fixture(from)));
    }
    void configure(const std::string& key, const json& value) const {
        json config = json::parse(read_file(path() + "/config.json"));
        config[key] = value;
        folder_.write("model/config.json", config.dump());
    }
    /// Overwrites the first numbers of a BF16 tensor.
    void put_nan(const std::string& tensor) const {
        std::string bytes = read_file(path() + "/model.safetensors");
        std::uint64_t size = 0;
        std::memcpy(&size, bytes.data(), sizeof size);
        const json header = json::parse(bytes.substr(sizeof size, size));
        const std::size_t at = sizeof size + size + header[tensor]["data_offsets"][0].get<std::size_t>();
        bytes.replace(at, 2, "\xC0\x7F");
        folder_.write("model/model.safetensors", bytes);
    }

  private:
    TemporaryFolder folder_;
};

TEST(DamagedModel, WithoutNumbersGivesASentenceOnceAndNoFigure) {
    const SmallModel model;
    ASSERT_EQ(run_ergon({"perplexity", model.path(), model.text(), "--window", "64"}).exit_code, 0);
    model.put_nan("model.norm.weight");
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"perplexity", model.path(), model.text(), "--window", "64", "--threads", "1"},
          {"logits", model.path(), "--ids", model.ids(5), "--out", model.out()},
          {"run", model.path(), "--raw", "one two", "--max-tokens", "3", "--threads", "1"}}) {
        const Outcome outcome = run_ergon(arguments);
        EXPECT_EQ(outcome.exit_code, 1) << arguments[0];
        EXPECT_EQ(outcome.out, "") << arguments[0];
        EXPECT_THAT(outcome.err, AllOf(HasSubstr(model.path()), HasSubstr("infinite or NaN logits"))) << arguments[0];
        EXPECT_EQ(outcome.err.find("infinite or NaN logits"), outcome.err.rfind("infinite or NaN logits"))
            << arguments[0];
    }
    EXPECT_EQ(read_file(model.out()), "");
}

TEST(DamagedModel, LeftOverLayersAreRefusedOrSaid) {
    const SmallModel model;
    model.configure("num_hidden_layers", 1);
    const Outcome refused = run_ergon({"logits", model.path(), "--ids", model.ids(5), "--out", model.out()});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, AllOf(HasSubstr("model.layers.1."), HasSubstr("--allow-unused")));
    const Outcome allowed =
        run_ergon({"logits", model.path(), "--ids", model.ids(5), "--out", model.out(), "--allow-unused"});
    EXPECT_EQ(allowed.exit_code, 0);
    EXPECT_THAT(allowed.err, AllOf(HasSubstr("unused of its files: model.layers.1."), HasSubstr("others")));
    const Outcome figure = run_ergon(
        {"perplexity", model.path(), model.text(), "--window", "64", "--allow-unused", "--json", "--threads", "1"});
    ASSERT_EQ(figure.exit_code, 0) << figure.err;
    EXPECT_THAT(json::parse(figure.out)["unused"].get<std::vector<std::string>>(),
                Contains("model.layers.1.self_attn.q_proj.weight"));
}

TEST(DamagedModel, EveryCommandHasTheSameContext) {
    const SmallModel model;
    model.configure("sliding_window", 48);
    EXPECT_EQ(run_ergon({"logits", model.path(), "--ids", model.ids(48), "--out", model.out()}).exit_code, 0);
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"logits", model.path(), "--ids", model.ids(49), "--out", model.out()},
          {"perplexity", model.path(), model.text(), "--window", "49", "--threads", "1"},
          {"run", model.path(), "--raw", "one", "--context", "49", "--threads", "1"},
          {"profile", model.path(), "--prompt-tokens", "47", "--generate-tokens", "2", "--threads", "1"},
          {"bench", model.path(), "--prompt-tokens", "49", "--threads", "1"}}) {
        const Outcome outcome = run_ergon(arguments);
        EXPECT_EQ(outcome.exit_code, 2) << arguments[0] << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr("48")) << arguments[0];
    }
}

TEST(DamagedModel, ATokenizerMustNotKnowMoreThanTheModel) {
    const SmallModel model;
    model.copy("tokenizers/llama2.json", "tokenizer.json");
    const Outcome outcome = run_ergon({"run", model.path(), "--raw", "one"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("the tokenizer has"), HasSubstr("the model only 288")));
}

}  // namespace
}  // namespace ergon::cli
