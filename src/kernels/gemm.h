#pragma once
// Products of two matrices of activations, gradients or weights, as training needs them:
// c[i, j] = sum over k of a(i, k) * b(j, k).
//
// Definition. F32 and BF16 operands: one FMA per k, ascending, from 0, or from what c holds when the product is added
// to it. So y = x W^T gives the bits of matmul.h's product with F32 weights, and a sum over tokens does not depend on
// how they were cut into batches. Where both operands are F8_E4M3 with a scale for each row and 128 values of k
// (DeepSeek-V3, section 3.3.2):
//   c = fma(p, scale_a * scale_b, c) for each 128 values of k, ascending, p their chain of FMAs from 0, unscaled.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/threads.h"
#include "tensor/dtype.h"

namespace ergon::kernels {

/// A matrix by strides, counted in elements: (i, k) stands at i * row + k * col. Transposing is exchanging the two.
struct Operand {
    const void* data = nullptr;
    std::int64_t row = 0, col = 0;
    tensor::DType type = tensor::DType::f32;  // f32, bf16 or f8_e4m3
    /// F8_E4M3: (i, k) is scaled by scales[i / scale_rows * scale_row + k / 128 * scale_col].
    const float* scales = nullptr;
    std::int64_t scale_rows = 1, scale_row = 0, scale_col = 0;
};

/// One product, c [m, n] with rows c_row apart.
struct Gemm {
    Operand a;  // [m, k]
    Operand b;  // [n, k]
    std::int64_t m = 0, n = 0, k = 0;
    float* c = nullptr;
    std::int64_t c_row = 0;
    bool accumulate = false;  // c += instead of c =
};

/// Memory of products, used again and again.
class GemmScratch {
  public:
    /// At least n floats for all, aligned to 64 bytes; what they held before is lost when they grow.
    float* shared(std::int64_t n) { return of(shared_, n); }
    /// The same for one of the workers. Workers must have been reserved before they run.
    void reserve_workers(int workers, std::int64_t n);
    float* worker(int index) { return aligned(workers_[index]); }

  private:
    static float* aligned(std::vector<float>& values);
    static float* of(std::vector<float>& values, std::int64_t n);
    std::vector<float> shared_;
    std::vector<std::vector<float>> workers_;
};

/// Runs products that do not depend on each other as one parallel loop. Returns the workers' busy time.
base::Nanoseconds gemm(std::span<const Gemm> products, GemmScratch& scratch, base::ThreadPool& pool);

/// One product in the calling thread; `scratch` has gemm_scratch(product) floats, aligned to 64 bytes.
void gemm(const Gemm& product, float* scratch);
std::int64_t gemm_scratch(std::int64_t n, std::int64_t k);

}  // namespace ergon::kernels
