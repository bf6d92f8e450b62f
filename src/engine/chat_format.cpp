#include "engine/chat_format.h"

#include <utility>

#include "base/error.h"
#include "base/files/paths.h"
#include "text/reasoning.h"

namespace ergon::engine {

ChatFormat::ChatFormat(std::filesystem::path path, std::shared_ptr<const text::Tokenizer> tokenizer)
    : path_(std::move(path)), tokenizer_(std::move(tokenizer)) {
    if (tokenizer_ && !tokenizer_->chat_template().empty()) {
        chat_template.emplace(tokenizer_->chat_template(), model_name(path_) + "'s chat template");
    }
}

const text::Tokenizer& ChatFormat::tokenizer() const {
    if (!tokenizer_) {
        base::fail(base::ErrorCode::unsupported,
                   "{} has no tokenizer, so it cannot read or write text: it can only be measured (ergon bench, ergon "
                   "logits).",
                   path_.string());
    }
    return *tokenizer_;
}

bool ChatFormat::thinks() const {
    return tokenizer_ && text::thought_markers_of(*tokenizer_) != nullptr;
}

std::string model_name(const std::filesystem::path& path) {
    // "models/x/" names the folder x.
    const std::filesystem::path plain = path.has_filename() ? path : path.parent_path();
    return (base::is_folder(path) ? plain.filename() : plain.stem()).string();
}

}  // namespace ergon::engine
