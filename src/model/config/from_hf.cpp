// Config from a Hugging Face folder's config.json. A key has a default only where published files leave it out, and
// then that of transformers' class; all others must be there.

#include <algorithm>
#include <array>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/json/json.h"
#include "formats/hf_folder.h"
#include "model/config/config.h"
#include "model/config/config_check.h"

namespace ergon::model {
namespace {

using base::ErrorCode;
using base::fail;
using base::Json;

/// One object of config.json; its values are checked for kind and bounds. A null counts as absent, as in Python.
class JsonKeys {
  public:
    JsonKeys(const Json& object, std::string file) : object_(object), file_(std::move(file)) {}

    const std::string& file() const { return file_; }
    const Json* find(const char* key) const {
        const auto found = object_.find(key);
        return found == object_.end() || found->is_null() ? nullptr : &*found;
    }
    bool has(const char* key) const { return find(key) != nullptr; }

    std::int64_t count(const char* key, std::int64_t high) const {
        return check_range(file_, key, integer(key), 1, high);
    }
    std::int64_t count_or(const char* key, std::int64_t fallback, std::int64_t high) const {
        return has(key) ? count(key, high) : fallback;
    }
    /// Zero is allowed, and what an absent key means.
    std::int64_t count_or_zero(const char* key, std::int64_t high) const {
        return has(key) ? check_range(file_, key, integer(key), 0, high) : 0;
    }
    double real_or(const char* key, double fallback, double low, double high) const {
        const Json* value = find(key);
        if (value == nullptr) return fallback;
        if (!value->is_number()) fail_kind(key, "a number");
        return check_range(file_, key, value->get<double>(), low, high);
    }
    double real(const char* key, double low, double high) const {
        if (!has(key)) fail_absent(key);
        return real_or(key, 0, low, high);
    }
    bool boolean_or(const char* key, bool fallback) const {
        const Json* value = find(key);
        if (value == nullptr) return fallback;
        if (!value->is_boolean()) fail_kind(key, "true or false");
        return value->get<bool>();
    }
    std::string text(const char* key) const {
        if (!has(key)) fail_absent(key);
        return text_or(key, "");
    }
    std::string text_or(const char* key, std::string_view fallback) const {
        const Json* value = find(key);
        if (value == nullptr) return std::string(fallback);
        if (!value->is_string()) fail_kind(key, "a string");
        return value->get<std::string>();
    }
    /// A nested object; without it, or if it is null, an empty one.
    JsonKeys object(const char* key) const {
        static const Json empty = Json::object();
        const Json* value = find(key);
        if (value == nullptr) return JsonKeys(empty, file_);
        if (!value->is_object()) fail_kind(key, "an object");
        return JsonKeys(*value, file_);
    }

    /// Refuses any key that begins with `beginning` and is not among those known: what it asks for is not computed.
    void refuse_others(std::string_view beginning, std::initializer_list<std::string_view> known) const {
        for (const auto& [key, value] : object_.items()) {
            if (!key.starts_with(beginning) || value.is_null() || std::ranges::find(known, key) != known.end())
                continue;
            fail(ErrorCode::unsupported, "{}: unknown key {}; rotary frequencies are set by {}", file_,
                 key.substr(0, 100), fmt::join(known, ", "));
        }
    }

  private:
    std::int64_t integer(const char* key) const {
        const Json* value = find(key);
        if (value == nullptr) fail_absent(key);
        if (!value->is_number_integer()) fail_kind(key, "an integer");
        if (!base::holds_integer<std::int64_t>(*value)) fail_kind(key, "of a sensible size");
        return value->get<std::int64_t>();
    }
    [[noreturn]] void fail_absent(const char* key) const {
        fail(ErrorCode::bad_file,
             "{}: the key {} is missing or null; is this the whole config.json of a language model?", file_, key);
    }
    [[noreturn]] void fail_kind(const char* key, std::string_view expected) const {
        fail(ErrorCode::bad_file, "{}: the key {} is not {}", file_, key, expected);
    }

    const Json& object_;
    std::string file_;
};

/// Published class names. The two generations of deepseek2 differ in what config.json leaves unsaid.
struct Published {
    std::string_view class_name;
    Architecture architecture;
    bool third_generation;
};
constexpr std::array published{
    Published{"LlamaForCausalLM", Architecture::llama, false},
    Published{"MistralForCausalLM", Architecture::llama, false},
    Published{"Qwen2ForCausalLM", Architecture::qwen2, false},
    Published{"Qwen3ForCausalLM", Architecture::qwen3, false},
    Published{"DeepseekForCausalLM", Architecture::deepseek, false},
    Published{"DeepseekV2ForCausalLM", Architecture::deepseek2, false},
    Published{"DeepseekV3ForCausalLM", Architecture::deepseek2, true},
};

const Published& published_of(const JsonKeys& keys) {
    const Json* names = keys.find("architectures");
    const bool usable = names != nullptr && names->is_array() && !names->empty() && names->front().is_string();
    const std::string found = usable ? names->front().get<std::string>() : "";
    for (const Published& one : published) {
        if (found == one.class_name) return one;
    }
    std::string known;
    for (const Published& one : published) known += (known.empty() ? "" : ", ") + std::string(one.class_name);
    fail_architecture(keys.file(), found, known);
}

/// Options that would change the arithmetic in ways that the forward pass does not know.
void refuse_unknown_options(const JsonKeys& keys) {
    if (const std::string act = keys.text_or("hidden_act", "silu"); act != "silu") {
        fail(ErrorCode::unsupported, "{}: hidden_act '{}' is not supported; expected silu", keys.file(),
             act.substr(0, 100));
    }
    if (keys.boolean_or("mlp_bias", false)) {
        fail(ErrorCode::unsupported, "{}: mlp_bias is not supported; expected false", keys.file());
    }
    if (keys.real_or("partial_rotary_factor", 1, 0, 1) != 1 ||
        keys.object("rope_parameters").real_or("partial_rotary_factor", 1, 0, 1) != 1) {
        fail(ErrorCode::unsupported, "{}: partial_rotary_factor is not supported; expected 1", keys.file());
    }
    if (!keys.boolean_or("use_mla", true)) {
        fail(ErrorCode::unsupported, "{}: use_mla false is not supported; expected true", keys.file());
    }
    if (!keys.has("quantization_config")) return;
    const JsonKeys quantization = keys.object("quantization_config");
    const std::string method = quantization.text_or("quant_method", "");
    const Json* block = quantization.find("weight_block_size");
    if (method != "fp8" || (block != nullptr && *block != Json::array({128, 128}))) {
        fail(ErrorCode::unsupported,
             "{}: quantization method '{}' is not supported; supported is fp8 in blocks of 128 x 128", keys.file(),
             method.substr(0, 100));
    }
}

void read_attention(const JsonKeys& keys, Config& c) {
    c.num_attention_heads = keys.count("num_attention_heads", max_heads);
    if (!c.is_mla()) {
        c.num_key_value_heads = keys.count_or("num_key_value_heads", c.num_attention_heads, max_heads);
        c.head_dim =
            keys.count_or("head_dim", std::max<std::int64_t>(c.hidden_size / c.num_attention_heads, 1), max_head_dim);
        c.o_bias = c.architecture != Architecture::qwen2 && keys.boolean_or("attention_bias", false);
        c.qkv_bias = c.architecture == Architecture::qwen2 || c.o_bias;
        return;
    }
    if (keys.boolean_or("attention_bias", false)) {
        fail(ErrorCode::unsupported, "{}: attention_bias is not supported with latent attention; expected false",
             keys.file());
    }
    c.num_key_value_heads = c.num_attention_heads;
    c.q_lora_rank = keys.count_or_zero("q_lora_rank", max_extent);
    c.kv_lora_rank = keys.count("kv_lora_rank", max_extent);
    c.qk_nope_head_dim = keys.count("qk_nope_head_dim", max_head_dim);
    c.qk_rope_head_dim = keys.count("qk_rope_head_dim", max_head_dim);
    c.v_head_dim = keys.count("v_head_dim", max_head_dim);
}

/// Whether some layers attend to a window alone: those that layer_types names; where it is absent, for Mistral all if a
/// window is given, for Qwen those from max_window_layers on if it is switched on.
bool any_layer_slides(const JsonKeys& keys, const Config& c) {
    const bool qwen = c.architecture == Architecture::qwen2 || c.architecture == Architecture::qwen3;
    const bool on = keys.boolean_or("use_sliding_window", !qwen);
    const Json* types = keys.find("layer_types");
    if (types == nullptr) {
        const std::int64_t first = qwen ? keys.count_or_zero("max_window_layers", max_layers) : 0;
        return on && first < c.num_hidden_layers;
    }
    if (!types->is_array() || std::cmp_not_equal(types->size(), c.num_hidden_layers)) {
        fail(ErrorCode::bad_file, "{}: layer_types must be a list of {} attention types, one per layer", keys.file(),
             c.num_hidden_layers);
    }
    bool slides = false;
    for (const Json& type : *types) {
        if (type == "full_attention") continue;
        if (type != "sliding_attention") {
            fail(ErrorCode::unsupported,
                 "{}: the layer type {} is not supported; supported are full_attention and sliding_attention",
                 keys.file(), type.dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 100));
        }
        slides = true;
    }
    if (slides && (!on || !keys.has("sliding_window"))) {
        fail(ErrorCode::bad_file,
             "{}: layer_types has sliding_attention, but {}; expected the size of the window in sliding_window",
             keys.file(), on ? "sliding_window is missing or null" : "use_sliding_window is not true");
    }
    return slides;
}

ScoringFunc scoring_of(const JsonKeys& keys, bool third_generation) {
    const std::string text = keys.text_or("scoring_func", third_generation ? "sigmoid" : "softmax");
    if (text == "softmax") return ScoringFunc::softmax;
    if (text == "sigmoid") return ScoringFunc::sigmoid;
    fail(ErrorCode::unsupported, "{}: scoring_func '{}' is not supported; supported are softmax and sigmoid",
         keys.file(), text.substr(0, 100));
}

TopkMethod topk_method_of(const JsonKeys& keys, bool third_generation, Architecture architecture) {
    // DeepSeekMoE knows but one; V3's class, too.
    const std::string text = architecture == Architecture::deepseek ? keys.text_or("topk_method", "greedy")
                             : third_generation                     ? keys.text_or("topk_method", "noaux_tc")
                                                                    : keys.text("topk_method");
    if (text == "greedy") return TopkMethod::greedy;
    if (text == "group_limited_greedy") return TopkMethod::group_limited_greedy;
    if (text == "noaux_tc") return TopkMethod::noaux_tc;
    fail(ErrorCode::unsupported,
         "{}: topk_method '{}' is not supported; supported are greedy, group_limited_greedy and noaux_tc", keys.file(),
         text.substr(0, 100));
}

void read_experts(const JsonKeys& keys, bool third_generation, Config& c) {
    if (c.architecture != Architecture::deepseek && c.architecture != Architecture::deepseek2) return;
    c.n_routed_experts = keys.count_or_zero("n_routed_experts", max_experts);
    if (c.n_routed_experts == 0) return;
    c.n_shared_experts = keys.count_or_zero("n_shared_experts", max_experts);
    c.num_experts_per_tok = keys.count("num_experts_per_tok", max_experts);
    c.moe_intermediate_size = keys.count("moe_intermediate_size", max_extent);
    c.first_k_dense_replace = keys.count_or_zero("first_k_dense_replace", max_layers);
    c.moe_layer_freq = keys.count_or("moe_layer_freq", 1, max_layers);
    c.scoring_func = scoring_of(keys, third_generation);
    c.topk_method = topk_method_of(keys, third_generation, c.architecture);
    if (c.topk_method != TopkMethod::greedy) {
        c.n_group = keys.count("n_group", max_experts);
        c.topk_group = keys.count("topk_group", max_experts);
    }
    c.norm_topk_prob = keys.boolean_or("norm_topk_prob", third_generation);
    // DeepSeekMoE has none.
    c.routed_scaling_factor = c.is_mla() ? keys.real("routed_scaling_factor", 1e-6, 1e6)
                                         : keys.real_or("routed_scaling_factor", 1, 1e-6, 1e6);
}

/// YaRN's own numbers. Latent attention is scaled by mscale_all_dim, so that its files give it.
void read_yarn(const JsonKeys& rope, Config& c) {
    RopeScaling& s = c.rope_scaling;
    s.beta_fast = rope.real_or("beta_fast", s.beta_fast, 1e-6, 1e6);
    s.beta_slow = rope.real_or("beta_slow", s.beta_slow, 1e-6, 1e6);
    s.mscale = c.is_mla() ? rope.real("mscale", 0, 1e3) : rope.real_or("mscale", s.mscale, 0, 1e3);
    s.mscale_all_dim =
        c.is_mla() ? rope.real("mscale_all_dim", 0, 1e3) : rope.real_or("mscale_all_dim", s.mscale_all_dim, 0, 1e3);
    if (rope.has("attention_factor")) s.attention_factor = rope.real("attention_factor", 1e-6, 1e6);
}

void read_rope(const JsonKeys& keys, bool theta_may_lack, Config& c) {
    keys.refuse_others("rope",
                       {"rope_theta", "rope_scaling", "rope_parameters", "rope_interleave", "rope_interleaved"});
    // Two libraries' words for the pairing. The architecture decides it, and these may only agree.
    for (const char* const key : {"rope_interleave", "rope_interleaved"}) {
        if (keys.boolean_or(key, c.is_mla()) == c.is_mla()) continue;
        fail(ErrorCode::unsupported, "{}: {} {} is not supported for {}", keys.file(), key, !c.is_mla(),
             name(c.architecture));
    }
    // Newer files keep theta and scaling together under another name.
    const JsonKeys rope = keys.has("rope_parameters") ? keys.object("rope_parameters") : keys.object("rope_scaling");
    rope.refuse_others("", {"type", "rope_type", "factor", "rope_theta", "original_max_position_embeddings",
                            "low_freq_factor", "high_freq_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim",
                            "attention_factor", "partial_rotary_factor", "truncate", "finetuned"});
    if (!rope.boolean_or("truncate", true))
        fail(ErrorCode::unsupported, "{}: truncate false is not supported in rope scaling; expected true", keys.file());
    const JsonKeys& theta = rope.has("rope_theta") ? rope : keys;
    c.rope_theta = theta_may_lack ? theta.real_or("rope_theta", 10000, 1, 1e15) : theta.real("rope_theta", 1, 1e15);
    const char* const kind = rope.has("type") && !rope.has("rope_type") ? "type" : "rope_type";
    const std::string type = rope.has("factor") ? rope.text(kind) : rope.text_or(kind, "default");
    RopeScaling& s = c.rope_scaling;
    if (type == "default") return;
    if (type == "linear") {
        s.type = RopeType::linear;
    } else if (type == "llama3") {
        s.type = RopeType::llama3;
    } else if (type == "yarn") {
        s.type = RopeType::yarn;
    } else {
        fail(ErrorCode::unsupported,
             "{}: rope scaling '{}' is not supported; supported are default, linear, llama3 and yarn", keys.file(),
             type.substr(0, 100));
    }
    s.factor = rope.real("factor", 1e-3, 1e6);
    if (s.type == RopeType::linear) return;
    s.original_max_position_embeddings =
        static_cast<double>(rope.count("original_max_position_embeddings", max_context));
    if (s.type == RopeType::yarn) return read_yarn(rope, c);
    s.low_freq_factor = rope.real("low_freq_factor", 1e-6, 1e6);
    s.high_freq_factor = rope.real("high_freq_factor", 1e-6, 1e6);
}

}  // namespace

Config read_config(const formats::HfFolder& folder) {
    const JsonKeys keys(folder.config, (folder.path / "config.json").string());
    const Published& model = published_of(keys);
    refuse_unknown_options(keys);
    Config c;
    c.architecture = model.architecture;
    c.num_hidden_layers = keys.count("num_hidden_layers", max_layers);
    c.hidden_size = keys.count("hidden_size", max_extent);
    c.intermediate_size = keys.count("intermediate_size", max_extent);
    c.max_position_embeddings = keys.count("max_position_embeddings", max_context);
    c.vocab_size = keys.count("vocab_size", max_vocabulary);
    c.rms_norm_eps = keys.real("rms_norm_eps", min_epsilon, 1);
    c.tie_word_embeddings = keys.boolean_or("tie_word_embeddings", false);
    read_attention(keys, c);
    if (any_layer_slides(keys, c)) c.sliding_window = keys.count_or_zero("sliding_window", max_context);
    read_experts(keys, model.third_generation, c);
    read_rope(keys, model.class_name == "LlamaForCausalLM", c);  // config.json of Llama 1 and 2 has no theta
    check_consistency(keys.file(), c);
    return c;
}

}  // namespace ergon::model
