// Products with float weights, and the tile of FMAs that attention uses too. Included by each build inside its
// namespace.

/// sum[r][c] = fma(a[r][k], b(k, c), sum[r][c]) for k ascending from 0 to n: R rows, C registers. The one chain per
/// output.
template <int R, int C, typename Load>
inline void fma_tile(const float* const (&a)[R], std::int64_t n, const Load& b, F (&sum)[R][C]) {
    for (std::int64_t k = 0; k < n; ++k) {
        F column[C];
        for (int c = 0; c < C; ++c) column[c] = b(k, c);
        for (int r = 0; r < R; ++r) {
            const F x = broadcast(a[r][k]);
            for (int c = 0; c < C; ++c) sum[r][c] = fma(x, column[c], sum[r][c]);
        }
    }
}

inline constexpr int group_registers = 16 / lanes;

template <tensor::DType type>
struct FloatWeights;
template <>
struct FloatWeights<tensor::DType::f32> {
    static constexpr std::int64_t bytes = 4;
    static inline F load_lanes(const std::byte* p) { return load(reinterpret_cast<const float*>(p)); }
};
template <>
struct FloatWeights<tensor::DType::f16> {
    static constexpr std::int64_t bytes = 2;
    static inline F load_lanes(const std::byte* p) { return load_f16(reinterpret_cast<const std::uint16_t*>(p)); }
};
template <>
struct FloatWeights<tensor::DType::bf16> {
    static constexpr std::int64_t bytes = 2;
    static inline F load_lanes(const std::byte* p) { return load_bf16(reinterpret_cast<const std::uint16_t*>(p)); }
};
template <>
struct FloatWeights<tensor::DType::f8_e4m3> {
    static constexpr std::int64_t bytes = 1;
    static inline F load_lanes(const std::byte* p) { return load_f8(reinterpret_cast<const std::uint8_t*>(p)); }
};

/// G groups of 16 rows times R rows of activations.
template <tensor::DType type, int R, int G>
inline void float_tile(const std::byte* weights, std::int64_t group_bytes, std::int64_t g, std::int64_t cols,
                       const Rows& rows, std::int64_t t, std::int64_t all_rows, float* y, std::int64_t stride) {
    using W = FloatWeights<type>;
    constexpr int C = G * group_registers;
    const float* x[R];
    for (int r = 0; r < R; ++r) x[r] = rows.row(t + r);
    F sum[R][C];
    for (auto& row : sum)
        for (F& s : row) s = zero();
    const auto at = [&](std::int64_t k, int c) {
        return weights + (g + c / group_registers) * group_bytes + (16 * k + lanes * (c % group_registers)) * W::bytes;
    };
    if constexpr (type == tensor::DType::f8_e4m3) {
        for (std::int64_t k0 = 0; k0 < cols; k0 += f8_block) {
            const std::int64_t block_begin = k0 / f8_block * (f8_scale_bytes + 16 * f8_block);
            F scale[G];
            for (int i = 0; i < G; ++i) {
                float s = 0;
                std::memcpy(&s, weights + (g + i) * group_bytes + block_begin, sizeof s);
                scale[i] = broadcast(s);
            }
            const std::byte* block = weights + block_begin + f8_scale_bytes;
            fma_tile<R, C>(
                x, cols - k0 < f8_block ? cols - k0 : f8_block,
                [&](std::int64_t k, int c) {
                    const int group = c / group_registers;
                    const std::byte* p = block + (g + group) * group_bytes + 16 * k + lanes * (c % group_registers);
                    return mul(W::load_lanes(p), scale[group]);
                },
                sum);
            for (const float*& row : x) row += f8_block;
        }
    } else {
        fma_tile<R, C>(
            x, cols, [&](std::int64_t k, int c) { return W::load_lanes(at(k, c)); }, sum);
    }
    for (int r = 0; r < R; ++r) {
        for (int i = 0; i < G; ++i) {
            float out[16];
            for (int c = 0; c < group_registers; ++c) store(out + lanes * c, sum[r][i * group_registers + c]);
            const std::int64_t first_row = 16 * (g + i);
            const std::int64_t valid = all_rows - first_row < 16 ? all_rows - first_row : 16;
            std::memcpy(y + (t + r) * stride + first_row, out, static_cast<std::size_t>(valid) * sizeof(float));
        }
    }
}

template <tensor::DType type>
void matmul_floats(const std::byte* weights, std::int64_t rows, std::int64_t begin, std::int64_t end,
                   const ProductInput& input, float* y, std::int64_t stride) {
    const std::int64_t group_bytes = float_group_bytes(type, input.cols);
    constexpr int many =
        4;  // rows of activations, or groups of weights, in one tile: 8 chains of FMAs in flight with 8 lanes
    std::int64_t t = 0;
    for (; t + many <= input.rows.count; t += many) {
        for (std::int64_t g = begin; g < end; ++g) {
            float_tile<type, many, 1>(weights, group_bytes, g, input.cols, input.rows, t, rows, y, stride);
        }
    }
    for (; t < input.rows.count; ++t) {
        std::int64_t g = begin;
        for (; g + many <= end; g += many) {
            float_tile<type, 1, many>(weights, group_bytes, g, input.cols, input.rows, t, rows, y, stride);
        }
        for (; g < end; ++g)
            float_tile<type, 1, 1>(weights, group_bytes, g, input.cols, input.rows, t, rows, y, stride);
    }
}
