#include "text/reasoning.h"

#include <algorithm>
#include <ranges>

namespace ergon::text {

ReasoningSplitter::ReasoningSplitter(const Tokenizer& tokenizer, std::span<const TokenId> prompt)
    : open_(tokenizer.find("<think>")), close_(tokenizer.find("</think>")) {
    if (!can_think()) return;
    const auto last =
        std::ranges::find_if(std::views::reverse(prompt), [this](TokenId id) { return id == *open_ || id == *close_; });
    if (last != std::ranges::rend(prompt) && *last == *open_) phase_ = Phase::thinking;
}

ReasoningSplitter::Piece ReasoningSplitter::push(TokenId id) {
    if (!can_think() || (id != *open_ && id != *close_)) return {.phase = phase_, .marker = false};
    // Both tags belong to the thought; a closing tag without a thought belongs to the answer.
    const Phase before = phase_;
    phase_ = id == *open_ ? Phase::thinking : Phase::answer;
    return {.phase = id == *open_ ? Phase::thinking : before, .marker = true};
}

}  // namespace ergon::text
