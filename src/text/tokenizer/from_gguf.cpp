// A tokenizer from GGUF metadata (`tokenizer.ggml.*`).

#include <cmath>

#include "base/error.h"
#include "text/tokenizer/parts.h"
#include "text/tokenizer/special_ids.h"

namespace ergon::text {
namespace {

using base::ErrorCode;
using base::fail;

constexpr std::size_t max_vocabulary = std::size_t{1} << 24;  // assumed; published vocabularies have below 2^19

std::string key(std::string_view name) {
    return "tokenizer.ggml." + std::string(name);
}

Vocabulary read_vocabulary(const formats::Gguf& file) {
    const std::vector<std::string>& spellings = file.texts(key("tokens"));
    if (spellings.empty() || spellings.size() > max_vocabulary) {
        fail(ErrorCode::bad_file, "{}: {} has {} entries; expected 1 to {}", file.path().string(), key("tokens"),
             spellings.size(), max_vocabulary);
    }
    std::vector<std::int64_t> kinds(spellings.size(), static_cast<std::int64_t>(TokenKind::normal));
    if (file.has(key("token_type"))) kinds = file.integers(key("token_type"));
    if (kinds.size() != spellings.size()) {
        fail(ErrorCode::bad_file, "{}: {} has {} entries for {} tokens", file.path().string(), key("token_type"),
             kinds.size(), spellings.size());
    }
    Vocabulary vocabulary;
    for (std::size_t i = 0; i < spellings.size(); ++i) {
        const bool known = kinds[i] >= static_cast<std::int64_t>(TokenKind::normal) &&
                           kinds[i] <= static_cast<std::int64_t>(TokenKind::byte);
        if (!known) {
            fail(ErrorCode::bad_file, "{}: {} of token {} is {}; expected 1 to 6", file.path().string(),
                 key("token_type"), i, kinds[i]);
        }
        vocabulary.add(spellings[i], static_cast<TokenKind>(kinds[i]));
    }
    return vocabulary;
}

/// What a file without kinds says of them.
void mark_control_tokens(Vocabulary& vocabulary, SpecialIds& special_ids) {
    for (const std::string_view name : {"bos_token_id", "eos_token_id", "unknown_token_id", "padding_token_id"}) {
        if (const auto id = special_ids.find(name)) vocabulary.set_kind(*id, TokenKind::control);
    }
}

void add_special_tokens(TokenizerParts& parts, const std::string& origin) {
    const Vocabulary& vocabulary = parts.vocabulary;
    std::vector<SpecialToken> special;
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
        const bool control = vocabulary.is_control(id);
        if (!control && vocabulary.kind(id) != TokenKind::user_defined) continue;
        if (vocabulary.spelling(id).empty()) continue;
        special.push_back({.id = id, .spelling = vocabulary.spelling(id), .template_only = control});
    }
    parts.special = SpecialTokens(std::move(special), origin);
}

std::vector<Merge> read_merges(const formats::Gguf& file, const Vocabulary& vocabulary) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const std::string& merge : file.texts(key("merges"))) {
        const std::size_t space = merge.find(' ', 1);
        if (space == std::string::npos) {
            fail(ErrorCode::bad_file, "{}: {} has the entry '{}'; expected two tokens separated by a space",
                 file.path().string(), key("merges"), merge);
        }
        pairs.emplace_back(merge.substr(0, space), merge.substr(space + 1));
    }
    return merges_from_spellings(pairs, vocabulary, file.path().string());
}

void set_up_gpt2(TokenizerParts& parts, const formats::Gguf& file) {
    const std::string name = file.text(key("pre"), "default");
    const NamedPreTokenizer& named = named_pre_tokenizer(name);
    parts.pre_tokenizer = PreTokenizer::named(name);
    parts.pre_tokenizer_name = name;
    parts.adds_bos = named.adds_bos;
    if (named.nfc) parts.normalizer.add(Normalizer::Nfc{});
    set_up_byte_level(parts);
    parts.bpe.merges = MergeTable(read_merges(file, parts.vocabulary));
    if (named.ignore_merges) allow_whole_pieces(parts);
}

void set_up_sentencepiece(TokenizerParts& parts, const formats::Gguf& file) {
    const std::vector<double> scores = file.reals(key("scores"));
    if (static_cast<std::int64_t>(scores.size()) != parts.vocabulary.size()) {
        fail(ErrorCode::bad_file, "{}: {} has {} entries for {} tokens", file.path().string(), key("scores"),
             scores.size(), parts.vocabulary.size());
    }
    for (const double score : scores) {
        if (std::isnan(score)) fail(ErrorCode::bad_file, "{}: {} holds NaN", file.path().string(), key("scores"));
    }
    if (file.boolean(key("remove_extra_whitespaces"), false)) {
        fail(ErrorCode::unsupported, "{}: {} = true is not supported", file.path().string(),
             key("remove_extra_whitespaces"));
    }
    parts.pre_tokenizer_name = "sentencepiece";
    parts.adds_bos = true;
    parts.strips_leading_space = file.boolean(key("add_space_prefix"), true);
    if (parts.strips_leading_space) parts.normalizer.add(Normalizer::Prepend{.what = "▁"});
    parts.normalizer.add(Normalizer::Replace{.from = " ", .to = "▁"});
    set_up_characters(parts);
    cut_at_spaces_if_exact(parts);
    parts.bpe.fuse_unknown = true;
    parts.bpe.merges = MergeTable(merges_from_scores(parts.vocabulary, scores));
}

}  // namespace

TokenizerParts parts_from_gguf(const formats::Gguf& file) {
    const std::string& model = file.text(key("model"));
    if (model != "gpt2" && model != "llama") {
        fail(ErrorCode::unsupported,
             "{}: {} is '{}'; supported are 'gpt2' (byte-level BPE) and 'llama' (SentencePiece-style BPE)",
             file.path().string(), key("model"), model);
    }
    TokenizerParts parts;
    parts.chat_template = file.text("tokenizer.chat_template", "");
    parts.vocabulary = read_vocabulary(file);
    SpecialIds special_ids(file, parts.vocabulary.size());
    if (!file.has(key("token_type"))) mark_control_tokens(parts.vocabulary, special_ids);
    parts.vocabulary.settle_kinds();
    add_special_tokens(parts, file.path().string());
    parts.bos = special_ids.find("bos_token_id");
    parts.eos = special_ids.find("eos_token_id");
    if (const auto id = special_ids.find("unknown_token_id")) set_unknown(parts, *id);
    if (model == "gpt2") {
        set_up_gpt2(parts, file);
    } else {
        set_up_sentencepiece(parts, file);
    }
    parts.adds_bos = file.boolean(key("add_bos_token"), parts.adds_bos) && parts.bos.has_value();
    parts.adds_eos = file.boolean(key("add_eos_token"), false) && parts.eos.has_value();
    for (const std::string_view name : {"eos_token_id", "eot_token_id", "eom_token_id"}) {
        if (const auto id = special_ids.find(name)) parts.end_tokens.insert(*id);
    }
    settle_end_tokens(parts);
    return parts;
}

}  // namespace ergon::text
