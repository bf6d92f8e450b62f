#include "train/layers/attention.h"

#include <algorithm>
#include <cstring>

#include "kernels/elementwise.h"
#include "model/attention/attend.h"

namespace ergon::train {
namespace {

using kernels::Gemm;

/// Query rows whose probabilities are held at a time: enough that laying out keys and values for a product is a small
/// part of it (a sixth of its FMAs), few enough that 96 rows over 512 keys (200 kB) stay in a second-level cache.
constexpr std::int64_t block_rows = 96;

/// Probabilities [block_rows, keys], their gradient, and what one product needs.
std::int64_t scratch_floats(const AttentionRows& s) {
    const std::int64_t widest = std::max({s.tokens, s.key_width, s.value_width});
    const std::int64_t deepest = std::max({block_rows, s.tokens, s.key_width, s.value_width});
    return 2 * block_rows * s.tokens + 16 + kernels::gemm_scratch(widest, deepest);
}

float* aligned(float* at) {
    return at + (64 - reinterpret_cast<std::uintptr_t>(at) % 64) % 64 / sizeof(float);
}

/// Rows [first, first + rows) of one group.
void rows_backward(const AttentionBackward& g, std::int64_t first, std::int64_t rows, float scale, float* scratch) {
    const AttentionRows& s = g.shape;
    const std::int64_t keys = (first + rows - 1) / s.heads + 1;
    float* const p = scratch;                    // [rows, keys]
    float* const d = p + block_rows * s.tokens;  // their gradient, then that of the scores
    float* const memory = aligned(d + block_rows * s.tokens);
    const float* const q = g.queries + first * s.query_stride;
    float* const dq = g.d_queries + first * s.query_stride;
    kernels::gemm(Gemm{{q, s.query_stride, 1}, {g.keys, s.key_stride, 1}, rows, keys, s.key_width, p, keys}, memory);

    const float* const d_out = g.d_out + first * s.out_stride;
    kernels::gemm(Gemm{{d_out, s.out_stride, 1}, {g.values, s.value_stride, 1}, rows, keys, s.value_width, d, keys},
                  memory);
    for (std::int64_t i = 0; i < rows; ++i) {
        const std::int64_t visible = (first + i) / s.heads + 1;
        kernels::scale(p + i * keys, scale, visible);
        kernels::softmax(p + i * keys, visible);
        kernels::softmax_backward(p + i * keys, d + i * keys, scale, visible);
        std::fill(p + i * keys + visible, p + (i + 1) * keys, 0.0f);
        std::fill(d + i * keys + visible, d + (i + 1) * keys, 0.0f);
    }
    kernels::gemm(
        Gemm{{p, 1, keys}, {d_out, 1, s.out_stride}, keys, s.value_width, rows, g.d_values, s.value_stride, true},
        memory);
    kernels::gemm(Gemm{{d, keys, 1}, {g.keys, 1, s.key_stride}, rows, s.key_width, keys, dq, s.query_stride}, memory);
    kernels::gemm(Gemm{{d, 1, keys}, {q, 1, s.query_stride}, keys, s.key_width, rows, g.d_keys, s.key_stride, true},
                  memory);
}

}  // namespace

void attend(const Context& c, const std::vector<AttentionForward>& groups, float scale) {
    std::vector<model::AttentionGroup> all;
    for (const AttentionForward& g : groups) {
        const AttentionRows& s = g.shape;
        all.push_back({.keys = {.key = {g.keys, false, s.key_stride, s.key_width},
                                .key_tail = {},
                                .value = {g.values, false, s.value_stride, s.value_width}},
                       .queries = g.queries,
                       .query_stride = s.query_stride,
                       .tokens = s.tokens,
                       .heads = s.heads,
                       .past = 0,
                       .out = g.out,
                       .out_stride = s.heads * s.out_stride});
    }
    model::attend(all, scale, c.scratch.attention, c.pool);
}

void attend_backward(const Context& c, const std::vector<AttentionBackward>& groups, float scale) {
    std::vector<std::size_t> first_of_item;  // groups that share d_keys are one item
    std::int64_t floats = 0;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (i == 0 || groups[i].d_keys != groups[i - 1].d_keys) first_of_item.push_back(i);
        floats = std::max(floats, scratch_floats(groups[i].shape));
    }
    first_of_item.push_back(groups.size());
    std::vector<std::vector<float>>& workers = c.scratch.workers;
    workers.resize(c.pool.size());
    for (std::vector<float>& one : workers) {
        if (std::ssize(one) < floats + 16) one.resize(static_cast<std::size_t>(floats) + 16);
    }
    c.pool.run(std::ssize(first_of_item) - 1, 1, [&](std::int64_t begin, std::int64_t end, int worker) {
        float* const scratch = aligned(workers[worker].data());
        for (std::size_t i = first_of_item[begin]; i < first_of_item[end]; ++i) {
            const std::int64_t rows = groups[i].shape.rows();
            for (std::int64_t first = 0; first < rows; first += block_rows) {
                rows_backward(groups[i], first, std::min(block_rows, rows - first), scale, scratch);
            }
        }
    });
}

}  // namespace ergon::train
