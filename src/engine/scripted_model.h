#pragma once
// A model whose logits are written in a file: it answers from a script, token by token, and can think. For trying the
// programs and for tests where no thinking model is at hand.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/strings/thought_markers.h"
#include "formats/hf_folder.h"
#include "model/language_model.h"
#include "text/tokenizer/tokenizer.h"

namespace ergon::engine {

/// A folder whose config.json says {"architectures": ["ErgonScripted"], "vocabulary": "some.gguf" (relative to the
/// folder), "context_length": 4096, "replies": [{"asked": "France", "reply": "<think>\n...\n</think>\n\nParis."},
/// ...]}. The reply is the one whose `asked` stands last in the prompt; an empty `asked` serves when no other is found.
/// Markers in replies are control tokens. If the prompt opened the thought, the reply begins inside it; if it closed
/// the thought, after it.
class ScriptedModel : public model::LanguageModel {
  public:
    static bool is_scripted(const formats::HfFolder& folder);
    /// Throws Error(bad_file) naming file and key.
    ScriptedModel(const formats::HfFolder& folder, std::shared_ptr<const text::Tokenizer> tokenizer);
    /// The GGUF file with the vocabulary. Throws Error(bad_file).
    static std::filesystem::path vocabulary_file(const formats::HfFolder& folder);

    std::int64_t vocabulary() const override { return tokenizer_->size(); }
    std::int64_t context_length() const override { return context_length_; }
    base::Bytes cache_bytes_per_token(model::CacheType) const override;
    const std::vector<std::string>& component_names() const override { return component_names_; }
    std::unique_ptr<model::Cache> make_cache(std::int64_t capacity, model::CacheType) const override;
    void forward(std::span<const model::StepItem> step, std::vector<float>& logits, energy::WorkAccount& account,
                 model::HiddenStates* hidden = nullptr) override;

  private:
    struct Reply {
        std::string asked;
        std::vector<model::TokenId> tokens;  // the end token is the last
    };
    struct ScriptCache;
    model::TokenId next_token(const ScriptCache& cache, std::int64_t length) const;
    const Reply& reply_to(std::span<const model::TokenId> prompt) const;

    std::shared_ptr<const text::Tokenizer> tokenizer_;
    const base::ThoughtMarkers* markers_;  // null: it does not think
    std::int64_t context_length_ = 0;
    std::vector<Reply> replies_;
    std::vector<std::string> component_names_{"script"};
};

}  // namespace ergon::engine
