#pragma once
// Attention of many query rows over cached keys, spread over the threads.

#include <cstdint>
#include <span>

#include "base/threads.h"
#include "kernels/attention.h"
#include "model/recorder.h"
#include "model/step.h"
#include "model/workspace.h"

namespace ergon::model {

/// Query rows that share their keys and values: the tokens of one sequence times the heads of one group. Row i is head
/// i % heads of token i / heads, and lies at queries + i * query_stride.
struct AttentionGroup {
    kernels::KeysAndValues keys;
    const float* queries = nullptr;
    std::int64_t query_stride = 0;
    std::int64_t tokens = 0;
    std::int64_t heads = 1;
    std::int64_t past = 0;  // token t sees positions [0, past + t]
    float* out = nullptr;   // head h of token t: out + t * out_stride + h * value width
    std::int64_t out_stride = 0;
};

/// Writes the attended values of all groups, which must have keys of one width and values of one width. The work is cut
/// into tiles of rows, and where these are few also into the chunks of keys that the definition of attention merges in
/// order (kernels/attention.h): the result does not depend on the cut. Returns the workers' busy time.
base::Nanoseconds attend(std::span<const AttentionGroup> groups, float scale, Workspace& work, base::ThreadPool& pool);

/// Adds to `work` what attention of a sequence moves and computes: each position's `position_bytes` of keys and values
/// once, and for every pair of query and key the products of `key_width` and `value_width` values in each of `heads`
/// heads.
void count_attention(energy::Work& work, const Sequence& sequence, std::int64_t heads, std::int64_t key_width,
                     std::int64_t value_width, std::int64_t position_bytes);

}  // namespace ergon::model
