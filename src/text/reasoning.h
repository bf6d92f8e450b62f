#pragma once
// Splitting thought from answer, by token.

#include <optional>
#include <span>

#include "text/tokenizer.h"

namespace ergon::text {

enum class Phase : std::uint8_t { prompt, thinking, answer };

/// Tells for each generated token whether it is thought or answer. `<think>` and `</think>` are found by their text in
/// the vocabulary. If the prompt ended inside an open thought, the first token is thought. Unfinished thought is
/// thought.
class ReasoningSplitter {
  public:
    ReasoningSplitter(const Tokenizer& tokenizer, std::span<const TokenId> prompt);
    /// The phase that this token belongs to; `marker` tells whether it is a tag itself (not to be shown).
    struct Piece {
        Phase phase;
        bool marker;
    };
    Piece push(TokenId id);
    Phase phase() const { return phase_; }
    bool can_think() const { return open_.has_value() && close_.has_value(); }
    std::optional<TokenId> open_marker() const { return open_; }
    std::optional<TokenId> close_marker() const { return close_; }

  private:
    std::optional<TokenId> open_, close_;
    Phase phase_ = Phase::answer;
};

}  // namespace ergon::text
