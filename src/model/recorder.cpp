#include "model/recorder.h"

namespace ergon::model {
namespace {

using energy::Arithmetic;
using tensor::DType;

Arithmetic arithmetic_of(DType type) {
    switch (type) {
        case DType::f16: return Arithmetic::f16;
        case DType::bf16: return Arithmetic::bf16;
        case DType::f8_e4m3: return Arithmetic::f8;
        default: return tensor::is_quantised(type) ? Arithmetic::int8 : Arithmetic::f32;
    }
}

}  // namespace

const std::vector<std::string>& component_names() {
    static const std::vector<std::string> names{
        "embedding",      "attention projections", "attention",          "router",     "shared expert",
        "routed experts", "dense feed-forward",    "norms and residual", "output head"};
    return names;
}

void count(energy::Work& work, const kernels::Product& product) {
    const kernels::PackedMatrix& w = *product.weights;
    const std::int64_t rows = product.rows.count;
    if (rows == 0) return;
    const std::int64_t digits = w.quantised() ? static_cast<std::int64_t>(product.quantised->digits()) : 1;
    const std::int64_t input = w.quantised() ? digits * w.cols() / 32 * kernels::QuantisedRows::row_block_bytes
                                             : w.cols() * std::int64_t{sizeof(float)};
    work[energy::Source::weights] += w.matrix_bytes();
    work[energy::Source::activations] += rows * (input + w.rows() * std::int64_t{sizeof(float)});
    work[arithmetic_of(w.type())] += 2 * digits * rows * w.rows() * w.cols();
}

}  // namespace ergon::model
