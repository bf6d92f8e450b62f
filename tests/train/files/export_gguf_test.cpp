// What is exported is what was trained: the engine gives the same bits from the file as from memory.

#include "train/files/export_gguf.h"

#include <cmath>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/temporary_directory.h"
#include "formats/gguf.h"
#include "model/transformer.h"
#include "text/tokenizer/tokenizer.h"

namespace ergon::train {
namespace {

const std::filesystem::path words = std::filesystem::path(ERGON_FIXTURES) / "train" / "folder";

Architecture architecture(const std::string& name) {
    model::Config c;
    c.vocab_size = text::Tokenizer::from_folder(formats::HfFolder::open_tokenizer(words)).size();
    c.hidden_size = 64;
    c.intermediate_size = 96;
    c.num_hidden_layers = 2;
    c.max_position_embeddings = 128;
    c.rms_norm_eps = 1e-6;
    c.num_attention_heads = 4;
    if (name == "llama") {
        c.num_key_value_heads = 2;
        c.head_dim = 16;
        return {c, false};
    }
    c.architecture = model::Architecture::deepseek2;
    c.num_key_value_heads = 4;
    c.q_lora_rank = name == "moe" ? 32 : 0;
    c.kv_lora_rank = 32;
    c.qk_nope_head_dim = 16;
    c.qk_rope_head_dim = 8;
    c.v_head_dim = 20;
    if (name == "moe") {
        c.n_routed_experts = 8;
        c.n_shared_experts = 1;
        c.num_experts_per_tok = 3;
        c.moe_intermediate_size = 32;
        c.first_k_dense_replace = 1;
        c.scoring_func = model::ScoringFunc::sigmoid;
        c.topk_method = model::TopkMethod::noaux_tc;
        c.norm_topk_prob = true;
        c.routed_scaling_factor = 2.5;
    }
    return {c, true};
}

std::vector<float> logits_of(model::LanguageModel& engine) {
    const std::vector<model::TokenId> ids{3, 200, 17, 45, 80, 9, 120, 5, 33};
    const auto cache = engine.make_cache(std::ssize(ids), model::CacheType::f32);
    const model::StepItem item{cache.get(), ids, model::Role::prompt, std::ssize(ids)};
    energy::WorkAccount account;
    std::vector<float> logits;
    engine.forward(std::span(&item, 1), logits, account, nullptr);
    return logits;
}

class ExportGguf : public testing::TestWithParam<std::string> {
  protected:
    ExportGguf() : weights_(architecture(GetParam())) {
        weights_.initialise(3, 0.1f);
        for (Weights::Bias& bias : weights_.biases()) {
            for (std::size_t e = 0; e < bias.values.size(); ++e) bias.values[e] = 0.05f * static_cast<float>(e % 3);
        }
    }
    std::vector<float> from_memory() {
        model::Transformer engine(weights_.architecture().config,
                                  model::WeightSource(model::TensorsInMemory(weights_.tensors())), {}, pool_);
        return logits_of(engine);
    }
    std::vector<float> from_file(tensor::DType type, bool mtp) {
        const auto path = folder_ / "model.gguf";
        export_gguf(path, weights_, words, type, mtp);
        const auto engine = model::load(path, {}, pool_);
        return logits_of(*engine);
    }
    test::TemporaryDirectory folder_;
    base::ThreadPool pool_{2};
    Weights weights_;
};

TEST_P(ExportGguf, SaysWhatItIsForIfThatIsTold) {
    const auto path = folder_ / "model.gguf";
    export_gguf(path, weights_, words, tensor::DType::f32, false, "For sums.");
    EXPECT_EQ(formats::Gguf::open(path).text("general.description"), "For sums.");
    export_gguf(path, weights_, words, tensor::DType::f32, false);
    EXPECT_FALSE(formats::Gguf::open(path).has("general.description"));
}

TEST_P(ExportGguf, HasTheBitsOfTheTrainedModel) {
    const std::vector<float> expected = from_memory();
    EXPECT_EQ(from_file(tensor::DType::f32, false), expected);
    EXPECT_EQ(from_file(tensor::DType::f32, true), expected) << "the block that predicts a second token is not run";
}

/// 11 bits of F16, or 8 bits of Q8_0 (weights and activations), through some ten products one after the other.
TEST_P(ExportGguf, OtherFormatsAreClose) {
    const std::vector<float> expected = from_memory();
    double size = 0;
    for (const float x : expected) size = std::max(size, std::abs(static_cast<double>(x)));
    for (const auto& [type, bound] :
         {std::pair(tensor::DType::f16, 10 * 0x1p-11), std::pair(tensor::DType::q8_0, 10 * 0x1p-7)}) {
        const std::vector<float> found = from_file(type, false);
        double worst = 0;
        for (std::size_t i = 0; i < found.size(); ++i) {
            worst = std::max(worst, std::abs(static_cast<double>(found[i]) - static_cast<double>(expected[i])));
        }
        EXPECT_LE(worst, bound * size) << tensor::name(type);
        EXPECT_GT(worst, 0) << tensor::name(type);
    }
}

TEST_P(ExportGguf, HoldsTheTokenizerAndTheNames) {
    from_file(tensor::DType::q8_0, true);
    const auto file = formats::Gguf::open(folder_ / "model.gguf");
    EXPECT_EQ(text::Tokenizer::from_gguf(file).size(), weights_.architecture().config.vocab_size);
    EXPECT_EQ(file.text("tokenizer.ggml.pre"), "deepseek-r1-qwen");
    const bool mla = weights_.architecture().config.is_mla();
    EXPECT_EQ(file.find("blk.0.attn_k_b.weight") != nullptr, mla);
    EXPECT_EQ(file.find("blk.2.nextn.eh_proj.weight") != nullptr, mla) << "the fixtures of latent attention have one";
    EXPECT_EQ(file.find("blk.0.attn_norm.weight")->type, tensor::DType::f32);
    test::expect_error(base::ErrorCode::unsupported, "F32, F16 or Q8_0, not as BF16",
                       [&] { export_gguf(folder_ / "no.gguf", weights_, words, tensor::DType::bf16, false); });
}

INSTANTIATE_TEST_SUITE_P(Models, ExportGguf, testing::Values("llama", "dense", "moe"),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace ergon::train
