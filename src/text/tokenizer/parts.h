#pragma once
// What a tokenizer is made of, whichever file describes it.

#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "text/pre_tokenizer/pre_tokenizer.h"
#include "text/tokenizer/bpe.h"
#include "text/tokenizer/normalizer.h"
#include "text/tokenizer/special_tokens.h"
#include "text/tokenizer/tokenizer.h"
#include "text/tokenizer/vocabulary.h"

namespace ergon::text {

struct TokenizerParts {
    Vocabulary vocabulary;
    /// Cut from the text as it was written.
    SpecialTokens special;
    Normalizer normalizer;
    /// Cut after normalisation (`normalized` in tokenizer.json); none of them is a marker.
    SpecialTokens special_in_normalized;
    /// `▁` for spaces where that is a step of the pre-tokenizer (Metaspace), which comes after all added tokens.
    Normalizer metaspace;
    /// A space in front of every ordinary text that does not begin with one (ByteLevel's add_prefix_space).
    bool prefix_space = false;
    PreTokenizer pre_tokenizer;
    BpeModel bpe;

    std::optional<TokenId> bos, eos;
    bool adds_bos = false;
    bool adds_eos = false;
    std::unordered_set<TokenId> end_tokens;
    /// Text begins with a space that encoding put there.
    bool strips_leading_space = false;
    std::string chat_template;
    std::string pre_tokenizer_name;
};

TokenizerParts parts_from_gguf(const formats::Gguf& file);
/// `config` is tokenizer_config.json and `generation` generation_config.json, or null; `origin` names the file in
/// errors.
TokenizerParts parts_from_json(std::string_view tokenizer_json, const base::Json& config, const base::Json& generation,
                               std::string_view origin);

/// The merges of a vocabulary, from "left right" spellings, rank = index. Throws Error(bad_file) naming `origin` if a
/// part or the result is not a token. Merges into control tokens and markers are left out: words never become commands.
std::vector<Merge> merges_from_spellings(const std::vector<std::pair<std::string, std::string>>& merges,
                                         const Vocabulary& vocabulary, std::string_view origin);
/// The rank-less merges that a SentencePiece vocabulary implies: every way to put one token together from two, the best
/// score first (spm.cpp).
std::vector<Merge> merges_from_scores(const Vocabulary& vocabulary, const std::vector<double>& scores);

/// For a byte-level vocabulary: each ordinary token's bytes, and the single bytes' tokens.
void set_up_byte_level(TokenizerParts& parts);
/// For a vocabulary over characters, in which `▁` is a space.
void set_up_characters(TokenizerParts& parts);
/// Makes a token stand for what has none, unless it is one that ends or begins something: words are never commands
/// (SmolLM2 names `<|endoftext|>` as unknown token).
void set_unknown(TokenizerParts& parts, TokenId unknown);
/// The tokens that end an answer: those known by their text besides those that the file names.
void settle_end_tokens(TokenizerParts& parts);
/// Ordinary tokens that a piece may be as a whole (`ignore_merges`).
void allow_whole_pieces(TokenizerParts& parts);
/// Cuts before each `▁` that follows something else, if no token reaches across such a place: no merge can either, and
/// short pieces are fast.
void cut_at_spaces_if_exact(TokenizerParts& parts);

}  // namespace ergon::text
