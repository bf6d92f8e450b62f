#include "engine/generation/forbidden_texts.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"

namespace ergon::engine {
namespace {

/// The readable tokens whose bytes are such; control tokens are no text.
template <typename Test>
std::vector<text::TokenId> tokens_where(std::size_t vocabulary, const text::Tokenizer& tokenizer, const Test& test) {
    std::vector<text::TokenId> found;
    for (std::size_t i = 0; i < vocabulary; ++i) {
        const auto id = static_cast<text::TokenId>(i);
        if (!tokenizer.is_control(id) && test(tokenizer.bytes(id))) found.push_back(id);
    }
    return found;
}

}  // namespace

ForbiddenTexts::ForbiddenTexts(std::vector<std::string> texts) : texts_(std::move(texts)) {
    if (std::ranges::any_of(texts_, &std::string::empty)) {
        base::fail(base::ErrorCode::bad_argument,
                   "A forbidden text is empty; give --forbid (or forbid=) a non-empty text.");
    }
}

void ForbiddenTexts::strike(std::span<float> logits, const text::Tokenizer& tokenizer) {
    if (texts_.empty()) return;
    if (!whole_) {
        whole_ = tokens_where(logits.size(), tokenizer, [&](std::string_view bytes) {
            return std::ranges::any_of(
                texts_, [&](const std::string& text) { return bytes.find(text) != std::string_view::npos; });
        });
    }
    const auto strike_out = [&](std::span<const text::TokenId> ids) {
        for (const text::TokenId id : ids) logits[id] = -std::numeric_limits<float>::infinity();
    };
    strike_out(*whole_);
    for (const std::string& text : texts_) {
        for (std::size_t begun = 1; begun < text.size(); ++begun) {
            const std::string_view all(text);
            if (!tail_.ends_with(all.substr(0, begun))) continue;
            strike_out(tokens_where(logits.size(), tokenizer,
                                    [&](std::string_view bytes) { return bytes.starts_with(all.substr(begun)); }));
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
