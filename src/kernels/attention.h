#pragma once
// Attention of query rows over the keys and values of one head (or one group of heads that share keys), block by block
// with an online softmax.
//
// Definition. Keys are taken in blocks of 64, ascending. score = scale * (one FMA per key dimension, ascending, from
// 0). Within a chunk of 512 keys the running maximum, sum and output are updated block by block: m' = max(m, max of
// block); l = l * exp(m - m') + (sum of p = exp(score - m') in 16 lanes and a fixed tree); o = o * exp(m - m'), then
// one FMA per key, ascending. Chunks are merged in order. Hence the result does not depend on who computes which chunk.

#include <cstddef>
#include <cstdint>

namespace ergon::kernels {

/// Rows of keys or values in memory: row s is at data + s * stride (in elements), `width` values of F32 or F16.
struct KeyRows {
    const void* data = nullptr;
    bool f16 = false;
    std::int64_t stride = 0;
    std::int64_t width = 0;
};

/// Keys may lie in two places (MLA expanded: the part without position per head, the rotated part shared by all).
struct KeysAndValues {
    KeyRows key;
    KeyRows key_tail;  // width 0: none
    KeyRows value;
};

inline constexpr std::int64_t attention_block = 64;
inline constexpr std::int64_t attention_chunk = 512;

/// The state of one query row over some of its keys: maximum, sum, and value_width outputs not yet divided by the sum.
/// Laid out as floats [m, l, o...].
inline constexpr std::int64_t state_floats(std::int64_t value_width) {
    return value_width + 2;
}

/// Floats of scratch that attend_chunk needs.
std::int64_t attention_scratch(std::int64_t key_width, std::int64_t value_width, std::int64_t rows);

/// Query rows over keys [chunk * 512, min(limit, (chunk+1) * 512)), where row i sees keys [0, limits[i]).
/// queries: row i at queries + i * query_stride, key.width + key_tail.width values. states: rows * state_floats,
/// written. Rows that see no key of this chunk get the empty state (m = -infinity).
void attend_chunk(const KeysAndValues& keys, const float* queries, std::int64_t query_stride,
                  const std::int64_t* limits, std::int64_t rows, std::int64_t chunk, float scale, float* states,
                  float* scratch);

/// into = merge of into (earlier keys) and next (later keys).
void merge_states(float* into, const float* next, std::int64_t value_width);

/// y = o / l: value_width values.
void finish_state(const float* state, std::int64_t value_width, float* y);

}  // namespace ergon::kernels
