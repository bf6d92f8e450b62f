#pragma once
// Texts that an answer must not contain: who forbids the words of revision learns what revision is worth.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer/tokenizer.h"

namespace ergon::engine {

/// Strikes out tokens that would complete a forbidden text, however it is spelt in tokens. Control tokens are no text.
class ForbiddenTexts {
  public:
    /// Throws Error(bad_argument) for an empty text.
    explicit ForbiddenTexts(std::vector<std::string> texts);

    /// `logits` [readable vocabulary]: those of tokens that must not come next become minus infinity.
    void strike(std::span<float> logits, const text::Tokenizer& tokenizer);
    /// Tells what token was taken.
    void push(text::TokenId id, const text::Tokenizer& tokenizer);

  private:
    std::vector<std::string> texts_;
    std::optional<std::vector<text::TokenId>> whole_;  // tokens that contain a whole text
    std::string tail_;                                 // of what was generated; as much as can begin a forbidden text
};

}  // namespace ergon::engine
