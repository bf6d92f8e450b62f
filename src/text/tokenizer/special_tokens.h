#pragma once
// Tokens that are cut from text before anything else: control tokens and markers where the template wrote them, other
// user-defined tokens (a letter such as `ü`) from anyone's text (contract 5 of docs/architecture.md).

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/marked_text.h"
#include "text/tokenizer/bpe.h"

namespace ergon::text {

/// How a token is cut; the names of tokenizer.json's `added_tokens`.
struct SpecialToken {
    TokenId id = 0;
    std::string spelling;        // not empty
    bool template_only = false;  // counts only where the template wrote every byte of it
    bool lstrip = false;         // takes the white space before it along
    bool rstrip = false;         // and after it
    bool single_word = false;    // not inside a word
};

/// A part of a text: a token, or ordinary text between tokens.
struct TextPart {
    std::size_t begin, end;
    std::optional<TokenId> token;
};

class SpecialTokens {
  public:
    SpecialTokens() = default;
    /// Of two with one spelling the first counts. Throws Error(bad_file) for a spelling that is empty or longer than
    /// 1,024 bytes, naming `origin`.
    SpecialTokens(std::vector<SpecialToken> tokens, std::string_view origin);
    bool empty() const { return tokens_.empty(); }

    /// Cuts a text, leftmost token first, of several that begin there the longest. `authors` gives who wrote it.
    void cut(std::string_view text, std::span<const MarkedText::Run> authors,
             const std::function<void(const TextPart&)>& take) const;

  private:
    using FirstBytes = std::array<bool, 256>;
    const SpecialToken* longest_at(std::string_view text, std::size_t at, std::size_t template_end) const;

    std::vector<SpecialToken> tokens_;     // in the order of their spellings' bytes
    std::vector<std::ptrdiff_t> shorter_;  // of each, the longest other one that it begins with; -1: none
    FirstBytes by_template_{};             // of all tokens
    FirstBytes by_anyone_{};               // of those that count in anyone's text
};

}  // namespace ergon::text
