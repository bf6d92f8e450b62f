// SentencePiece-style vocabularies: tokens over characters, `▁` for a space, scores instead of merges (Kudo and
// Richardson 2018). Two neighbouring symbols merge if their concatenation is a token; the best score goes first.

#include <algorithm>
#include <cmath>
#include <span>
#include <unordered_set>

#include "base/error.h"
#include "base/strings/string_map.h"
#include "text/tokenizer/parts.h"
#include "text/unicode.h"

namespace ergon::text {
namespace {

constexpr std::string_view space_mark = "▁";
// Assumed: bounds the work on one token; the longest published one has below 100 bytes.
constexpr std::size_t longest_token = 512;

bool is_ordinary(const Vocabulary& vocabulary, TokenId id) {
    return vocabulary.kind(id) == TokenKind::normal && !vocabulary.is_control(id);
}

std::string with_spaces(std::string_view spelling) {
    std::string text;
    for (std::size_t i = 0; i < spelling.size();) {
        if (spelling.substr(i).starts_with(space_mark)) {
            text += ' ';
            i += space_mark.size();
        } else {
            text += spelling[i++];
        }
    }
    return text;
}

// Whether something other than a space comes before a space.
bool reaches_across_a_space(std::string_view spelling) {
    for (std::size_t i = spelling.find(space_mark); i != std::string_view::npos; i = spelling.find(space_mark, i + 1)) {
        if (i > 0 && !spelling.substr(0, i).ends_with(space_mark)) return true;
    }
    return false;
}

// Of a spelling the hash of each part takes one step, where looking it up reads it: a vocabulary of long tokens would
// take time with the square of their length.
std::uint64_t hash_base() {
    static const std::uint64_t base = base::hash_seed() | 1;  // of this process: nobody can make spellings that collide
    return base;
}

/// [i]: of the first i bytes, sum of (byte + 1) base^(bytes behind it), modulo 2^64.
std::vector<std::uint64_t> beginning_hashes(std::string_view spelling) {
    std::vector<std::uint64_t> hashes{0};
    for (const char c : spelling) hashes.push_back(hashes.back() * hash_base() + static_cast<unsigned char>(c) + 1);
    return hashes;
}

/// Those of all tokens that can be merged.
class SpellingHashes {
  public:
    explicit SpellingHashes(const Vocabulary& vocabulary) {
        for (TokenId id = 0; id < vocabulary.size(); ++id) {
            const std::string_view spelling = vocabulary.spelling(id);
            if (!is_ordinary(vocabulary, id) || spelling.size() > longest_token) continue;
            known_.insert(beginning_hashes(spelling).back());
        }
        for (std::size_t i = 0; i < longest_token; ++i) powers_.push_back(powers_.back() * hash_base());
    }
    /// False where one of both parts of a spelling, cut at byte i, is certainly no token.
    bool may_split(std::span<const std::uint64_t> beginnings, std::size_t i) const {
        const std::uint64_t right = beginnings.back() - beginnings[i] * powers_[beginnings.size() - 1 - i];
        return known_.contains(beginnings[i]) && known_.contains(right);
    }

  private:
    std::unordered_set<std::uint64_t> known_;
    std::vector<std::uint64_t> powers_{1};
};

}  // namespace

std::vector<Merge> merges_from_scores(const Vocabulary& vocabulary, const std::vector<double>& scores) {
    std::vector<double> order = scores;
    std::ranges::sort(order, std::greater<>{});
    order.erase(std::unique(order.begin(), order.end()), order.end());
    const auto rank_of = [&order](double score) {
        return static_cast<std::uint32_t>(std::ranges::lower_bound(order, score, std::greater<>{}) - order.begin());
    };
    std::vector<Merge> merges;
    const SpellingHashes hashes(vocabulary);
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
        const std::string_view spelling = vocabulary.spelling(id);
        if (!is_ordinary(vocabulary, id) || spelling.size() > longest_token) continue;
        const std::uint32_t rank = rank_of(scores[id]);
        const std::vector<std::uint64_t> beginnings = beginning_hashes(spelling);
        for (std::size_t i = scan_utf8(spelling.empty() ? " " : spelling).length; i < spelling.size();
             i += scan_utf8(spelling.substr(i)).length) {
            if (!hashes.may_split(beginnings, i)) continue;
            const auto left = vocabulary.find(spelling.substr(0, i));
            const auto right = vocabulary.find(spelling.substr(i));
            if (!left || !right || !is_ordinary(vocabulary, *left) || !is_ordinary(vocabulary, *right)) continue;
            merges.push_back({.left = *left, .right = *right, .merged = id, .rank = rank});
        }
    }
    return merges;
}

void set_up_characters(TokenizerParts& parts) {
    parts.bpe.over_characters = true;
    Vocabulary& vocabulary = parts.vocabulary;
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
        const std::string& spelling = vocabulary.spelling(id);
        if (vocabulary.kind(id) == TokenKind::byte) {
            const auto byte = byte_of_spelling(spelling);
            if (!byte) continue;
            TokenId& token = parts.bpe.byte_tokens[*byte];
            if (token == BpeModel::none) token = id;
            vocabulary.set_bytes(id, std::string(1, static_cast<char>(*byte)));
        } else if (is_ordinary(vocabulary, id)) {
            if (!spelling.empty() && valid_utf8_prefix(spelling) == spelling.size()) {
                const auto [code, length] = decode_character(spelling.data());
                if (length == spelling.size()) parts.bpe.character_tokens.try_emplace(code, id);
            }
            vocabulary.set_bytes(id, with_spaces(spelling));
        }
    }
}

void cut_at_spaces_if_exact(TokenizerParts& parts) {
    for (TokenId id = 0; id < parts.vocabulary.size(); ++id) {
        if (is_ordinary(parts.vocabulary, id) && reaches_across_a_space(parts.vocabulary.spelling(id))) return;
    }
    parts.pre_tokenizer.add(make_space_mark_splitter());
}

}  // namespace ergon::text
