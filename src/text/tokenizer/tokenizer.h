#pragma once
// Text to token ids and back.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/gguf.h"
#include "formats/hf_folder.h"
#include "text/marked_text.h"
#include "text/token_id.h"

namespace ergon::text {

class Detokenizer;

using TakeTokens = std::function<void(std::span<const TokenId>)>;

/// A vocabulary with its algorithm (byte-level BPE or SentencePiece-style BPE). Immutable and shareable between
/// threads.
class Tokenizer {
  public:
    /// From `tokenizer.ggml.*` metadata. Throws Error(bad_file | unsupported), an unknown pre-tokeniser is named.
    static Tokenizer from_gguf(const formats::Gguf& file);
    /// From tokenizer.json, tokenizer_config.json and generation_config.json (more end tokens) of a folder. Throws
    /// Error(bad_file | unsupported): what is not understood is never ignored.
    static Tokenizer from_folder(const formats::HfFolder& folder);
    /// From the text of a tokenizer.json; `tokenizer_config` may be null, `origin` names the text in errors.
    static Tokenizer from_json(std::string_view tokenizer_json, const base::Json& tokenizer_config,
                               std::string_view origin);

    /// Plain words: nothing in them becomes a control token, no BOS. Any bytes are allowed: those that are not UTF-8
    /// become the tokens of their bytes.
    std::vector<TokenId> encode(std::string_view words) const;
    /// The template's own text can become control tokens, a person's cannot; no BOS is added (templates write it).
    std::vector<TokenId> encode(const MarkedText& text) const;
    /// Text all of which may spell control tokens; no BOS is added. For those who debug prompts, not for people's
    /// words.
    std::vector<TokenId> encode_with_special(std::string_view text) const;
    /// The tokens of `encode`, or of `encode_with_special`, handed on as they come, so that those of a long text need
    /// no memory.
    void stream(std::string_view text, bool special, const TakeTokens& take) const;

    /// The bytes of one token as they appear in text (control tokens: their spelling). Throws Error(bad_argument) for
    /// what is no token id.
    std::string_view bytes(TokenId id) const;
    /// The text of several tokens, as a Detokenizer gives it; control tokens appear only if `with_control`.
    std::string decode(std::span<const TokenId> ids, bool with_control = false) const;

    std::int64_t size() const;
    std::optional<TokenId> find(std::string_view token_text) const;  // by its spelling, `</think>`
    bool is_control(TokenId id) const;       // control, or a marker of user-defined type: not shown as text
    bool ends_generation(TokenId id) const;  // eos and the known end markers
    std::optional<TokenId> bos() const;
    std::optional<TokenId> eos() const;
    bool adds_bos() const;  // whether raw text should begin with BOS
    bool adds_eos() const;
    const std::string& chat_template() const;  // empty if the file has none
    std::string_view pre_tokenizer() const;    // its name, or "tokenizer.json"

    ~Tokenizer();
    Tokenizer(Tokenizer&&) noexcept;
    Tokenizer& operator=(Tokenizer&&) noexcept;

  private:
    friend class Detokenizer;
    bool strips_leading_space() const;  // SentencePiece: encoding puts a space in front

    struct Impl;
    explicit Tokenizer(std::unique_ptr<const Impl> impl);
    std::unique_ptr<const Impl> impl_;
};

/// Tokens in, text out, as it streams: never half a UTF-8 sequence. Control tokens give no text unless `with_control`.
class Detokenizer {
  public:
    explicit Detokenizer(const Tokenizer& tokenizer, bool with_control = false)
        : tokenizer_(&tokenizer), with_control_(with_control) {}
    /// The text that became complete with this token (possibly empty).
    std::string push(TokenId id);
    /// What is left at the end; invalid bytes become U+FFFD.
    /// Afterwards a new text may begin.
    std::string finish();

  private:
    const Tokenizer* tokenizer_;
    bool with_control_;
    bool at_start_ = true;  // no ordinary text yet
    std::string pending_;   // the beginning of a UTF-8 sequence
};

}  // namespace ergon::text
