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

using nlohmann::ordered_json;

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

void put_weights(const Weights& weights, ordered_json& details) {
    details["weight_bytes"] = weights.bytes.value();
    details["parameters"] = {{"total", weights.parameters}};
    details["bits_per_weight"] = bits_per_weight(weights.bytes, weights.parameters);
}

ordered_json gguf_details(const std::filesystem::path& path) {
    const formats::Gguf file = formats::Gguf::open(path, formats::Truncated::metadata_only);
    const Weights weights = weights_of(file.tensors());
    const std::string architecture = file.text("general.architecture", "");
    const std::int64_t experts = file.integer(architecture + ".expert_count", 0);
    ordered_json details{{"architecture", architecture}, {"experts", experts}};
    if (weights.parameters > 0) {
        put_weights(weights, details);
        if (experts == 0) details["parameters"]["active"] = weights.parameters;
        try_to([&] { details.update(model_details(model::read_config(file), weights.bytes)); });
    }
    try_to([&] { details["vocabulary"] = vocabulary_fingerprint(text::Tokenizer::from_gguf(file)); });
    return details;
}

ordered_json folder_details(const std::filesystem::path& path) {
    const formats::HfFolder folder = formats::HfFolder::open(path);
    ordered_json details;
    try_to([&] {
        const Weights weights = weights_of(formats::Safetensors::open_folder(path).tensors());
        put_weights(weights, details);
        details.update(model_details(model::read_config(folder), weights.bytes));
    });
    try_to([&] { details["vocabulary"] = vocabulary_fingerprint(text::Tokenizer::from_folder(folder)); });
    return details;
}

}  // namespace

ordered_json model_details(const model::Config& config, base::Bytes weights) {
    const model::ParameterCount count = model::count_parameters(config);
    return {{"architecture", std::string(model::name(config.architecture))},
            {"parameters", {{"total", count.total}, {"active", count.active}}},
            {"experts", config.n_routed_experts},
            {"bits_per_weight", bits_per_weight(weights, count.total)}};
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
