// What multiply-adds a processor core can do at most: chains in registers that no memory feeds. Included by each build
// inside its namespace.

inline constexpr int chains =
    12;  // enough for the latency of a multiply-add (4 or 5 cycles) on two units, few enough for 16 registers

/// x = x / 2 + 1, `rounds` times in every lane of every chain, from 0; what each chain came to is the same, and
/// returned.
inline float float_chains(std::int64_t rounds) {
    F x[chains];
    for (F& one : x) one = zero();
    const F half = broadcast(0.5f), one = broadcast(1.0f);
    for (std::int64_t round = 0; round < rounds; ++round) {
        for (int c = 0; c < chains; ++c) x[c] = fma(x[c], half, one);
    }
    F least = x[0];
    for (int c = 1; c < chains; ++c) least = min(least, x[c]);
    float values[lanes];
    store(values, least);
    return values[lanes - 1];
}

inline constexpr int byte_groups = 8;

/// Sum over rounds r of the product of 32 codes (3 everywhere) with 32 bytes (r % 4 + 1 everywhere), modulo 2^32, in
/// every lane; what the last lane came to is returned.
inline std::int32_t byte_chains(std::int64_t rounds) {
    std::uint8_t codes[4 * lanes];
    std::memset(codes, 3, sizeof codes);
    B w[byte_groups];
    for (B& group : w) group = load_bytes(codes);
    std::int8_t x[4][4 * byte_groups];
    for (int i = 0; i < 4; ++i) std::memset(x[i], i + 1, sizeof x[i]);
    I sums[2] = {broadcast_int(0), broadcast_int(0)};
    for (std::int64_t round = 0; round < rounds; ++round) {
        I& sum = sums[round & 1];
        sum = add_int(sum, dot_unsigned<15, byte_groups>(w, x[round & 3]));
    }
    return sum_int(add_int(sums[0], sums[1])) / lanes;
}
