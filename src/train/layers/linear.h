#pragma once
// The linear layer y = x W^T and its backward pass, dx = dy W and dW += dy^T x, in the format of the weight: what x, W
// and dy are rounded to before they are multiplied. Sums are F32.
//
//   BF16  x, dy: rounded to nearest even.
//   E4M3  (DeepSeek-V3, section 3.3) x and dy in tiles of 1 x 128 for y and dx, of 128 x 1 for dW; W in blocks of 128 x
//         128, which are the same read either way. 128 products are summed before their scales come in
//         (kernels/gemm.h).

#include <initializer_list>
#include <span>

#include "kernels/gemm.h"
#include "train/layers/layer.h"
#include "train/stored_tensor.h"
#include "train/weights.h"

namespace ergon::train {

/// The three products for rows [first, first + count), as kernels::gemm runs them.
kernels::Gemm forward(const Weight& w, const StoredTensor& x, std::int64_t first, std::int64_t count, float* y);
kernels::Gemm by_input(const Weight& w, const StoredTensor& dy, std::int64_t first, std::int64_t count, float* dx,
                       bool add);
/// `segment` of the columns.
kernels::Gemm by_weight(const Weight& w, const Columns& x, const Columns& dy, std::int64_t first, std::int64_t count,
                        std::int64_t segment);

/// The products that wait in the scratch memory; none wait afterwards.
void run_products(const Context& c);

struct Output {
    const Weight& weight;
    float* y;  // [rows, weight.rows]
};
/// y = x W^T for each. x [rows, cols] is of the weights' format.
void project(const Context& c, std::int64_t rows, const StoredTensor& x, std::initializer_list<Output> outputs);

struct OutputGradient {
    const Weight& weight;
    const float* dy;  // [rows, weight.rows]
};
/// dx [rows, cols] = (or += if `add`) the sum of dy W, and each weight's gradient += dy^T x. x is of the weights'
/// format or F32.
void project_backward(const Context& c, std::int64_t rows, const StoredTensor& x,
                      std::initializer_list<OutputGradient> outputs, float* dx, bool add = false);

}  // namespace ergon::train
