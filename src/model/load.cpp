#include "model/load.h"

#include <algorithm>

#include "base/error.h"
#include "base/files/paths.h"
#include "formats/hf_folder.h"
#include "model/transformer.h"
#include "model/weights/unused_tensors.h"

namespace ergon::model {
namespace {

/// F16 and BF16 take the same bytes: where a checkpoint holds both, one of them is mistaken for the other.
void check_halves(const formats::Safetensors& files) {
    const auto first_of = [&](tensor::DType type) {
        return std::ranges::find(files.tensors(), type, &tensor::TensorView::type);
    };
    const auto f16 = first_of(tensor::DType::f16), bf16 = first_of(tensor::DType::bf16), end = files.tensors().end();
    if (f16 == end || bf16 == end) return;
    base::fail(base::ErrorCode::bad_file,
               "{}: the tensor {} is F16, but {} is BF16; a checkpoint must have one type: fetch it again, or save it "
               "in one type",
               files.path().string(), f16->name, bf16->name);
}

}  // namespace

std::unique_ptr<Model> load(const std::filesystem::path& path, const LoadOptions& options, base::ThreadPool& pool) {
    if (base::is_folder(path)) {
        const Config config = read_config(formats::HfFolder::open(path));
        formats::Safetensors files = formats::Safetensors::open_folder(path);
        check_halves(files);
        return std::make_unique<Transformer>(config, WeightSource(std::move(files)), options, pool);
    }
    if (path.extension() == ".safetensors") {
        base::fail(base::ErrorCode::bad_argument, "{}: give the folder of the model, not one of its .safetensors files",
                   path.string());
    }
    formats::Gguf file = formats::Gguf::open(path);
    const Config config = read_config(file);
    std::vector<std::string> unused = unused_keys(file);
    if (!options.allow_unused) refuse_unused(path.string(), "metadata key", unused);
    return std::make_unique<Transformer>(config, WeightSource(std::move(file)), options, pool, std::move(unused));
}

}  // namespace ergon::model
