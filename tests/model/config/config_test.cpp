#include "model/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "formats/gguf.h"
#include "formats/gguf_writer.h"
#include "formats/hf_folder.h"
#include "model/fixture.h"

namespace ergon::model {
namespace {

using base::Json;
using testing::HasSubstr;

/// What read_config says of it; empty if it is content.
std::string error_of(const formats::HfFolder& folder) {
    try {
        read_config(folder);
        return "";
    } catch (const base::Error& error) {
        return error.what();
    }
}

formats::HfFolder fixture_folder(const std::string& name) {
    return formats::HfFolder::open(test::fixture_path(name));
}

// --- Parameters of published models (facts: derived from the published configurations) ---

Config dense(Architecture architecture, std::int64_t layers, std::int64_t hidden, std::int64_t heads, std::int64_t kv,
             std::int64_t ffn, std::int64_t vocab) {
    Config c;
    c.architecture = architecture;
    c.qkv_bias = architecture == Architecture::qwen2;
    c.num_hidden_layers = layers;
    c.hidden_size = hidden;
    c.num_attention_heads = heads;
    c.num_key_value_heads = kv;
    c.head_dim = 128;
    c.intermediate_size = ffn;
    c.vocab_size = vocab;
    return c;
}

Config deepseek2(std::int64_t layers, std::int64_t hidden, std::int64_t heads, std::int64_t ffn, std::int64_t vocab,
                 std::int64_t q_rank, std::int64_t experts, std::int64_t used, std::int64_t shared, std::int64_t inner,
                 std::int64_t dense_layers) {
    Config c = dense(Architecture::deepseek2, layers, hidden, heads, heads, ffn, vocab);
    c.q_lora_rank = q_rank;
    c.kv_lora_rank = 512;
    c.qk_nope_head_dim = c.v_head_dim = 128;
    c.qk_rope_head_dim = 64;
    c.n_routed_experts = experts;
    c.num_experts_per_tok = used;
    c.n_shared_experts = shared;
    c.moe_intermediate_size = inner;
    c.first_k_dense_replace = dense_layers;
    return c;
}

TEST(Parameters, OfPublishedModels) {
    Config v3 = deepseek2(61, 7168, 128, 18432, 129280, 1536, 256, 8, 1, 2048, 3);
    v3.topk_method = TopkMethod::noaux_tc;
    EXPECT_EQ(count_parameters(v3).total, 671'026'419'200);
    EXPECT_NEAR(static_cast<double>(count_parameters(v3).active), 37.55e9, 0.005e9);
    const Config v2 = deepseek2(60, 5120, 128, 12288, 102400, 1536, 160, 6, 2, 1536, 1);
    EXPECT_EQ(count_parameters(v2).total, 235'741'434'880);
    EXPECT_NEAR(static_cast<double>(count_parameters(v2).active), 21.38e9, 0.005e9);
    const Config lite = deepseek2(27, 2048, 16, 10944, 102400, 0, 64, 6, 2, 1408, 1);
    EXPECT_EQ(count_parameters(lite).total, 15'706'484'224);
    EXPECT_NEAR(static_cast<double>(count_parameters(lite).active), 2.66e9, 0.005e9);
    Config moe = deepseek2(28, 2048, 16, 10944, 102400, 0, 64, 6, 2, 1408, 1);
    moe.architecture = Architecture::deepseek;
    EXPECT_EQ(count_parameters(moe).total, 16'375'728'128);
    EXPECT_NEAR(static_cast<double>(count_parameters(moe).active), 2.83e9, 0.005e9);
    EXPECT_EQ(count_parameters(dense(Architecture::llama, 32, 4096, 32, 8, 14336, 128256)).total, 8'030'261'248);
    EXPECT_EQ(count_parameters(dense(Architecture::qwen2, 28, 3584, 28, 4, 18944, 152064)).total, 7'615'616'512);
    const ParameterCount llama70 = count_parameters(dense(Architecture::llama, 80, 8192, 64, 8, 28672, 128256));
    EXPECT_EQ(llama70.total, 70'553'706'496);
    EXPECT_EQ(llama70.active, llama70.total);
}

TEST(Parameters, CacheOfDeepSeekV3) {
    const Config v3 = deepseek2(61, 7168, 128, 18432, 129280, 1536, 256, 8, 1, 2048, 3);
    EXPECT_EQ(v3.cached_key_values() + v3.cached_value_values(), 576);
}

// --- config.json ---

TEST(HfConfig, ReadsDeepSeekV3) {
    const Config c = read_config(fixture_folder("deepseek-v3"));
    EXPECT_EQ(c.architecture, Architecture::deepseek2);
    EXPECT_EQ(c.scoring_func, ScoringFunc::sigmoid);
    EXPECT_EQ(c.topk_method, TopkMethod::noaux_tc);
    EXPECT_EQ(c.n_group, 4);
    EXPECT_EQ(c.topk_group, 2);
    EXPECT_EQ(c.q_lora_rank, 48);
    EXPECT_EQ(c.routed_scaling_factor, 2.5);
    EXPECT_TRUE(c.norm_topk_prob);
    EXPECT_EQ(c.rope_scaling.type, RopeType::yarn);
    EXPECT_EQ(c.rope_scaling.original_max_position_embeddings, 96);
    EXPECT_FALSE(c.is_moe_layer(0));
    EXPECT_TRUE(c.is_moe_layer(1));
}

TEST(HfConfig, ASlidingWindowCountsOnlyWhereItIsUsed) {
    formats::HfFolder folder = fixture_folder("qwen2");
    folder.config["sliding_window"] = 128;
    EXPECT_EQ(read_config(folder).context_length(), 32768);
    folder.config["use_sliding_window"] = true;
    EXPECT_EQ(read_config(folder).context_length(), 32768);  // in the layers from max_window_layers on: none
    folder.config["max_window_layers"] = 2;
    EXPECT_EQ(read_config(folder).context_length(), 128);
    formats::HfFolder mistral = fixture_folder("llama-gqa");
    mistral.config["architectures"] = {"MistralForCausalLM"};
    mistral.config["sliding_window"] = 512;
    EXPECT_EQ(read_config(mistral).context_length(), 512);
    mistral.config["sliding_window"] = nullptr;
    EXPECT_EQ(read_config(mistral).context_length(), 2048);
}

TEST(HfConfig, TheKindsOfLayersSayWhichSlide) {
    formats::HfFolder folder = fixture_folder("qwen3");
    folder.config["layer_types"] = {"full_attention", "full_attention"};
    EXPECT_EQ(read_config(folder).context_length(), 40960);
    folder.config["layer_types"] = {"full_attention", "sliding_attention"};
    EXPECT_THAT(error_of(folder),
                AllOf(HasSubstr("config.json"), HasSubstr("layer_types"), HasSubstr("use_sliding_window")));
    folder.config["use_sliding_window"] = true;
    EXPECT_THAT(error_of(folder), AllOf(HasSubstr("layer_types"), HasSubstr("sliding_window is missing or null")));
    folder.config["sliding_window"] = 64;
    EXPECT_EQ(read_config(folder).context_length(), 64);
    folder.config["layer_types"] = {"full_attention"};
    EXPECT_THAT(error_of(folder), HasSubstr("layer_types must be a list of 2"));
    folder.config["layer_types"] = {"full_attention", "linear_attention"};
    EXPECT_THAT(error_of(folder), HasSubstr("linear_attention"));
}

TEST(HfConfig, ReadsRopeParametersOfNewerFiles) {
    formats::HfFolder folder = fixture_folder("llama3-rope");
    Json rope = folder.config["rope_scaling"];
    rope["rope_theta"] = 250000.0;
    folder.config.erase("rope_scaling");
    folder.config.erase("rope_theta");
    folder.config["rope_parameters"] = rope;
    const Config c = read_config(folder);
    EXPECT_EQ(c.rope_theta, 250000);
    EXPECT_EQ(c.rope_scaling.type, RopeType::llama3);
}

TEST(HfConfig, AnUnknownArchitectureListsThoseKnown) {
    formats::HfFolder folder = fixture_folder("llama-gqa");
    folder.config["architectures"] = {"GemmaForCausalLM"};
    EXPECT_THAT(error_of(folder), AllOf(HasSubstr("GemmaForCausalLM"), HasSubstr("LlamaForCausalLM"),
                                        HasSubstr("Qwen3ForCausalLM"), HasSubstr("DeepseekV3ForCausalLM")));
    folder.config["architectures"] = 5;
    EXPECT_THAT(error_of(folder), HasSubstr("LlamaForCausalLM"));
}

struct Hostile {
    const char* fixture;
    const char* key;
    Json value;
    const char* expected;
};

TEST(HfConfig, RefusesValuesThatMakeNoSense) {
    const std::vector<Hostile> all{
        {"llama-gqa", "hidden_size", 0, "hidden_size"},
        {"llama-gqa", "hidden_size", -96, "hidden_size"},
        {"llama-gqa", "hidden_size", 1LL << 40, "hidden_size"},
        {"llama-gqa", "hidden_size", 18446744073709551615ULL, "hidden_size"},
        {"llama-gqa", "hidden_size", "96", "hidden_size"},
        {"llama-gqa", "hidden_size", 96.5, "hidden_size"},
        {"llama-gqa", "hidden_size", nullptr, "hidden_size"},
        {"llama-gqa", "num_hidden_layers", 1000000000, "num_hidden_layers"},
        {"llama-gqa", "num_attention_heads", 2000000000, "num_attention_heads"},
        {"llama-gqa", "num_attention_heads", 7, "cannot share"},
        {"llama-gqa", "num_key_value_heads", 0, "num_key_value_heads"},
        {"llama-gqa", "num_key_value_heads", 4, "cannot share"},
        {"llama-gqa", "head_dim", 15, "even"},
        {"llama-gqa", "vocab_size", -1, "vocab_size"},
        {"llama-gqa", "rms_norm_eps", -1, "rms_norm_eps"},
        {"llama-gqa", "rope_theta", 0, "rope_theta"},
        {"llama-gqa", "rope_theta", "x", "rope_theta"},
        {"llama-gqa", "rope_scaling", Json{{"type", "dynamic"}, {"factor", 2}}, "dynamic"},
        {"llama-gqa", "rope_scaling", Json{{"type", "linear"}}, "factor"},
        {"llama-gqa", "rope_scaling", Json{{"type", "linear"}, {"factor", 0}}, "factor"},
        {"llama-gqa", "rope_scaling",
         Json{{"type", "llama3"},
              {"factor", 8},
              {"original_max_position_embeddings", 128},
              {"low_freq_factor", 4},
              {"high_freq_factor", 4}},
         "low_freq_factor"},
        {"llama-gqa", "rope_scaling", Json{{"factor", 8}}, "rope_type"},
        {"llama-gqa", "rope_scaling", Json{{"type", "yarn"}, {"factor", 8}}, "original_max_position_embeddings"},
        {"llama-gqa", "rope_scaling", Json{{"type", "linear"}, {"factor", 8}, {"factors", 8}}, "factors"},
        {"llama-gqa", "rope_scalings", Json{{"type", "linear"}, {"factor", 8}}, "rope_scalings"},
        {"llama-gqa", "rms_norm_eps", 0, "rms_norm_eps"},
        {"llama-gqa", "rms_norm_eps", nullptr, "rms_norm_eps"},
        {"deepseek-v3", "topk_group", nullptr, "topk_group"},
        {"deepseek-v3", "n_group", nullptr, "n_group"},
        {"deepseek-v2", "topk_method", nullptr, "topk_method"},
        {"deepseek-v3", "routed_scaling_factor", nullptr, "routed_scaling_factor"},
        {"mistral", "rope_theta", nullptr, "rope_theta"},
        {"deepseek-v2", "use_mla", false, "use_mla"},
        {"deepseek-v2", "rope_interleave", false, "rope_interleave"},
        {"llama-gqa", "rope_interleaved", true, "rope_interleaved"},
        {"llama-gqa", "rope_scaling", 3, "rope_scaling"},
        {"llama-gqa", "hidden_act", "gelu", "gelu"},
        {"llama-gqa", "mlp_bias", true, "mlp_bias"},
        {"llama-gqa", "quantization_config", Json{{"quant_method", "gptq"}}, "gptq"},
        {"llama-gqa", "tie_word_embeddings", 1, "tie_word_embeddings"},
        {"deepseek-v3", "n_group", 3, "groups"},
        {"deepseek-v3", "topk_group", 5, "groups"},
        {"deepseek-v3", "num_experts_per_tok", 17, "experts per token"},
        {"deepseek-v3", "num_experts_per_tok", 9, "experts per token"},
        {"deepseek-v3", "num_experts_per_tok", 0, "num_experts_per_tok"},
        {"deepseek-v3", "n_routed_experts", 1 << 30, "n_routed_experts"},
        {"deepseek-v3", "scoring_func", "tanh", "tanh"},
        {"deepseek-v3", "topk_method", "random", "random"},
        {"deepseek-v3", "moe_layer_freq", 0, "moe_layer_freq"},
        {"deepseek-v3", "kv_lora_rank", 0, "kv_lora_rank"},
        {"deepseek-v3", "qk_rope_head_dim", 31, "even"},
        {"deepseek-v3", "attention_bias", true, "attention_bias"},
    };
    for (const Hostile& hostile : all) {
        formats::HfFolder folder = fixture_folder(hostile.fixture);
        ASSERT_EQ(error_of(folder), "");
        folder.config[hostile.key] = hostile.value;
        EXPECT_THAT(error_of(folder), AllOf(HasSubstr(hostile.expected), HasSubstr("config.json")))
            << hostile.fixture << " " << hostile.key << " = " << hostile.value.dump();
    }
}

// --- GGUF ---

class GgufConfig : public testing::Test {
  protected:
    ~GgufConfig() override { std::filesystem::remove(file_); }

    void set(const std::string& key, formats::MetadataValue value) {
        for (formats::GgufField& field : fields_) {
            if (field.key == key) {
                field.value = std::move(value);
                return;
            }
        }
        fields_.push_back({key, std::move(value)});
    }
    void erase(const std::string& key) {
        std::erase_if(fields_, [&](const formats::GgufField& field) { return field.key == key; });
    }
    Config read() {
        formats::write_gguf(file_, fields_, tensors_);
        return read_config(formats::Gguf::open(file_));
    }
    std::string error() {
        try {
            read();
            return "";
        } catch (const base::Error& error) {
            return error.what();
        }
    }
    static std::uint64_t n(std::uint64_t value) { return value; }

    std::filesystem::path file_ =
        std::filesystem::temp_directory_path() / ("ergon-config-" + std::to_string(::getpid()) + ".gguf");
    std::vector<tensor::TensorView> tensors_;
    std::vector<formats::GgufField> fields_{
        {"general.architecture", std::string("deepseek2")},
        {"deepseek2.block_count", n(61)},
        {"deepseek2.context_length", n(163840)},
        {"deepseek2.embedding_length", n(7168)},
        {"deepseek2.feed_forward_length", n(18432)},
        {"deepseek2.vocab_size", n(129280)},
        {"deepseek2.attention.head_count", n(128)},
        {"deepseek2.attention.head_count_kv", n(1)},
        {"deepseek2.attention.layer_norm_rms_epsilon", 1e-6},
        {"deepseek2.attention.q_lora_rank", n(1536)},
        {"deepseek2.attention.kv_lora_rank", n(512)},
        {"deepseek2.attention.key_length", n(576)},
        {"deepseek2.attention.value_length", n(512)},
        {"deepseek2.attention.key_length_mla", n(192)},
        {"deepseek2.attention.value_length_mla", n(128)},
        {"deepseek2.rope.freq_base", 10000.0},
        {"deepseek2.rope.dimension_count", n(64)},
        {"deepseek2.rope.scaling.type", std::string("yarn")},
        {"deepseek2.rope.scaling.factor", 40.0},
        {"deepseek2.rope.scaling.original_context_length", n(4096)},
        {"deepseek2.rope.scaling.yarn_log_multiplier", 0.0707},
        {"deepseek2.leading_dense_block_count", n(3)},
        {"deepseek2.expert_count", n(256)},
        {"deepseek2.expert_used_count", n(8)},
        {"deepseek2.expert_shared_count", n(1)},
        {"deepseek2.expert_feed_forward_length", n(2048)},
        {"deepseek2.expert_weights_scale", 2.5},
        {"deepseek2.expert_weights_norm", true},
        {"deepseek2.expert_gating_func", n(2)},
    };
};

TEST_F(GgufConfig, ReadsDeepSeekV3) {
    const Config c = read();
    EXPECT_EQ(c.qk_nope_head_dim, 128);
    EXPECT_EQ(c.v_head_dim, 128);
    EXPECT_EQ(c.topk_method, TopkMethod::noaux_tc);
    EXPECT_EQ(c.n_group, 1);
    EXPECT_NEAR(c.rope_scaling.mscale_all_dim, 0.707, 1e-15);  // the decimal number that was meant, not its F32
    EXPECT_EQ(c.rms_norm_eps, 1e-6);
    EXPECT_EQ(count_parameters(c).active, count_parameters(c).active);
}

TEST_F(GgufConfig, GroupsAndScoringGiveTheMethod) {
    set("deepseek2.expert_group_count", n(8));
    set("deepseek2.expert_group_used_count", n(4));
    EXPECT_EQ(read().topk_method, TopkMethod::noaux_tc);
    EXPECT_EQ(read().topk_group, 4);
    erase("deepseek2.expert_gating_func");  // softmax
    EXPECT_EQ(read().topk_method, TopkMethod::group_limited_greedy);
    erase("deepseek2.expert_group_count");
    erase("deepseek2.expert_group_used_count");
    EXPECT_EQ(read().topk_method, TopkMethod::greedy);
}

TEST_F(GgufConfig, NamesTheKeyThatIsMissing) {
    set("deepseek2.expert_group_count", n(8));
    set("deepseek2.expert_group_used_count", n(4));
    ASSERT_EQ(error(), "");
    // All but those that other files leave out, whose absence says what it says in llama.cpp.
    for (const char* key :
         {"block_count", "context_length", "embedding_length", "feed_forward_length", "attention.head_count",
          "attention.layer_norm_rms_epsilon", "attention.kv_lora_rank", "rope.freq_base", "rope.dimension_count",
          "rope.scaling.type", "rope.scaling.factor", "rope.scaling.original_context_length",
          "rope.scaling.yarn_log_multiplier", "expert_used_count", "expert_feed_forward_length", "expert_weights_scale",
          "expert_weights_norm", "expert_group_used_count"}) {
        const std::vector<formats::GgufField> whole = fields_;
        erase(std::string("deepseek2.") + key);
        EXPECT_THAT(error(), AllOf(HasSubstr(file_.string()), HasSubstr(std::string("deepseek2.") + key),
                                   HasSubstr("is missing")));
        fields_ = whole;
    }
}

TEST_F(GgufConfig, ListsKeysThatAreNotRead) {
    ASSERT_EQ(error(), "");
    EXPECT_THAT(unused_keys(formats::Gguf::open(file_)), testing::IsEmpty());
    set("deepseek2.attention.sliding_windows", n(128));
    set("deepseek2.rope.scaling.finetuned", true);
    set("general.name", std::string("any"));
    ASSERT_EQ(error(), "");
    EXPECT_THAT(unused_keys(formats::Gguf::open(file_)), testing::ElementsAre("deepseek2.attention.sliding_windows"));
}

TEST_F(GgufConfig, LeavesOutBlocksOfMultiTokenPrediction) {
    const std::vector<float> value(4);
    tensors_.push_back({"blk.60.nextn.eh_proj.weight", tensor::DType::f32, {1, 4}, std::as_bytes(std::span(value))});
    EXPECT_EQ(read().num_hidden_layers, 60);
}

TEST_F(GgufConfig, RefusesValuesThatMakeNoSense) {
    ASSERT_EQ(error(), "");
    const std::vector<formats::GgufField> all{
        {"general.architecture", std::string("gemma3")},
        {"deepseek2.block_count", n(0)},
        {"deepseek2.block_count", n(1) << 40},
        {"deepseek2.embedding_length", std::int64_t{-7168}},
        {"deepseek2.embedding_length", std::string("7168")},
        {"deepseek2.attention.head_count", n(1) << 31},
        {"deepseek2.attention.layer_norm_rms_epsilon", -1.0},
        {"deepseek2.attention.layer_norm_rms_epsilon", 0.0},
        {"deepseek2.attention.causal", false},
        {"deepseek2.nextn_predict_layers", n(1)},
        {"deepseek2.rope.scaling.yarn_attn_factor", 0.5},
        {"deepseek2.attention.layer_norm_rms_epsilon", std::numeric_limits<double>::quiet_NaN()},
        {"deepseek2.attention.kv_lora_rank", n(0)},
        {"deepseek2.rope.dimension_count", n(192)},
        {"deepseek2.rope.dimension_count", n(63)},
        {"deepseek2.rope.freq_base", 0.0},
        {"deepseek2.rope.scaling.type", std::string("longrope")},
        {"deepseek2.rope.scaling.factor", 0.0},
        {"deepseek2.expert_used_count", n(257)},
        {"deepseek2.expert_used_count", n(0)},
        {"deepseek2.expert_group_count", n(7)},
        {"deepseek2.expert_gating_func", n(4)},
        {"deepseek2.expert_feed_forward_length", n(0)},
    };
    for (const formats::GgufField& hostile : all) {
        const std::vector<formats::GgufField> good = fields_;
        set(hostile.key, hostile.value);
        EXPECT_THAT(error(), HasSubstr(file_.string())) << hostile.key;
        fields_ = good;
    }
}

TEST_F(GgufConfig, AnUnknownArchitectureListsThoseKnown) {
    set("general.architecture", std::string("gemma3"));
    EXPECT_THAT(error(), AllOf(HasSubstr("gemma3"), HasSubstr("llama, qwen2, qwen3, deepseek and deepseek2")));
}

}  // namespace
}  // namespace ergon::model
