// Products with block-quantised weights. Included by each build inside its namespace, after its lanes.

/// The codes of one tile for `lanes` of its 16 rows: eight groups of four values a row. `half` counts registers within
/// 16 rows.
template <int bits>
inline void load_codes(const std::uint8_t* planes, int half, B (&w)[8]) {
    planes += 4 * lanes * half;
    if constexpr (bits == 8) {
        for (int g = 0; g < 8; ++g) w[g] = load_bytes(planes + 64 * g);
    } else if constexpr (bits >= 4) {
        for (int g = 0; g < 4; ++g) {
            const B both = load_bytes(planes + 64 * g);
            w[g] = move_bits<0, 0, 15>(both);
            w[g + 4] = move_bits<4, 0, 15>(both);
        }
    } else {
        for (int p = 0; p < 2; ++p) {
            const B four = load_bytes(planes + 64 * p);
            w[4 * p] = move_bits<0, 0, 3>(four);
            w[4 * p + 1] = move_bits<2, 0, 3>(four);
            w[4 * p + 2] = move_bits<4, 0, 3>(four);
            w[4 * p + 3] = move_bits<6, 0, 3>(four);
        }
    }
    if constexpr (bits == 5 || bits == 3) {
        constexpr int at = bits - 1;  // where the high bit goes
        const B high = load_bytes(planes + 64 * at);
        const auto put = [&]<int g>() { w[g] = or_bytes(w[g], move_bits<g, at, 1>(high)); };
        put.template operator()<0>();
        put.template operator()<1>();
        put.template operator()<2>();
        put.template operator()<3>();
        put.template operator()<4>();
        put.template operator()<5>();
        put.template operator()<6>();
        put.template operator()<7>();
    }
    if constexpr (bits == 6) {
        for (int p = 0; p < 2; ++p) {
            const B high = load_bytes(planes + 64 * (4 + p));
            w[4 * p] = or_bytes(w[4 * p], move_bits<0, 4, 3>(high));
            w[4 * p + 1] = or_bytes(w[4 * p + 1], move_bits<2, 4, 3>(high));
            w[4 * p + 2] = or_bytes(w[4 * p + 2], move_bits<4, 4, 3>(high));
            w[4 * p + 3] = or_bytes(w[4 * p + 3], move_bits<6, 4, 3>(high));
        }
    }
}

constexpr int log2_of(int power) {
    return power <= 1 ? 0 : 1 + log2_of(power / 2);
}

/// One tile of `lanes` rows, unpacked once for all rows of activations.
template <tensor::DType type>
struct Tile {
    static constexpr BlockLayout layout = block_layout(type);
    static constexpr bool is_signed = layout.codebook != Codebook::linear || layout.bits == 8;
    static constexpr bool is_unsigned = !is_signed;

    B w[8];
    SignedCodes codes;  // instead of w where codes are signed
    F d;
    I scale[2];
    F minimum[2];

    /// `head` is the span's, `at` the tile's.
    inline void load(const std::uint8_t* head, const std::uint8_t* at, int half) {
        const int row = lanes * half;
        if constexpr (layout.e8m0) {
            // 2^(e - 128): the values are doubled. The packer has made sure that 1 < e < 255.
            d = bits_to_float(shift_left<23>(sub_int(load_u8(head + row), broadcast_int(1))));
        } else {
            d = load_f16(reinterpret_cast<const std::uint16_t*>(head) + row);
        }
        F m = zero();
        if constexpr (layout.minima != Minima::none)
            m = load_f16(reinterpret_cast<const std::uint16_t*>(head) + 16 + row);
        if constexpr (layout.minima == Minima::span) minimum[0] = m;
        if constexpr (layout.minima == Minima::tile) {
            minimum[0] = sub(zero(), mul(m, to_float(load_u8(at + 16 + row))));
        }
        if constexpr (layout.minima == Minima::halves) {  // Q2_K: scale and minimum share a byte
            for (int h = 0; h < 2; ++h) {
                const I both = load_u8(at + 16 * h + row);
                scale[h] = low_nibble(both);
                minimum[h] = sub(zero(), mul(m, to_float(high_nibble(both))));
            }
        } else if constexpr (layout.scales != SubScales::none) {
            scale[0] = load_i8(reinterpret_cast<const std::int8_t*>(at) + row);
            if constexpr (layout.scales == SubScales::two)
                scale[1] = load_i8(reinterpret_cast<const std::int8_t*>(at) + 16 + row);
        }
        load_codes<layout.bits>(at + layout.tile_head(), half, w);
        if constexpr (layout.codebook != Codebook::linear) {
            for (int g = 0; g < 8; ++g) w[g] = look_up(codebook_values(layout.codebook), w[g]);
        }
        if constexpr (is_signed) codes = prepare_signed(w);
    }

    /// The exact integer sum of a block of 32 for one row of activations.
    inline I sum(const PanelBlock<const std::byte>& x, std::int64_t t) const {
        const std::int8_t* q = x.q + 32 * t;
        if constexpr (is_signed) {
            const I dot = dot_signed(codes, q);
            if constexpr (layout.scales == SubScales::one) return mul_int(dot, scale[0]);
            return dot;
        } else if constexpr (layout.scales == SubScales::two) {
            I first = dot_unsigned<layout.max_code, 4>(w, q), second = dot_unsigned<layout.max_code, 4>(w + 4, q + 16);
            if constexpr (layout.offset != 0) {
                first = sub_int(first, shift_left<log2_of(layout.offset)>(broadcast_int(x.first[t])));
                second = sub_int(second, shift_left<log2_of(layout.offset)>(broadcast_int(x.second[t])));
            }
            return add_int(mul_int(first, scale[0]), mul_int(second, scale[1]));
        } else {
            I dot = dot_unsigned<layout.max_code, 8>(w, q);
            if constexpr (layout.offset != 0) {
                dot = sub_int(dot, shift_left<log2_of(layout.offset)>(broadcast_int(x.sum[t])));
            }
            if constexpr (layout.scales == SubScales::one) dot = mul_int(dot, scale[0]);
            return dot;
        }
    }

    /// y after this tile.
    inline F accumulate(F y, const PanelBlock<const std::byte>& x, std::int64_t t) const {
        y = fma(to_float(sum(x, t)), mul(d, broadcast(x.d[t])), y);
        if constexpr (layout.minima == Minima::span || layout.minima == Minima::tile) {
            y = fma(minimum[0], broadcast(x.scaled_sum[t]), y);
        }
        if constexpr (layout.minima == Minima::halves) {
            y = fma(minimum[0], broadcast(x.d[t] * static_cast<float>(x.first[t])), y);
            y = fma(minimum[1], broadcast(x.d[t] * static_cast<float>(x.second[t])), y);
        }
        return y;
    }

  private:
    static inline I low_nibble(I both) { return sub_int(both, shift_left<4>(high_nibble(both))); }
    static inline I high_nibble(I both) { return shift_right<4>(both); }
};

/// One group of 16 rows times one panel of `count` rows of activations.
template <tensor::DType type, int digits>
inline void group_times_panel(const std::uint8_t* group, std::int64_t cols, const std::byte* panel, std::int64_t count,
                              float (*acc)[16]) {
    constexpr BlockLayout layout = block_layout(type);
    const std::int64_t spans = cols / layout.span_values(), panel_rows = count * digits;
    for (std::int64_t s = 0; s < spans; ++s, group += layout.span_bytes()) {
        for (std::int64_t tile = 0; tile < layout.span_tiles;
             ++tile, panel += QuantisedRows::row_block_bytes * panel_rows) {
            const PanelBlock x(panel, panel_rows);
            const std::uint8_t* at = group + layout.span_head() + tile * layout.tile_bytes();
            for (int half = 0; half < 16 / lanes; ++half) {
                Tile<type> w;
                w.load(group, at, half);
                for (std::int64_t t = 0; t < count; ++t) {
                    F y = load(acc[t] + half * lanes);
                    for (int d = 0; d < digits; ++d) y = w.accumulate(y, x, t * digits + d);
                    store(acc[t] + half * lanes, y);
                }
            }
        }
    }
}

/// One group of 16 rows times one row of activations: what decoding does most, with its sums in registers. Eight tiles
/// of one register's rows, then the same tiles of the next: the weights still come in order, and one register's
/// unpacked codes fit the register file.
template <tensor::DType type, int digits>
inline void group_times_row(const std::uint8_t* group, std::int64_t cols, const std::byte* panel, float* acc) {
    constexpr BlockLayout layout = block_layout(type);
    constexpr std::int64_t spans_at_once = 8 / layout.span_tiles;
    constexpr std::int64_t tile_panel_bytes = QuantisedRows::row_block_bytes * digits;
    F y[16 / lanes];
    for (F& sum : y) sum = zero();
    for (std::int64_t left = cols / layout.span_values(); left > 0; left -= spans_at_once) {
        const std::int64_t spans = left < spans_at_once ? left : spans_at_once;
        for (int half = 0; half < 16 / lanes; ++half) {
            F sum = y[half];
            for (std::int64_t i = 0; i < spans * layout.span_tiles; ++i) {
                const std::uint8_t* head = group + i / layout.span_tiles * layout.span_bytes();
                Tile<type> w;
                w.load(head, head + layout.span_head() + i % layout.span_tiles * layout.tile_bytes(), half);
                const PanelBlock x(panel + i * tile_panel_bytes, digits);
                for (int d = 0; d < digits; ++d) sum = w.accumulate(sum, x, d);
            }
            y[half] = sum;
        }
        group += spans * layout.span_bytes();
        panel += spans * layout.span_tiles * tile_panel_bytes;
    }
    for (int half = 0; half < 16 / lanes; ++half) store(acc + half * lanes, y[half]);
}

inline void store_group(const float (*acc)[16], std::int64_t count, std::int64_t valid_rows, float* y,
                        std::int64_t stride) {
    for (std::int64_t t = 0; t < count; ++t)
        std::memcpy(y + t * stride, acc[t], static_cast<std::size_t>(valid_rows) * sizeof(float));
}

template <tensor::DType type, int digits>
inline void matmul_digits(const std::byte* weights, std::int64_t rows, std::int64_t begin, std::int64_t end,
                          const ProductInput& input, float* y, std::int64_t stride) {
    constexpr BlockLayout layout = block_layout(type);
    constexpr std::int64_t panel_tokens = QuantisedRows::panel_rows / digits;
    const std::int64_t group_bytes = input.cols / layout.span_values() * layout.span_bytes();
    const std::int64_t row_bytes = input.cols / 32 * QuantisedRows::row_block_bytes * digits;
    alignas(64) float acc[panel_tokens][16];
    for (std::int64_t first = 0; first < input.rows.count; first += panel_tokens) {
        const std::int64_t left = input.rows.count - first;
        const std::int64_t count = left < panel_tokens ? left : panel_tokens;
        const std::byte* panel = input.panels + first * row_bytes;
        for (std::int64_t g = begin; g < end; ++g) {
            const auto* group = reinterpret_cast<const std::uint8_t*>(weights + g * group_bytes);
            if (count == 1) {
                group_times_row<type, digits>(group, input.cols, panel, acc[0]);
            } else {
                std::memset(acc, 0, static_cast<std::size_t>(count) * sizeof acc[0]);
                group_times_panel<type, digits>(group, input.cols, panel, count, acc);
            }
            const std::int64_t valid = rows - 16 * g < 16 ? rows - 16 * g : 16;
            store_group(acc, count, valid, y + first * stride + 16 * g, stride);
        }
    }
}

template <tensor::DType type>
void matmul_blocks(const std::byte* weights, std::int64_t rows, std::int64_t begin, std::int64_t end,
                   const ProductInput& input, float* y, std::int64_t stride) {
    if (input.digits == Digits::one) {
        matmul_digits<type, 1>(weights, rows, begin, end, input, y, stride);
    } else {
        matmul_digits<type, 2>(weights, rows, begin, end, input, y, stride);
    }
}

inline constexpr int block_registers = 32 / lanes;

/// Eight bits for 32 values: d = amax / 127, q = round(x * (127 / amax)) to nearest even. Values that are (next to)
/// zero become zero, a block that is not finite becomes NaN. Leaves in v what the digit did not hold.
inline void quantise_block(F (&v)[block_registers], const PanelBlock<std::byte>& block, std::int64_t row) {
    I largest = magnitude_bits(v[0]);
    for (int i = 1; i < block_registers; ++i) largest = max_int(largest, magnitude_bits(v[i]));
    const std::int32_t bits = largest_int(largest);
    const float amax = std::bit_cast<float>(bits);
    const bool finite = bits < 0x7F800000;
    const bool empty = !finite || amax < 1e-30f;  // 127 / amax stays finite above this
    const float d = !finite ? std::numeric_limits<float>::quiet_NaN() : empty ? 0.0f : amax / 127.0f;
    const F inverse = broadcast(empty ? 0.0f : 127.0f / amax);
    I half_sums[2] = {broadcast_int(0), broadcast_int(0)};
    for (int i = 0; i < block_registers; ++i) {
        const I q = empty ? broadcast_int(0) : to_int(mul(v[i], inverse));
        store_i8(block.q + 32 * row + i * lanes, q);
        half_sums[i * lanes / 16] = add_int(half_sums[i * lanes / 16], q);
        v[i] = sub(v[i], mul(broadcast(d), to_float(q)));
    }
    block.d[row] = d;
    block.first[row] = sum_int(half_sums[0]);
    block.second[row] = sum_int(half_sums[1]);
    block.sum[row] = block.first[row] + block.second[row];
    block.scaled_sum[row] = d * static_cast<float>(block.sum[row]);
}

inline void quantise_panel(const Rows& rows, std::int64_t begin, std::int64_t count, std::int64_t cols, Digits digits,
                           std::byte* panel) {
    const int each = static_cast<int>(digits);
    for (std::int64_t t = 0; t < count; ++t) {
        const float* x = rows.row(begin + t);
        std::byte* at = panel;
        for (std::int64_t k = 0; k < cols; k += 32, at += QuantisedRows::row_block_bytes * count * each) {
            const PanelBlock block(at, count * each);
            F v[block_registers];
            for (int i = 0; i < block_registers; ++i) v[i] = load(x + k + i * lanes);
            for (int d = 0; d < each; ++d) quantise_block(v, block, t * each + d);
        }
    }
}
