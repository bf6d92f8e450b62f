// Products of two matrices (definition: kernels/gemm.h). Included by each build inside its namespace.
//
// b is laid out beforehand in panels of 16 columns of c, [k][16]; a in panels of gemm_rows rows, [k][gemm_rows], block
// by block. A tile of gemm_rows x 16 outputs stays in registers: 12 chains of FMAs, more than the 8 that two units with
// a latency of 4 keep busy.

inline constexpr int gemm_rows = lanes == 8 ? 6 : 12;

/// The values of E4M3's 256 codes: quicker looked up than put together.
inline constexpr auto f8_values = [] {
    std::array<float, 256> values{};
    for (std::size_t code = 0; code < values.size(); ++code) {
        values[code] = tensor::f8_e4m3_to_f32(static_cast<std::uint8_t>(code));
    }
    return values;
}();

/// out[k][width] = operand(first + i, begin + k) for k < count, i < width; rows from `rows` on are 0.
template <int width, typename Value>
inline void pack_panel(const Operand& x, std::int64_t first, std::int64_t rows, std::int64_t begin, std::int64_t count,
                       const Value& value, float* out) {
    const std::int64_t valid = rows - first < width ? rows - first : width;
    if (valid < width) std::memset(out, 0, static_cast<std::size_t>(count * width) * sizeof(float));
    if (x.row == 1) {
        for (std::int64_t k = 0; k < count; ++k) {
            for (std::int64_t i = 0; i < valid; ++i) out[k * width + i] = value(first + i + (begin + k) * x.col);
        }
        return;
    }
    for (std::int64_t i = 0; i < valid; ++i) {
        const std::int64_t at = (first + i) * x.row + begin * x.col;
        for (std::int64_t k = 0; k < count; ++k) out[k * width + i] = value(at + k * x.col);
    }
}

template <int width>
inline void pack_panel(const Operand& x, std::int64_t first, std::int64_t rows, std::int64_t begin, std::int64_t count,
                       float* out) {
    using tensor::DType;
    if (x.type == DType::f32) {
        const auto* data = static_cast<const float*>(x.data);
        pack_panel<width>(
            x, first, rows, begin, count, [=](std::int64_t at) { return data[at]; }, out);
    } else if (x.type == DType::bf16) {
        const auto* data = static_cast<const std::uint16_t*>(x.data);
        pack_panel<width>(
            x, first, rows, begin, count, [=](std::int64_t at) { return tensor::bf16_to_f32(data[at]); }, out);
    } else {
        const auto* data = static_cast<const std::uint8_t*>(x.data);
        pack_panel<width>(
            x, first, rows, begin, count, [=](std::int64_t at) { return f8_values[data[at]]; }, out);
    }
}

/// The panels of rows [first, end), one after the other, `stride` floats apart.
template <int width>
inline void pack_panels(const Operand& x, std::int64_t first, std::int64_t end, std::int64_t begin, std::int64_t count,
                        std::int64_t stride, float* out) {
    std::int64_t whole = 0;
    if (x.type == tensor::DType::f32 && x.row == 1 && count > 0) {
        // All panels side by side, so that memory is read as it lies; panel by panel, its lines would come one by one.
        whole = (end - first) / width;
        constexpr std::int64_t ahead = 8;  // rows (assumed: some hundred cycles)
        const float* const start = static_cast<const float*>(x.data) + first + begin * x.col;
        for (std::int64_t k = 0; k < count; ++k) {
            const float* const from = start + k * x.col;
            // The processor foresees steps within a row, not those to the next.
            for (std::int64_t i = 0; k + ahead < count && i < whole * width; i += 16) {
                __builtin_prefetch(from + ahead * x.col + i);
            }
            for (std::int64_t p = 0; p < whole; ++p) {
                std::memcpy(out + p * stride + k * width, from + p * width, width * sizeof(float));
            }
        }
    }
    for (std::int64_t p = whole; first + p * width < end; ++p) {
        pack_panel<width>(x, first + p * width, end, begin, count, out + p * stride);
    }
}

inline float scale_of(const Operand& x, std::int64_t row, std::int64_t k) {
    return x.scales[row / x.scale_rows * x.scale_row + k / f8_block * x.scale_col];
}

/// sum[r][c] = fma(a(r, k), b[k][c], sum[r][c]) for k < count ascending; a(r, k) stands at a + r * row + k * step.
template <int step>
inline void gemm_chains(const float* a, std::int64_t row, const float* b, std::int64_t count,
                        F (&sum)[gemm_rows][group_registers]) {
    for (std::int64_t k = 0; k < count; ++k) {
        F column[group_registers];
        for (int c = 0; c < group_registers; ++c) column[c] = load(b + 16 * k + lanes * c);
        for (int r = 0; r < gemm_rows; ++r) {
            const F x = broadcast(a[r * row + k * step]);
            for (int c = 0; c < group_registers; ++c) sum[r][c] = fma(x, column[c], sum[r][c]);
        }
    }
}

/// A tile of c: `rows` x `cols` of it are valid. `from_zero`: the chains begin at 0.
struct GemmTile {
    float* c;
    std::int64_t c_row, rows, cols;
    bool from_zero;
};

inline void load_tile(const GemmTile& tile, F (&sum)[gemm_rows][group_registers]) {
    float values[16] = {};
    for (int r = 0; r < gemm_rows; ++r) {
        if (tile.from_zero || r >= tile.rows) {
            for (F& s : sum[r]) s = zero();
            continue;
        }
        const float* from = tile.c + r * tile.c_row;
        if (tile.cols < 16) {
            std::memcpy(values, from, static_cast<std::size_t>(tile.cols) * sizeof(float));
            from = values;
        }
        for (int c = 0; c < group_registers; ++c) sum[r][c] = load(from + lanes * c);
    }
}

inline void store_tile(const GemmTile& tile, const F (&sum)[gemm_rows][group_registers]) {
    float values[16];
    for (int r = 0; r < gemm_rows && r < tile.rows; ++r) {
        float* const to = tile.c + r * tile.c_row;
        for (int c = 0; c < group_registers; ++c) store((tile.cols < 16 ? values : to) + lanes * c, sum[r][c]);
        if (tile.cols < 16) std::memcpy(to, values, static_cast<std::size_t>(tile.cols) * sizeof(float));
    }
}

/// One tile over `count` values of k. a: rows `row` apart with k contiguous, or a panel (row 1).
inline void gemm_tile(const float* a, std::int64_t row, const float* b, std::int64_t count, const GemmTile& tile) {
    F sum[gemm_rows][group_registers];
    load_tile(tile, sum);
    if (row == 1) {
        gemm_chains<gemm_rows>(a, 1, b, count, sum);
    } else {
        gemm_chains<1>(a, row, b, count, sum);
    }
    store_tile(tile, sum);
}

/// The same for at most 128 values of k with scales: scale_a [gemm_rows], scale_b [16].
inline void gemm_tile_scaled(const float* a, const float* b, std::int64_t count, const float* scale_a,
                             const float* scale_b, const GemmTile& tile) {
    F sum[gemm_rows][group_registers], part[gemm_rows][group_registers];
    load_tile(tile, sum);
    for (auto& row : part)
        for (F& p : row) p = zero();
    gemm_chains<gemm_rows>(a, 1, b, count, part);
    for (int r = 0; r < gemm_rows; ++r) {
        for (int c = 0; c < group_registers; ++c) {
            const F scale = mul(broadcast(scale_a[r]), load(scale_b + lanes * c));
            sum[r][c] = fma(part[r][c], scale, sum[r][c]);
        }
    }
    store_tile(tile, sum);
}

inline void gemm_pack(const Operand& b, const PackPiece& piece, float* out) {
    pack_panels<16>(b, 16 * piece.first_panel, piece.end, piece.begin, piece.count, 16 * piece.count, out);
}

/// Rows [begin, end) of c times the panels [first, last) of b, packed one after the other from panel 0 on. `scratch`
/// has gemm_block_floats.
inline void gemm_block(const Gemm& g, const float* packed_b, std::int64_t begin, std::int64_t end, std::int64_t first,
                       std::int64_t last, float* scratch) {
    const bool scaled = g.a.scales != nullptr;
    const bool direct = g.a.type == tensor::DType::f32 && g.a.col == 1 && g.a.row > 1;
    const std::int64_t depth = scaled ? f8_block : gemm_depth;
    for (std::int64_t k0 = 0; k0 == 0 || k0 < g.k; k0 += depth) {  // a sum over nothing is 0
        const std::int64_t count = g.k - k0 < depth ? g.k - k0 : depth;
        if (!direct) pack_panels<gemm_rows>(g.a, begin, end, k0, count, gemm_rows * depth, scratch);
        for (std::int64_t panel = first; panel < last; ++panel) {
            const float* const b = packed_b + packed_at(g, panel, k0);
            const std::int64_t cols = g.n - 16 * panel < 16 ? g.n - 16 * panel : 16;
            float scale_b[16] = {};
            for (std::int64_t j = 0; j < cols && scaled; ++j) scale_b[j] = scale_of(g.b, 16 * panel + j, k0);
            for (std::int64_t i = begin; i < end; i += gemm_rows) {
                const std::int64_t rows = end - i < gemm_rows ? end - i : gemm_rows;
                const GemmTile tile{g.c + i * g.c_row + 16 * panel, g.c_row, rows, cols, k0 == 0 && !g.accumulate};
                if (scaled) {
                    float scale_a[gemm_rows] = {};
                    for (std::int64_t r = 0; r < rows; ++r) scale_a[r] = scale_of(g.a, i + r, k0);
                    gemm_tile_scaled(scratch + (i - begin) * depth, b, count, scale_a, scale_b, tile);
                } else if (direct && rows == gemm_rows) {
                    gemm_tile(static_cast<const float*>(g.a.data) + i * g.a.row + k0, g.a.row, b, count, tile);
                } else {
                    if (direct) pack_panel<gemm_rows>(g.a, i, end, k0, count, scratch);
                    gemm_tile(direct ? scratch : scratch + (i - begin) * depth, 1, b, count, tile);
                }
            }
        }
    }
}
