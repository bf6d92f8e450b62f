#include "text/tokenizer/parts.h"

#include "base/error.h"

namespace ergon::text {

std::vector<Merge> merges_from_spellings(const std::vector<std::pair<std::string, std::string>>& merges,
                                         const Vocabulary& vocabulary, std::string_view origin) {
    std::vector<Merge> found;
    found.reserve(merges.size());
    for (std::size_t rank = 0; rank < merges.size(); ++rank) {
        const auto& [left, right] = merges[rank];
        const auto token = [&](const std::string& spelling) {
            const auto id = vocabulary.find(spelling);
            if (!id) {
                base::fail(base::ErrorCode::bad_file,
                           "{}: merge {} ('{}' with '{}') needs the token '{}', which is not in the "
                           "vocabulary",
                           origin, rank, left, right, spelling);
            }
            return *id;
        };
        const Merge merge{.left = token(left),
                          .right = token(right),
                          .merged = token(left + right),
                          .rank = static_cast<std::uint32_t>(rank)};
        if (!vocabulary.is_control(merge.merged)) found.push_back(merge);
    }
    return found;
}

void set_up_byte_level(TokenizerParts& parts) {
    Vocabulary& vocabulary = parts.vocabulary;
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
        if (vocabulary.kind(id) != TokenKind::normal) continue;
        auto bytes = from_byte_alphabet(vocabulary.spelling(id));
        if (!bytes) continue;
        if (bytes->size() == 1) {
            TokenId& token = parts.bpe.byte_tokens[static_cast<unsigned char>(bytes->front())];
            if (token == BpeModel::none) token = id;
        }
        vocabulary.set_bytes(id, std::move(*bytes));
    }
}

void set_unknown(TokenizerParts& parts, TokenId unknown) {
    if (unknown == parts.bos || unknown == parts.eos || parts.vocabulary.is_end_marker(unknown)) return;
    parts.bpe.unknown = unknown;
}

void settle_end_tokens(TokenizerParts& parts) {
    const Vocabulary& vocabulary = parts.vocabulary;
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
        if (vocabulary.is_end_marker(id)) parts.end_tokens.insert(id);
    }
    // In harmony it ends a message, the thought for one; <|return|> ends the reply.
    const auto end = vocabulary.find("<|end|>");
    if (end && vocabulary.find("<|channel|>") && vocabulary.find("<|return|>")) parts.end_tokens.erase(*end);
}

void allow_whole_pieces(TokenizerParts& parts) {
    const Vocabulary& vocabulary = parts.vocabulary;
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
        if (vocabulary.kind(id) != TokenKind::normal) continue;
        parts.bpe.whole_pieces.try_emplace(parts.bpe.over_characters ? vocabulary.spelling(id) : vocabulary.bytes(id),
                                           id);
    }
}

}  // namespace ergon::text
