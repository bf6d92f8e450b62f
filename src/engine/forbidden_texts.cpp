#include "engine/forbidden_texts.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"

namespace ergon::engine {

ForbiddenTexts::ForbiddenTexts(std::vector<std::string> texts) : texts_(std::move(texts)) {
    if (std::ranges::any_of(texts_, &std::string::empty)) {
        base::fail(base::ErrorCode::bad_argument, "A forbidden text is empty: nothing could be said without it.");
    }
}

/// Whether a forbidden text would end within these bytes, were they put behind the tail.
bool ForbiddenTexts::completes(std::string_view bytes) const {
    return std::ranges::any_of(texts_, [&](const std::string& text) {
        const std::size_t before = std::min(tail_.size(), text.size() - 1);
        return (tail_.substr(tail_.size() - before) += bytes).find(text) != std::string::npos;
    });
}

void ForbiddenTexts::strike(std::span<float> logits, const text::Tokenizer& tokenizer) const {
    if (texts_.empty()) return;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        const auto id = static_cast<text::TokenId>(i);
        if (!tokenizer.is_control(id) && completes(tokenizer.bytes(id))) {
            logits[i] = -std::numeric_limits<float>::infinity();
        }
    }
}

void ForbiddenTexts::push(text::TokenId id, const text::Tokenizer& tokenizer) {
    if (texts_.empty() || tokenizer.is_control(id)) return;
    tail_ += tokenizer.bytes(id);
    const std::size_t longest = std::ranges::max(texts_, {}, &std::string::size).size() - 1;
    if (tail_.size() > longest) tail_.erase(0, tail_.size() - longest);
}

}  // namespace ergon::engine
