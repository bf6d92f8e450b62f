#pragma once
// What a vocabulary's tokens are: their spelling in the file, the bytes they stand for, their kind.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings/string_map.h"
#include "text/tokenizer/bpe.h"

namespace ergon::text {

/// The numbers of `tokenizer.ggml.token_type`.
enum class TokenKind : std::uint8_t { normal = 1, unknown, control, user_defined, unused, byte };

class Vocabulary {
  public:
    /// Adds the next id. Of several tokens with one spelling the first is found; one without a spelling is not.
    void add(std::string spelling, TokenKind kind);
    /// Once all tokens are there: which user-defined tokens are markers, by their form (contract 5 of
    /// docs/architecture.md), which known end markers are control tokens although the file does not say so.
    void settle_kinds();

    std::int64_t size() const { return static_cast<std::int64_t>(tokens_.size()); }
    bool has(std::int64_t id) const { return id >= 0 && id < size(); }
    std::optional<TokenId> find(std::string_view spelling) const;

    const std::string& spelling(TokenId id) const { return at(id).spelling; }
    /// The bytes that the token stands for in text; its spelling unless set.
    const std::string& bytes(TokenId id) const { return at(id).bytes; }
    void set_bytes(TokenId id, std::string bytes) { at(id).bytes = std::move(bytes); }
    TokenKind kind(TokenId id) const { return at(id).kind; }
    void set_kind(TokenId id, TokenKind kind) { at(id).kind = kind; }
    /// Not text: control, unknown, or a marker of user-defined kind. No words of a person may become such a token.
    bool is_control(TokenId id) const;
    bool is_end_marker(TokenId id) const;

  private:
    struct Token {
        std::string spelling;
        std::string bytes;
        TokenKind kind = TokenKind::normal;
        bool marker = false;
    };
    const Token& at(TokenId id) const { return tokens_[id]; }
    Token& at(TokenId id) { return tokens_[id]; }

    std::vector<Token> tokens_;
    base::StringMap<TokenId> ids_;
};

/// The bytes behind a token of a byte-level vocabulary, whose spelling writes each byte as one printable character
/// (the alphabet of GPT-2); nothing if it has a character outside of that alphabet.
std::optional<std::string> from_byte_alphabet(std::string_view spelling);

/// The other way: any bytes in printable characters.
std::string to_byte_alphabet(std::string_view bytes);

/// The byte of a token spelt `<0xNN>`.
std::optional<unsigned char> byte_of_spelling(std::string_view spelling);

}  // namespace ergon::text
