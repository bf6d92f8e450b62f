#pragma once
// The up-projections of latent attention from any of their layouts, and the small rearrangements that binding needs.

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "base/threads.h"
#include "kernels/packed_matrix.h"
#include "model/config/config.h"
#include "model/weights/weight_source.h"

namespace ergon::model {

struct MlaWeights;

/// A tensor that was made at load. Moving it keeps the view valid.
struct OwnedTensor {
    std::vector<std::byte> bytes;
    tensor::TensorView view;
};

/// Rows of a matrix in another order: row r of the result is row stored(r).
OwnedTensor reorder_rows(const tensor::TensorView& matrix, const std::function<std::int64_t(std::int64_t)>& stored);
/// A matrix widened to F32; F8_E4M3 times the scale of its block, the product rounded to F32.
OwnedTensor widen(const SourceMatrix& matrix);

/// Packs matrices of one type and shape as a stack. Errors name the file.
kernels::PackedMatrix pack(const WeightSource& source, std::span<const SourceMatrix> matrices, base::ThreadPool& pool);
inline kernels::PackedMatrix pack(const WeightSource& source, std::initializer_list<SourceMatrix> matrices,
                                  base::ThreadPool& pool) {
    return pack(source, std::span(matrices.begin(), matrices.size()), pool);
}

/// Fills w_uk, w_uk_t and w_uv of one layer. Hugging Face and older GGUF files hold W_UK and W_UV of all heads as one
/// matrix kv_b [H * (qk_nope + v_head_dim), kv_lora_rank]; newer GGUF files hold k_b, the transposes of W_UK [H,
/// kv_lora_rank, qk_nope], and v_b [H, v_head_dim, kv_lora_rank]. Whichever of W_UK and its transpose is stored keeps
/// its type; the other is made from its values: in F16, BF16 or F32 if that is their type, in F16 for block-quantised
/// ones (F32 if one is beyond F16). F8_E4M3 stays as it is where qk_nope and v_head_dim are multiples of 128
/// (DeepSeek-V3); elsewhere the cut between heads does not fall between its blocks of scales, and it becomes F32.
void bind_latent_weights(const Config& config, const WeightSource& source, std::int64_t layer, base::ThreadPool& pool,
                         MlaWeights& weights);

}  // namespace ergon::model
