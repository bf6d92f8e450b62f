#include "model/weights/weight_source.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/elementwise.h"
#include "kernels/packed_matrix.h"

namespace ergon::model {
namespace {

using base::ErrorCode;
using base::fail;
using tensor::DType;
using tensor::Shape;
using tensor::TensorView;

constexpr std::string_view weight_suffix = ".weight";

bool can_be_weights(DType type) {
    switch (type) {
        case DType::i8:
        case DType::i16:
        case DType::i32:
        case DType::i64:
        case DType::u8:
        case DType::boolean:
        case DType::f8_e8m0: return false;
        default: return true;
    }
}

}  // namespace

const TensorView* TensorsInMemory::find(std::string_view name) const {
    const auto found =
        std::find_if(tensors_.begin(), tensors_.end(), [&](const TensorView& one) { return one.name == name; });
    return found == tensors_.end() ? nullptr : &*found;
}

std::string WeightSource::file() const {
    return std::visit([](const auto& files) { return files.path().string(); }, files_);
}

std::span<const TensorView> WeightSource::tensors() const {
    return std::visit([](const auto& files) { return std::span<const TensorView>(files.tensors()); }, files_);
}

const TensorView* WeightSource::find(const std::string& name) const {
    return std::visit([&](const auto& files) { return files.find(name); }, files_);
}

std::string WeightSource::name(Part part, std::int64_t layer, std::int64_t expert) const {
    return std::holds_alternative<formats::Gguf>(files_) ? gguf_name(part, layer)
                                                         : hugging_face_name(part, layer, expert);
}

const TensorView& WeightSource::require(const std::string& name, const Shape& shape) const {
    const TensorView* found = find(name);
    if (found == nullptr) {
        fail(ErrorCode::bad_file,
             "{}: the tensor {} is missing (expected {}); the file is incomplete or of another architecture", file(),
             name, shape.text());
    }
    if (!(found->shape == shape)) {
        fail(ErrorCode::bad_file, "{}: the tensor {} has shape {}, but the configuration needs {}", file(), name,
             found->shape.text(), shape.text());
    }
    if (!can_be_weights(found->type)) {
        fail(ErrorCode::bad_file, "{}: the tensor {} has type {}; expected floating-point or block-quantised weights",
             file(), name, tensor::name(found->type));
    }
    used_.insert(name);
    return *found;
}

SourceMatrix WeightSource::with_scales(const TensorView& weights) const {
    const std::string scales = weights.name + "_scale_inv";
    if (weights.type != DType::f8_e4m3) {
        if (find(scales) != nullptr) {
            fail(ErrorCode::unsupported,
                 "{}: the tensor {} of type {} has scales beside it; scales are supported for F8_E4M3 only", file(),
                 weights.name, tensor::name(weights.type));
        }
        return {weights, {}};
    }
    constexpr std::int64_t block = kernels::f8_block;
    const Shape expected{(weights.shape[0] + block - 1) / block, (weights.shape[1] + block - 1) / block};
    const TensorView& found = require(scales, expected);
    if (found.type != DType::f32) {
        fail(ErrorCode::unsupported, "{}: the tensor {} is {}; expected scales in F32", file(), scales,
             tensor::name(found.type));
    }
    return {weights, found};
}

SourceMatrix WeightSource::matrix(Part part, std::int64_t layer, std::int64_t rows, std::int64_t cols) const {
    return with_scales(require(name(part, layer), Shape{rows, cols}));
}

TensorView WeightSource::stack(Part part, std::int64_t layer, std::int64_t count, std::int64_t rows,
                               std::int64_t cols) const {
    return require(name(part, layer), Shape{count, rows, cols});
}

std::vector<SourceMatrix> WeightSource::experts(Part part, std::int64_t layer, std::int64_t count, std::int64_t rows,
                                                std::int64_t cols) const {
    if (std::holds_alternative<formats::Gguf>(files_)) return {{stack(part, layer, count, rows, cols), {}}};
    std::vector<SourceMatrix> all;
    for (std::int64_t expert = 0; expert < count; ++expert) {
        all.push_back(with_scales(require(name(part, layer, expert), Shape{rows, cols})));
        if (all.back().weights.type != all.front().weights.type) {
            fail(ErrorCode::unsupported,
                 "{}: the tensor {} has type {}, but expert 0 has {}; experts of one layer must have one type", file(),
                 all.back().weights.name, tensor::name(all.back().weights.type),
                 tensor::name(all.front().weights.type));
        }
    }
    return all;
}

std::vector<float> WeightSource::widen(const TensorView& view) const {
    if (view.type == DType::f8_e4m3 || view.type == DType::f8_e5m2) {
        fail(ErrorCode::unsupported, "{}: the tensor {} has type {}; a vector must be F32, F16 or BF16", file(),
             view.name, tensor::name(view.type));
    }
    std::vector<float> values(view.shape.values());
    kernels::dequantize_row(view.type, view.bytes.data(), std::ssize(values), values.data());
    return values;
}

std::vector<float> WeightSource::vector(Part part, std::int64_t layer, std::int64_t size) const {
    return widen(require(name(part, layer), Shape{size}));
}

std::vector<float> WeightSource::bias(Part part, std::int64_t layer, std::int64_t size) const {
    std::string beside = name(part, layer);
    beside.replace(beside.size() - weight_suffix.size(), weight_suffix.size(), ".bias");
    return widen(require(beside, Shape{size}));
}

}  // namespace ergon::model
