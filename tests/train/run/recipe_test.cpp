// Recipes: what they say is what is done; what is wrong in them is said with line, key and what is allowed.

#include "train/run/recipe.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/temporary_directory.h"

namespace ergon::train {
namespace {

using base::ErrorCode;
using test::expect_error;

constexpr const char* good = R"(tokenizer = "words"
[model]
hidden_size = 64
num_hidden_layers = 2
max_position_embeddings = 128
num_attention_heads = 4
kv_lora_rank = 32
qk_nope_head_dim = 16
qk_rope_head_dim = 8
v_head_dim = 16
n_routed_experts = 8
num_experts_per_tok = 2
moe_intermediate_size = 24
mtp = true
[training]
steps = 50
batch_tokens = 1000
learning_rate = 1e-3
[data]
files = ["a.jsonl", "b.jsonl"]
style = "think"
)";

class RecipeFile : public testing::Test {
  protected:
    Recipe read(const std::string& text, const std::vector<std::string>& settings = {}) {
        return read_recipe(folder_.write("small.toml", text), settings);
    }
    void expect_refused(const std::string& text, const std::string& sentence,
                        ErrorCode code = ErrorCode::bad_argument) {
        expect_error(code, sentence, [&] { read(text); });
    }
    test::TemporaryDirectory folder_;
};

/// `good` with one line put in place of another.
std::string with(const std::string& line, const std::string& other) {
    std::string text = good;
    const std::size_t at = text.find(line);
    EXPECT_NE(at, std::string::npos) << line;
    return text.replace(at, line.size(), other);
}

TEST_F(RecipeFile, AMisspeltKeyIsNamedAndNotTheOneThatItStandsFor) {
    const auto misspelt = [&](const std::string& key, const std::string& typed, const std::string& sentence) {
        expect_refused(with("\n" + key + " =", "\n" + typed + " ="), sentence + "; did you mean " + key + "?");
    };
    misspelt("learning_rate", "learning_rat", "line 18: unknown key training.learning_rat");
    misspelt("batch_tokens", "batch_tokns", "line 17: unknown key training.batch_tokns");
    misspelt("steps", "setps", "line 16: unknown key training.setps");
    misspelt("hidden_size", "hiden_size", "line 3: unknown key model.hiden_size");
    misspelt("qk_nope_head_dim", "qk_noppe_head_dim", "line 8: unknown key model.qk_noppe_head_dim");
    misspelt("num_experts_per_tok", "n_experts_per_tok", "line 12: unknown key model.n_experts_per_tok");
    misspelt("mtp", "mpt", "line 14: unknown key model.mpt");
    misspelt("files", "flies", "line 20: unknown key data.flies");
    expect_refused(std::string("tokeniser") + std::string(good).substr(9),
                   "line 1: unknown key tokeniser; did you mean tokenizer?");
    expect_refused(with("qk_nope_head_dim = 16\n", ""), "model.qk_nope_head_dim is missing");
}

TEST_F(RecipeFile, WhatItReadsMustBeThereAndAMakefileMayMakeIt) {
    const auto refused = [&](const std::string& sentence) {
        const Recipe recipe = read(good);
        expect_error(ErrorCode::not_found, sentence, [&] { check_inputs_exist(recipe); });
    };
    refused("small.toml reads " + (folder_.path() / "words").string() + ", which is not there.");
    std::filesystem::create_directory(folder_ / "words");
    folder_.write("a.jsonl", "");
    refused("small.toml reads " + (folder_.path() / "b.jsonl").string() + ", which is not there.");
    folder_.write("Makefile", "all: small\nsmall: words\n");
    refused("which is not there. Make it first: make -C " + folder_.path().string() + " small");
    folder_.write("Makefile", "all:\n");
    refused("which is not there. " + (folder_.path() / "Makefile").string() + " may say how it is made.");
    folder_.write("b.jsonl", "");
    check_inputs_exist(read(good));
}

TEST_F(RecipeFile, TakesDownEverySettingWithItsValue) {
    const Recipe r = read(good, {"training.steps=7"});
    const auto value = [&](const std::string& key) {
        const auto found = std::ranges::find(r.settings, key, &Setting::key);
        return found == r.settings.end() ? "none" : found->value + (found->given ? " given" : "");
    };
    EXPECT_EQ(value("tokenizer"), "words given");
    EXPECT_EQ(value("model.hidden_size"), "64 given");
    EXPECT_EQ(value("model.mtp"), "true given");
    EXPECT_EQ(value("model.scoring_func"), "sigmoid");
    EXPECT_EQ(value("training.steps"), "7 given");
    EXPECT_EQ(value("training.weight_decay"), "0.1");
    EXPECT_EQ(value("data.files"), "a.jsonl, b.jsonl given");
    EXPECT_EQ(value("checkpoint.every"), "100");
}

TEST_F(RecipeFile, SaysWhatIsDone) {
    const Recipe r = read(good);
    EXPECT_EQ(r.architecture.config.architecture, model::Architecture::deepseek2);
    EXPECT_EQ(r.architecture.config.n_routed_experts, 8);
    EXPECT_EQ(r.architecture.config.topk_method, model::TopkMethod::noaux_tc);
    EXPECT_TRUE(r.architecture.config.norm_topk_prob);
    EXPECT_TRUE(r.architecture.mtp);
    EXPECT_EQ(r.trainer.schedule.steps, 50);
    EXPECT_EQ(r.trainer.document, 128);
    EXPECT_EQ(r.trainer.micro_tokens, 1000);
    EXPECT_FLOAT_EQ(r.trainer.mtp_factor, 0.3f);
    EXPECT_FLOAT_EQ(r.trainer.balance.bias_step, 0.001f);
    EXPECT_EQ(r.data.files.size(), 2u);
    EXPECT_EQ(r.data.files[1], folder_ / "b.jsonl");
    EXPECT_EQ(r.tokenizer, folder_ / "words");
    EXPECT_TRUE(r.data.thinking);
}

TEST_F(RecipeFile, SettingsStandOverTheFile) {
    const Recipe r =
        read(good, {"training.steps=7", "data.style=direct", "training.seed = 3", "balance.bias_step=0.01"});
    EXPECT_EQ(r.trainer.schedule.steps, 7);
    EXPECT_EQ(r.seed, 3u);
    EXPECT_FALSE(r.data.thinking);
    EXPECT_FLOAT_EQ(r.trainer.balance.bias_step, 0.01f);
    expect_error(ErrorCode::bad_argument, "expected KEY=VALUE", [&] { read(good, {"training.steps"}); });
    expect_error(ErrorCode::bad_argument, "training.steps is 0; expected a whole number of at least 1",
                 [&] { read(good, {"training.steps=0"}); });
}

TEST_F(RecipeFile, Precision) {
    EXPECT_EQ(read(good).architecture.precision, Precision::fp32);
    EXPECT_EQ(read(good, {"training.precision=bf16"}).architecture.precision, Precision::bf16);
    const Recipe r = read(good, {"training.precision=fp8"});
    EXPECT_EQ(r.architecture.precision, Precision::fp8);
    EXPECT_NE(r.fingerprint, read(good).fingerprint);
    expect_error(ErrorCode::bad_argument, "training.precision is 'fp16'; expected one of: fp32, bf16, fp8",
                 [&] { read(good, {"training.precision=fp16"}); });
    EXPECT_EQ(read(good, {"training.beta2=0.999"}).trainer.adamw.beta2, 0.999);
    expect_error(ErrorCode::bad_argument, "training.beta2 is 0.999; expected a number from 0 to 0.99", [&] {
        read(good, {"training.precision=bf16", "training.beta2=0.999"});
    });
}

/// The fingerprint tells recipes apart that learn something else, and only those.
TEST_F(RecipeFile, TheFingerprintIsOfWhatIsLearnt) {
    const std::uint64_t fingerprint = read(good).fingerprint;
    EXPECT_EQ(read(std::string(good) + "[checkpoint]\nevery = 3\n").fingerprint, fingerprint);
    EXPECT_EQ(read("# a remark\n" + std::string(good)).fingerprint, fingerprint);
    EXPECT_NE(read(good, {"training.seed=1"}).fingerprint, fingerprint);
    EXPECT_NE(read(with("hidden_size = 64", "hidden_size = 96")).fingerprint, fingerprint);
}

TEST_F(RecipeFile, MistakesAreNamedWithLineKeyAndRemedy) {
    expect_refused(with("hidden_size = 64", "hidden_size = \"64\""),
                   "line 3: model.hidden_size is '64'; expected a whole number from 1 to");
    expect_refused(with("hidden_size = 64\n", ""), "model.hidden_size is missing");
    expect_refused(with("mtp = true", "colour = true"),
                   "line 14: unknown key model.colour; expected one of from, architecture, ");
    expect_refused(with("num_experts_per_tok = 2", "num_experts_per_tok = 9"),
                   "line 12: model.num_experts_per_tok is 9; expected a whole number from 1 to 8");
    expect_refused(with("qk_rope_head_dim = 8", "qk_rope_head_dim = 7"), "expected an even number");
    expect_refused(with("style = \"think\"", "style = \"thick\""),
                   "data.style is 'thick'; expected one of: direct, think");
    expect_refused(with("files = [\"a.jsonl\", \"b.jsonl\"]", "files = [1]"), "expected a list of quoted strings");
    expect_refused(with("learning_rate = 1e-3", "learning_rate = nan"),
                   "training.learning_rate is nan; expected a number from 0 to 10");
    expect_refused(with("steps = 50", "steps = "), "small.toml: line 16: ", ErrorCode::bad_file);
    expect_refused(std::string(good) + "[trainin]\n", "line 22: unknown key trainin; did you mean training?");
    expect_error(ErrorCode::not_found, "none.toml", [&] { read_recipe(folder_ / "none.toml", {}); });
}

TEST_F(RecipeFile, WhatDoesNotGoTogetherIsRefused) {
    const std::string without = with("mtp = true\n", "");
    EXPECT_EQ(read(without).trainer.mtp_factor, 0);
    expect_error(ErrorCode::bad_argument, "training.mtp_factor is 0.3; the model has no block",
                 [&] { read(without, {"training.mtp_factor=0.3"}); });
    expect_error(ErrorCode::bad_argument, "balance.bias_step is 0.1; only experts", [&] {
        read(good, {"balance.bias_step=0.1", "model.topk_method=greedy"});
    });
    const Recipe counted = read(with("batch_tokens = 1000", "batch_examples = 32"));
    EXPECT_EQ(counted.trainer.batch_examples, 32);
    expect_error(ErrorCode::bad_argument, "give it or batch_tokens, not both",
                 [&] { read(good, {"training.batch_examples=32"}); });
    expect_refused(with("batch_tokens = 1000\n", ""), "training.batch_tokens is missing; give it, or batch_examples");
    expect_error(ErrorCode::bad_argument, "the topk_group groups do not have", [&] {
        read(good, {"model.n_group=8", "model.topk_group=1"});
    });
}

TEST_F(RecipeFile, OtherThanOneKeyIsNotSet) {
    for (const char* setting :
         {"# training.steps=3", "[training]\n[model]\nx=1", "[training]\n[training.a]\n#=1", "=1", "a b=1"}) {
        expect_error(ErrorCode::bad_argument, std::string("--set ") + setting, [&] { read(good, {setting}); });
    }
    expect_error(ErrorCode::bad_argument, "training.steps", [&] { read(good, {"training={steps=0, warm_up=0}"}); });
}

// Tables in tables are freed by recursion.
TEST_F(RecipeFile, KeysAreOfFewParts) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += "a.";
    for (const std::string& text :
         {deep + "b = 1", "[" + deep + "b]\n", "x = 'a' # y\n\"a\"." + deep + "b = 1", "x = {" + deep + "b = 1}",
          "x = '''\n'\n'''\n" + deep + "b = 1", "x = \"a\\\"\"\n" + deep + "b = 1"}) {
        expect_error(ErrorCode::bad_file, "a key of more than 64 parts", [&] { read(text); });
    }
    expect_error(ErrorCode::bad_file, "a key of more than 64 parts", [&] { read(good, {deep + "b=1"}); });
    // Dots elsewhere are no keys.
    const std::string dots(1000, '.');
    EXPECT_NO_THROW(read("# " + dots + "\n" + good + "\n# " + dots));
    expect_error(ErrorCode::bad_argument, "unknown key note; expected one of ",
                 [&] { read("note = [\"" + dots + "\", '" + dots + "']\n" + good); });
}

TEST_F(RecipeFile, StretchedFrequenciesAreRefused) {
    folder_.write("config.json", R"({"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 300,
        "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
        "max_position_embeddings": 128, "rms_norm_eps": 1e-6, "rope_theta": 10000,
        "rope_scaling": {"type": "linear", "factor": 2.0}})");
    expect_refused("[model]\nfrom = \".\"\n[training]\nsteps = 6\nlearning_rate = 1e-4\nbatch_tokens = 64\n",
                   "model.from is '.'; it scales its rotary frequencies");
}

/// The recipes that ship can be followed: they are read, and what they train can be laid out.
TEST_F(RecipeFile, ThoseThatShipCanBeFollowed) {
    const std::filesystem::path recipes = std::filesystem::path(ERGON_SOURCE_DIR) / "recipes";
    for (const char* ffn : {"model.intermediate_size=512", "model.n_routed_experts=12"}) {
        std::vector<std::string> settings{ffn, "data.style=think"};
        if (std::string(ffn).find("experts") != std::string::npos) {
            settings.insert(settings.end(), {"model.num_experts_per_tok=3", "model.moe_intermediate_size=128"});
        }
        Recipe r = read_recipe(recipes / "sft.toml", settings);
        r.architecture.config.vocab_size = 1536;
        EXPECT_GT(memory_of(r.architecture, r.trainer).total(), base::Bytes(0));
    }
    Recipe r = read_recipe(recipes / "balance.toml", {});
    r.architecture.config.vocab_size = 1536;
    EXPECT_GT(memory_of(r.architecture, r.trainer).total(), base::Bytes(0));
}

TEST_F(RecipeFile, ReinforcementLearningBeginsWithWhatWasLearnt) {
    folder_.write("config.json", R"({"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 300,
        "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "max_position_embeddings": 128, "rms_norm_eps": 1e-6, "rope_theta": 10000})");
    const std::string text =
        "[model]\nfrom = \".\"\n[training]\nsteps = 6\nlearning_rate = 1e-4\n[data]\nfiles = [\"p.jsonl\"]\n"
        "style = \"think\"\n[grpo]\nproblems = 4\ngroup = 3\nupdates = 2\nreference_every = 3\ntoken_cost = "
        "0.01\n[export]\ngguf = "
        "\"q8_0\"\n";
    const Recipe r = read(text);
    EXPECT_EQ(r.architecture.config.hidden_size, 64);
    EXPECT_EQ(r.initial, folder_ / ".");
    EXPECT_EQ(r.tokenizer, r.initial);
    ASSERT_TRUE(r.grpo);
    EXPECT_EQ(r.grpo->problems, 4);
    EXPECT_EQ(r.grpo->rollout.group, 3);
    EXPECT_EQ(r.grpo->rollout.document, 128);
    EXPECT_TRUE(r.grpo->rollout.thinking);
    EXPECT_DOUBLE_EQ(r.grpo->reward.token_cost, 0.01);
    EXPECT_DOUBLE_EQ(r.trainer.policy.kl, 0.001);
    EXPECT_EQ(r.exported.gguf, tensor::DType::q8_0);
    EXPECT_EQ(r.trainer.mtp_factor, 0);
    EXPECT_FALSE(read(good).grpo);
    const auto refused = [&](const std::string& setting, const std::string& sentence) {
        expect_error(ErrorCode::bad_argument, sentence, [&] { read(text, {setting}); });
    };
    refused("grpo.updates=4", "grpo.updates is 4; expected a divisor of training.steps");
    refused("grpo.kl=0", "grpo.reference_every is 3; with kl = 0 there is no reference");
    refused("grpo.group=1", "grpo.group is 1; expected a whole number from 2 to");
    refused("grpo.joule_cost=1", "grpo.joules_per_byte is missing; it has no default");
    refused("model.hidden_size=3", "unknown key model.hidden_size; expected one of from, mtp");
    refused("model.mtp=true", "model.mtp is true; the model at model.from has no block for multi-token prediction");
    refused("training.decay_from=9",
            "training.decay_from is 9; expected a step from training.warm_up, 0, to "
            "training.steps, 6");
    refused("export.mtp=true", "export.mtp is true; the model has no block");
    refused("export.gguf=q4_0", "export.gguf is 'q4_0'; expected one of: none, f32, f16, q8_0");
}

}  // namespace
}  // namespace ergon::train
