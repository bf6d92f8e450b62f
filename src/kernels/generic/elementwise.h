// Kernels on rows of F32 values. Included by each build inside its namespace.

/// exp(x) by Cody-Waite reduction and a polynomial of degree 6 (Taylor coefficients; the remainder on |r| <= ln2/2 is
/// below 2^-24 relative); 0 below -87.33654 (where results would be subnormal), at most exp(88.37626). exp(0) is
/// exactly 1. NaN stays NaN.
inline F exp_lanes(F x) {
    const F low = broadcast(-87.33654f);
    const F y = max(low, min(broadcast(88.37626f), x));
    const I n = to_int(mul(y, broadcast(1.44269504f)));
    const F nf = to_float(n);
    F r = fma(nf, broadcast(-0.693359375f), y);
    r = fma(nf, broadcast(2.12194440e-4f), r);
    F p = broadcast(1.0f / 720);
    p = fma(p, r, broadcast(1.0f / 120));
    p = fma(p, r, broadcast(1.0f / 24));
    p = fma(p, r, broadcast(1.0f / 6));
    p = fma(p, r, broadcast(0.5f));
    p = fma(p, r, broadcast(1.0f));
    p = fma(p, r, broadcast(1.0f));
    const F power = bits_to_float(shift_left<23>(add_int(n, broadcast_int(127))));
    return zero_below(x, low, mul(p, power));
}

inline F sigmoid_lanes(F x) {
    const F one = broadcast(1.0f);
    return div(one, add(one, exp_lanes(sub(zero(), x))));
}

/// Calls body(offset, buffer in, buffer out) so that the last, incomplete 16 values go through the same arithmetic.
template <typename Body>
inline void for_lanes(std::int64_t n, const Body& body) {
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes) body(i, lanes);
    if (i < n) body(i, n - i);
}
/// `count` values at p, the other lanes `filler`.
inline F load_some(const float* p, std::int64_t count, float filler = 0.0f) {
    if (count == lanes) return load(p);
    float buffer[lanes];
    for (int i = 0; i < lanes; ++i) buffer[i] = i < count ? p[i] : filler;
    return load(buffer);
}
inline void store_some(float* p, F x, std::int64_t count) {
    if (count == lanes) return store(p, x);
    float buffer[lanes];
    store(buffer, x);
    std::memcpy(p, buffer, static_cast<std::size_t>(count) * sizeof(float));
}

/// Adds up f(i) for i < n in 16 lanes (value i in lane i % 16, ascending) and the fixed tree. term(i, count) gives
/// `lanes` values.
template <typename Term>
inline float sum_16(std::int64_t n, const Term& term) {
    F parts[group_registers];
    for (F& part : parts) part = zero();
    std::int64_t i = 0;
    for (; i < n; i += 16) {
        for (int c = 0; c < group_registers; ++c) {
            const std::int64_t at = i + lanes * c;
            if (at >= n) break;
            parts[c] = term(at, n - at < lanes ? n - at : lanes, parts[c]);
        }
    }
    return tree_sum(parts);
}

inline void rms_norm(const float* x, const float* w, float eps, std::int64_t n, float* y) {
    const float squares = sum_16(n, [&](std::int64_t i, std::int64_t count, F sum) {
        const F v = load_some(x + i, count);
        return fma(v, v, sum);
    });
    const F factor = broadcast(1.0f / std::sqrt(squares / static_cast<float>(n) + eps));
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
        store_some(y + i, mul(mul(load_some(x + i, count), factor), load_some(w + i, count)), count);
    });
}

inline void add_rows(float* x, const float* y, std::int64_t n) {
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
        store_some(x + i, add(load_some(x + i, count), load_some(y + i, count)), count);
    });
}

inline void add_scaled(float* y, const float* x, float factor, std::int64_t n) {
    const F f = broadcast(factor);
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
        store_some(y + i, fma(f, load_some(x + i, count), load_some(y + i, count)), count);
    });
}

inline void swiglu(const float* gate, const float* up, std::int64_t n, float* y) {
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
        const F g = load_some(gate + i, count);
        store_some(y + i, mul(mul(g, sigmoid_lanes(g)), load_some(up + i, count)), count);
    });
}

inline void sigmoid(float* x, std::int64_t n) {
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
        store_some(x + i, sigmoid_lanes(load_some(x + i, count)), count);
    });
}

inline void softmax(float* x, std::int64_t n) {
    float largest = x[0];
    for (std::int64_t i = 1; i < n; ++i) largest = x[i] > largest ? x[i] : largest;
    const F m = broadcast(largest);
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
        store_some(x + i, exp_lanes(sub(load_some(x + i, count), m)), count);
    });
    const float total =
        sum_16(n, [&](std::int64_t i, std::int64_t count, F sum) { return add(sum, load_some(x + i, count)); });
    const F divisor = broadcast(total);
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
        store_some(x + i, div(load_some(x + i, count), divisor), count);
    });
}

inline void to_f16(const float* x, std::int64_t n, std::uint16_t* y) {
    const F largest = broadcast(tensor::f16_max), smallest = broadcast(-tensor::f16_max);
    const auto saturated = [&](F v) { return max(smallest, min(largest, v)); };
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes) store_f16(y + i, saturated(load(x + i)));
    if (i < n) {
        std::uint16_t buffer[lanes];
        store_f16(buffer, saturated(load_some(x + i, n - i)));
        std::memcpy(y + i, buffer, static_cast<std::size_t>(n - i) * sizeof(std::uint16_t));
    }
}

// Gradients.

inline float rms_norm_backward(const float* x, const float* w, const float* dy, float eps, std::int64_t n, float* dx) {
    const float squares = sum_16(n, [&](std::int64_t i, std::int64_t count, F sum) {
        const F v = load_some(x + i, count);
        return fma(v, v, sum);
    });
    const float factor = 1.0f / std::sqrt(squares / static_cast<float>(n) + eps);
    const float along = sum_16(n, [&](std::int64_t i, std::int64_t count, F sum) {
        return fma(mul(load_some(dy + i, count), load_some(w + i, count)), load_some(x + i, count), sum);
    });
    const F f = broadcast(factor), back = broadcast(-(factor * factor * factor) * (along / static_cast<float>(n)));
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
        const F straight = fma(f, mul(load_some(dy + i, count), load_some(w + i, count)), load_some(dx + i, count));
        store_some(dx + i, fma(back, load_some(x + i, count), straight), count);
    });
    return factor;
}

inline void add_product(float* y, const float* a, const float* b, float factor, std::int64_t n) {
    const F f = broadcast(factor);
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
        store_some(y + i, fma(mul(load_some(a + i, count), f), load_some(b + i, count), load_some(y + i, count)),
                   count);
    });
}

inline void swiglu_backward(float* gate, float* up, const float* dy, std::int64_t n) {
    const F one = broadcast(1.0f);
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
        const F g = load_some(gate + i, count), u = load_some(up + i, count), d = load_some(dy + i, count);
        const F s = sigmoid_lanes(g);
        const F slope = mul(s, fma(g, sub(one, s), one));  // of silu
        store_some(gate + i, mul(mul(d, u), slope), count);
        store_some(up + i, mul(d, mul(g, s)), count);
    });
}

inline float dot(const float* a, const float* b, std::int64_t n) {
    return sum_16(n, [&](std::int64_t i, std::int64_t count, F sum) {
        return fma(load_some(a + i, count), load_some(b + i, count), sum);
    });
}

inline void scale(float* x, float factor, std::int64_t n) {
    const F f = broadcast(factor);
    for_lanes(n,
              [&](std::int64_t i, std::int64_t count) { store_some(x + i, mul(load_some(x + i, count), f), count); });
}

inline void softmax_backward(const float* p, float* d, float factor, std::int64_t n) {
    const F mean = broadcast(dot(p, d, n)), f = broadcast(factor);
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
        const F slope = mul(load_some(p + i, count), sub(load_some(d + i, count), mean));
        store_some(d + i, mul(slope, f), count);
    });
}

/// AdamW on moments that load(p, count) and store(p, values, count) reach.
template <typename Moment, typename Load, typename Store>
inline void adamw_moments(const AdamwStep& step, float* w, Moment* m, Moment* v, const float* g, std::int64_t n,
                          const Load& load_moment, const Store& store_moment) {
    const F beta1 = broadcast(step.beta1), beta2 = broadcast(step.beta2);
    const F rest1 = broadcast(1.0f - step.beta1), rest2 = broadcast(1.0f - step.beta2);
    const F clip = broadcast(step.gradient_scale), size = broadcast(-step.step_size), keep = broadcast(step.keep);
    const F root = broadcast(step.root_scale), eps = broadcast(step.epsilon);
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
        const F gradient = mul(load_some(g + i, count), clip);
        const F first = fma(beta1, load_moment(m + i, count), mul(rest1, gradient));
        const F second = fma(beta2, load_moment(v + i, count), mul(rest2, mul(gradient, gradient)));
        store_moment(m + i, first, count);
        store_moment(v + i, second, count);
        const F direction = div(first, add(mul(square_root(second), root), eps));
        store_some(w + i, fma(size, direction, mul(load_some(w + i, count), keep)), count);
    });
}

inline void adamw(const AdamwStep& step, float* w, float* m, float* v, const float* g, std::int64_t n) {
    adamw_moments(
        step, w, m, v, g, n, [](const float* p, std::int64_t count) { return load_some(p, count); },
        [](float* p, F x, std::int64_t count) { store_some(p, x, count); });
}
