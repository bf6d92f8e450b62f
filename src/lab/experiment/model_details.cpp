#include "lab/experiment/model_details.h"

#include <algorithm>
#include <exception>
#include <functional>

#include "formats/gguf.h"
#include "formats/hf_folder.h"
#include "formats/safetensors.h"
#include "lab/experiment/fingerprint.h"

namespace ergon::lab {
namespace {

/// What ergon cannot read is not known.
void try_to(const std::function<void()>& find) {
    try {
        find();
    } catch (const std::exception&) {
        return;
    }
}

double bits_per_weight(base::Bytes weights, std::int64_t parameters) {
    return 8 * static_cast<double>(weights.value()) / static_cast<double>(std::max<std::int64_t>(1, parameters));
}

struct Weights {
    base::Bytes bytes{};
    std::int64_t parameters = 0;
};

Weights weights_of(std::span<const tensor::TensorView> tensors) {
    Weights sum;
    for (const tensor::TensorView& view : tensors) {
        sum.bytes += base::Bytes(tensor::storage_bytes(view.type, view.shape.values()).value_or(0));
        sum.parameters += view.shape.values();
    }
    return sum;
}

void put_weights(const Weights& weights, ModelDetails& details) {
    details.weight_bytes = weights.bytes.value();
    details.parameters = weights.parameters;
    details.bits_per_weight = bits_per_weight(weights.bytes, weights.parameters);
}

ModelDetails gguf_details(const std::filesystem::path& path) {
    const formats::Gguf file = formats::Gguf::open(path, formats::Truncated::metadata_only);
    const Weights weights = weights_of(file.tensors());
    ModelDetails details;
    details.architecture = file.text("general.architecture", "");
    details.experts = file.integer(details.architecture + ".expert_count", 0);
    if (weights.parameters > 0) {
        put_weights(weights, details);
        if (details.experts == 0) details.active_parameters = weights.parameters;
        try_to([&] { details = model_details(model::read_config(file), weights.bytes); });
    }
    try_to([&] { details.vocabulary = vocabulary_fingerprint(text::Tokenizer::from_gguf(file)); });
    return details;
}

ModelDetails folder_details(const std::filesystem::path& path) {
    const formats::HfFolder folder = formats::HfFolder::open(path);
    ModelDetails details;
    try_to([&] {
        const Weights weights = weights_of(formats::Safetensors::open_folder(path).tensors());
        put_weights(weights, details);
        details = model_details(model::read_config(folder), weights.bytes);
    });
    try_to([&] { details.vocabulary = vocabulary_fingerprint(text::Tokenizer::from_folder(folder)); });
    return details;
}

}  // namespace

ModelDetails model_details(const model::Config& config, base::Bytes weights) {
    const model::ParameterCount count = model::count_parameters(config);
    ModelDetails details;
    details.architecture = model::name(config.architecture);
    details.parameters = count.total;
    details.active_parameters = count.active;
    details.experts = config.n_routed_experts;
    details.bits_per_weight = bits_per_weight(weights, count.total);
    details.weight_bytes = weights.value();
    return details;
}

ModelFile describe_model_file(const std::filesystem::path& path) {
    ModelFile found;
    try_to([&] {
        std::error_code none;
        found.details = std::filesystem::is_directory(path, none) ? folder_details(path) : gguf_details(path);
        found.hash = file_fingerprint(path);
    });
    return found;
}

}  // namespace ergon::lab
