// Attention over one chunk of keys (definition: kernels/attention.h). Included by each build inside its namespace.

inline F load_key_lanes(const KeyRows& keys, std::int64_t s, std::int64_t i) {
    const std::int64_t at = s * keys.stride + i;
    return keys.f16 ? load_f16(static_cast<const std::uint16_t*>(keys.data) + at)
                    : load(static_cast<const float*>(keys.data) + at);
}

inline float key_value(const KeyRows& keys, std::int64_t s, std::int64_t i) {
    const std::int64_t at = s * keys.stride + i;
    return keys.f16 ? tensor::f16_to_f32(static_cast<const std::uint16_t*>(keys.data)[at])
                    : static_cast<const float*>(keys.data)[at];
}

/// out[i][j] = keys[first + j][i] for i < width, j < count (64 columns; those from count on are 0).
inline void transpose_keys(const KeyRows& keys, std::int64_t first, std::int64_t count, float* out) {
    const std::int64_t whole = keys.width / 16 * 16;
    for (std::int64_t j = 0; j < attention_block; j += lanes) {
        for (std::int64_t i = 0; i < whole; i += 16) {
            F rows[16], columns[16];
            for (int r = 0; r < 16; ++r) {  // `lanes` keys, 16 values of each
                const std::int64_t key = j + r / group_registers;
                rows[r] = key < count ? load_key_lanes(keys, first + key, i + lanes * (r % group_registers)) : zero();
            }
            transpose(rows, columns);
            for (int c = 0; c < 16; ++c) store(out + (i + c) * attention_block + j, columns[c]);
        }
        for (std::int64_t i = whole; i < keys.width; ++i) {
            for (int l = 0; l < lanes; ++l) {
                out[i * attention_block + j + l] = j + l < count ? key_value(keys, first + j + l, i) : 0.0f;
            }
        }
    }
}

/// Scores of R query rows against the block's 64 transposed keys.
template <int R>
inline void score_rows(const float* const (&q)[R], const float* transposed, std::int64_t width, float scale,
                       float* const (&scores)[R]) {
    const F factor = broadcast(scale);
    for (std::int64_t j = 0; j < attention_block; j += 16) {
        F sum[R][group_registers];
        for (auto& row : sum)
            for (F& s : row) s = zero();
        fma_tile<R, group_registers>(
            q, width, [&](std::int64_t k, int c) { return load(transposed + k * attention_block + j + lanes * c); },
            sum);
        for (int r = 0; r < R; ++r) {
            for (int c = 0; c < group_registers; ++c) store(scores[r] + j + lanes * c, mul(sum[r][c], factor));
        }
    }
}

/// The softmax part of a block for one row: scores become p (0 from `visible` on); updates m and l; returns the factor
/// for earlier output.
inline float update_softmax(float* scores, std::int64_t visible, float& m, float& l) {
    float largest = m;
    for (std::int64_t j = 0; j < visible; ++j) largest = scores[j] > largest ? scores[j] : largest;
    const F top = broadcast(largest);
    for (std::int64_t j = 0; j < attention_block; j += lanes) store(scores + j, exp_lanes(sub(load(scores + j), top)));
    for (std::int64_t j = visible; j < attention_block; ++j) scores[j] = 0.0f;
    const float sum =
        sum_16(attention_block, [&](std::int64_t j, std::int64_t, F part) { return add(part, load(scores + j)); });
    float correction[lanes];
    store(correction, exp_lanes(broadcast(m - largest)));
    l = l * correction[0] + sum;
    m = largest;
    return correction[0];
}

/// o[r] = o[r] * correction[r], then o[r][d] = fma(p[r][j], value[j][d], o[r][d]) for j < count ascending.
template <int R>
inline void add_values(const float* const (&p)[R], std::int64_t count, const KeyRows& values, std::int64_t first,
                       const float (&correction)[R], float* const (&o)[R]) {
    constexpr int C = group_registers;
    std::int64_t d = 0;
    for (; d + 16 <= values.width; d += 16) {
        F sum[R][C];
        for (int r = 0; r < R; ++r) {
            for (int c = 0; c < C; ++c) sum[r][c] = mul(load(o[r] + d + lanes * c), broadcast(correction[r]));
        }
        if (values.f16) {
            const auto* base = static_cast<const std::uint16_t*>(values.data) + first * values.stride + d;
            fma_tile<R, C>(
                p, count, [&](std::int64_t j, int c) { return load_f16(base + j * values.stride + lanes * c); }, sum);
        } else {
            const auto* base = static_cast<const float*>(values.data) + first * values.stride + d;
            fma_tile<R, C>(
                p, count, [&](std::int64_t j, int c) { return load(base + j * values.stride + lanes * c); }, sum);
        }
        for (int r = 0; r < R; ++r) {
            for (int c = 0; c < C; ++c) store(o[r] + d + lanes * c, sum[r][c]);
        }
    }
    for (; d < values.width; ++d) {
        for (int r = 0; r < R; ++r) {
            float sum = o[r][d] * correction[r];
            for (std::int64_t j = 0; j < count; ++j) sum = std::fma(p[r][j], key_value(values, first + j, d), sum);
            o[r][d] = sum;
        }
    }
}

/// R rows through one block: keys [first, first + 64), of which row r sees the first visible[r].
template <int R>
inline void attend_block(const KeysAndValues& keys, const float* transposed, std::int64_t first, const float* queries,
                         std::int64_t query_stride, const std::int64_t (&visible)[R], float scale, float* states,
                         float* scores) {
    const std::int64_t key_width = keys.key.width + keys.key_tail.width;
    const std::int64_t state_stride = state_floats(keys.value.width);
    const float* q[R];
    float* s[R];
    float* o[R];
    const float* p[R];
    float correction[R];
    for (int r = 0; r < R; ++r) {
        q[r] = queries + r * query_stride;
        p[r] = s[r] = scores + r * attention_block;
        o[r] = states + r * state_stride + 2;
    }
    score_rows<R>(q, transposed, key_width, scale, s);
    bool alike = true;
    for (int r = 0; r < R; ++r) {
        float* state = states + r * state_stride;
        alike = alike && visible[r] == visible[0];
        correction[r] = visible[r] > 0 ? update_softmax(s[r], visible[r], state[0], state[1]) : 1.0f;
    }
    if (alike) {
        if (visible[0] > 0) add_values<R>(p, visible[0], keys.value, first, correction, o);
        return;
    }
    for (int r = 0; r < R; ++r) {  // the diagonal of a causal block: each row on its own
        const float* const one_p[1] = {p[r]};
        float* const one_o[1] = {o[r]};
        const float one_correction[1] = {correction[r]};
        if (visible[r] > 0) add_values<1>(one_p, visible[r], keys.value, first, one_correction, one_o);
    }
}

inline void attend_chunk(const KeysAndValues& keys, const float* queries, std::int64_t query_stride,
                         const std::int64_t* limits, std::int64_t rows, std::int64_t chunk, float scale, float* states,
                         float* scratch) {
    constexpr int tile = 4;
    const std::int64_t key_width = keys.key.width + keys.key_tail.width;
    const std::int64_t state_stride = state_floats(keys.value.width);
    float* transposed = scratch;
    float* scores = scratch + key_width * attention_block;
    std::int64_t longest = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
        longest = limits[r] > longest ? limits[r] : longest;
        float* state = states + r * state_stride;
        std::memset(state, 0, static_cast<std::size_t>(state_stride) * sizeof(float));
        state[0] = -std::numeric_limits<float>::infinity();
    }
    const std::int64_t end = (chunk + 1) * attention_chunk < longest ? (chunk + 1) * attention_chunk : longest;
    for (std::int64_t first = chunk * attention_chunk; first < end; first += attention_block) {
        const std::int64_t count = end - first < attention_block ? end - first : attention_block;
        transpose_keys(keys.key, first, count, transposed);
        if (keys.key_tail.width > 0)
            transpose_keys(keys.key_tail, first, count, transposed + keys.key.width * attention_block);
        const auto visible_keys = [&](std::int64_t r) {
            const std::int64_t seen = limits[r] - first;
            return seen < 0 ? std::int64_t{0} : seen < attention_block ? seen : attention_block;
        };
        std::int64_t r = 0;
        for (; r + tile <= rows; r += tile) {
            const std::int64_t visible[tile] = {visible_keys(r), visible_keys(r + 1), visible_keys(r + 2),
                                                visible_keys(r + 3)};
            attend_block<tile>(keys, transposed, first, queries + r * query_stride, query_stride, visible, scale,
                               states + r * state_stride, scores);
        }
        for (; r < rows; ++r) {
            const std::int64_t visible[1] = {visible_keys(r)};
            attend_block<1>(keys, transposed, first, queries + r * query_stride, query_stride, visible, scale,
                            states + r * state_stride, scores);
        }
    }
}

/// exp of one number, by the same arithmetic as in lanes.
inline float exp_one(float x) {
    float all[lanes];
    store(all, exp_lanes(broadcast(x)));
    return all[0];
}

inline void merge_states(float* into, const float* next, std::int64_t value_width) {
    const float infinity = std::numeric_limits<float>::infinity();
    if (next[0] == -infinity) return;
    if (into[0] == -infinity) {
        std::memcpy(into, next, static_cast<std::size_t>(state_floats(value_width)) * sizeof(float));
        return;
    }
    const float m = into[0] > next[0] ? into[0] : next[0];
    const float a = exp_one(into[0] - m), b = exp_one(next[0] - m);
    into[0] = m;
    const F fa = broadcast(a), fb = broadcast(b);
    for_lanes(value_width + 1, [&](std::int64_t i, std::int64_t count) {  // l and o alike
        const F old = mul(load_some(into + 1 + i, count), fa);
        store_some(into + 1 + i, fma(load_some(next + 1 + i, count), fb, old), count);
    });
}

inline void finish_state(const float* state, std::int64_t value_width, float* y) {
    const F l = broadcast(state[1]);
    for_lanes(value_width, [&](std::int64_t i, std::int64_t count) {
        store_some(y + i, div(load_some(state + 2 + i, count), l), count);
    });
}
