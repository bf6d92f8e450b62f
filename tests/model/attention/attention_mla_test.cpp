// Latent attention on the smallest example that has all of its parts.

#include <array>
#include <cmath>
#include <gtest/gtest.h>

#include "model/layers.h"

namespace ergon::model {
namespace {

constexpr std::int64_t hidden = 8, heads = 2, q_rank = 4, rank = 4, nope = 4, rope = 2, value = 4, tokens = 3;

Config tiny_config() {
    Config c;
    c.architecture = Architecture::deepseek2;
    c.num_hidden_layers = 1;
    c.hidden_size = hidden;
    c.num_attention_heads = heads;
    c.q_lora_rank = q_rank;
    c.kv_lora_rank = rank;
    c.qk_nope_head_dim = nope;
    c.qk_rope_head_dim = rope;
    c.v_head_dim = value;
    c.rms_norm_eps = 1e-6;
    return c;
}

/// Element (i, j) of a matrix with C columns: 0.5 sin(0.37 (i C + j) + phase).
std::vector<float> waves(std::int64_t rows, std::int64_t cols, double phase) {
    std::vector<float> m;
    for (std::int64_t n = 0; n < rows * cols; ++n)
        m.push_back(static_cast<float>(0.5 * std::sin(0.37 * static_cast<double>(n) + phase)));
    return m;
}

PackedMatrix packed(const std::vector<float>& values, const tensor::Shape& shape, base::ThreadPool& pool) {
    return PackedMatrix::pack({"test", tensor::DType::f32, shape, std::as_bytes(std::span(values))}, pool);
}

MlaWeights tiny_weights(base::ThreadPool& pool) {
    MlaWeights w;
    w.q_a = packed(waves(q_rank, hidden, 1), {q_rank, hidden}, pool);
    w.q_a_norm.assign(q_rank, 1);
    w.q = packed(waves(heads * (nope + rope), q_rank, 2), {heads * (nope + rope), q_rank}, pool);
    w.kv_a = packed(waves(rank + rope, hidden, 3), {rank + rope, hidden}, pool);
    w.kv_a_norm.assign(rank, 1);
    const std::vector<float> kv_b = waves(heads * (nope + value), rank, 4);
    std::vector<float> uk, uk_t, uv;
    for (std::int64_t h = 0; h < heads; ++h) {
        const auto at = [&](std::int64_t r, std::int64_t k) {
            return kv_b[static_cast<std::size_t>((h * (nope + value) + r) * rank + k)];
        };
        for (std::int64_t r = 0; r < nope; ++r)
            for (std::int64_t k = 0; k < rank; ++k) uk.push_back(at(r, k));
        for (std::int64_t k = 0; k < rank; ++k)
            for (std::int64_t r = 0; r < nope; ++r) uk_t.push_back(at(r, k));
        for (std::int64_t r = 0; r < value; ++r)
            for (std::int64_t k = 0; k < rank; ++k) uv.push_back(at(nope + r, k));
    }
    w.w_uk = packed(uk, {heads, nope, rank}, pool);
    w.w_uk_t = packed(uk_t, {heads, rank, nope}, pool);
    w.w_uv = packed(uv, {heads, value, rank}, pool);
    w.o = packed(waves(hidden, heads * value, 5), {hidden, heads * value}, pool);
    return w;
}

constexpr std::array<double, tokens * hidden> expected{
    -0.44039034, 0.43495329, -0.41521264, 0.38181756, -0.33586627, 0.27886990, -0.21270278, 0.13954085,
    -0.22723178, 0.23593822, -0.23688575, 0.23004321, -0.21563561, 0.19413675, -0.16625363, 0.13290319,
    -0.16069913, 0.16499948, -0.16387376, 0.15735899, -0.14566941, 0.12918944, -0.10846102, 0.08416583};

/// Runs all three tokens in steps of `chunk`.
std::vector<float> run(bool absorbed, std::int64_t chunk) {
    base::ThreadPool pool(2);
    const Config config = tiny_config();
    const MlaWeights weights = tiny_weights(pool);
    const Rotary rotary = make_rotary(config, {});
    KvCache cache(CacheShape(config), tokens, CacheType::f32);
    energy::WorkAccount account;
    Workspace work;
    Step step;
    std::vector<float> y(tokens * hidden);
    const std::vector<TokenId> ids(tokens, 0);
    for (std::int64_t first = 0; first < tokens; first += chunk) {
        const StepSlice piece{&cache, std::span(ids).first(static_cast<std::size_t>(std::min(chunk, tokens - first))),
                              absorbed, 0};
        step.assign({&piece, 1});
        const Recorder recorder(account, 1);
        const Context c{config, step, rotary, recorder, work, pool};
        std::vector<float> x;
        for (std::int64_t t = 0; t < step.tokens(); ++t) {
            for (std::int64_t i = 0; i < hidden; ++i) {
                x.push_back(
                    static_cast<float>(std::cos(0.9 * static_cast<double>(first + t) + 0.3 * static_cast<double>(i))));
            }
            kernels::rotary_angles(first + t, rotary.frequencies.data(), 1, work.cosines.of(tokens) + t,
                                   work.sines.of(tokens) + t);
        }
        attention_mla(c, 0, weights, x.data(), y.data() + first * hidden);
        cache.advance(step.tokens());
    }
    return y;
}

// The values above are rounded to 8 digits. In F32 each output passes about 35 roundings (sums of 8, 4, 6, 3, 4 and 8
// terms), each at most 2^-24 of partial sums below 2.
constexpr double tolerance = 0.5e-8 + 35 * 0x1p-24 * 2;

class Mla : public testing::TestWithParam<std::tuple<bool, std::int64_t>> {};

TEST_P(Mla, GivesTheWorkedExample) {
    const auto [absorbed, chunk] = GetParam();
    const std::vector<float> y = run(absorbed, chunk);
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(static_cast<double>(y[i]), expected[i], tolerance) << i;
}

INSTANTIATE_TEST_SUITE_P(FormsAndChunks, Mla, testing::Combine(testing::Bool(), testing::Values(1, 2, 3)));

}  // namespace
}  // namespace ergon::model
