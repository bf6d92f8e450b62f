#include "text/tokenizer/special_tokens.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "text/unicode.h"

namespace ergon::text {
namespace {

constexpr std::size_t longest_spelling = 1024;  // assumed; the longest published one is below 100 bytes

// Steps over the text's bytes so that invalid UTF-8 is no class at all.
CharClass class_before(std::string_view text, std::size_t& at) {
    std::size_t begin = at - 1;
    while (begin > 0 && at - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
    const std::string_view character = text.substr(begin, at - begin);
    const Utf8Scan scan = scan_utf8(character);
    if (scan.kind != Utf8Scan::Kind::character || scan.length != character.size()) return 0;
    at = begin;
    return char_classes()[decode_character(character.data()).code];
}

CharClass class_after(std::string_view text, std::size_t& at) {
    const Utf8Scan scan = scan_utf8(text.substr(at));
    if (scan.kind != Utf8Scan::Kind::character) return 0;
    const CharClass classes = char_classes()[decode_character(text.data() + at).code];
    at += scan.length;
    return classes;
}

bool word_ends_at(std::string_view text, std::size_t at) {
    return (class_before(text, at) & char_class::word) != 0;
}

bool word_begins_at(std::string_view text, std::size_t at) {
    return at < text.size() && (class_after(text, at) & char_class::word) != 0;
}

std::size_t skip_space_backward(std::string_view text, std::size_t at, std::size_t from) {
    for (std::size_t before = at; before > from; at = before) {
        if ((class_before(text, before) & char_class::space) == 0 || before < from) break;
    }
    return at;
}

std::size_t skip_space_forward(std::string_view text, std::size_t at) {
    for (std::size_t after = at; after < text.size(); at = after) {
        if ((class_after(text, after) & char_class::space) == 0) break;
    }
    return at;
}

}  // namespace

SpecialTokens::SpecialTokens(std::vector<SpecialToken> tokens, std::string_view origin) : tokens_(std::move(tokens)) {
    for (const SpecialToken& token : tokens_) {
        if (token.spelling.empty() || token.spelling.size() > longest_spelling) {
            base::fail(base::ErrorCode::bad_file,
                       "{}: the special token {} has a spelling of {} bytes; 1 to {} are allowed", origin, token.id,
                       token.spelling.size(), longest_spelling);
        }
    }
    std::ranges::stable_sort(tokens_, {}, &SpecialToken::spelling);
    const auto same = std::ranges::unique(tokens_, {}, &SpecialToken::spelling);
    tokens_.erase(same.begin(), same.end());
    shorter_.assign(tokens_.size(), -1);
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
        const std::string& spelling = tokens_[i].spelling;
        // Those that it may begin with are the one before it and what that begins with.
        std::ptrdiff_t before = static_cast<std::ptrdiff_t>(i) - 1;
        while (before >= 0 && !spelling.starts_with(tokens_[before].spelling)) {
            before = shorter_[before];
        }
        shorter_[i] = before;
        const auto first = static_cast<unsigned char>(spelling.front());
        by_template_[first] = true;
        if (!tokens_[i].template_only) by_anyone_[first] = true;
    }
}

const SpecialToken* SpecialTokens::longest_at(std::string_view text, std::size_t at, std::size_t template_end) const {
    const std::string_view rest = text.substr(at, longest_spelling);
    const auto after = std::ranges::upper_bound(
        tokens_, rest, {}, [](const SpecialToken& token) -> std::string_view { return token.spelling; });
    if (after == tokens_.begin()) return nullptr;
    // The last one in order that is not behind the text: what begins like the text is it, or is one that it begins
    // with.
    const std::string& nearest = std::prev(after)->spelling;
    const auto equal = static_cast<std::size_t>(std::ranges::mismatch(nearest, rest).in1 - nearest.begin());
    for (std::ptrdiff_t i = after - tokens_.begin() - 1; i >= 0; i = shorter_[static_cast<std::size_t>(i)]) {
        const SpecialToken& token = tokens_[static_cast<std::size_t>(i)];
        const std::size_t length = token.spelling.size();
        if (length > equal) continue;
        if (token.template_only && at + length > template_end) continue;
        return &token;
    }
    return nullptr;
}

void SpecialTokens::cut(std::string_view text, std::span<const MarkedText::Run> authors,
                        const std::function<void(const TextPart&)>& take) const {
    std::size_t taken = 0;  // where the ordinary text begins that no part has taken
    std::size_t run = 0;
    for (std::size_t i = 0; i < text.size();) {
        while (run + 1 < authors.size() && authors[run + 1].begin <= i) ++run;
        const bool by_template = run < authors.size() && authors[run].author == Author::chat_template;
        const std::size_t run_end = run + 1 < authors.size() ? authors[run + 1].begin : text.size();
        const FirstBytes& begins = by_template ? by_template_ : by_anyone_;
        // Most characters begin no token.
        while (i < run_end && !begins[static_cast<unsigned char>(text[i])]) ++i;
        if (i == run_end) continue;
        const SpecialToken* token = longest_at(text, i, by_template ? run_end : 0);
        if (token == nullptr) {
            ++i;
            continue;
        }
        // Within a word it stays text as a whole, and nothing shorter is looked for in it (as in Hugging Face's
        // library).
        if (token->single_word &&
            ((i > 0 && word_ends_at(text, i)) || word_begins_at(text, i + token->spelling.size()))) {
            i += token->spelling.size();
            continue;
        }
        const std::size_t begin = token->lstrip ? skip_space_backward(text, i, taken) : i;
        const std::size_t after = i + token->spelling.size();
        const std::size_t end = token->rstrip ? skip_space_forward(text, after) : after;
        if (begin > taken) take({.begin = taken, .end = begin, .token = std::nullopt});
        take({.begin = begin, .end = end, .token = token->id});
        taken = i = end;
    }
    if (taken < text.size()) take({.begin = taken, .end = text.size(), .token = std::nullopt});
}

}  // namespace ergon::text
