#pragma once
// The kernels of one build, as a table of functions. Each namesake in another build gives the same bits.

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/attention.h"
#include "kernels/builds/isa.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/matmul.h"
#include "kernels/rotary.h"
#include "tensor/dtype.h"

namespace ergon::kernels {

/// Rows of c that a block of a product holds, and values of k that it takes at a time: a (96 kB) stays in a
/// second-level cache, a panel of b (16 kB) in a first-level one. A multiple of every build's gemm_rows.
inline constexpr std::int64_t gemm_block_rows = 96;
inline constexpr std::int64_t gemm_depth = 256;
inline constexpr std::int64_t gemm_block_floats = gemm_block_rows * gemm_depth;

/// A piece of b to be laid out: columns of c from 16 * first_panel up to `end`, and k in [begin, begin + count).
struct PackPiece {
    std::int64_t first_panel, end, begin, count;
};

/// Where a panel's values from k on stand in what is laid out: [k / gemm_depth][panel][k % gemm_depth][16], so that the
/// panels of one depth, which are read again and again, lie together. (With whole panels one after the other, powers of
/// two for k put them into the same sets of a cache.)
constexpr std::int64_t packed_at(const Gemm& g, std::int64_t panel, std::int64_t k) {
    const std::int64_t before = k / gemm_depth * gemm_depth, left = g.k - before;
    return 16 * ((g.n + 15) / 16 * before + panel * (left < gemm_depth ? left : gemm_depth) + k - before);
}

/// Activations of a product as the kernels see them.
struct ProductInput {
    std::int64_t cols = 0;
    Rows rows;                          // for float weights
    const std::byte* panels = nullptr;  // for quantised weights
    Digits digits = Digits::one;        // in the panels
};

struct KernelTable {
    /// y[t * stride + r] for rows r of groups [begin, end) (at most `rows`), all t.
    using MatmulGroups = void (*)(const std::byte* weights, std::int64_t rows, std::int64_t begin, std::int64_t end,
                                  const ProductInput& input, float* y, std::int64_t stride);
    std::array<MatmulGroups, tensor::dtype_count> matmul{};  // null where a type cannot be a weight
    /// Rows [begin, begin + count) of `rows` (count * digits <= panel_rows) as one panel.
    void (*quantise_panel)(const Rows& rows, std::int64_t begin, std::int64_t count, std::int64_t cols, Digits digits,
                           std::byte* panel);

    /// A piece of b [n, k], its panels one after the other.
    void (*gemm_pack)(const Operand& b, const PackPiece& piece, float* out);
    /// Rows [begin, end) of c, at most gemm_block_rows, and columns of panels [first, last).
    void (*gemm_block)(const Gemm& g, const float* packed_b, std::int64_t begin, std::int64_t end, std::int64_t first,
                       std::int64_t last, float* scratch);

    void (*rms_norm)(const float* x, const float* w, float eps, std::int64_t n, float* y);
    void (*add)(float* x, const float* y, std::int64_t n);
    void (*add_scaled)(float* y, const float* x, float factor, std::int64_t n);
    void (*swiglu)(const float* gate, const float* up, std::int64_t n, float* y);
    void (*softmax)(float* x, std::int64_t n);
    double (*sum_of_exponentials)(const float* x, std::int64_t n, float largest);
    void (*sigmoid)(float* x, std::int64_t n);
    void (*rotate)(float* x, const float* cosines, const float* sines, std::int64_t n, Pairing pairing);
    void (*to_f16)(const float* x, std::int64_t n, std::uint16_t* y);

    float (*rms_norm_backward)(const float* x, const float* w, const float* dy, float eps, std::int64_t n, float* dx);
    void (*add_product)(float* y, const float* a, const float* b, float factor, std::int64_t n);
    void (*swiglu_backward)(float* gate, float* up, const float* dy, std::int64_t n);
    float (*dot)(const float* a, const float* b, std::int64_t n);
    void (*scale)(float* x, float factor, std::int64_t n);
    void (*softmax_backward)(const float* p, float* d, float factor, std::int64_t n);
    void (*adamw)(const AdamwStep& step, float* w, float* m, float* v, const float* g, std::int64_t n);
    void (*adamw_bf16)(const AdamwStep& step, float* w, std::uint16_t* m, std::uint16_t* v, const float* g,
                       std::int64_t n);

    void (*to_bf16)(const float* x, std::int64_t n, std::uint16_t* y);
    void (*from_bf16)(const std::uint16_t* x, std::int64_t n, float* y);
    float (*largest_magnitude)(const float* x, std::int64_t n);
    void (*largest_magnitudes)(const float* x, std::int64_t n, float* m);
    void (*to_f8)(const float* x, float scale, std::int64_t n, std::uint8_t* y);
    void (*to_f8_each)(const float* x, const float* scales, std::int64_t n, std::uint8_t* y);
    void (*from_f8)(const std::uint8_t* x, float scale, std::int64_t n, float* y);

    void (*attend_chunk)(const KeysAndValues& keys, const float* queries, std::int64_t query_stride,
                         const std::int64_t* limits, std::int64_t rows, std::int64_t chunk, float scale, float* states,
                         float* scratch);
    void (*merge_states)(float* into, const float* next, std::int64_t value_width);
    void (*finish_state)(const float* state, std::int64_t value_width, float* y);

    float (*float_chains)(std::int64_t rounds);
    std::int64_t float_operations = 0;  // of one round
    std::int32_t (*byte_chains)(std::int64_t rounds);
    std::int64_t byte_operations = 0;
};

/// The build in use (isa.h).
const KernelTable& table();

const KernelTable& scalar_table();
const KernelTable& avx2_table();
const KernelTable& avx512_table();

}  // namespace ergon::kernels
