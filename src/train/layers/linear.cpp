#include "train/layers/linear.h"

#include <array>

namespace ergon::train {
namespace {

using kernels::Gemm;
using kernels::Operand;
using tensor::DType;

const std::byte* at(const void* data, DType type, std::int64_t value) {
    return static_cast<const std::byte*>(data) + value * tensor::info(type).block_bytes;
}

Operand rows_from(const StoredTensor& x, std::int64_t first) {
    const std::int64_t across = tiles(x.cols);
    return {.data = at(x.data, x.type, first * x.cols),
            .row = x.cols,
            .col = 1,
            .type = x.type,
            .scales = x.scales == nullptr ? nullptr : x.scales + first * across,
            .scale_rows = 1,
            .scale_row = across,
            .scale_col = 1};
}

Operand columns_from(const Columns& x, std::int64_t first, std::int64_t segment) {
    return {.data = at(x.data, x.type, first * x.cols),
            .row = 1,
            .col = x.cols,
            .type = x.type,
            .scales = x.scales == nullptr ? nullptr : x.scales + (first / tile + segment) * x.cols,
            .scale_rows = 1,
            .scale_row = 1,
            .scale_col = x.cols};
}

/// W(out, in), or transposed W(in, out).
Operand weight(const Weight& w, bool transposed) {
    const std::int64_t across = tiles(w.cols);
    return {.data = w.rounded,
            .row = transposed ? 1 : w.cols,
            .col = transposed ? w.cols : 1,
            .type = w.type,
            .scales = w.scales,
            .scale_rows = tile,
            .scale_row = transposed ? 1 : across,
            .scale_col = transposed ? across : 1};
}

}  // namespace

void run_products(const Context& c) {
    kernels::gemm(c.scratch.products, c.scratch.gemm, c.pool);
    c.scratch.products.clear();
}

Gemm forward(const Weight& w, const StoredTensor& x, std::int64_t first, std::int64_t count, float* y) {
    return {.a = rows_from(x, first),
            .b = weight(w, false),
            .m = count,
            .n = w.rows,
            .k = w.cols,
            .c = y + first * w.rows,
            .c_row = w.rows};
}

Gemm by_input(const Weight& w, const StoredTensor& dy, std::int64_t first, std::int64_t count, float* dx, bool add) {
    return {.a = rows_from(dy, first),
            .b = weight(w, true),
            .m = count,
            .n = w.cols,
            .k = w.rows,
            .c = dx + first * w.cols,
            .c_row = w.cols,
            .accumulate = add};
}

Gemm by_weight(const Weight& w, const Columns& x, const Columns& dy, std::int64_t first, std::int64_t count,
               std::int64_t segment) {
    return {.a = columns_from(dy, first, segment),
            .b = columns_from(x, first, segment),
            .m = w.rows,
            .n = w.cols,
            .k = count,
            .c = w.gradient,
            .c_row = w.cols,
            .accumulate = true};
}

void project(const Context& c, std::int64_t rows, const StoredTensor& x, std::initializer_list<Output> outputs) {
    c.scratch.products.clear();
    for (const Output& o : outputs) c.scratch.products.push_back(forward(o.weight, x, 0, rows, o.y));
    run_products(c);
}

void project_backward(const Context& c, std::int64_t rows, const StoredTensor& x,
                      std::initializer_list<OutputGradient> outputs, float* dx, bool add) {
    const Arena::Scope scratch(c.arena);
    const std::array<std::int64_t, 2> whole{0, rows};
    const DType type = outputs.begin()->weight.type;
    const Columns x_columns = columns(c, type, x, whole);
    for (const OutputGradient& o : outputs) {
        const Arena::Scope in_turn(c.arena);
        const StoredGradient dy = stored_gradient(c, type, o.dy, o.weight.rows, whole);
        c.scratch.products = {by_weight(o.weight, x_columns, dy.columns, 0, rows, 0),
                              by_input(o.weight, dy.rows, 0, rows, dx, add)};
        run_products(c);
        add = true;
    }
}

}  // namespace ergon::train
