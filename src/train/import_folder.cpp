#include "train/import_folder.h"

#include <algorithm>

#include "base/error.h"
#include "formats/safetensors.h"
#include "kernels/elementwise.h"

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
        fail(ErrorCode::unsupported, "{}: the tensor {} is in {}; training begins with f32, f16 or bf16",
             folder.string(), wanted.name, tensor::name(found->type));
    }
}

/// A bias that is left out would make another model of it.
void check_unknown(const std::filesystem::path& folder, const formats::Safetensors& files,
                   const std::vector<TensorView>& wanted) {
    for (const TensorView& one : files.tensors()) {
        const bool known = std::ranges::find(wanted, one.name, &TensorView::name) != wanted.end();
        if (known || !one.name.ends_with("bias")) continue;
        fail(ErrorCode::unsupported, "{}: the tensor {} is a bias, which layers that are trained do not have",
             folder.string(), one.name);
    }
}

}  // namespace

void import_folder(const std::filesystem::path& folder, Weights& weights) {
    const auto files = formats::Safetensors::open_folder(folder);
    // Found and checked first, copied then: a folder that does not fit changes nothing.
    const std::vector<TensorView> all = weights.tensors();
    for (const TensorView& one : all) check(folder, one, files.find(one.name));
    check_unknown(folder, files, all);
    for (const TensorView& one : all) {
        const TensorView& from = *files.find(one.name);
        // The views are of memory that `weights`, not const here, owns.
        auto* const values = reinterpret_cast<float*>(const_cast<std::byte*>(one.bytes.data()));
        kernels::widen_row(from.type, from.bytes.data(), from.shape.values(), values);
    }
}

}  // namespace ergon::train
