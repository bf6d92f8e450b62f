#include "kernels/attention.h"

#include "kernels/builds/table.h"

namespace ergon::kernels {

std::int64_t attention_scratch(std::int64_t key_width, std::int64_t, std::int64_t) {
    constexpr std::int64_t rows_at_once = 4;
    return attention_block * (key_width + rows_at_once);
}

void attend_chunk(const KeysAndValues& keys, const float* queries, std::int64_t query_stride,
                  const std::int64_t* limits, std::int64_t rows, std::int64_t chunk, float scale, float* states,
                  float* scratch) {
    table().attend_chunk(keys, queries, query_stride, limits, rows, chunk, scale, states, scratch);
}

void merge_states(float* into, const float* next, std::int64_t value_width) {
    table().merge_states(into, next, value_width);
}

void finish_state(const float* state, std::int64_t value_width, float* y) {
    table().finish_state(state, value_width, y);
}

}  // namespace ergon::kernels
