#include "engine/loaded_model.h"

#include "base/error.h"
#include "base/files/paths.h"
#include "engine/scripted_model.h"
#include "formats/safetensors.h"
#include "text/reasoning.h"

namespace ergon::engine {
namespace {

using base::ErrorCode;

bool has_thought_markers(const text::Tokenizer* tokenizer) {
    return tokenizer != nullptr && text::thought_markers_of(*tokenizer) != nullptr;
}

void load_weights(LoadedModel& loaded, const model::LoadOptions& options, base::ThreadPool& pool) {
    auto transformer = model::load(loaded.path, options, pool);
    loaded.weight_bytes = transformer->weight_bytes();
    loaded.config = transformer->config();
    loaded.unused = transformer->unused();
    loaded.model = std::move(transformer);
}

void load_file(LoadedModel& loaded, const model::LoadOptions& options, base::ThreadPool& pool) {
    const formats::Gguf file = formats::Gguf::open(loaded.path);
    if (file.has("tokenizer.ggml.model")) {
        loaded.tokenizer = std::make_shared<const text::Tokenizer>(text::Tokenizer::from_gguf(file));
    }
    loaded.defaults = generation_defaults(file, has_thought_markers(loaded.tokenizer.get()));
    load_weights(loaded, options, pool);
}

void load_folder(LoadedModel& loaded, const model::LoadOptions& options, base::ThreadPool& pool) {
    const formats::HfFolder folder = formats::HfFolder::open(loaded.path);
    const bool scripted = ScriptedModel::is_scripted(folder);
    if (scripted) {
        const auto vocabulary =
            formats::Gguf::open(ScriptedModel::vocabulary_file(folder), formats::Truncated::metadata_only);
        loaded.tokenizer = std::make_shared<const text::Tokenizer>(text::Tokenizer::from_gguf(vocabulary));
    } else if (base::path_exists(folder.tokenizer_json())) {
        loaded.tokenizer = std::make_shared<const text::Tokenizer>(text::Tokenizer::from_folder(folder));
    }
    loaded.defaults = generation_defaults(folder, has_thought_markers(loaded.tokenizer.get()));
    if (scripted) {
        loaded.model = std::make_unique<ScriptedModel>(folder, loaded.tokenizer);
    } else {
        load_weights(loaded, options, pool);
    }
}

}  // namespace

const text::Tokenizer& LoadedModel::words() const {
    if (!tokenizer) {
        base::fail(ErrorCode::unsupported,
                   "{} has no tokenizer, so it cannot process text; use it with ergon bench or ergon logits.",
                   path.string());
    }
    return *tokenizer;
}

bool LoadedModel::thinks() const {
    return has_thought_markers(tokenizer.get());
}

LoadedModel load_model(const std::filesystem::path& path, const model::LoadOptions& options, base::ThreadPool& pool) {
    LoadedModel loaded;
    loaded.path = path;
    const bool folder = base::is_folder(path);
    // "models/x/" names the folder x.
    const std::filesystem::path plain = path.has_filename() ? path : path.parent_path();
    loaded.name = folder ? plain.filename().string() : plain.stem().string();
    if (folder) {
        load_folder(loaded, options, pool);
    } else {
        load_file(loaded, options, pool);
    }
    if (loaded.tokenizer) check_vocabulary(path, loaded.tokenizer->size(), loaded.model->vocabulary());
    if (loaded.tokenizer && !loaded.tokenizer->chat_template().empty()) {
        loaded.chat_template.emplace(loaded.tokenizer->chat_template(), loaded.name + "'s chat template");
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
