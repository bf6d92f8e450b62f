// Writes a GGUF with the shape of DeepSeek-V2-Lite, or of a dense model beside it, in Q4_0 with random weights: its
// text means nothing, but speed and joules depend on shapes and formats alone. Attention, width and depth are V2-Lite's
// in all three; the feed-forward layers are
//   sparse   64 experts of 1,408, of which 6 are used, and 2 shared ones (layer 0 is dense, 10,944 wide)
//   active   dense, 11,264 wide: as many values as a token uses of the sparse one
//   total    dense, 89,888 wide: as many as the sparse one has
// v2_lite_shape OUT.gguf sparse|active|total

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "base/random.h"
#include "formats/gguf_writer.h"
#include "model/weights/tensor_names.h"
#include "tensor/float_bits.h"

namespace {

using namespace ergon;
using formats::GgufField;
using formats::TensorHeader;
using model::Part;
using tensor::DType;

constexpr std::int64_t layers = 27, hidden = 2048, heads = 16, vocabulary = 102400, rank = 512, nope = 128, rope = 64,
                       value = 128, experts = 64, used = 6, shared = 2, inner = 1408, first_ffn = 10944;
constexpr std::size_t block_bytes = 18, block_values = 32;  // Q4_0

std::vector<GgufField> metadata(std::int64_t dense_layers, std::int64_t ffn) {
    std::vector<std::string> words;
    for (std::int64_t i = 0; i < vocabulary; ++i) words.emplace_back(fmt::format("t{}", i));
    std::vector<GgufField> fields{
        {"general.architecture", std::string("deepseek2")},  {"tokenizer.ggml.model", std::string("gpt2")},
        {"tokenizer.ggml.pre", std::string("deepseek-llm")}, {"tokenizer.ggml.bos_token_id", std::uint64_t{0}},
        {"tokenizer.ggml.eos_token_id", std::uint64_t{1}},   {"tokenizer.ggml.merges", std::vector<std::string>{}},
        {"tokenizer.ggml.tokens", std::move(words)}};
    const auto count = [&](const char* key, std::int64_t n) {
        fields.push_back({std::string("deepseek2.") + key, static_cast<std::uint64_t>(n)});
    };
    count("block_count", layers);
    count("context_length", 8192);
    count("embedding_length", hidden);
    count("feed_forward_length", ffn);
    count("vocab_size", vocabulary);
    count("attention.head_count", heads);
    count("attention.head_count_kv", 1);
    count("attention.kv_lora_rank", rank);
    count("attention.key_length", rank + rope);
    count("attention.value_length", rank);
    count("attention.key_length_mla", nope + rope);
    count("attention.value_length_mla", value);
    count("rope.dimension_count", rope);
    count("leading_dense_block_count", dense_layers);
    count("expert_count", dense_layers < layers ? experts : 0);
    count("expert_used_count", dense_layers < layers ? used : 0);
    count("expert_shared_count", dense_layers < layers ? shared : 0);
    count("expert_feed_forward_length", inner);
    count("expert_gating_func", 1);
    fields.push_back({"deepseek2.attention.layer_norm_rms_epsilon", 1e-6});
    fields.push_back({"deepseek2.rope.freq_base", 1e4});
    fields.push_back({"deepseek2.expert_weights_scale", 1.0});
    fields.push_back({"deepseek2.expert_weights_norm", false});
    return fields;
}

std::vector<TensorHeader> tensors(std::int64_t dense_layers, std::int64_t ffn) {
    std::vector<TensorHeader> all;
    const auto put = [&](Part part, std::int64_t layer, tensor::Shape shape, DType type = DType::q4_0) {
        all.push_back({model::gguf_name(part, layer), type, std::move(shape)});
    };
    put(Part::embedding, 0, {vocabulary, hidden});
    put(Part::output_head, 0, {vocabulary, hidden});
    put(Part::final_norm, 0, {hidden}, DType::f32);
    for (std::int64_t l = 0; l < layers; ++l) {
        put(Part::attention_norm, l, {hidden}, DType::f32);
        put(Part::q, l, {heads * (nope + rope), hidden});
        put(Part::kv_a, l, {rank + rope, hidden});
        put(Part::kv_a_norm, l, {rank}, DType::f32);
        put(Part::k_b, l, {heads, rank, nope});
        put(Part::v_b, l, {heads, value, rank});
        put(Part::o, l, {hidden, heads * value});
        put(Part::ffn_norm, l, {hidden}, DType::f32);
        if (l < dense_layers) {
            put(Part::gate, l, {ffn, hidden});
            put(Part::up, l, {ffn, hidden});
            put(Part::down, l, {hidden, ffn});
            continue;
        }
        put(Part::router, l, {experts, hidden}, DType::f32);
        put(Part::expert_gate, l, {experts, inner, hidden});
        put(Part::expert_up, l, {experts, inner, hidden});
        put(Part::expert_down, l, {experts, hidden, inner});
        put(Part::shared_gate, l, {shared * inner, hidden});
        put(Part::shared_up, l, {shared * inner, hidden});
        put(Part::shared_down, l, {hidden, shared * inner});
    }
    return all;
}

/// Random Q4_0 blocks whose values have a standard deviation of 1 / sqrt(columns).
std::vector<std::byte> blocks(std::int64_t columns, base::RandomSequence& random) {
    constexpr std::size_t count = 65521;  // a prime: rows do not repeat in step with any row length
    std::vector<std::byte> bytes(count * block_bytes);
    for (std::byte& one : bytes) one = static_cast<std::byte>(random.below(256));
    // Sixteen equally likely steps have a deviation of 4.61.
    const std::uint16_t scale = tensor::f32_to_f16(1 / (4.61f * std::sqrt(static_cast<float>(columns))));
    for (std::size_t i = 0; i < count; ++i) std::memcpy(&bytes[i * block_bytes], &scale, sizeof scale);
    return bytes;
}

void write(const std::filesystem::path& path, std::int64_t dense_layers, std::int64_t ffn) {
    const std::vector<TensorHeader> all = tensors(dense_layers, ffn);
    formats::GgufWriter writer(path, metadata(dense_layers, ffn), all);
    base::RandomSequence random(1);
    for (const TensorHeader& one : all) {
        const auto values = static_cast<std::size_t>(one.shape.values());
        if (one.type == DType::f32) {  // norms are 1; a router tells experts apart
            std::vector<float> numbers(values, 1.0f);
            if (one.shape.rank() > 1)
                for (float& x : numbers) x = static_cast<float>(random.uniform() - 0.5) * 0.07f;
            writer.append(one.name, std::as_bytes(std::span(numbers)));
            continue;
        }
        const std::vector<std::byte> buffer = blocks(one.shape.last(), random);
        for (std::size_t left = values / block_values * block_bytes; left > 0;) {
            const std::size_t now = std::min(left, buffer.size());
            writer.append(one.name, std::span(buffer).first(now));
            left -= now;
        }
    }
    writer.finish();
}

}  // namespace

int main(int argc, char** argv) {
    const std::string which = argc == 3 ? argv[2] : "";
    if (which == "sparse") {
        write(argv[1], 1, first_ffn);
    } else if (which == "active") {
        write(argv[1], layers, (used + shared) * inner);
    } else if (which == "total") {
        // The mean over layers of what the sparse one has, in whole blocks.
        write(argv[1], layers, ((layers - 1) * (experts + shared) * inner + first_ffn) / layers / 32 * 32);
    } else {
        fmt::print(stderr, "v2_lite_shape OUT.gguf sparse|active|total\n");
        return 2;
    }
}
