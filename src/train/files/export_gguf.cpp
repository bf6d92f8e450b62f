#include "train/files/export_gguf.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "formats/gguf_writer.h"
#include "tensor/float_bits.h"
#include "train/tokenizer/export_tokenizer.h"

namespace ergon::train {
namespace {

using formats::GgufField;
using model::Part;
using tensor::DType;

constexpr std::int64_t q8_values = 32;

/// A tensor with its numbers, in the file's shape, before they are stored.
struct ExportedTensor {
    std::string name;
    tensor::Shape shape;
    std::vector<float> values;
    bool matrix;
};

/// Keys under the architecture's name. Counts are stored without a sign: llama.cpp takes no others.
struct Keys {
    std::string arch;
    std::vector<GgufField> fields;
    void put(const char* key, std::int64_t count) {
        fields.push_back({arch + "." + key, static_cast<std::uint64_t>(count)});
    }
    void put(const char* key, double number) { fields.push_back({arch + "." + key, number}); }
    void put(const char* key, bool flag) { fields.push_back({arch + "." + key, flag}); }
};

void add_experts(const model::Config& c, Keys& keys) {
    const bool any = c.n_routed_experts > 0;
    // llama.cpp asks for these keys whether or not a layer has experts.
    keys.put("leading_dense_block_count", any ? c.first_k_dense_replace : c.num_hidden_layers);
    keys.put("expert_count", c.n_routed_experts);
    keys.put("expert_used_count", c.num_experts_per_tok);
    keys.put("expert_shared_count", c.n_shared_experts);
    keys.put("expert_feed_forward_length", any ? c.moe_intermediate_size : c.intermediate_size);
    keys.put("expert_weights_scale", c.routed_scaling_factor);
    keys.put("expert_weights_norm", c.norm_topk_prob);
    keys.put("expert_gating_func", std::int64_t{c.scoring_func == model::ScoringFunc::sigmoid ? 2 : 1});
    if (c.n_group > 1) {
        keys.put("expert_group_count", c.n_group);
        keys.put("expert_group_used_count", c.topk_group);
    }
}

std::vector<GgufField> metadata(const Weights& weights, bool mtp) {
    const model::Config& c = weights.architecture().config;
    const std::string arch(model::name(c.architecture));
    Keys keys{arch, {{"general.architecture", arch}}};
    keys.put("block_count", c.num_hidden_layers + (mtp ? 1 : 0));
    keys.put("context_length", c.max_position_embeddings);
    keys.put("embedding_length", c.hidden_size);
    keys.put("feed_forward_length", c.intermediate_size > 0 ? c.intermediate_size : c.moe_intermediate_size);
    keys.put("attention.head_count", c.num_attention_heads);
    keys.put("attention.layer_norm_rms_epsilon", c.rms_norm_eps);
    keys.put("rope.freq_base", c.rope_theta);
    keys.put("rope.dimension_count", c.rope_dim());
    keys.put("vocab_size", c.vocab_size);
    if (!c.is_mla()) {
        keys.put("attention.head_count_kv", c.num_key_value_heads);
        keys.put("attention.key_length", c.head_dim);
        keys.put("attention.value_length", c.head_dim);
        return keys.fields;
    }
    keys.put("attention.head_count_kv", std::int64_t{1});  // the latent is one key that all heads share
    keys.put("attention.key_length", c.kv_lora_rank + c.qk_rope_head_dim);
    keys.put("attention.value_length", c.kv_lora_rank);
    keys.put("attention.key_length_mla", c.qk_head_dim());
    keys.put("attention.value_length_mla", c.v_head_dim);
    keys.put("attention.kv_lora_rank", c.kv_lora_rank);
    if (c.q_lora_rank > 0) keys.put("attention.q_lora_rank", c.q_lora_rank);
    if (mtp) keys.put("nextn_predict_layers", std::int64_t{1});
    add_experts(c, keys);
    return keys.fields;
}

std::vector<float> copied(const Weight& w) {
    return {w.value, w.value + w.values()};
}

/// GGUF's llama stores the halves of a head's rows in turns (model/weights/weights.cpp puts them back).
std::vector<float> interleaved(const Weight& w, std::int64_t head_dim) {
    std::vector<float> values(w.values());
    for (std::int64_t row = 0; row < w.rows; ++row) {
        const std::int64_t within = row % head_dim, half = head_dim / 2;
        const std::int64_t to = row - within + 2 * (within % half) + within / half;
        std::copy_n(w.value + row * w.cols, w.cols, values.begin() + to * w.cols);
    }
    return values;
}

/// kv_b as W_UK transposed [heads, rank, nope] and W_UV [heads, v_head_dim, rank].
void add_latent(const model::Config& c, const NamedWeight& kv_b, std::vector<ExportedTensor>& tensors) {
    const std::int64_t heads = c.num_attention_heads, rank = c.kv_lora_rank, nope = c.qk_nope_head_dim,
                       v = c.v_head_dim;
    ExportedTensor k{model::gguf_name(Part::k_b, kv_b.layer), {heads, rank, nope}, {}, true};
    ExportedTensor values{model::gguf_name(Part::v_b, kv_b.layer), {heads, v, rank}, {}, true};
    for (std::int64_t h = 0; h < heads; ++h) {
        const float* const uk = kv_b.weight.value + h * (nope + v) * rank;
        for (std::int64_t r = 0; r < rank; ++r) {
            for (std::int64_t n = 0; n < nope; ++n) k.values.push_back(uk[n * rank + r]);
        }
        values.values.insert(values.values.end(), uk + nope * rank, uk + (nope + v) * rank);
    }
    tensors.push_back(std::move(k));
    tensors.push_back(std::move(values));
}

std::vector<ExportedTensor> exported_tensors(const Weights& weights, bool mtp) {
    const model::Config& c = weights.architecture().config;
    std::vector<ExportedTensor> tensors;
    for (const NamedWeight& one : weights.named()) {
        const Weight& w = one.weight;
        if (!mtp && one.layer >= c.num_hidden_layers) continue;
        const std::string name = model::gguf_name(one.part, one.layer);
        const bool expert =
            one.part == Part::expert_gate || one.part == Part::expert_up || one.part == Part::expert_down;
        if (one.part == Part::kv_b) {
            add_latent(c, one, tensors);
        } else if (expert) {  // one tensor for all experts of a layer, which follow each other here in turns
            const auto found = std::ranges::find(tensors, name, &ExportedTensor::name);
            ExportedTensor& exported =
                found != tensors.end()
                    ? *found
                    : tensors.emplace_back(ExportedTensor{name, {c.n_routed_experts, w.rows, w.cols}, {}, true});
            exported.values.insert(exported.values.end(), w.value, w.value + w.values());
        } else if (!c.is_mla() && (one.part == Part::q || one.part == Part::k)) {
            tensors.push_back({name, {w.rows, w.cols}, interleaved(w, c.head_dim), true});
        } else {
            const tensor::Shape shape = one.decays ? tensor::Shape{w.rows, w.cols} : tensor::Shape{w.cols};
            tensors.push_back({name, shape, copied(w), one.decays && one.part != Part::router});
        }
    }
    return tensors;
}

DType stored_type(const ExportedTensor& exported, DType wanted) {
    if (!exported.matrix) return DType::f32;
    return wanted == DType::q8_0 && exported.shape.last() % q8_values != 0 ? DType::f16 : wanted;
}

/// A block of Q8_0: the scale as F16, then 32 values as steps of amax / 127, to the nearest, ties to even.
void store_q8(const float* x, std::byte* to) {
    float amax = 0;
    for (std::int64_t i = 0; i < q8_values; ++i) amax = std::max(amax, std::abs(x[i]));
    const std::uint16_t scale = tensor::f32_to_f16(amax / 127.0f);
    std::memcpy(to, &scale, sizeof scale);
    const float inverse = amax > 0 ? 127.0f / amax : 0.0f;
    for (std::int64_t i = 0; i < q8_values; ++i) {
        const auto step = static_cast<std::int8_t>(std::nearbyint(x[i] * inverse));
        std::memcpy(to + sizeof scale + i, &step, 1);
    }
}

std::vector<std::byte> stored(const ExportedTensor& exported, DType type) {
    const std::int64_t n = std::ssize(exported.values);
    std::vector<std::byte> bytes(static_cast<std::size_t>(*tensor::storage_bytes(type, n)));
    if (type == DType::f32) std::memcpy(bytes.data(), exported.values.data(), bytes.size());
    for (std::int64_t i = 0; i < n && type == DType::f16; ++i) {
        const std::uint16_t half = tensor::f32_to_f16(exported.values[static_cast<std::size_t>(i)]);
        std::memcpy(bytes.data() + 2 * i, &half, sizeof half);
    }
    const std::int64_t block = tensor::info(DType::q8_0).block_bytes;
    for (std::int64_t i = 0; i < n / q8_values && type == DType::q8_0; ++i) {
        store_q8(exported.values.data() + i * q8_values, bytes.data() + i * block);
    }
    return bytes;
}

}  // namespace

void export_gguf(const std::filesystem::path& path, const Weights& weights, const std::filesystem::path& tokenizer,
                 DType type, bool mtp, const std::string& description) {
    if (type != DType::f32 && type != DType::f16 && type != DType::q8_0) {
        base::fail(base::ErrorCode::unsupported, "a trained model is exported as F32, F16 or Q8_0, not as {}",
                   tensor::name(type));
    }
    mtp = mtp && weights.architecture().mtp;
    std::vector<GgufField> fields = metadata(weights, mtp);
    if (!description.empty()) fields.push_back({"general.description", description});
    for (GgufField& field : gguf_tokenizer_metadata(tokenizer)) fields.push_back(std::move(field));
    std::vector<ExportedTensor> tensors = exported_tensors(weights, mtp);
    for (const Weights::Bias& bias : weights.biases()) {
        if (!mtp && bias.layer >= weights.architecture().config.num_hidden_layers) continue;
        tensors.push_back(
            {model::gguf_name(Part::correction_bias, bias.layer), {std::ssize(bias.values)}, bias.values, false});
    }
    std::vector<formats::TensorHeader> headers;
    for (const ExportedTensor& exported : tensors)
        headers.push_back({exported.name, stored_type(exported, type), exported.shape});
    formats::GgufWriter writer(path, fields, headers);
    for (const ExportedTensor& exported : tensors)
        writer.append(exported.name, stored(exported, stored_type(exported, type)));
    writer.finish();
}

}  // namespace ergon::train
