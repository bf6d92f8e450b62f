#include "train/files/import_folder.h"

#include <set>
#include <string_view>

#include "base/error.h"
#include "formats/safetensors.h"
#include "kernels/elementwise.h"
#include "model/weights/unused_tensors.h"

namespace ergon::train {
namespace {

using base::ErrorCode;
using base::fail;
using tensor::DType;
using tensor::TensorView;

void check(const std::filesystem::path& folder, const TensorView& wanted, const TensorView* found) {
    if (found == nullptr || !(found->shape == wanted.shape)) {
        fail(ErrorCode::bad_file, "{}: the tensor {} is {}; expected one of shape {}: not a model of this shape",
             folder.string(), wanted.name, found == nullptr ? "missing" : found->shape.text(), wanted.shape.text());
    }
    if (found->type != DType::f32 && found->type != DType::f16 && found->type != DType::bf16) {
        fail(ErrorCode::unsupported, "{}: the tensor {} is in {}; training can start from f32, f16 or bf16",
             folder.string(), wanted.name, tensor::name(found->type));
    }
}

/// A tensor that is left out would make another model of it.
void check_unknown(const std::filesystem::path& folder, const formats::Safetensors& files,
                   const std::vector<TensorView>& wanted, const model::Config& config) {
    std::set<std::string_view> names;
    for (const TensorView& one : wanted) names.insert(one.name);
    const auto others =
        model::unused_tensors(config, files.tensors(), [&](const std::string& name) { return names.contains(name); });
    if (others.empty()) return;
    fail(ErrorCode::unsupported,
         "{}: the tensor {} is not used by a model of this shape in training; start from another model",
         folder.string(), others.front());
}

}  // namespace

void import_folder(const std::filesystem::path& folder, Weights& weights) {
    const auto files = formats::Safetensors::open_folder(folder);
    // Found and checked first, copied then: a folder that does not fit changes nothing.
    const std::vector<TensorView> all = weights.tensors();
    for (const TensorView& one : all) check(folder, one, files.find(one.name));
    check_unknown(folder, files, all, weights.architecture().config);
    for (const TensorView& one : all) {
        const TensorView& from = *files.find(one.name);
        // The views are of memory that `weights`, not const here, owns.
        auto* const values = reinterpret_cast<float*>(const_cast<std::byte*>(one.bytes.data()));
        kernels::dequantize_row(from.type, from.bytes.data(), from.shape.values(), values);
    }
}

}  // namespace ergon::train
