// Files whose tensors do not fit their configuration, and what weights take in memory.

#include <cstring>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <unistd.h>

#include "base/error.h"
#include "base/expect_error.h"
#include "base/json/json.h"
#include "formats/gguf.h"
#include "formats/gguf_writer.h"
#include "formats/safetensors.h"
#include "model/fixture.h"
#include "model/gguf_copy.h"

namespace ergon {
namespace {

namespace fs = std::filesystem;
using tensor::DType;
using tensor::TensorView;
using testing::AllOf;
using testing::HasSubstr;

/// A copy of a fixture whose tensors can be changed.
class Binding : public testing::Test {
  protected:
    ~Binding() override { fs::remove_all(folder_); }

    void start(const std::string& fixture) {
        fs::remove_all(folder_);
        fs::create_directories(folder_);
        fs::copy(test::fixture_path(fixture) / "config.json", folder_ / "config.json");
        source_ = formats::Safetensors::open_folder(test::fixture_path(fixture));
        tensors_ = source_.tensors();
    }
    TensorView& tensor(const std::string& name) {
        for (TensorView& one : tensors_) {
            if (one.name == name) return one;
        }
        throw std::runtime_error("no tensor " + name);
    }
    void erase(const std::string& name) {
        std::erase_if(tensors_, [&](const TensorView& one) { return one.name == name; });
    }
    void configure(const std::string& key, const base::Json& value) {
        base::Json config = base::read_json(folder_ / "config.json");
        config[key] = value;
        std::ofstream(folder_ / "config.json") << config.dump();
    }
    std::unique_ptr<model::Model> load(bool allow_unused = false) {
        fs::remove(folder_ / "model.safetensors");
        formats::write_safetensors(folder_ / "model.safetensors", tensors_);
        return model::load(folder_, {.allow_unused = allow_unused}, pool_);
    }
    std::string error() {
        try {
            load();
            return "";
        } catch (const base::Error& error) {
            return error.what();
        }
    }

    fs::path folder_ = fs::temp_directory_path() / ("ergon-binding-" + std::to_string(::getpid()));
    formats::Safetensors source_;
    std::vector<TensorView> tensors_;
    std::vector<std::byte> bytes_;
    base::ThreadPool pool_{1};
};

TEST_F(Binding, NamesTheTensorThatIsNotUsed) {
    start("llama-gqa");
    configure("num_hidden_layers", 1);
    const std::string sentence = error();
    EXPECT_THAT(sentence,
                AllOf(HasSubstr(folder_.string()), HasSubstr("model.layers.1."), HasSubstr("--allow-unused")));
    const auto model = load(true);
    EXPECT_EQ(model->unused().size(), 18U);  // nine tensors of each layer
    EXPECT_THAT(model->unused(), testing::Contains("model.layers.2.mlp.up_proj.weight"));

    start("deepseek-v3");
    configure("n_shared_experts", nullptr);
    EXPECT_THAT(error(), HasSubstr("shared_experts"));
    start("deepseek-v3");  // without it a softmax would score the experts, and choose them by no bias
    configure("topk_method", "greedy");
    EXPECT_THAT(error(), HasSubstr("mlp.gate.e_score_correction_bias"));
    start("llama-gqa");
    tensor("model.layers.1.self_attn.q_proj.weight").name = "model.layers.1.self_attn.q_proj.bias";
    EXPECT_THAT(error(), HasSubstr("self_attn.q_proj"));
    start("qwen2");
    tensor("model.layers.1.self_attn.q_proj.bias").name += "es";
    EXPECT_THAT(error(), HasSubstr("model.layers.1.self_attn.q_proj.bias is missing"));
}

TEST_F(Binding, BlocksBehindTheLayersAreForMultiTokenPredictionOnly) {
    start("training-v3");
    EXPECT_EQ(error(), "");
    EXPECT_TRUE(load()->unused().empty());
    configure("num_hidden_layers", 1);
    EXPECT_THAT(error(), HasSubstr("model.layers.1."));
}

TEST_F(Binding, ATiedHeadMayBeStoredWithTheSameNumbers) {
    start("qwen2");
    TensorView head = tensor("model.embed_tokens.weight");
    head.name = "lm_head.weight";
    tensors_.push_back(head);
    EXPECT_EQ(error(), "");
    bytes_.assign(head.bytes.begin(), head.bytes.end());
    bytes_[100] ^= std::byte{1};
    tensors_.back().bytes = bytes_;
    EXPECT_THAT(error(), HasSubstr("lm_head.weight"));
}

TEST_F(Binding, HalvesAreOfOneKind) {
    start("mistral");
    tensor("model.layers.1.mlp.up_proj.weight").type = DType::f16;  // it is BF16 as all others are
    EXPECT_THAT(error(), AllOf(HasSubstr("model.layers.1.mlp.up_proj.weight is F16"), HasSubstr("BF16")));
}

TEST_F(Binding, NoContextIsLongerThanTheModelWasMadeFor) {
    start("mistral");
    const auto refuses = [&](std::int64_t most, const std::string& reason) {
        const auto model = load();
        EXPECT_EQ(model->context_length(), most);
        EXPECT_NE(model->make_cache(most, model::CacheType::f16), nullptr);
        try {
            model->make_cache(most + 1, model::CacheType::f16);
            ADD_FAILURE() << "a longer one was made";
        } catch (const base::Error& error) {
            EXPECT_THAT(error.what(),
                        AllOf(HasSubstr(folder_.string()), HasSubstr(std::to_string(most)), HasSubstr(reason)));
        }
    };
    refuses(2048, "supports at most");
    configure("sliding_window", 4096);
    refuses(2048, "supports at most");
    configure("sliding_window", 32);
    refuses(32, "window");
}

TEST_F(Binding, NumbersThatAreNoneAreSaid) {
    for (const float wrong : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        start("llama-gqa");
        TensorView& norm = tensor("model.layers.1.input_layernorm.weight");
        bytes_.assign(norm.bytes.begin(), norm.bytes.end());
        std::memcpy(bytes_.data() + 8, &wrong, sizeof wrong);
        norm.bytes = bytes_;
        const auto model = load();
        const auto cache = model->make_cache(2, model::CacheType::f16);
        const std::vector<model::TokenId> ids{1, 2};
        const model::StepItem item{cache.get(), ids, model::Role::prompt, 1};
        std::vector<float> logits;
        energy::WorkAccount account;
        try {
            model->forward({&item, 1}, logits, account);
            ADD_FAILURE() << "logits were given";
        } catch (const base::Error& error) {
            EXPECT_EQ(error.code(), base::ErrorCode::bad_file);
            EXPECT_THAT(error.what(), AllOf(HasSubstr(folder_.string()), HasSubstr("infinite or NaN logits")));
        }
    }
}

TEST_F(Binding, NamesTheTensorThatIsMissing) {
    for (const std::string name :
         {"model.embed_tokens.weight", "lm_head.weight", "model.norm.weight", "model.layers.1.input_layernorm.weight",
          "model.layers.2.self_attn.k_proj.weight", "model.layers.0.mlp.down_proj.weight"}) {
        start("llama-gqa");
        ASSERT_EQ(error(), "");
        erase(name);
        EXPECT_THAT(error(), AllOf(HasSubstr(name), HasSubstr("missing"))) << name;
    }
    start("deepseek-v3");
    erase("model.layers.2.mlp.experts.7.up_proj.weight");
    EXPECT_THAT(error(), HasSubstr("model.layers.2.mlp.experts.7.up_proj.weight"));
    start("deepseek-v3");
    erase("model.layers.1.self_attn.kv_b_proj.weight");
    EXPECT_THAT(error(), HasSubstr("model.layers.1.self_attn.kv_b_proj.weight"));
    start("qwen2");
    erase("model.layers.0.self_attn.q_proj.bias");
    EXPECT_THAT(error(), HasSubstr("model.layers.0.self_attn.q_proj.bias is missing"));
    start("deepseek-v3");  // a bias of zeros would choose other experts
    erase("model.layers.2.mlp.gate.e_score_correction_bias");
    EXPECT_THAT(error(), HasSubstr("model.layers.2.mlp.gate.e_score_correction_bias is missing"));
    start("deepseek-v3-fp8");
    erase("model.layers.0.self_attn.o_proj.weight_scale_inv");
    EXPECT_THAT(error(), HasSubstr("model.layers.0.self_attn.o_proj.weight_scale_inv"));
}

TEST_F(Binding, ScalesAreFiniteFloats) {
    for (const std::string name : {"kv_b_proj", "o_proj"}) {
        start("deepseek-v3-fp8");
        TensorView& scales = tensor("model.layers.0.self_attn." + name + ".weight_scale_inv");
        bytes_.assign(scales.bytes.begin(), scales.bytes.end());
        scales.bytes = std::span(bytes_).first(bytes_.size() / 2);
        scales.type = DType::bf16;
        EXPECT_THAT(error(), AllOf(HasSubstr(name + ".weight_scale_inv is BF16"), HasSubstr("expected scales in F32")));

        start("deepseek-v3-fp8");
        const float nan = std::numeric_limits<float>::quiet_NaN();
        TensorView& damaged = tensor("model.layers.0.self_attn." + name + ".weight_scale_inv");
        bytes_.assign(damaged.bytes.begin(), damaged.bytes.end());
        std::memcpy(bytes_.data(), &nan, sizeof nan);
        damaged.bytes = bytes_;
        EXPECT_THAT(error(), AllOf(HasSubstr("self_attn." + name), HasSubstr("not")));
    }
}

TEST_F(Binding, NamesShapeFoundAndShapeExpected) {
    start("llama-gqa");
    TensorView& q = tensor("model.layers.0.self_attn.q_proj.weight");
    q.shape = {48, 192};
    EXPECT_THAT(error(), AllOf(HasSubstr("model.layers.0.self_attn.q_proj.weight"), HasSubstr("[48, 192]"),
                               HasSubstr("[96, 96]")));
    start("llama-gqa");
    tensor("model.norm.weight").shape = {1, 96};
    EXPECT_THAT(error(), AllOf(HasSubstr("model.norm.weight"), HasSubstr("[1, 96]"), HasSubstr("[96]")));
}

TEST_F(Binding, RefusesTypesThatAreNoWeights) {
    start("llama-gqa");
    tensor("model.layers.0.self_attn.q_proj.weight").type = DType::i32;
    EXPECT_THAT(error(), AllOf(HasSubstr("model.layers.0.self_attn.q_proj.weight"), HasSubstr("I32")));
    start("llama-gqa");
    tensor("model.norm.weight").type = DType::i32;
    EXPECT_THAT(error(), AllOf(HasSubstr("model.norm.weight"), HasSubstr("I32")));
}

TEST_F(Binding, RefusesExpertsOfDifferentTypes) {
    start("deepseek-v3");
    TensorView& one = tensor("model.layers.1.mlp.experts.3.gate_proj.weight");
    bytes_.resize(one.bytes.size() * 2);
    one.type = DType::f32;
    one.bytes = bytes_;
    EXPECT_THAT(error(), AllOf(HasSubstr("experts.3.gate_proj.weight"), HasSubstr("F32"), HasSubstr("BF16")));
}

TEST_F(Binding, RefusesFp8CodesThatAreNotNumbers) {
    for (const std::string name :
         {"model.layers.1.mlp.experts.3.gate_proj.weight", "model.layers.1.self_attn.kv_b_proj.weight"}) {
        start("deepseek-v3-fp8");
        TensorView& one = tensor(name);
        bytes_.assign(one.bytes.begin(), one.bytes.end());
        bytes_[bytes_.size() / 2] = std::byte{0xFF};
        one.bytes = bytes_;
        EXPECT_THAT(error(), AllOf(HasSubstr(name), HasSubstr("not a number"))) << name;
    }
}

TEST_F(Binding, RefusesScalesBesideOtherTypes) {
    start("llama-gqa");
    const std::vector<float> scale(1);
    tensors_.push_back(
        {"model.layers.0.self_attn.q_proj.weight_scale_inv", DType::f32, {1, 1}, std::as_bytes(std::span(scale))});
    EXPECT_THAT(error(), HasSubstr("model.layers.0.self_attn.q_proj.weight"));
}

TEST_F(Binding, IgnoresTensorsThatTheModelDoesNotUse) {
    start("llama-gqa");
    const std::vector<float> other(8);
    tensors_.push_back(
        {"model.layers.0.self_attn.rotary_emb.inv_freq", DType::f32, {8}, std::as_bytes(std::span(other))});
    EXPECT_EQ(error(), "");
}

TEST_F(Binding, Fp8WeightsStayInEightBits) {
    base::ThreadPool pool(1);
    const auto model = test::load_fixture("deepseek-v3-fp8", pool);
    const auto file = formats::Safetensors::open_folder(test::fixture_path("deepseek-v3-fp8"));
    const model::Config& c = model->config();
    const auto padded = [](std::int64_t rows) { return (rows + 15) / 16 * 16; };  // rows are packed in groups of 16
    std::int64_t expected = 0;
    for (const TensorView& one : file.tensors()) {
        if (one.shape.rank() != 2 || one.name.ends_with("_scale_inv")) continue;
        const std::int64_t rows = padded(one.shape[0]), cols = one.shape[1];
        if (one.name.ends_with("kv_b_proj.weight")) {  // F32: W_UK, its transpose and W_UV, cut by heads
            expected += c.num_attention_heads * 4 *
                        (padded(c.qk_nope_head_dim) * c.kv_lora_rank + padded(c.kv_lora_rank) * c.qk_nope_head_dim +
                         padded(c.v_head_dim) * c.kv_lora_rank);
        } else if (one.type ==
                   DType::f8_e4m3) {  // one byte each; a group has 16 bytes with its scale for every 128 columns
            expected += rows * cols + rows / 16 * ((cols + 127) / 128) * 16;
        } else {
            expected += rows * cols * 2;
        }
    }
    EXPECT_EQ(model->weight_bytes().value(), expected);
}

TEST(Loading, ACutOffFileSaysWhatIsMissing) {
    const fs::path whole = fs::temp_directory_path() / ("ergon-whole-" + std::to_string(::getpid()) + ".gguf");
    test::write_gguf_copy(test::fixture_path("llama-gqa"), test::MlaLayout::kv_b, whole);
    fs::resize_file(whole, fs::file_size(whole) / 2);
    base::ThreadPool pool(1);
    try {
        model::load(whole, {}, pool);
        ADD_FAILURE() << "half a file was loaded";
    } catch (const base::Error& error) {
        EXPECT_THAT(error.what(), AllOf(HasSubstr(whole.string()), HasSubstr("tensor")));
    }
    fs::remove(whole);
}

TEST(Loading, TellsOtherPathsApart) {
    base::ThreadPool pool(1);
    const auto refused = [&](base::ErrorCode code, const std::string& sentence, const fs::path& path) {
        test::expect_error(code, sentence, [&] { model::load(path, {}, pool); });
    };
    refused(base::ErrorCode::not_found, "/nonexistent/model.gguf", "/nonexistent/model.gguf");
    refused(base::ErrorCode::bad_argument, "give the folder of the model, not one of its .safetensors files",
            test::fixture_path("llama-gqa") / "model.safetensors");
    refused(base::ErrorCode::bad_file, " is missing", test::fixture_path("vocab") / "smollm2.gguf");
}

}  // namespace
}  // namespace ergon
