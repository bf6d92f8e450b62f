#include "kernels/packed_matrix.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <sys/mman.h>
#include <vector>

#include "base/checked.h"
#include "base/error.h"
#include "kernels/elementwise.h"
#include "kernels/packed_layout.h"
#include "kernels/quant_blocks.h"
#include "tensor/float_bits.h"

namespace ergon::kernels {
namespace {

using tensor::DType;
using tensor::TensorView;

/// In which type weights of a file's type are kept.
DType packed_type(const TensorView& weights) {
    switch (weights.type) {
        case DType::f64:
        case DType::i8:
        case DType::i16:
        case DType::i32:
        case DType::i64: return DType::f32;
        case DType::f8_e5m2: return DType::f16;
        case DType::f8_e8m0:
        case DType::u8:
        case DType::boolean:
            base::fail(base::ErrorCode::unsupported, "tensor {} has type {}, which cannot be a weight", weights.name,
                       tensor::name(weights.type));
        default: return weights.type;
    }
}

std::int64_t group_bytes(DType type, std::int64_t cols) {
    if (!tensor::is_quantised(type)) return float_group_bytes(type, cols);
    const BlockLayout layout = block_layout(type);
    return cols / layout.span_values() * layout.span_bytes();
}

/// One value of a row in its packed form: the stored bytes, but F32 for what is rounded to it and F16 for F8_E5M2.
void pack_float_rows(DType type, const TensorView& w, std::int64_t first_row, std::int64_t count, std::byte* out) {
    const std::int64_t cols = w.shape.last();
    if (type == DType::f32) {
        std::vector<float> row(cols);
        auto* to = reinterpret_cast<float*>(out);
        for (std::int64_t r = 0; r < count; ++r) {
            dequantize_row(w.type, w.row(first_row + r).data(), cols, row.data());
            for (std::int64_t k = 0; k < cols; ++k) to[16 * k + r] = row[k];
        }
        return;
    }
    auto* to = reinterpret_cast<std::uint16_t*>(out);
    for (std::int64_t r = 0; r < count; ++r) {
        const std::byte* row = w.row(first_row + r).data();
        for (std::int64_t k = 0; k < cols; ++k) {
            if (w.type == DType::f8_e5m2) {
                to[16 * k + r] = static_cast<std::uint16_t>(static_cast<unsigned>(row[k]) << 8);
            } else {
                std::memcpy(to + 16 * k + r, row + 2 * k, 2);
            }
        }
    }
}

bool all_finite(const TensorView& floats) {
    for (std::size_t at = 0; at < floats.bytes.size(); at += sizeof(float)) {
        float value = 0;
        std::memcpy(&value, floats.bytes.data() + at, sizeof value);
        if (!std::isfinite(value)) return false;
    }
    return true;
}

/// Returns false if a code is NaN.
bool pack_f8_rows(const TensorView& w, const TensorView& scales, std::int64_t first_row, std::int64_t count,
                  std::byte* out) {
    const std::int64_t cols = w.shape.last();
    bool clean = true;
    for (std::int64_t k0 = 0; k0 < cols; k0 += f8_block) {
        std::memcpy(out, scales.row(first_row / f8_block).data() + k0 / f8_block * 4, 4);
        out += f8_scale_bytes;
        const std::int64_t n = cols - k0 < f8_block ? cols - k0 : f8_block;
        for (std::int64_t r = 0; r < count; ++r) {
            const std::byte* row = w.row(first_row + r).data() + k0;
            for (std::int64_t k = 0; k < n; ++k) {
                clean = clean && (row[k] & std::byte{0x7F}) != std::byte{0x7F};
                out[16 * k + r] = row[k];
            }
        }
        out += 16 * n;
    }
    return clean;
}

/// The codes of 32 values of row r into the tile's planes (packed_layout.h).
void put_codes(int bits, const std::uint8_t* code, std::int64_t r, std::uint8_t* planes) {
    std::uint8_t* at = planes + 4 * r;
    const int low = bits == 8 ? 8 : bits >= 4 ? 4 : 2;
    const int low_mask = (1 << low) - 1;
    for (int k = 0; k < 32; ++k) {
        const int g = k / 4, i = k % 4, c = code[k] & low_mask;
        if (low == 8) at[64 * g + i] = code[k];
        if (low == 4) at[64 * (g % 4) + i] = static_cast<std::uint8_t>(at[64 * (g % 4) + i] | (c << (g < 4 ? 0 : 4)));
        if (low == 2) at[64 * (g / 4) + i] = static_cast<std::uint8_t>(at[64 * (g / 4) + i] | (c << (2 * (g % 4))));
    }
    if (bits == low) return;
    std::uint8_t* high = at + 64 * low;
    for (int k = 0; k < 32; ++k) {
        const int g = k / 4, i = k % 4, c = code[k] >> low;
        if (bits - low == 1) high[i] = static_cast<std::uint8_t>(high[i] | (c << g));
        if (bits - low == 2)
            high[64 * (g / 4) + i] = static_cast<std::uint8_t>(high[64 * (g / 4) + i] | (c << (2 * (g % 4))));
    }
}

/// One span of one row. Returns false if its scale is NaN.
bool put_span(const BlockLayout& layout, const BlockCodes& b, std::int64_t r, std::uint8_t* span) {
    if (layout.e8m0) {
        if (b.d == 0xFF) return false;
        span[r] = static_cast<std::uint8_t>(b.d < 1 ? 1 : b.d);  // below 2^-126: zero (the kernels' scale of 1 is 0)
    } else {
        std::memcpy(span + 2 * r, &b.d, 2);
        if (layout.minima != Minima::none) std::memcpy(span + 32 + 2 * r, &b.m, 2);
    }
    for (std::int64_t t = 0; t < layout.span_tiles; ++t) {
        std::uint8_t* tile = span + layout.span_head() + t * layout.tile_bytes();
        if (layout.scales == SubScales::one) {
            tile[r] = static_cast<std::uint8_t>(b.scale[t]);
        } else if (layout.minima == Minima::halves) {
            for (int h = 0; h < 2; ++h)
                tile[16 * h + r] = static_cast<std::uint8_t>(b.scale[2 * t + h] | (b.minimum[2 * t + h] << 4));
        } else if (layout.scales == SubScales::two) {
            for (int h = 0; h < 2; ++h) tile[16 * h + r] = static_cast<std::uint8_t>(b.scale[2 * t + h]);
        }
        if (layout.minima == Minima::tile) tile[16 + r] = b.minimum[t];
        put_codes(layout.bits, b.code + 32 * t, r, tile + layout.tile_head());
    }
    return true;
}

bool pack_block_rows(DType type, const TensorView& w, std::int64_t first_row, std::int64_t count, std::byte* out) {
    const BlockLayout layout = block_layout(type);
    const std::int64_t block_bytes = tensor::info(type).block_bytes;
    bool clean = true;
    for (std::int64_t r = 0; r < count; ++r) {
        const std::byte* block = w.row(first_row + r).data();
        auto* span = reinterpret_cast<std::uint8_t*>(out);
        for (std::int64_t k = 0; k < w.shape.last();
             k += layout.span_values(), block += block_bytes, span += layout.span_bytes()) {
            BlockCodes codes;
            read_block(type, block, codes);
            clean = put_span(layout, codes, r, span) && clean;
        }
    }
    return clean;
}

/// The first tensor that is not of the first one's type and shape, or has too few bytes for it.
void check_alike(std::span<const TensorView> weights) {
    if (weights.empty()) base::fail(base::ErrorCode::bad_argument, "no tensors were given to pack");
    for (const TensorView& w : weights) {
        if (w.type != weights[0].type || w.shape != weights[0].shape || w.shape.rank() != 2) {
            base::fail(base::ErrorCode::bad_file, "tensor {} is {} {}; expected {} {} as in {}", w.name,
                       tensor::name(w.type), w.shape.text(), tensor::name(weights[0].type), weights[0].shape.text(),
                       weights[0].name);
        }
        const auto bytes = tensor::storage_bytes(w.type, w.shape.last());
        if (!bytes || static_cast<std::int64_t>(w.bytes.size()) < *bytes * w.shape[0]) {
            base::fail(base::ErrorCode::bad_file,
                       "tensor {} of type {} and shape {} does not fill whole blocks, or has only {} bytes", w.name,
                       tensor::name(w.type), w.shape.text(), w.bytes.size());
        }
    }
}

}  // namespace

void PackedMatrix::Unmap::operator()(std::byte* data) const {
    ::munmap(data, size);
}

void PackedMatrix::allocate(DType type, std::int64_t count, std::int64_t rows, std::int64_t cols) {
    type_ = type;
    count_ = count;
    rows_ = rows;
    cols_ = cols;
    matrix_bytes_ = groups() * group_bytes(type, cols);
    const auto size = static_cast<std::size_t>(count * matrix_bytes_);
    if (size == 0) return;
    void* mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) {
        base::fail(base::ErrorCode::out_of_budget, "no memory for {} bytes of weights ({})", size,
                   std::strerror(errno));
    }
    ::madvise(mapped, size, MADV_HUGEPAGE);  // fewer page walks; refused on some kernels, which does no harm
    data_ = {static_cast<std::byte*>(mapped), Unmap{size}};
}

std::vector<TensorView> matrices_of(const TensorView& stack) {
    if (stack.shape.rank() == 2) return {stack};
    if (stack.shape.rank() != 3) {
        base::fail(base::ErrorCode::bad_file, "tensor {} has shape {}; expected a matrix or a stack of matrices",
                   stack.name, stack.shape.text());
    }
    std::vector<TensorView> matrices;
    const auto bytes = static_cast<std::size_t>(stack.shape[1] * stack.row_bytes());
    for (std::int64_t i = 0; i < stack.shape[0]; ++i) {
        matrices.push_back({stack.name,
                            stack.type,
                            {stack.shape[1], stack.shape[2]},
                            stack.bytes.subspan(static_cast<std::size_t>(i) * bytes, bytes)});
    }
    return matrices;
}

PackedMatrix PackedMatrix::pack(const TensorView& weights, base::ThreadPool& pool) {
    return pack(matrices_of(weights), pool);
}

PackedMatrix PackedMatrix::pack(std::span<const TensorView> weights, base::ThreadPool& pool) {
    check_alike(weights);
    if (weights[0].type == DType::f8_e4m3) {
        base::fail(base::ErrorCode::bad_file, "tensor {} is F8_E4M3 without scales ({}_scale_inv)", weights[0].name,
                   weights[0].name);
    }
    PackedMatrix packed;
    packed.allocate(packed_type(weights[0]), static_cast<std::int64_t>(weights.size()), weights[0].shape[0],
                    weights[0].shape[1]);
    const std::int64_t groups = packed.groups(), bytes = group_bytes(packed.type_, packed.cols_);
    std::vector<char> bad(weights.size());
    pool.run(packed.count_ * groups, 1, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t i = begin; i < end; ++i) {
            const auto m = static_cast<std::size_t>(i / groups);
            const std::int64_t first = i % groups * group_rows;
            const std::int64_t count = packed.rows_ - first < group_rows ? packed.rows_ - first : group_rows;
            std::byte* out = packed.data_.get() + i * bytes;
            if (!packed.quantised()) {
                pack_float_rows(packed.type_, weights[m], first, count, out);
            } else if (!pack_block_rows(packed.type_, weights[m], first, count, out)) {
                bad[m] = 1;
            }
        }
    });
    for (std::size_t m = 0; m < bad.size(); ++m) {
        if (bad[m] != 0)
            base::fail(base::ErrorCode::bad_file, "tensor {} has a block whose scale is not a number", weights[m].name);
    }
    return packed;
}

PackedMatrix PackedMatrix::pack_f8(std::span<const TensorView> weights, std::span<const TensorView> scales,
                                   base::ThreadPool& pool) {
    check_alike(weights);
    if (weights[0].type != DType::f8_e4m3 || scales.size() != weights.size()) {
        base::fail(base::ErrorCode::bad_argument,
                   "tensor {} is {}; expected F8_E4M3 with one tensor of scales for each", weights[0].name,
                   tensor::name(weights[0].type));
    }
    const std::int64_t rows = weights[0].shape[0], cols = weights[0].shape[1];
    const tensor::Shape expected{(rows + f8_block - 1) / f8_block, (cols + f8_block - 1) / f8_block};
    for (const TensorView& s : scales) {
        if (s.type != DType::f32 || s.shape != expected) {
            base::fail(base::ErrorCode::bad_file, "tensor {} is {} {}; expected F32 {}", s.name, tensor::name(s.type),
                       s.shape.text(), expected.text());
        }
        if (!all_finite(s)) base::fail(base::ErrorCode::bad_file, "tensor {} holds scales that are not finite", s.name);
    }
    PackedMatrix packed;
    packed.allocate(DType::f8_e4m3, static_cast<std::int64_t>(weights.size()), rows, cols);
    const std::int64_t groups = packed.groups(), bytes = group_bytes(packed.type_, cols);
    std::vector<char> bad(weights.size());
    pool.run(packed.count_ * groups, 1, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t i = begin; i < end; ++i) {
            const auto m = static_cast<std::size_t>(i / groups);
            const std::int64_t first = i % groups * group_rows;
            const std::int64_t count = rows - first < group_rows ? rows - first : group_rows;
            if (!pack_f8_rows(weights[m], scales[m], first, count, packed.data_.get() + i * bytes)) bad[m] = 1;
        }
    });
    for (std::size_t m = 0; m < bad.size(); ++m) {
        if (bad[m] != 0)
            base::fail(base::ErrorCode::bad_file, "tensor {} holds codes that are not a number", weights[m].name);
    }
    return packed;
}

}  // namespace ergon::kernels
