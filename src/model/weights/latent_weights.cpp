#include "model/weights/latent_weights.h"

#include <cmath>
#include <cstring>

#include "base/error.h"
#include "kernels/elementwise.h"
#include "model/weights/weights.h"
#include "tensor/float_bits.h"

namespace ergon::model {
namespace {

using tensor::DType;
using tensor::Shape;
using tensor::TensorView;

OwnedTensor make_tensor(const std::string& name, DType type, const Shape& shape) {
    OwnedTensor made;
    made.bytes.resize(tensor::storage_bytes(type, shape.values()).value());
    made.view = {name, type, shape, made.bytes};
    return made;
}

float* floats(OwnedTensor& t) {
    return reinterpret_cast<float*>(t.bytes.data());
}

/// Plain numbers: they can be moved one by one.
bool is_plain(DType type) {
    return type == DType::f32 || type == DType::f16 || type == DType::bf16 || type == DType::f8_e4m3;
}

/// The same values rounded to F16, or as they are if one of them is too large for it.
OwnedTensor narrow(OwnedTensor wide) {
    OwnedTensor result = make_tensor(wide.view.name, DType::f16, wide.view.shape);
    const float* from = floats(wide);
    auto* to = reinterpret_cast<std::uint16_t*>(result.bytes.data());
    for (std::int64_t i = 0; i < wide.view.shape.values(); ++i) {
        if (std::abs(from[i]) > tensor::f16_max) return wide;
        to[i] = tensor::f32_to_f16(from[i]);
    }
    return result;
}

/// The transposes of a stack of matrices: [n, rows, cols] becomes [n, cols, rows]; block-quantised values become F16.
OwnedTensor transpose_each(const TensorView& stack) {
    const OwnedTensor unpacked = is_plain(stack.type) ? OwnedTensor{} : narrow(widen({stack, {}}));
    const TensorView& from = is_plain(stack.type) ? stack : unpacked.view;
    const std::int64_t count = from.shape[0], rows = from.shape[1], cols = from.shape[2];
    OwnedTensor result = make_tensor(stack.name, from.type, {count, cols, rows});
    const auto size = static_cast<std::size_t>(tensor::info(from.type).block_bytes);
    const std::byte* source = from.bytes.data();
    for (std::int64_t n = 0; n < count; ++n) {
        for (std::int64_t r = 0; r < rows; ++r) {
            for (std::int64_t c = 0; c < cols; ++c, source += size) {
                std::memcpy(result.bytes.data() + static_cast<std::size_t>((n * cols + c) * rows + r) * size, source,
                            size);
            }
        }
    }
    return result;
}

/// Rows [first, first + rows) of each head of kv_b [heads * rows_per_head, cols] as a stack [heads, rows, cols].
OwnedTensor rows_of_heads(const TensorView& kv_b, std::int64_t heads, std::int64_t first, std::int64_t rows) {
    const std::int64_t rows_per_head = kv_b.shape[0] / heads, cols = kv_b.shape[1];
    OwnedTensor result = make_tensor(kv_b.name, kv_b.type, {heads, rows, cols});
    const auto bytes = static_cast<std::size_t>(rows * kv_b.row_bytes());
    for (std::int64_t h = 0; h < heads; ++h) {
        std::memcpy(result.bytes.data() + static_cast<std::size_t>(h) * bytes,
                    kv_b.row(h * rows_per_head + first).data(), bytes);
    }
    return result;
}

/// A stack of F8_E4M3 matrices and their scales.
PackedMatrix pack_f8(const WeightSource& source, const TensorView& weights, const TensorView& scales,
                     base::ThreadPool& pool) {
    const std::vector<TensorView> ws = kernels::matrices_of(weights), ss = kernels::matrices_of(scales);
    std::vector<SourceMatrix> matrices;
    for (std::size_t n = 0; n < ws.size(); ++n) matrices.push_back({ws[n], ss[n]});
    return pack(source, matrices, pool);
}

/// kv_b in F8_E4M3 where the cuts between heads fall between blocks of scales, as in DeepSeek-V3: it stays in 8 bits,
/// as a block of 128 x 128 under one scale is one when transposed, too.
void bind_f8(const WeightSource& source, const SourceMatrix& kv_b, std::int64_t heads, std::int64_t nope,
             std::int64_t dv, base::ThreadPool& pool, MlaWeights& w) {
    constexpr std::int64_t block = kernels::f8_block;
    const OwnedTensor uk = rows_of_heads(kv_b.weights, heads, 0, nope);
    const OwnedTensor uk_scales = rows_of_heads(kv_b.scales, heads, 0, nope / block);
    w.w_uk = pack_f8(source, uk.view, uk_scales.view, pool);
    w.w_uk_t = pack_f8(source, transpose_each(uk.view).view, transpose_each(uk_scales.view).view, pool);
    w.w_uv = pack_f8(source, rows_of_heads(kv_b.weights, heads, nope, dv).view,
                     rows_of_heads(kv_b.scales, heads, nope / block, dv / block).view, pool);
}

}  // namespace

OwnedTensor reorder_rows(const TensorView& matrix, const std::function<std::int64_t(std::int64_t)>& stored) {
    OwnedTensor result = make_tensor(matrix.name, matrix.type, matrix.shape);
    const auto bytes = static_cast<std::size_t>(matrix.row_bytes());
    for (std::int64_t r = 0; r < matrix.shape[0]; ++r) {
        std::memcpy(result.bytes.data() + static_cast<std::size_t>(r) * bytes, matrix.row(stored(r)).data(), bytes);
    }
    return result;
}

OwnedTensor widen(const SourceMatrix& matrix) {
    constexpr std::int64_t block = kernels::f8_block;
    const TensorView& w = matrix.weights;
    const std::int64_t cols = w.shape.last();
    OwnedTensor result = make_tensor(w.name, DType::f32, w.shape);
    std::vector<float> scales(w.type == DType::f8_e4m3 ? static_cast<std::size_t>(matrix.scales.shape.last()) : 0);
    for (std::int64_t r = 0; r < w.shape.rows(); ++r) {
        float* row = floats(result) + r * cols;
        kernels::dequantize_row(w.type, w.row(r).data(), cols, row);
        if (scales.empty()) continue;
        kernels::dequantize_row(DType::f32, matrix.scales.row(r / block).data(), std::ssize(scales), scales.data());
        for (std::int64_t k = 0; k < cols; ++k) {
            row[k] *= scales[k / block];
            if (std::isnan(row[k])) {
                base::fail(base::ErrorCode::bad_file,
                           "the tensor {} holds a weight that is not a number; the file is damaged", w.name);
            }
        }
    }
    return result;
}

kernels::PackedMatrix pack(const WeightSource& source, std::span<const SourceMatrix> matrices, base::ThreadPool& pool) {
    std::vector<TensorView> weights, scales;
    for (const SourceMatrix& one : matrices) {
        weights.push_back(one.weights);
        if (one.scales.bytes.data() != nullptr) scales.push_back(one.scales);
    }
    try {
        if (!scales.empty()) return PackedMatrix::pack_f8(weights, scales, pool);
        return weights.size() == 1 ? PackedMatrix::pack(weights.front(), pool) : PackedMatrix::pack(weights, pool);
    } catch (const base::Error& error) {
        base::fail(error.code(), "{}: {}", source.file(), error.what());
    }
}

void bind_latent_weights(const Config& c, const WeightSource& source, std::int64_t layer, base::ThreadPool& pool,
                         MlaWeights& w) {
    const std::int64_t heads = c.num_attention_heads, rank = c.kv_lora_rank, nope = c.qk_nope_head_dim,
                       dv = c.v_head_dim;
    const auto pack_one = [&](const TensorView& view) { return pack(source, {{view, {}}}, pool); };
    if (!source.has(Part::kv_b, layer) && source.has(Part::k_b, layer)) {
        const TensorView k_b = source.stack(Part::k_b, layer, heads, rank, nope);
        w.w_uk_t = pack_one(k_b);
        w.w_uk = pack_one(transpose_each(k_b).view);
        w.w_uv = pack_one(source.stack(Part::v_b, layer, heads, dv, rank));
        return;
    }
    const SourceMatrix stored = source.matrix(Part::kv_b, layer, heads * (nope + dv), rank);
    const bool f8 = stored.weights.type == DType::f8_e4m3;
    if (f8 && nope % kernels::f8_block == 0 && dv % kernels::f8_block == 0) {
        bind_f8(source, stored, heads, nope, dv, pool, w);
        return;
    }
    const OwnedTensor widened = f8 ? widen(stored) : OwnedTensor{};
    const TensorView& kv_b = widened.bytes.empty() ? stored.weights : widened.view;
    const OwnedTensor uk = rows_of_heads(kv_b, heads, 0, nope);
    w.w_uk = pack_one(uk.view);
    w.w_uk_t = pack_one(transpose_each(uk.view).view);
    w.w_uv = pack_one(rows_of_heads(kv_b, heads, nope, dv).view);
}

}  // namespace ergon::model
