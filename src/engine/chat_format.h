#pragma once
// What is needed beside a model to talk to it: how text becomes tokens, how a conversation is laid out, how the model
// wants to be sampled.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "engine/generation/defaults.h"
#include "text/chat_template.h"
#include "text/tokenizer/tokenizer.h"

namespace ergon::engine {

class ChatFormat {
  public:
    ChatFormat() = default;
    /// Of the model at `path`. The tokenizer is null if the files hold none: such a model can be measured, not talked
    /// to.
    ChatFormat(std::filesystem::path path, std::shared_ptr<const text::Tokenizer> tokenizer);

    const std::filesystem::path& path() const { return path_; }
    /// Throws Error(unsupported) if there is none.
    const text::Tokenizer& tokenizer() const;
    /// Null if there is none.
    const text::Tokenizer* find_tokenizer() const { return tokenizer_.get(); }
    /// Whether the vocabulary has markers for thought.
    bool thinks() const;

    std::optional<text::ChatTemplate> chat_template;  // the tokenizer's, if it has one
    GenerationDefaults defaults;

  private:
    std::filesystem::path path_;
    std::shared_ptr<const text::Tokenizer> tokenizer_;
};

/// The name of a model: that of its file or folder without the ending.
std::string model_name(const std::filesystem::path& path);

}  // namespace ergon::engine
