#include "base/error.h"
#include "base/paths.h"
#include "formats/hf_folder.h"
#include "model/model.h"
#include "model/transformer.h"

namespace ergon::model {

std::unique_ptr<Model> load(const std::filesystem::path& path, const LoadOptions& options, base::ThreadPool& pool) {
    if (base::is_folder(path)) {
        const Config config = read_config(formats::HfFolder::open(path));
        return std::make_unique<Transformer>(config, WeightSource(formats::Safetensors::open_folder(path)), options,
                                             pool);
    }
    if (path.extension() == ".safetensors") {
        base::fail(base::ErrorCode::bad_argument, "{}: give the folder of the model, not one of its .safetensors files",
                   path.string());
    }
    formats::Gguf file = formats::Gguf::open(path);
    const Config config = read_config(file);
    return std::make_unique<Transformer>(config, WeightSource(std::move(file)), options, pool);
}

}  // namespace ergon::model
