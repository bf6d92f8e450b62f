// F32 to and from BF16 and E4M3, and what works on values kept so (definitions: kernels/convert.h). Included by each
// build inside its namespace.

/// BF16's bits of x, rounded to nearest even: half of what falls away is added, less one bit where the last that stays
/// is even. The bound is F32's quiet NaN, which the sum must not carry over.
inline I bf16_bits(F x) {
    const I magnitude = min_int(magnitude_bits(x), broadcast_int(0x7FC00000));
    const I sign = shift_right<16>(sub_int(float_bits(x), magnitude_bits(x)));
    const I last = and_int(shift_right<16>(magnitude), broadcast_int(1));
    return add_int(sign, shift_right<16>(add_int(magnitude, add_int(last, broadcast_int(0x7FFF)))));
}

/// E4M3's bits of x, rounded to nearest even and saturated; tensor::f32_to_f8_e4m3 without branches. A normal number's
/// bits are at least 8, a subnormal's at most 8, and the formula of the other kind gives no more than the right one.
inline I f8_bits(F x) {
    const I bits = magnitude_bits(x), sign = shift_right<24>(sub_int(float_bits(x), bits));
    const F magnitude = min(broadcast(448.0f), bits_to_float(bits));
    const I m = float_bits(magnitude), last = and_int(shift_right<20>(m), broadcast_int(1));
    const I normal =
        sub_int(shift_right<20>(add_int(m, add_int(last, broadcast_int(0x7FFFF)))), broadcast_int(120 << 3));
    const F aligned = add(min(broadcast(0x1p-6f), magnitude), broadcast(0x1p14f));
    const I subnormal = sub_int(float_bits(aligned), float_bits(broadcast(0x1p14f)));
    return add_int(sign, min_int(max_int(normal, subnormal), broadcast_int(0x7F)));  // NaN's are beyond all others
}

/// Loads and stores of `count` values that are narrower than a lane.
template <typename Value, typename Load>
inline F load_narrow(const Value* p, std::int64_t count, const Load& load_all) {
    if (count == lanes) return load_all(p);
    Value buffer[lanes] = {};
    std::memcpy(buffer, p, static_cast<std::size_t>(count) * sizeof(Value));
    return load_all(buffer);
}
inline F load_some_bf16(const std::uint16_t* p, std::int64_t count) {
    return load_narrow(p, count, load_bf16);
}
inline void store_some_bf16(std::uint16_t* p, F x, std::int64_t count) {
    if (count == lanes) return store_u16(p, bf16_bits(x));
    std::uint16_t buffer[lanes];
    store_u16(buffer, bf16_bits(x));
    std::memcpy(p, buffer, static_cast<std::size_t>(count) * sizeof(std::uint16_t));
}
inline void store_some_f8(std::uint8_t* p, F x, std::int64_t count) {
    if (count == lanes) return store_u8(p, f8_bits(x));
    std::uint8_t buffer[lanes];
    store_u8(buffer, f8_bits(x));
    std::memcpy(p, buffer, static_cast<std::size_t>(count));
}

inline void to_bf16(const float* x, std::int64_t n, std::uint16_t* y) {
    for_lanes(n, [&](std::int64_t i, std::int64_t count) { store_some_bf16(y + i, load_some(x + i, count), count); });
}
inline void from_bf16(const std::uint16_t* x, std::int64_t n, float* y) {
    for_lanes(n, [&](std::int64_t i, std::int64_t count) { store_some(y + i, load_some_bf16(x + i, count), count); });
}

inline float largest_magnitude(const float* x, std::int64_t n) {
    I largest = broadcast_int(0);
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
        largest = max_int(largest, magnitude_bits(load_some(x + i, count)));
    });
    return std::bit_cast<float>(largest_int(largest));
}
inline void largest_magnitudes(const float* x, std::int64_t n, float* m) {
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
        const I largest = max_int(magnitude_bits(load_some(m + i, count)), magnitude_bits(load_some(x + i, count)));
        store_some(m + i, bits_to_float(largest), count);
    });
}

inline void to_f8(const float* x, float scale, std::int64_t n, std::uint8_t* y) {
    const F s = broadcast(scale);
    for_lanes(
        n, [&](std::int64_t i, std::int64_t count) { store_some_f8(y + i, div(load_some(x + i, count), s), count); });
}
inline void to_f8_each(const float* x, const float* scales, std::int64_t n, std::uint8_t* y) {
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
        store_some_f8(y + i, div(load_some(x + i, count), load_some(scales + i, count, 1.0f)), count);
    });
}
inline void from_f8(const std::uint8_t* x, float scale, std::int64_t n, float* y) {
    const F s = broadcast(scale);
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
        store_some(y + i, mul(load_narrow(x + i, count, load_f8), s), count);
    });
}

inline void adamw_bf16(const AdamwStep& step, float* w, std::uint16_t* m, std::uint16_t* v, const float* g,
                       std::int64_t n) {
    adamw_moments(step, w, m, v, g, n, load_some_bf16, store_some_bf16);
}
