#pragma once
// Learns byte-pair merges from counted pieces of text: again and again the two neighbouring symbols that occur most
// often become one (Sennrich et al. 2016, over bytes as GPT-2 does it).

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/strings/string_map.h"
#include "base/units.h"

namespace ergon::train {

/// Pieces of text, across whose ends nothing merges, and how often each of them occurs.
using PieceCounts = base::StringMap<std::int64_t>;

/// The first 256 symbols are the bytes in the order of the byte-level alphabet (that of GPT-2's vocabulary); symbol
/// 256 + i is what merge i makes.
using SymbolId = std::int32_t;
inline constexpr SymbolId byte_symbols = 256;

struct SymbolPair {
    SymbolId left, right;
    bool operator==(const SymbolPair&) const = default;
};

struct LearntMerges {
    std::vector<std::string> symbols;  // the bytes of each; no two are equal
    std::vector<SymbolPair> merges;    // in the order in which they apply
    base::Tokens tokens;               // symbols of all pieces, each as often as it occurs, after all merges
};

struct MergeLimits {
    std::int64_t max_merges;
    std::int64_t min_count = 2;  // a pair that occurs less often is not merged; at least 1
};

/// Of pairs that occur equally often the one with the smaller left symbol is merged, then that with the smaller right
/// one, so the result depends on nothing but the counts. In a run of equal symbols every neighbouring pair counts, and
/// the leftmost are merged first.
///
/// Text between two places that no merge has crossed is made of the same symbols wherever it stands. So no two symbols
/// have the same bytes, and encoding by rank (text/tokenizer/bpe.h) gives exactly the symbols that were counted here.
///
/// Ends early, with fewer merges, when no pair is left that occurs often enough. `progress` is told how many merges
/// there are, after each. For N bytes of distinct pieces: time O(N log N), memory O(N), some 60 bytes for each of them.
/// Throws Error(out_of_budget) beyond 2^32 - 2 bytes of distinct pieces.
LearntMerges learn_merges(const PieceCounts& pieces, const MergeLimits& limits,
                          const std::function<void(std::int64_t)>& progress = {});

}  // namespace ergon::train
