// Linear layers in BF16 and in E4M3 tiles against plain loops over plainly rounded values, with ==; and the bytes held.

#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

#include "base/random.h"
#include "tensor/float_bits.h"
#include "train/layers/linear.h"
#include "train/optimizer/trainer.h"
#include "train/training_fixture.h"

namespace ergon::train {
namespace {

using tensor::DType;
using test::TrainingFixture;

/// The nearest of E4M3's values, by looking at all of them; on a tie the even code's.
float nearest_e4m3(float x) {
    float best = 0;
    for (int code = 0; code < 0x7F; ++code) {
        const float value = std::copysign(tensor::f8_e4m3_to_f32(static_cast<std::uint8_t>(code)), x);
        const float d = std::abs(value - x), least = std::abs(best - x);
        if (d < least || (d == least && code % 2 == 0)) best = value;
    }
    return best;
}

/// A matrix as a product reads it: value * scale.
struct Plain {
    std::int64_t cols = 0;
    std::vector<float> values, scales;  // a scale for each value
    float at(std::int64_t r, std::int64_t c) const { return values[static_cast<std::size_t>(r * cols + c)]; }
    float scale(std::int64_t r, std::int64_t c) const { return scales[static_cast<std::size_t>(r * cols + c)]; }
};

/// Rounds x [rows, cols] in tiles of `down` x `across` values, those down beginning anew at each of `begin`.
Plain rounded(DType type, const float* x, std::int64_t cols, std::vector<std::int64_t> begin, std::int64_t down,
              std::int64_t across) {
    Plain p{cols, {x, x + begin.back() * cols}, {}};
    p.scales.assign(p.values.size(), 1.0f);
    if (type == DType::bf16) {
        for (float& v : p.values) v = tensor::bf16_to_f32(tensor::f32_to_bf16(v));
    }
    if (type != DType::f8_e4m3) return p;
    for (std::size_t s = 0; s + 1 < begin.size(); ++s) {
        for (std::int64_t row = begin[s]; row < begin[s + 1]; row += down) {
            for (std::int64_t col = 0; col < cols; col += across) {
                const auto for_tile = [&](const auto& body) {
                    for (std::int64_t r = row; r < std::min(row + down, begin[s + 1]); ++r) {
                        for (std::int64_t c = col; c < std::min(col + across, cols); ++c)
                            body(static_cast<std::size_t>(r * cols + c));
                    }
                };
                float largest = 0;
                for_tile([&](std::size_t i) { largest = std::max(largest, std::abs(x[i])); });
                const float scale = std::max(largest / 448.0f, std::numeric_limits<float>::min());
                for_tile([&](std::size_t i) {
                    p.values[i] = nearest_e4m3(x[i] / scale);
                    p.scales[i] = scale;
                });
            }
        }
    }
    return p;
}

/// sum over k of a(k) * b(k), as kernels/gemm.h defines it: each function gives value and scale of k.
template <typename A, typename B>
float chain(DType type, float sum, std::int64_t k, const A& a, const B& b) {
    if (type != DType::f8_e4m3) {
        for (std::int64_t i = 0; i < k; ++i) sum = std::fma(a(i).first, b(i).first, sum);
        return sum;
    }
    for (std::int64_t i = 0; i < k; i += 128) {
        float part = 0;
        for (std::int64_t j = i; j < std::min(i + 128, k); ++j) part = std::fma(a(j).first, b(j).first, part);
        sum = std::fma(part, a(i).second * b(i).second, sum);
    }
    return sum;
}
auto along_row(const Plain& p, std::int64_t row) {
    return [&p, row](std::int64_t k) { return std::pair(p.at(row, k), p.scale(row, k)); };
}
auto along_column(const Plain& p, std::int64_t col, std::int64_t first = 0) {
    return [&p, col, first](std::int64_t k) { return std::pair(p.at(first + k, col), p.scale(first + k, col)); };
}

model::Config plain_config(std::int64_t hidden, std::int64_t inner) {
    model::Config c;
    c.architecture = model::Architecture::llama;
    c.vocab_size = 8;
    c.hidden_size = hidden;
    c.intermediate_size = inner;
    c.num_hidden_layers = 1;
    c.num_attention_heads = c.num_key_value_heads = 2;
    c.head_dim = 4;
    return c;
}

std::vector<float> normals(std::int64_t n, float scale, base::RandomSequence& random) {
    std::vector<float> all(static_cast<std::size_t>(n));
    for (float& v : all) {
        // Outliers, as activations have them.
        const double sum = random.uniform() + random.uniform() + random.uniform() - 1.5;
        v = scale * static_cast<float>(random.below(50) == 0 ? 40 * sum : sum);
    }
    return all;
}

/// A layer [out, in] between two whole blocks and odd rests, and what a call of it needs.
class LinearLayer : public testing::TestWithParam<Precision> {
  protected:
    static constexpr std::int64_t rows = 300, in = 200, out = 150;
    LinearLayer() {
        weights.initialise(3, 0.1f);
        weights.round(pool);
        std::iota(gradient_before.begin(), gradient_before.end(), -1000.0f);
        std::ranges::copy(gradient_before, w.gradient);
    }
    base::RandomSequence random{7};
    model::Config config = plain_config(in, out);
    base::ThreadPool pool{3};
    Weights weights{Architecture{config, false, GetParam()}};
    const Weight& w = std::get<FfnWeights>(weights.layers[0].ffn).gate;
    const DType type = linear_type(GetParam());
    Batch batch;
    Angles angles;
    Scratch scratch;
    Arena arena{base::Bytes(8 << 20)};
    const Context c{config, batch, angles, scratch, pool, arena};
    const std::vector<float> x = normals(rows * in, 1, random), dy = normals(rows * out, 1e-6f, random);
    std::vector<float> gradient_before = std::vector<float>(static_cast<std::size_t>(in * out));
};

TEST_P(LinearLayer, ThreeProductsAreThoseOfPlainLoops) {
    const StoredTensor stored_x = StoredTensor::take(arena, type, rows, in);
    store(c, rows, x.data(), stored_x);
    std::vector<float> y(static_cast<std::size_t>(rows * out)), dx(static_cast<std::size_t>(rows * in));
    project(c, rows, stored_x, {{w, y.data()}});
    project_backward(c, rows, stored_x, {{w, dy.data()}}, dx.data());

    const Plain plain_w = rounded(type, w.value, in, {0, out}, 128, 128);
    const Plain x_rows = rounded(type, x.data(), in, {0, rows}, 1, 128);
    const Plain dy_rows = rounded(type, dy.data(), out, {0, rows}, 1, 128);
    // The backward pass widens what was stored, and rounds it again down the rows.
    std::vector<float> widened(x);
    for (std::size_t i = 0; i < x.size(); ++i) widened[i] = x_rows.values[i] * x_rows.scales[i];
    const Plain x_columns = rounded(type, widened.data(), in, {0, rows}, 128, 1);
    const Plain dy_columns = rounded(type, dy.data(), out, {0, rows}, 128, 1);
    for (std::int64_t t = 0; t < rows; ++t) {
        for (std::int64_t o = 0; o < out; ++o) {
            ASSERT_EQ(y[static_cast<std::size_t>(t * out + o)],
                      chain(type, 0, in, along_row(x_rows, t), along_row(plain_w, o)));
        }
        for (std::int64_t i = 0; i < in; ++i) {
            ASSERT_EQ(dx[static_cast<std::size_t>(t * in + i)],
                      chain(type, 0, out, along_row(dy_rows, t), along_column(plain_w, i)));
        }
    }
    for (std::int64_t o = 0; o < out; ++o) {
        for (std::int64_t i = 0; i < in; ++i) {
            ASSERT_EQ(w.gradient[o * in + i], chain(type, gradient_before[static_cast<std::size_t>(o * in + i)], rows,
                                                    along_column(dy_columns, o), along_column(x_columns, i)));
        }
    }
}

/// Experts: each has some of the rows, and its tiles are of these alone.
TEST_P(LinearLayer, SegmentsHaveTilesOfTheirOwn) {
    const std::vector<std::int64_t> begin{0, 130, 130, 131, rows};
    const Columns x_columns = columns(c, type, StoredTensor::of(x.data(), in), begin);
    const StoredGradient gradient = stored_gradient(c, type, dy.data(), out, begin);
    const Plain plain_x = rounded(type, x.data(), in, begin, 128, 1),
                plain_dy = rounded(type, dy.data(), out, begin, 128, 1);
    for (std::size_t s = 0; s + 1 < begin.size(); ++s) {
        const std::int64_t first = begin[s], count = begin[s + 1] - first;
        std::fill_n(w.gradient, in * out, 0.0f);
        const auto product = by_weight(w, x_columns, gradient.columns, first, count, static_cast<std::int64_t>(s));
        kernels::gemm(std::span(&product, 1), scratch.gemm, pool);
        for (std::int64_t o = 0; o < out; ++o) {
            for (std::int64_t i = 0; i < in; ++i) {
                ASSERT_EQ(w.gradient[o * in + i],
                          chain(type, 0, count, along_column(plain_dy, o, first), along_column(plain_x, i, first)))
                    << "segment " << s;
            }
        }
    }
}

/// What rounding costs: x and W are each off by at most half a unit of their last bit, of the tile's largest (E4M3:
/// 2^-4 of the value, or 2^-10 of the scale where it is subnormal; BF16: 2^-8), so y is by no more than both together.
TEST_P(LinearLayer, IsNearTheProductOfUnroundedValues) {
    const StoredTensor stored_x = to_stored(c, type, rows, x.data(), in);
    std::vector<float> y(static_cast<std::size_t>(rows * out));
    project(c, rows, stored_x, {{w, y.data()}});
    const Plain plain_w = rounded(type, w.value, in, {0, out}, 128, 128);
    const Plain plain_x = rounded(type, x.data(), in, {0, rows}, 1, 128);
    const double unit = type == DType::f32 ? 0 : type == DType::bf16 ? 0x1p-8 : 0x1p-4;
    const double least = type == DType::f8_e4m3 ? 0x1p-10 : 0;
    for (std::int64_t t = 0; t < rows; t += 7) {
        for (std::int64_t o = 0; o < out; ++o) {
            double exact = 0, bound = 0;
            for (std::int64_t i = 0; i < in; ++i) {
                const double a = static_cast<double>(x[static_cast<std::size_t>(t * in + i)]);
                const double b = static_cast<double>(w.value[o * in + i]);
                const double ea = unit * std::abs(a) + least * static_cast<double>(plain_x.scale(t, i));
                const double eb = unit * std::abs(b) + least * static_cast<double>(plain_w.scale(o, i));
                exact += a * b;
                // The sum itself: each of its FMAs rounds by 2^-24 of at most the sum of magnitudes.
                bound += std::abs(a) * eb + std::abs(b) * ea + ea * eb +
                         static_cast<double>(in) * 0x1p-23 * (std::abs(a) + ea) * (std::abs(b) + eb);
            }
            ASSERT_NEAR(y[static_cast<std::size_t>(t * out + o)], exact, bound);
        }
    }
}

/// A gradient that is not a number, or a row of zeros, stays one.
TEST_P(LinearLayer, NanAndZeroGoThrough) {
    std::vector<float> values(x), y(static_cast<std::size_t>(rows * out));
    values[5] = std::numeric_limits<float>::quiet_NaN();
    values[in + 3] = std::numeric_limits<float>::infinity();
    std::fill_n(values.begin() + 2 * in, in, 0.0f);
    const StoredTensor stored_x = to_stored(c, type, rows, values.data(), in);
    project(c, rows, stored_x, {{w, y.data()}});
    for (std::int64_t o = 0; o < out; ++o) {
        EXPECT_TRUE(std::isnan(y[static_cast<std::size_t>(o)]));
        EXPECT_FALSE(std::isfinite(y[static_cast<std::size_t>(out + o)]));
        EXPECT_EQ(y[static_cast<std::size_t>(2 * out + o)], 0);
        EXPECT_TRUE(std::isfinite(y[static_cast<std::size_t>(3 * out + o)]));
    }
}

INSTANTIATE_TEST_SUITE_P(Precisions, LinearLayer, testing::Values(Precision::fp32, Precision::bf16, Precision::fp8),
                         [](const auto& one) { return std::string(tensor::name(linear_type(one.param))); });

class BytesHeld : public testing::TestWithParam<std::string> {};

/// The memory predicted is the memory used, and a full step uses all of it.
TEST_P(BytesHeld, AreThosePredicted) {
    TrainingFixture fixture(GetParam());
    base::ThreadPool pool(2);
    for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::fp8}) {
        for (const bool recompute : {false, true}) {
            fixture.architecture.precision = precision;
            TrainerOptions options;
            options.micro_tokens = options.batch_tokens = fixture.batch.tokens();
            options.document = fixture.longest;
            options.recompute = recompute;
            Weights weights(fixture.architecture);
            fixture.load(weights);
            Trainer trainer(weights, options, pool);
            const Memory stored = trainer.memory(), told = memory_of(fixture.architecture, options);
            EXPECT_EQ(stored.weights.values, told.weights.values);
            EXPECT_EQ(stored.weights.gradients, told.weights.gradients);
            EXPECT_EQ(stored.weights.rounded, told.weights.rounded);
            EXPECT_EQ(stored.moments, told.moments);
            EXPECT_EQ(stored.activations, told.activations);
            std::vector<Prediction> predictions;  // enough for the head to take as many at a time as it can
            while (std::ssize(predictions) < 2 * head_rows) {
                predictions.insert(predictions.end(), fixture.predictions.begin(), fixture.predictions.end());
            }
            const std::vector<float> ones(predictions.size(), 1.0f);
            Task task = fixture.task();
            task.predictions = predictions;
            task.mtp_weights = ones;
            task.objective = [](std::int64_t, double log_probability) { return TokenLoss{-log_probability, -1}; };
            trainer.transformer().step(fixture.batch, task);
            EXPECT_EQ(trainer.transformer().max_used(), stored.activations);
        }
    }
}

/// Values of F32: 4 bytes. Moments: 2 x 4, or 2 x 2. What products read: nothing more, 2 bytes of every matrix but
/// embedding, router and kv_b, or 1 byte and a scale for each 128 x 128 of those in layers.
TEST_P(BytesHeld, OfWeightsAndMoments) {
    TrainingFixture fixture(GetParam());
    const auto lines = [](std::int64_t bytes) { return (bytes + 63) / 64 * 64; };
    for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::fp8}) {
        fixture.architecture.precision = precision;
        const Weights weights(fixture.architecture);
        std::int64_t values = 0, rounded = 0;
        for (const NamedWeight& one : weights.named()) {
            const std::int64_t n = one.weight.values();
            values += lines(4 * n);
            using model::Part;
            const bool tied = fixture.architecture.config.tie_word_embeddings;
            const bool unrounded = !one.decays || (one.part == Part::embedding && !tied) || one.part == Part::router ||
                                   one.part == Part::kv_b || precision == Precision::fp32;
            const bool wide = one.part == Part::embedding || one.part == Part::output_head ||
                              one.part == Part::mtp_projection || precision == Precision::bf16;
            if (unrounded) continue;
            rounded += wide ? lines(2 * n) : lines(n) + lines(4 * tiles(one.weight.rows) * tiles(one.weight.cols));
        }
        const WeightBytes bytes = weight_bytes(fixture.architecture);
        EXPECT_EQ(bytes.values.value(), values);
        EXPECT_EQ(bytes.gradients.value(), values);
        EXPECT_EQ(bytes.rounded.value(), rounded);
        EXPECT_EQ(moment_bytes(fixture.architecture).value(), 2 * values / (precision == Precision::fp32 ? 1 : 2));
    }
}

INSTANTIATE_TEST_SUITE_P(Models, BytesHeld, testing::Values("llama", "v2", "v3"),
                         [](const auto& one) { return one.param; });

/// What a dense layer keeps for the backward pass: what entered attention, its output, what entered the feed-forward
/// part, and gate and up, in 4, 2 or 1 byte (and a scale for 128) each; queries, keys, values and the residual stream
/// in F32.
TEST(BytesHeldByALayer, OfActivations) {
    const std::int64_t tokens = 64, hidden = 256, inner = 384;
    model::Config c = plain_config(hidden, inner);
    c.head_dim = 64;
    const std::int64_t q = 128;
    for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::fp8}) {
        Arena count;
        BlockSaved::take(count, {c, false, precision}, false, tokens, nullptr);
        const std::int64_t read = tokens * (hidden + q + hidden + 2 * inner), wide = tokens * (3 * q + hidden);
        const std::int64_t bytes = precision == Precision::fp32   ? 4 * read
                                   : precision == Precision::bf16 ? 2 * read
                                                                  : read + 4 * read / 128;
        EXPECT_EQ(count.most().value(), bytes + 4 * wide);
    }
}

}  // namespace
}  // namespace ergon::train
