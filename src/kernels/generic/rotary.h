// Rotation of pairs of values. Included by each build inside its namespace.

/// Plain code in every build: (a, b) -> (a cos - b sin, b cos + a sin), each product rounded before the sum.
inline void rotate(float* x, const float* cosines, const float* sines, std::int64_t n, Pairing pairing) {
    const std::int64_t pairs = n / 2;
    for (std::int64_t i = 0; i < pairs; ++i) {
        float& first = pairing == Pairing::halves ? x[i] : x[2 * i];
        float& second = pairing == Pairing::halves ? x[i + pairs] : x[2 * i + 1];
        const float a = first, b = second;
        first = a * cosines[i] - b * sines[i];
        second = b * cosines[i] + a * sines[i];
    }
}
