#pragma once
// Byte-pair encoding: a piece of text becomes symbols, and neighbours are merged, best rank first, leftmost among
// equals. Sennrich et al. 2016; over bytes (GPT-2, "byte-level") or over characters with a fallback to bytes
// (SentencePiece).

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/strings/string_map.h"
#include "text/token_id.h"

namespace ergon::text {

/// What two neighbouring symbols may become.
struct Merge {
    TokenId left, right;  // the symbols
    TokenId merged;
    std::uint32_t rank;  // smaller merges first
};

/// From a pair of symbols to their merge: a hash table with open addressing, for it is asked for every pair of
/// neighbours.
class MergeTable {
  public:
    /// Of several merges of one pair the first counts.
    explicit MergeTable(const std::vector<Merge>& merges);
    MergeTable() : MergeTable(std::vector<Merge>{}) {}

    static constexpr std::uint32_t no_rank = ~std::uint32_t{0};
    struct Found {
        std::uint32_t rank = no_rank;
        TokenId merged = -1;
    };
    Found find(TokenId left, TokenId right) const {
        const std::uint64_t key = key_of(left, right);
        for (std::size_t i = slot_of(key);; i = (i + 1) & mask_) {
            if (slots_[i].key == key) return slots_[i].found;
            if (slots_[i].key == empty) return {};
        }
    }

  private:
    static constexpr std::uint64_t empty = ~std::uint64_t{0};  // no pair of ids: they are not negative
    struct Slot {
        std::uint64_t key = empty;
        Found found;
    };
    static std::uint64_t key_of(TokenId left, TokenId right) {
        return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
    }
    /// With a seed: a file could choose merges that all meet in one slot.
    std::size_t slot_of(std::uint64_t key) const {
        key = (key ^ base::hash_seed()) * 0x9E3779B97F4A7C15u;
        key = (key ^ key >> 32) * 0xD6E8FEB86659FD93u;
        return static_cast<std::size_t>(key >> 32) & mask_;
    }

    std::vector<Slot> slots_;
    std::size_t mask_ = 0;
};

/// The tables of one vocabulary. Immutable after it was filled; shareable between threads.
struct BpeModel {
    static constexpr TokenId none = -1;

    MergeTable merges;
    /// The token of each single byte: the first symbols of a byte-level vocabulary, and the fallback of the other kind.
    std::array<TokenId, 256> byte_tokens = filled_with_none();
    /// Over characters: their tokens by code point. Empty for a byte-level vocabulary.
    std::unordered_map<char32_t, TokenId> character_tokens;
    bool over_characters = false;
    /// Stands for characters (or bytes) that have no token; none: they are left out.
    TokenId unknown = none;
    bool fuse_unknown = false;  // neighbouring unknown characters are one
    /// Pieces that are a token as they stand, whatever the merges say (`ignore_merges`).
    base::StringMap<TokenId> whole_pieces;

  private:
    static std::array<TokenId, 256> filled_with_none() {
        std::array<TokenId, 256> tokens{};
        tokens.fill(none);
        return tokens;
    }
};

/// Encodes pieces, remembering short ones it has seen. One per call and thread; the model must outlive it.
class BpeEncoder {
  public:
    explicit BpeEncoder(const BpeModel& model) : model_(&model) {}

    /// Appends the tokens of a piece (any bytes, below 2^31 of them).
    void encode(std::string_view piece, std::vector<TokenId>& tokens);

  private:
    void encode_anew(std::string_view piece, std::vector<TokenId>& tokens);
    void split_into_symbols(std::string_view piece);
    void add_bytes(std::string_view character);
    void merge_few();
    void merge_many();

    struct Remembered {
        std::uint64_t hash = 0;
        std::uint32_t key_begin = 0, key_size = 0;  // in keys_; size 0: an empty slot
        std::uint32_t first = 0, count = 0;         // in tokens_
    };
    Remembered* look_up(std::string_view piece, std::uint64_t hash);
    void grow();

    const BpeModel* model_;
    std::vector<TokenId> symbols_;
    std::vector<std::uint32_t> ranks_;  // of the pair that begins at each symbol
    std::vector<Remembered> slots_;
    std::size_t used_ = 0;
    std::string keys_;
    std::vector<TokenId> tokens_;
};

}  // namespace ergon::text
