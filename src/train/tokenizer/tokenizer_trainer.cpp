#include "train/tokenizer/tokenizer_trainer.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <queue>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "text/tokenizer/vocabulary.h"

namespace ergon::train {
namespace {

using Place = std::uint32_t;  // an index into all pieces' bytes, one behind the other
constexpr Place nowhere = ~Place{0};
constexpr SymbolId merged_away = -1;

/// The bytes in the order of their letters in the byte-level alphabet.
std::vector<std::string> bytes_in_order() {
    std::vector<std::string> bytes;
    for (int byte = 0; byte < 256; ++byte) bytes.emplace_back(1, static_cast<char>(byte));
    std::ranges::sort(bytes, {}, [](const std::string& byte) { return text::to_byte_alphabet(byte); });
    return bytes;
}

/// Where a symbol begins, and its neighbours in the same piece.
struct Cell {
    SymbolId symbol;
    Place previous, next;
    std::uint32_t piece;
};

/// A pair in one number, so that smaller numbers come first among pairs that occur equally often.
using PairKey = std::uint64_t;
PairKey key_of(SymbolPair pair) {
    return PairKey{static_cast<std::uint32_t>(pair.left)} << 32 | static_cast<std::uint32_t>(pair.right);
}
SymbolPair pair_of(PairKey key) {
    return {.left = static_cast<SymbolId>(key >> 32), .right = static_cast<SymbolId>(key & 0xFFFFFFFFu)};
}

/// How often a pair occurs, and where it came to stand, ascending; it may have gone from there since.
struct Occurrences {
    std::int64_t count = 0;
    std::vector<Place> places;
};

struct Candidate {
    std::int64_t count;
    PairKey pair;
    bool operator<(const Candidate& other) const {
        return count != other.count ? count < other.count : pair > other.pair;
    }
};

/// Counts are kept up to date merge by merge: a merge looks only at the places where its pair stands, and changes the
/// counts of the pairs beside them. A pair's count rises only in the merge that made one of its symbols, and falls from
/// then on. So each pair enters the heap once, with the count of that moment, and is put back with a smaller one when
/// it comes up too early.
class MergeLearner {
  public:
    MergeLearner(const PieceCounts& pieces, std::int64_t min_count)
        : min_count_(min_count), symbols_(bytes_in_order()) {
        lay_out(pieces);
        for (Place at = 0; at < cells_.size(); ++at) {
            if (cells_[at].next != nowhere) add_pair_at(at);
        }
        offer_new_pairs();
    }

    std::int64_t merges() const { return static_cast<std::int64_t>(merges_.size()); }

    /// Merges the best pair everywhere; false if there is none.
    bool merge_best() {
        while (!heap_.empty()) {
            const Candidate best = heap_.top();
            heap_.pop();
            const auto found = pairs_.find(best.pair);
            const std::int64_t count = found->second.count;
            if (count == best.count) {
                const std::vector<Place> places = std::move(found->second.places);
                pairs_.erase(found);
                merge(pair_of(best.pair), places);
                return true;
            }
            if (count >= min_count_) {
                heap_.push({.count = count, .pair = best.pair});
            } else {
                pairs_.erase(found);
            }
        }
        return false;
    }

    LearntMerges result() && {
        std::int64_t tokens = 0;
        for (const Cell& cell : cells_) {
            if (cell.symbol != merged_away) tokens += counts_[cell.piece];
        }
        return {.symbols = std::move(symbols_), .merges = std::move(merges_), .tokens = base::Tokens(tokens)};
    }

  private:
    void lay_out(const PieceCounts& pieces) {
        std::array<SymbolId, 256> symbol_of_byte{};
        for (SymbolId id = 0; id < byte_symbols; ++id) {
            symbol_of_byte[static_cast<unsigned char>(symbols_[id].front())] = id;
        }
        const std::size_t size =
            std::accumulate(pieces.begin(), pieces.end(), std::size_t{0},
                            [](std::size_t sum, const auto& piece) { return sum + piece.first.size(); });
        if (size >= nowhere) {
            base::fail(base::ErrorCode::out_of_budget,
                       "the text has {} bytes of distinct pieces, more than the limit of {}; train on a sample of it",
                       size, nowhere - 1);
        }
        cells_.reserve(size);
        for (const auto& [piece, count] : pieces) {
            const auto begin = static_cast<Place>(cells_.size()), end = begin + static_cast<Place>(piece.size());
            for (const char c : piece) {
                const auto at = static_cast<Place>(cells_.size());
                cells_.push_back({.symbol = symbol_of_byte[static_cast<unsigned char>(c)],
                                  .previous = at == begin ? nowhere : at - 1,
                                  .next = at + 1 == end ? nowhere : at + 1,
                                  .piece = static_cast<std::uint32_t>(counts_.size())});
            }
            counts_.push_back(count);
        }
    }

    /// The pair that begins at a place has come to stand there.
    void add_pair_at(Place at) {
        const Cell& cell = cells_[at];
        const PairKey key = key_of({.left = cell.symbol, .right = cells_[cell.next].symbol});
        const auto [found, is_new] = pairs_.try_emplace(key);
        if (is_new) new_pairs_.push_back(key);
        found->second.count += counts_[cell.piece];
        found->second.places.push_back(at);
    }

    /// A pair that is merged, or was dropped as too rare, is not counted any more.
    void subtract(SymbolPair pair, std::int64_t count) {
        if (const auto found = pairs_.find(key_of(pair)); found != pairs_.end()) found->second.count -= count;
    }

    void merge(SymbolPair pair, const std::vector<Place>& places) {
        const auto merged = static_cast<SymbolId>(symbols_.size());
        symbols_.push_back(symbols_[pair.left] + symbols_[pair.right]);
        merges_.push_back(pair);
        for (const Place at : places) {
            const Cell& cell = cells_[at];
            if (cell.symbol == pair.left && cell.next != nowhere && cells_[cell.next].symbol == pair.right) {
                merge_at(at, merged);
            }
        }
        offer_new_pairs();
    }

    void merge_at(Place at, SymbolId merged) {
        Cell& left = cells_[at];
        Cell& right = cells_[left.next];
        const std::int64_t count = counts_[left.piece];
        if (left.previous != nowhere) subtract({.left = cells_[left.previous].symbol, .right = left.symbol}, count);
        if (right.next != nowhere) subtract({.left = right.symbol, .right = cells_[right.next].symbol}, count);
        left.symbol = merged;
        left.next = right.next;
        right.symbol = merged_away;
        if (left.previous != nowhere) add_pair_at(left.previous);
        if (left.next != nowhere) {
            cells_[left.next].previous = at;
            add_pair_at(at);
        }
    }

    /// Pairs that are too rare now will never be frequent enough.
    void offer_new_pairs() {
        for (const PairKey key : new_pairs_) {
            const auto found = pairs_.find(key);
            if (found->second.count < min_count_) {
                pairs_.erase(found);
            } else {
                heap_.push({.count = found->second.count, .pair = key});
            }
        }
        new_pairs_.clear();
    }

    std::int64_t min_count_;
    std::vector<std::string> symbols_;
    std::vector<SymbolPair> merges_;
    std::vector<Cell> cells_;           // one for each byte of each piece
    std::vector<std::int64_t> counts_;  // of the pieces
    std::unordered_map<PairKey, Occurrences> pairs_;
    std::vector<PairKey> new_pairs_;  // of this merge
    std::priority_queue<Candidate> heap_;
};

}  // namespace

LearntMerges learn_merges(const PieceCounts& pieces, const MergeLimits& limits,
                          const std::function<void(std::int64_t)>& progress) {
    MergeLearner learner(pieces, limits.min_count);
    while (learner.merges() < limits.max_merges && learner.merge_best()) {
        if (progress) progress(learner.merges());
    }
    return std::move(learner).result();
}

}  // namespace ergon::train
