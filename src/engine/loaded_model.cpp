#include "engine/loaded_model.h"

#include "base/error.h"
#include "base/files/paths.h"
#include "engine/scripted_model.h"
#include "formats/safetensors.h"

namespace ergon::engine {
namespace {

using base::ErrorCode;

void load_weights(LoadedModel& loaded, const model::LoadOptions& options, base::ThreadPool& pool) {
    auto transformer = model::load(loaded.path, options, pool);
    loaded.weight_bytes = transformer->weight_bytes();
    loaded.config = transformer->config();
    loaded.unused = transformer->unused();
    loaded.model = std::move(transformer);
}

void load_file(LoadedModel& loaded, const model::LoadOptions& options, base::ThreadPool& pool) {
    const formats::Gguf file = formats::Gguf::open(loaded.path);
    std::shared_ptr<const text::Tokenizer> tokenizer;
    if (file.has("tokenizer.ggml.model")) {
        tokenizer = std::make_shared<const text::Tokenizer>(text::Tokenizer::from_gguf(file));
    }
    loaded.chat = ChatFormat(loaded.path, std::move(tokenizer));
    loaded.chat.defaults = generation_defaults(file, loaded.chat.thinks());
    load_weights(loaded, options, pool);
}

void load_folder(LoadedModel& loaded, const model::LoadOptions& options, base::ThreadPool& pool) {
    const formats::HfFolder folder = formats::HfFolder::open(loaded.path);
    const bool scripted = ScriptedModel::is_scripted(folder);
    std::shared_ptr<const text::Tokenizer> tokenizer;
    if (scripted) {
        const auto vocabulary =
            formats::Gguf::open(ScriptedModel::vocabulary_file(folder), formats::Truncated::metadata_only);
        tokenizer = std::make_shared<const text::Tokenizer>(text::Tokenizer::from_gguf(vocabulary));
    } else if (base::path_exists(folder.tokenizer_json())) {
        tokenizer = std::make_shared<const text::Tokenizer>(text::Tokenizer::from_folder(folder));
    }
    loaded.chat = ChatFormat(loaded.path, tokenizer);
    loaded.chat.defaults = generation_defaults(folder, loaded.chat.thinks());
    if (scripted) {
        loaded.model = std::make_unique<ScriptedModel>(folder, std::move(tokenizer));
    } else {
        load_weights(loaded, options, pool);
    }
}

}  // namespace

LoadedModel load_model(const std::filesystem::path& path, const model::LoadOptions& options, base::ThreadPool& pool) {
    LoadedModel loaded;
    loaded.path = path;
    loaded.name = model_name(path);
    if (base::is_folder(path)) {
        load_folder(loaded, options, pool);
    } else {
        load_file(loaded, options, pool);
    }
    if (const text::Tokenizer* tokenizer = loaded.chat.find_tokenizer()) {
        check_vocabulary(path, tokenizer->size(), loaded.model->vocabulary());
    }
    return loaded;
}

void check_vocabulary(const std::filesystem::path& path, std::int64_t tokens, std::int64_t vocabulary) {
    if (tokens <= vocabulary) return;
    base::fail(ErrorCode::bad_file,
               "{}: the tokenizer has {} tokens, but the model only {}; they do not belong together: fetch both again",
               path.string(), tokens, vocabulary);
}

base::Bytes bytes_in_files(const std::filesystem::path& path) {
    std::int64_t total = 0;
    const auto add = [&](std::span<const tensor::TensorView> tensors) {
        for (const tensor::TensorView& view : tensors) total += static_cast<std::int64_t>(view.bytes.size());
    };
    if (!base::is_folder(path)) {
        add(formats::Gguf::open(path).tensors());
    } else if (!ScriptedModel::is_scripted(formats::HfFolder::open(path))) {
        add(formats::Safetensors::open_folder(path).tensors());
    }
    return base::Bytes(total);
}

}  // namespace ergon::engine
