#include "train/layers/embedding.h"

#include <algorithm>

#include "kernels/elementwise.h"

namespace ergon::train {

void embed(const Context& c, const Weight& embedding, std::span<const TokenId> ids, float* x, std::int64_t stride) {
    c.pool.for_each(std::ssize(ids), [&](std::int64_t t) {
        std::copy_n(embedding.value + ids[t] * embedding.cols, embedding.cols, x + t * stride);
    });
}

/// Threads share out the columns, so that a token that occurs twice is added to in the order of its rows.
void embed_backward(const Context& c, const Weight& embedding, std::span<const TokenId> ids, const float* dx,
                    std::int64_t stride) {
    c.pool.run(embedding.cols, columns_at_once, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t t = 0; t < std::ssize(ids); ++t) {
            float* const row = embedding.gradient + ids[t] * embedding.cols;
            kernels::add(row + begin, dx + t * stride + begin, end - begin);
        }
    });
}

}  // namespace ergon::train
