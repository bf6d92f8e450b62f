// The up-projections of latent attention: each type in which kv_b comes, and its transpose.

#include "model/weights/latent_weights.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

#include "formats/gguf.h"
#include "formats/gguf_writer.h"
#include "formats/safetensors.h"
#include "kernels/elementwise.h"
#include "kernels/matmul.h"
#include "model/weights/weights.h"
#include "tensor/float_bits.h"

namespace ergon::model {
namespace {

using tensor::DType;
using tensor::TensorView;

constexpr std::int64_t latent_heads = 2, latent_rank = 192;  // one and a half blocks of scales

Config config_with(std::int64_t nope, std::int64_t value) {
    Config c;
    c.num_attention_heads = latent_heads;
    c.kv_lora_rank = latent_rank;
    c.qk_nope_head_dim = nope;
    c.v_head_dim = value;
    return c;
}

/// Every row of the matrices, as the products with unit vectors give it: [count, rows, cols].
std::vector<float> values_of(const PackedMatrix& w, base::ThreadPool& pool) {
    std::vector<float> units(static_cast<std::size_t>(w.cols() * w.cols()));
    for (std::int64_t k = 0; k < w.cols(); ++k) units[static_cast<std::size_t>(k * w.cols() + k)] = 1;
    std::vector<float> columns(static_cast<std::size_t>(w.rows() * w.cols())), values;
    for (std::int64_t n = 0; n < w.count(); ++n) {
        const kernels::Product product{.weights = &w,
                                       .matrix = n,
                                       .rows = {units.data(), w.cols(), w.cols(), nullptr},
                                       .y = columns.data(),
                                       .y_stride = w.rows()};
        kernels::matmul({&product, 1}, pool);
        for (std::int64_t r = 0; r < w.rows(); ++r) {
            for (std::int64_t k = 0; k < w.cols(); ++k)
                values.push_back(columns[static_cast<std::size_t>(k * w.rows() + r)]);
        }
    }
    return values;
}

/// kv_b in F8_E4M3 with a scale of its own in every block, from a file as Hugging Face folders have it.
class LatentWeights : public testing::Test {
  protected:
    ~LatentWeights() override { std::filesystem::remove_all(folder_); }

    void bind(std::int64_t nope, std::int64_t value) {
        const std::int64_t rows = latent_heads * (nope + value), scale_rows = (rows + 127) / 128,
                           scale_cols = (latent_rank + 127) / 128;
        std::vector<std::byte> codes(static_cast<std::size_t>(rows * latent_rank));
        for (std::size_t i = 0; i < codes.size(); ++i)
            codes[i] = static_cast<std::byte>(i * 37 % 127 + (i % 3 == 0 ? 128 : 0));
        std::vector<float> scales(static_cast<std::size_t>(scale_rows * scale_cols));
        for (std::size_t i = 0; i < scales.size(); ++i) scales[i] = 0.01f * static_cast<float>(i + 1);
        const std::vector<TensorView> tensors{
            {"model.layers.0.self_attn.kv_b_proj.weight", DType::f8_e4m3, {rows, latent_rank}, codes},
            {"model.layers.0.self_attn.kv_b_proj.weight_scale_inv",
             DType::f32,
             {scale_rows, scale_cols},
             std::as_bytes(std::span(scales))}};
        std::filesystem::create_directories(folder_);
        formats::write_safetensors(folder_ / "model.safetensors", tensors);
        const WeightSource source(formats::Safetensors::open_folder(folder_));
        bind_latent_weights(config_with(nope, value), source, 0, pool_, weights_);

        wide_.clear();
        for (std::int64_t r = 0; r < rows; ++r) {
            for (std::int64_t k = 0; k < latent_rank; ++k) {
                wide_.push_back(tensor::f8_e4m3_to_f32(
                                    static_cast<std::uint8_t>(codes[static_cast<std::size_t>(r * latent_rank + k)])) *
                                scales[static_cast<std::size_t>(r / 128 * scale_cols + k / 128)]);
            }
        }
    }
    float wide(std::int64_t row, std::int64_t k) const {
        return wide_[static_cast<std::size_t>(row * latent_rank + k)];
    }

    void expect_values(std::int64_t nope, std::int64_t value) {
        const std::vector<float> uk = values_of(weights_.w_uk, pool_), uk_t = values_of(weights_.w_uk_t, pool_),
                                 uv = values_of(weights_.w_uv, pool_);
        for (std::int64_t h = 0; h < latent_heads; ++h) {
            const std::int64_t first = h * (nope + value);
            for (std::int64_t r = 0; r < nope; ++r) {
                for (std::int64_t k = 0; k < latent_rank; ++k) {
                    ASSERT_EQ(uk[static_cast<std::size_t>((h * nope + r) * latent_rank + k)], wide(first + r, k))
                        << h << ' ' << r << ' ' << k;
                    ASSERT_EQ(uk_t[static_cast<std::size_t>((h * latent_rank + k) * nope + r)], wide(first + r, k))
                        << h << ' ' << r << ' ' << k;
                }
            }
            for (std::int64_t r = 0; r < value; ++r) {
                for (std::int64_t k = 0; k < latent_rank; ++k) {
                    ASSERT_EQ(uv[static_cast<std::size_t>((h * value + r) * latent_rank + k)],
                              wide(first + nope + r, k))
                        << h << ' ' << r << ' ' << k;
                }
            }
        }
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("ergon-latent-" + std::to_string(::getpid()));
    base::ThreadPool pool_{2};
    MlaWeights weights_;
    std::vector<float> wide_;
};

TEST_F(LatentWeights, F8StaysInEightBitsWhereHeadsFallBetweenBlocksOfScales) {
    bind(256, 128);
    for (const PackedMatrix* w : {&weights_.w_uk, &weights_.w_uk_t, &weights_.w_uv})
        EXPECT_EQ(w->type(), DType::f8_e4m3);
    expect_values(256, 128);
}

TEST_F(LatentWeights, F8BecomesF32WhereHeadsCutBlocksOfScales) {
    bind(48, 80);
    for (const PackedMatrix* w : {&weights_.w_uk, &weights_.w_uk_t, &weights_.w_uv}) EXPECT_EQ(w->type(), DType::f32);
    expect_values(48, 80);
}

/// kv_b as a GGUF file holds it in Q8_0, each block with the given scale.
MlaWeights bind_q8_0(float scale, const std::filesystem::path& folder, base::ThreadPool& pool,
                     std::vector<float>& wide) {
    constexpr std::int64_t nope = 64, value = 32, rows = latent_heads * (nope + value), block = 34;
    std::vector<std::byte> blocks(static_cast<std::size_t>(rows * latent_rank / 32 * block));
    const std::uint16_t half = tensor::f32_to_f16(scale);
    for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = static_cast<std::byte>(i * 89 % 251);
    for (std::size_t at = 0; at < blocks.size(); at += block) std::memcpy(&blocks[at], &half, sizeof half);
    const TensorView kv_b{"blk.0.attn_kv_b.weight", DType::q8_0, {rows, latent_rank}, blocks};
    wide.resize(static_cast<std::size_t>(rows * latent_rank));
    for (std::int64_t r = 0; r < rows; ++r)
        kernels::dequantize_row(kv_b.type, kv_b.row(r).data(), latent_rank, wide.data() + r * latent_rank);
    std::filesystem::create_directories(folder);
    formats::write_gguf(folder / "model.gguf", {}, {&kv_b, 1});
    MlaWeights w;
    bind_latent_weights(config_with(nope, value), WeightSource(formats::Gguf::open(folder / "model.gguf")), 0, pool, w);
    return w;
}

TEST_F(LatentWeights, TheTransposeOfQuantisedWeightsIsF16) {
    const MlaWeights w = bind_q8_0(0.013f, folder_, pool_, wide_);
    EXPECT_EQ(w.w_uk.type(), DType::q8_0);
    EXPECT_EQ(w.w_uv.type(), DType::q8_0);
    ASSERT_EQ(w.w_uk_t.type(), DType::f16);
    const std::vector<float> transposed = values_of(w.w_uk_t, pool_);
    for (std::int64_t h = 0; h < latent_heads; ++h) {
        for (std::int64_t k = 0; k < latent_rank; ++k) {
            for (std::int64_t r = 0; r < 64; ++r) {
                ASSERT_EQ(transposed[static_cast<std::size_t>((h * latent_rank + k) * 64 + r)],
                          tensor::f16_to_f32(tensor::f32_to_f16(wide(h * 96 + r, k))));
            }
        }
    }
}

TEST_F(LatentWeights, WhatIsBeyondF16StaysF32) {
    const MlaWeights w = bind_q8_0(1000.0f, folder_, pool_, wide_);
    ASSERT_EQ(w.w_uk_t.type(), DType::f32);
    EXPECT_EQ(values_of(w.w_uk_t, pool_)[1], wide(1, 0));
}

}  // namespace
}  // namespace ergon::model
